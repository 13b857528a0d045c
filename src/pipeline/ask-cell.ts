import { DecodeError, ImageChangedError } from "../images/index.js";
import type { ReplyOutcome } from "../parsing/index.js";
import type { Answer, Asked, Ended, Fault, ModelSpec, SampleImage, Writer } from "../records/index.js";
import type { CellQueue, QueuedCell } from "./cell-queue.js";
import type { DriveTimes } from "./drive-times.js";
import { EndpointGone, type EndpointPost, type OpenRequest } from "./endpoint-post.js";
import { type Judgement, judgeAnswer } from "./judge-answer.js";
import type { PictureShelf } from "./picture-shelf.js";
import type { StopSwitch } from "./stop-switch.js";
import type { Suspects } from "./suspects.js";

/** Breaks of one cell in a row that nothing explains; then they are held against it where the endpoint lives. */
const UNEXPLAINED = 3;

/** A cell that got its record, or its last fault. */
export interface SettledCell {
  readonly model: string;
  readonly position: number;
  readonly ended: Ended;
  readonly parsed: ReplyOutcome;
}

export interface AskOptions {
  readonly model: ModelSpec;
  readonly images: readonly SampleImage[];
  readonly queue: CellQueue;
  readonly suspects: Suspects;
  readonly times: DriveTimes;
  /** Faults of its own that each cell of this model has had, by place in the sample; written to. */
  readonly tries: Uint32Array;
  readonly writer: Writer;
  readonly stop: StopSwitch;
  readonly run8: string;
  keyOf(image: SampleImage): string;
  readonly pictures: PictureShelf;
  parse(ended: Ended): ReplyOutcome;
  /** Every request that ended, after its record is on disk. */
  onEnded(ended: Ended): void;
  onSettled(cell: SettledCell): void;
}

/** What became of one attempt. */
export interface Attempt {
  readonly ended: Ended;
  readonly parsed: ReplyOutcome;
}

/** One attempt, from the picture to the record on disk, and the cell's way back into the queue where it is not over. */
export async function askCell(
  options: AskOptions,
  post: EndpointPost,
  cell: QueuedCell,
  request: OpenRequest,
  isAlone: boolean,
): Promise<Attempt> {
  const { model, writer } = options;
  const image = options.images[cell.position];
  if (image === undefined) throw new Error(`no image at place ${cell.position} of the sample`);
  const attempt = writer.nextAttempt();
  const asked: Asked = {
    image: image.id,
    model: model.name,
    attempt,
    round: cell.round,
    key: options.keyOf(image),
    endpoint: post.teacher.endpoint,
    askedAt: new Date().toISOString(),
  };
  let preparedSha256: string | null = null;
  let answer: Answer;
  try {
    const picture = await options.pictures.take(image);
    preparedSha256 = picture.sha256;
    await writer.asked(asked);
    request.lastByteAt = performance.now();
    let isTaken = false;
    const giveBack = () => {
      if (!isTaken) options.pictures.giveBack(picture);
      isTaken = true;
    };
    const claim = () => {
      if (isTaken || !options.pictures.isLast(picture)) return null;
      // Not given back at the attempt's end: a request that was broken off may still be read by the system.
      isTaken = true;
      return () => options.pictures.giveBack(picture);
    };
    answer = await post.teacher.ask({
      picture,
      requestId: `${image.id}/${model.name}/${attempt}/${options.run8}`,
      signal: request.controller.signal,
      onOutput: (bytes) => post.sawOutput(request, bytes),
      // Replies take minutes, and every one in flight would keep its picture's memory.
      onPictureTaken: giveBack,
      claimPicture: claim,
    });
    giveBack();
  } catch (error) {
    if (!(error instanceof ImageChangedError || error instanceof DecodeError)) {
      post.ended(request, NOT_ASKED, "fine");
      throw error;
    }
    answer = { ...NOT_ASKED, endedAt: new Date().toISOString(), fault: imageChanged(error) };
  }
  const judgement = judgeAnswer(withReason(answer, request), cell.wasRefused);
  post.ended(request, { ...answer, fault: judgement.fault }, judgement.endpoint);
  // The slot is free from here on: probing and writing hold up nobody.
  const charge = await decideCharge(options, judgement, post, cell, request, isAlone);
  if (charge.fault !== null) post.countFault(charge.fault.kind);
  // Written out, since a copy with fields added took half of this function's own time.
  const ended: Ended = {
    image: asked.image,
    model: asked.model,
    attempt: asked.attempt,
    round: asked.round,
    key: asked.key,
    endpoint: asked.endpoint,
    askedAt: asked.askedAt,
    firstTokenAt: answer.firstTokenAt,
    endedAt: answer.endedAt,
    status: answer.status,
    reply: answer.reply,
    fault: charge.fault,
    countsAsTry: charge.countsAsTry,
    preparedSha256,
  };
  await writer.ended(ended);
  options.onEnded(ended);
  if (ended.countsAsTry) options.tries[cell.position] = (options.tries[cell.position] ?? 0) + 1;
  const parsed = options.parse(ended);
  if (isOver(options, cell, ended)) {
    options.suspects.clear(cell);
    options.onSettled({ model: model.name, position: cell.position, ended, parsed });
  } else {
    const again = { ...cell, wasRefused: ended.fault?.kind === "busy" };
    if (charge.asksAlone) options.suspects.askAlone(again);
    else options.queue.putBack(again, ended.countsAsTry ? performance.now() + options.times.retryPauseMs : 0);
  }
  return { ended, parsed };
}

const NOT_ASKED: Answer = { reply: null, fault: null, status: null, firstTokenAt: null, endedAt: "" };

function imageChanged(error: Error): Fault {
  return { kind: "image-changed", message: error.message, body: null };
}

/** A request that was broken off because its endpoint is gone says so. */
function withReason(answer: Answer, request: OpenRequest): Answer {
  const reason: unknown = request.controller.signal.reason;
  if (answer.fault?.kind !== "interrupted" || !(reason instanceof EndpointGone)) return answer;
  return { ...answer, fault: { kind: "broken-stream", message: reason.message, body: null } };
}

interface Charge {
  readonly fault: Fault | null;
  readonly countsAsTry: boolean;
  readonly asksAlone: boolean;
}

/** Whose fault it was: the cell's, or the endpoint's, which makes the cell a suspect where it died. */
async function decideCharge(
  { suspects, times, stop }: AskOptions,
  judgement: Judgement,
  post: EndpointPost,
  cell: QueuedCell,
  request: OpenRequest,
  isAlone: boolean,
): Promise<Charge> {
  const { fault, charge } = judgement;
  if (fault === null || charge !== "if-endpoint-lives") {
    return { fault, countsAsTry: charge === "always", asksAlone: isAlone && charge === "never" };
  }
  const nobodysFault = { fault, countsAsTry: false, asksAlone: false };
  if (await stop.unlessAborted(post.answersProbe(times.probeMs))) {
    const countsAsTry = post.finishedSince(request.startedAt) || isAlone || suspects.addBreak(cell) >= UNEXPLAINED;
    return { fault, countsAsTry, asksAlone: false };
  }
  // In a long queue a request stays silent to its end, and the probe behind it too: while /health answers, that is no death.
  const wasSilent = fault.kind === "timed-out" && !request.hasOutput;
  if (wasSilent && (await stop.unlessAborted(post.teacher.knock(times.probeMs))) === "answers") return nobodysFault;
  // Whoever stops at once does not wait to learn whose fault it was.
  if (stop.signal.aborted) return nobodysFault;
  post.needsLook = true;
  const { deaths, mustBeAlone } = suspects.accuse(cell, { crowd: post.crowd, hadOutput: request.hasOutput });
  if (isAlone && deaths >= 2) {
    const message = `asked alone it took ${post.teacher.endpoint} down (${fault.message}); ${deaths} times an endpoint died with it in flight`;
    return { fault: { ...fault, kind: "set-aside", message }, countsAsTry: true, asksAlone: false };
  }
  // By this kind the ledger tells the next start of the death.
  return { fault: { ...fault, kind: "endpoint-gone" }, countsAsTry: false, asksAlone: mustBeAlone };
}

/** Whether this attempt was the cell's last. */
function isOver(options: AskOptions, cell: QueuedCell, { fault, countsAsTry }: Ended): boolean {
  if (fault === null || fault.kind === "image-changed" || fault.kind === "set-aside") return true;
  return countsAsTry && (options.tries[cell.position] ?? 0) >= options.model.tries;
}
