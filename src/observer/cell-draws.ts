import { createHash } from "node:crypto";

/** Everything that is drawn for one request. The same picture, model and seed always draw the same. */
export interface CellDraws {
  /** 32 bits, for the choice of words. */
  readonly wording: number;
  /** 0 up to 1: whether the reply is broken. */
  readonly broken: number;
  /** 0 up to 1: whether the request meets a fault; another request id draws anew. */
  readonly fault: number;
  /** 0 up to 1: how long the first token takes. */
  readonly latency: number;
}

export function drawForCell(cell: {
  readonly picture: Buffer;
  readonly model: string;
  readonly seed: number | null;
  readonly requestId: string | null;
}): CellDraws {
  const picture = createHash("sha256").update(cell.picture).digest("hex");
  const digest = createHash("sha256")
    .update(JSON.stringify([picture, cell.model, cell.seed]))
    .digest();
  const again = createHash("sha256")
    .update(digest)
    .update(cell.requestId ?? "")
    .digest();
  return {
    wording: digest.readUInt32BE(0),
    broken: digest.readUInt32BE(4) / 2 ** 32,
    latency: digest.readUInt32BE(8) / 2 ** 32,
    fault: again.readUInt32BE(0) / 2 ** 32,
  };
}
