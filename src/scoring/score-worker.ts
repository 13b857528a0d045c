import { parentPort, workerData } from "node:worker_threads";
import { type BlockWork, createBlockHand, type PoolReply, type PoolRequest } from "./score-pool.js";

const hand = createBlockHand(workerData as BlockWork);

parentPort?.on("message", ({ block }: PoolRequest) => {
  if (block === null) return answer({ part: hand.counted() }, []);
  const result = hand.take(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  const arrays = "output" in result ? [result.output, result.ids, result.values] : [];
  // Small outputs lie in memory that Node shares out among buffers; those are copied.
  const own = arrays.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0 ? [buffer] : [],
  );
  answer({ result }, own);
});

function answer(reply: PoolReply, moved: ArrayBuffer[]): void {
  parentPort?.postMessage(reply, moved);
}
