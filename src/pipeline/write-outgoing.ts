import { type ExportResult, findMark, writeCard, writeExport } from "../export/index.js";
import {
  type Exporter,
  type ExportImage,
  type ExportInput,
  type ExportOptions,
  type ExportRow,
  TOOL_VERSION,
  type Training,
  UserError,
} from "../records/index.js";
import { cardFacts, outcomesOf } from "./card-facts.js";
import type { Outgoing } from "./count-outgoing.js";
import type { OpenedRun } from "./open-run.js";
import type { OutgoingChoice } from "./outgoing-rows.js";
import type { RunStatus } from "./read-status.js";

/** An export of which all is settled and nothing written. */
export interface OutgoingPlan {
  readonly exporter: Exporter;
  readonly choice: OutgoingChoice;
  readonly counts: Outgoing;
  /** What `counts` has counted, in sample order. Can be walked again. */
  readonly rows: () => AsyncIterable<ExportRow>;
  readonly exported: ExportOptions;
  /** What was asked beside that, for the manifest. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Absent where the export is no part of an experiment; null where nobody shall train on it. */
  readonly training?: Training | null;
}

export interface OutgoingPlace {
  readonly to: string;
  readonly status: RunStatus;
  readonly pixels: (image: ExportImage) => Promise<Buffer>;
  readonly say: (sentence: string) => void;
}

/** Writes one export of a run, whole or not at all. */
export async function writeOutgoing(run: OpenedRun, plan: OutgoingPlan, place: OutgoingPlace): Promise<ExportResult> {
  const { exporter, choice, counts, rows, exported, asked, training } = plan;
  const { to, status, pixels, say } = place;
  const card = writeCard(
    await cardFacts(run, status, choice, counts, { format: exporter.format, options: exported, say }),
  );
  const input: ExportInput = {
    options: exported,
    ...(training === undefined ? {} : { training }),
    rows,
    pixels,
    lengths: counts.lengths,
    card: card.text,
    cardFields: card.fields,
  };
  const { pairs, heldBack, escaped, pairsBySplit } = counts;
  const people = choice.includePeople ? "include" : run.header.people;
  return writeExport({
    exporter,
    input,
    to,
    facts: {
      run: { name: run.header.name, run8: run.header.run8 },
      toolVersion: TOOL_VERSION,
      options: { people, ...asked, marks: choice.marks },
      outcomes: outcomesOf(status),
      pairs: { inExport: pairs, heldBack, escaped, bySplit: pairsBySplit },
    },
  });
}

/** Throws a `UserError` where the prompt holds what readers of a composed text take for a mark. */
export function checkPrompt(run: OpenedRun, { marks }: Pick<OutgoingChoice, "marks">): void {
  const mark = marks === "left-out" ? findMark(run.header.prompt.text) : null;
  if (mark === null) return;
  throw new UserError(
    `the prompt itself holds ${mark}, which readers of this format take for a mark; --escape writes it as plain text`,
  );
}
