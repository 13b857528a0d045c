import type { TokenCounter } from "../export/index.js";
import type { TextLengths } from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import type { OutgoingChoice, Selection } from "./outgoing-rows.js";
import { type CellSurvey, HELD_BACK, type HeldBack } from "./survey-cells.js";

/** Lengths at which trainers cut, or that people set, in tokens. */
const CUTS = [1_024, 2_048, 4_096, 8_192];

/** What goes out, counted before anything is written. */
export interface Outgoing {
  readonly pictures: number;
  readonly pairs: number;
  readonly pairsBySplit: Readonly<Record<string, number>>;
  /** Answered pairs that stay behind, by reason in words. */
  readonly heldBack: Readonly<Record<string, number>>;
  /** Pairs that go out with marks of their readers escaped. */
  readonly escaped: number;
  readonly lengths: TextLengths;
  /** Models some of whose text the built-in observer wrote. */
  readonly observed: ReadonlySet<string>;
}

/** Counts what a survey and a selection let out. Reads nothing. */
export async function countOutgoing(
  run: OpenedRun,
  choice: OutgoingChoice,
  survey: CellSurvey,
  selection: Selection,
  counter: TokenCounter,
): Promise<Outgoing> {
  const [promptTokens = 0] = await counter.count([run.header.prompt.text]);
  const heldBack = new Map<HeldBack, number>();
  const pairsBySplit: Record<string, number> = Object.fromEntries(selection.splits.map((split) => [split, 0]));
  const cuts = CUTS.map((limit) => ({ limit, pairs: 0 }));
  let [pictures, pairs, escaped, longest] = [0, 0, 0, 0];
  for (const place of run.images.keys()) {
    const split = selection.splitAt(place);
    let ofPicture = 0;
    for (const teacher of choice.teachers.keys()) {
      const fate = survey.heldBack(place, teacher);
      const why = fate ?? (split === null && survey.pairGoesOut(place, teacher) ? "unselected" : null);
      if (why !== null) heldBack.set(why, (heldBack.get(why) ?? 0) + 1);
      if (why !== null || split === null || !survey.pairGoesOut(place, teacher)) continue;
      ofPicture += 1;
      pairsBySplit[split] = (pairsBySplit[split] ?? 0) + 1;
      if (choice.marks === "escaped" && survey.isMarked(place, teacher)) escaped += 1;
      const { thinking, answer } = survey.tokensOf(place, teacher);
      const tokens = promptTokens + (thinking ?? 0) + (answer ?? 0);
      longest = Math.max(longest, tokens);
      for (const cut of cuts) if (tokens > cut.limit) cut.pairs += 1;
    }
    pairs += ofPicture;
    pictures += ofPicture > 0 ? 1 : 0;
  }
  return {
    pictures,
    pairs,
    pairsBySplit,
    heldBack: Object.fromEntries(
      Object.entries(HELD_BACK).flatMap(([why, words]) => {
        const cells = heldBack.get(why as HeldBack) ?? 0;
        return cells > 0 ? [[words, cells]] : [];
      }),
    ),
    escaped,
    lengths: { tokenizer: counter.name, exact: counter.exact, longest, cuts },
    observed: survey.observed,
  };
}
