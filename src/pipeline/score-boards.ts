import type { Score } from "../records/index.js";
import { neuralNames } from "../scoring/index.js";
import type { ScoreRow, ScoreTableFacts } from "../store/index.js";
import { truncatedNotes } from "./metric-columns.js";
import type { OpenedRun } from "./open-run.js";
import { type Chunk, factsOf, openChunk, type ScoreChoice, type ScoredChunk } from "./score-chunks.js";
import { enterScore, type PairMap, type ScoreBoard } from "./score-plan.js";
import type { ScoreRunOptions } from "./score-run.js";
import { cellsByImage } from "./stream-pairs.js";
import { PARTS, type PartName, textOf } from "./survey-texts.js";

export interface BoardsWork {
  readonly run: OpenedRun;
  /** Folder for files of pairs. */
  readonly work: string;
  readonly boards: readonly ScoreBoard[];
  readonly pairs: PairMap;
  readonly choice: ScoreChoice;
}

type Hooks = Pick<ScoreRunOptions, "say" | "signal" | "onProgress">;

/** Pairs that are scored, kept on disk and acknowledged at once. A kill loses at most these. */
const PAIRS_A_CHUNK = 8000;
/** Of metrics that need an encoder, which are a thousand times slower; opening a checkpoint takes a second. */
const NEURAL_PAIRS_A_CHUNK = 1000;

/** Boards that can be filled in one walk over the replies. */
interface Group {
  readonly boards: readonly ScoreBoard[];
  readonly pairsAChunk: number;
}

/** Scores what the boards lack and gives the number of pairs scored, over all of them. */
export async function scoreBoards(work: BoardsWork, hooks: Hooks): Promise<number> {
  const total = work.boards.reduce((sum, board) => sum + pairsLeft(board, work), 0);
  let done = 0;
  if (total === 0) return 0;
  hooks.onProgress({ doing: "scoring", done, total });
  for (const group of groupBoards(work)) {
    if (hooks.signal.aborted) break;
    await fillGroup(work, group, hooks, {
      under: (scores) => hooks.onProgress({ doing: "scoring", done: done + scores, total }),
      done: (scores) => {
        done += scores;
        hooks.onProgress({ doing: "scoring", done, total });
      },
    });
  }
  return done;
}

/** Whether a score depends on all pairs of its board, and not on its own alone. */
function isFitted(
  { facts: { name } }: ScoreBoard,
  { choice: { options, neural } }: Pick<BoardsWork, "choice">,
): boolean {
  return (name === "tfidf" && options.tfidfScope === "corpus") || (name.startsWith("bertscore") && neural.idf);
}

/** Scores that stand: none of a board whose scores are fitted on all pairs, where a pair is new or gone. */
export function countKept({ boards, ...work }: BoardsWork): number {
  const kept = boards.filter((board) => !mustRefit(board, work));
  return kept.reduce((sum, board) => sum + pairsDone(board), 0);
}

/** Pairs of a board that are to be scored. */
function pairsLeft(board: ScoreBoard, work: BoardsWork): number {
  return board.missing + (mustRefit(board, work) ? pairsDone(board) : 0);
}

function mustRefit(board: ScoreBoard, work: Pick<BoardsWork, "choice">): boolean {
  return isFitted(board, work) && (board.missing > 0 || board.stale > 0);
}

function pairsDone({ done }: ScoreBoard): number {
  return done.reduce((sum, column) => sum + column.reduce((all, flag) => all + flag, 0), 0);
}

function groupBoards(work: BoardsWork): Group[] {
  const open = work.boards.filter((board) => pairsLeft(board, work) > 0);
  const fitted = open.filter((board) => isFitted(board, work));
  const rest = open.filter((board) => !fitted.includes(board));
  const isNeural = ({ facts }: ScoreBoard) => neuralNames.some((name) => facts.name.startsWith(name));
  const groups: Group[] = [
    { boards: rest.filter((board) => !isNeural(board)), pairsAChunk: PAIRS_A_CHUNK },
    { boards: rest.filter(isNeural), pairsAChunk: NEURAL_PAIRS_A_CHUNK },
    ...fitted.map((board) => ({ boards: [board], pairsAChunk: Number.POSITIVE_INFINITY })),
  ];
  return groups.filter(({ boards }) => boards.length > 0);
}

/** Told of scores as they come: of the chunk under way, then of it as a whole. */
interface Count {
  under(scores: number): void;
  done(scores: number): void;
}

async function fillGroup(work: BoardsWork, group: Group, hooks: Hooks, count: Count): Promise<void> {
  const chunks = new Map<PartName, Chunk>();
  const jobPairs = pairsOf(work, group);
  // Threads and servers are the same for every chunk: the first says what there is to say.
  let say = hooks.say;
  const flush = async (part: PartName) => {
    const chunk = chunks.get(part);
    if (chunk === undefined) return;
    chunks.delete(part);
    const boards = group.boards.filter((board) => board.part === part);
    const onPairs = (pairs: number) => count.under(pairs * boards.length);
    const scored = await scoreChunk(work, boards, chunk, { ...hooks, say, jobPairs, onPairs });
    say = () => {};
    count.done(scored * boards.length);
  };
  const { store, header, images } = work.run;
  const names = header.models.map(({ name }) => name);
  let position = 0;
  for await (const cells of cellsByImage(store, header.models, images)) {
    for (const part of PARTS) {
      const boards = group.boards.filter((board) => board.part === part);
      for (const [comparison, { model, reference }] of work.pairs.comparisons.entries()) {
        if (!boards.some((board) => wants(work, board, comparison, position))) continue;
        const [from, to] = [cells[names.indexOf(reference)], cells[names.indexOf(model)]];
        const texts = [from, to].map((cell) => (cell === undefined ? null : textOf(cell.pair, part)));
        const [referenceText = null, hypothesisText = null] = texts;
        if (referenceText === null || hypothesisText === null) continue;
        const chunk = chunks.get(part) ?? openChunk(work.work, part);
        chunks.set(part, chunk);
        await chunk.add({ comparison, position }, referenceText, hypothesisText);
      }
      if ((chunks.get(part)?.pairs.length ?? 0) >= group.pairsAChunk) await flush(part);
    }
    position += 1;
    if (hooks.signal.aborted) break;
  }
  for (const part of PARTS) await flush(part);
}

/** Pairs that a group walks through: metrics of one part take them together. */
function pairsOf(work: BoardsWork, { boards }: Group): number {
  const ofPart = (part: PartName) =>
    boards.filter((board) => board.part === part).map((board) => pairsLeft(board, work));
  return PARTS.reduce((sum, part) => sum + Math.max(0, ...ofPart(part)), 0);
}

function wants(work: BoardsWork, board: ScoreBoard, comparison: number, position: number): boolean {
  if (work.pairs.texts(board.part, comparison, position) === null) return false;
  return isFitted(board, work) || board.done[comparison]?.[position] === 0;
}

/** Scores a chunk and puts it on disk, table by table. Gives the pairs reached. */
async function scoreChunk(
  work: BoardsWork,
  boards: readonly ScoreBoard[],
  chunk: Chunk,
  hooks: Hooks & { readonly jobPairs: number; readonly onPairs: (pairs: number) => void },
): Promise<number> {
  const metrics = boards.map(({ facts }) => facts.name.replace(/-served$/, ""));
  const scored = await chunk.score(metrics, work.choice, hooks);
  for (const [at, board] of boards.entries()) {
    const fitted = isFitted(board, work);
    // What was fitted on half of the pairs is no score.
    if (fitted && scored.summary === null) continue;
    const known = factsOf(scored.summary, [metrics[at] ?? ""])[0] ?? board.facts;
    const facts: ScoreTableFacts = { formatVersion: 1, part: board.part, ...known, fitted, imported: false };
    await board.table.append(
      facts,
      rowsOf(work, board.part, chunk, scored, at),
      truncatedNotes(scored.summary, known.name),
    );
    if (fitted) await board.table.forget(1);
    for (const [place, { comparison, position }] of chunk.pairs.entries()) {
      const score = scored.scores[place]?.[at];
      if (score !== undefined) enterScore(board, comparison, position, score);
    }
  }
  return scored.scores.length;
}

function* rowsOf(
  { run: { images }, pairs }: BoardsWork,
  part: PartName,
  chunk: Chunk,
  scored: ScoredChunk,
  metric: number,
): Generator<ScoreRow> {
  for (const [place, { comparison, position }] of chunk.pairs.entries()) {
    const score: Score | undefined = scored.scores[place]?.[metric];
    const texts = pairs.texts(part, comparison, position);
    const [image, names] = [images[position], pairs.comparisons[comparison]];
    if (score === undefined || texts === null || image === undefined || names === undefined) continue;
    yield { image: image.id, ...names, score, texts };
  }
}
