import type { ModelSpec } from "../records/index.js";
import { endpointRecord } from "../store/index.js";
import { type ChatTeacherOptions, normaliseEndpoint, openWireSource, type WireSource } from "../teachers/index.js";
import { probePicture } from "./probe-picture.js";

/** Finds out for each endpoint of a run how it is to be asked; see `openWireSource`. */
export type EndpointWires = (model: ModelSpec, chat: ChatTeacherOptions) => WireSource;

/** Keeps what the probes find in the run folder. */
export function endpointWires(run: string, run8: string): EndpointWires {
  return (model, chat) => {
    const endpoint = normaliseEndpoint(chat.endpoint);
    const record = endpointRecord(run, { name: model.name, endpoint, model: model.model });
    return openWireSource({
      ...chat,
      run8,
      picture: probePicture,
      mayDrop: Object.keys(model.dialect.requestFields),
      recall: record.recall,
      keep: record.keep,
    });
  };
}
