import type { ModelSpec } from "../records/index.js";
import { endpointRecord } from "../store/index.js";
import { type ChatTeacherOptions, normaliseEndpoint, openWireSource, type WireSource } from "../teachers/index.js";
import { probePicture } from "./probe-picture.js";

/** Finds out for each endpoint of a run how it is to be asked; see `openWireSource`. */
export type EndpointWires = (model: ModelSpec, chat: ChatTeacherOptions) => WireSource;

/** Keeps what the probes find in the run folder, and says where a server cannot be asked as the dialect wants. */
export function endpointWires(run: string, isEager: boolean, say: (sentence: string) => void): EndpointWires {
  return (model, chat) => {
    const endpoint = normaliseEndpoint(chat.endpoint);
    const mayDrop = Object.keys(model.dialect.requestFields);
    const record = endpointRecord(run, { name: model.name, endpoint, model: model.model });
    return openWireSource({
      ...chat,
      isEager,
      picture: probePicture,
      mayDrop,
      recall: record.recall,
      keep: async (seen) => {
        await record.keep(seen);
        const left = seen.refusedFields.filter((name) => mayDrop.includes(name));
        if (left.length > 0) {
          say(`${endpoint} refuses ${left.join(", ")} and is asked without; \`doctor\` says what is lost by that`);
        }
      },
    });
  };
}
