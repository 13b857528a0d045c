import type { TokenCounter } from "../../export/index.js";
import type { Exporter } from "../../records/index.js";
import { countOutgoing } from "../count-outgoing.js";
import type { OpenedRun } from "../open-run.js";
import { type OutgoingChoice, outgoingRows } from "../outgoing-rows.js";
import type { CellSurvey } from "../survey-cells.js";
import type { OutgoingPlan } from "../write-outgoing.js";
import type { CommonPictures } from "./pictures.js";
import { type ExperimentPart, viewOf } from "./view.js";

/** What all exports of an experiment are cut from. */
export interface Experiment {
  readonly run: OpenedRun;
  readonly exporter: Exporter;
  readonly counter: TokenCounter;
  /** Of all its teachers and both parts. */
  readonly choice: OutgoingChoice;
  readonly survey: CellSurvey;
  readonly common: CommonPictures;
}

/** Settles one export of an experiment: an arm, or the held-out set. */
export async function planExport(
  { run, exporter, counter, choice, survey, common }: Experiment,
  part: ExperimentPart,
  split: string,
): Promise<OutgoingPlan> {
  const view = viewOf(survey, common, part);
  const teachers = choice.teachers.filter((_, number) => part.teachers.includes(number));
  const chosen: OutgoingChoice = { ...choice, teachers, parts: part.parts };
  const selection = { splits: [split], splitAt: (place: number) => (view.goesOut(place) ? split : null) };
  return {
    exporter,
    choice: chosen,
    counts: await countOutgoing(run, chosen, view, selection, counter),
    rows: () => outgoingRows(run, chosen, view, selection),
    exported: {
      teachers: teachers.map(({ name }) => name),
      withPixels: false,
      parts: part.parts,
      thinking: null,
      splits: [split],
    },
    asked: {},
  };
}
