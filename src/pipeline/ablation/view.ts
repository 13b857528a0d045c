import type { ExportParts } from "../../records/index.js";
import { partsOf } from "../outgoing-rows.js";
import type { CellSurvey, HeldBack } from "../survey-cells.js";
import type { CommonPictures } from "./pictures.js";

/** Which cells of the surveyed teachers one export of an experiment holds. */
export interface ExperimentPart {
  readonly parts: ExportParts;
  /** Numbers of its teachers among the surveyed ones. */
  readonly teachers: readonly number[];
  has(place: number, teacher: number): boolean;
  /** Why a common picture's pair is not in it. */
  whyNot(place: number, teacher: number): HeldBack;
}

/** A survey of all teachers and both parts, as one export of the experiment sees it. */
export function viewOf(survey: CellSurvey, common: CommonPictures, part: ExperimentPart): CellSurvey {
  const { teachers } = part;
  const numberOf = (index: number) => teachers[index] ?? -1;
  return {
    observed: survey.observed,
    goesOut: (place) => teachers.some((teacher) => part.has(place, teacher)),
    pairGoesOut: (place, index) => part.has(place, numberOf(index)),
    heldBack(place, index) {
      const teacher = numberOf(index);
      if (part.has(place, teacher)) return null;
      if (!survey.pairGoesOut(place, teacher)) return survey.heldBack(place, teacher);
      return common.has(place) ? part.whyNot(place, teacher) : "not-common";
    },
    tokensOf: (place, index) => partsOf(survey.tokensOf(place, numberOf(index)), part.parts),
    isMarked: (place, index) => survey.isMarked(place, numberOf(index)),
  };
}
