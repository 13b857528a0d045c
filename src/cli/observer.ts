import { Command } from "commander";
import { UsageError } from "../records/index.js";
import { amount, port, positive, share, wholeNumber } from "./number-flags.js";
import { print, say, watchStop } from "./shared.js";

interface ObserverFlags {
  port: number;
  dialect: string;
  model?: string;
  voice?: string;
  latency?: number;
  tokensPerSecond?: number;
  slots?: number;
  maxQueue?: number;
  broken?: string;
  brokenShare?: number;
  faultShare?: number;
  allowedFolder?: string;
  log?: string;
}

export function observerCommand(): Command {
  return new Command("observer")
    .description("the embedded teacher server: measures the picture it is sent and writes what it measured")
    .option("--port <port>", "port on 127.0.0.1; 0 takes a free one", port, 0)
    .option("--dialect <name>", "glm, kimi, think-tags, opener-in-template, boxed or plain", "glm")
    .option("--model <name>", "name to serve under (default: observer-<dialect>)")
    .option("--voice <name>", "steady, hesitant or terse (default: hesitant for kimi, else steady)")
    .option("--latency <ms>", "mean time to the first token (default: 0)", amount)
    .option("--tokens-per-second <n>", "how fast a reply is written (default: at once)", amount)
    .option("--slots <n>", "requests worked on at once; the others wait (default: 256)", positive)
    .option("--max-queue <n>", "requests that may wait; one more is a 503 (default: any number)", wholeNumber)
    .option("--broken <how>", "misbehave: no-think, unclosed, tags-stripped or empty")
    .option("--broken-share <share>", "share of broken replies, 0 to 1 (default: 1)", share)
    .option("--fault-share <share>", "share of requests answered with a 500, 0 to 1 (default: 0)", share)
    .option("--allowed-folder <dir>", "read file:// pictures below this folder")
    .option("--log <file>", "add a JSON line for each chat request")
    .addHelpText(
      "after",
      "\nIts first line on stdout is its base URL.\n\nExample:\n  $ imagenet-think observer --port 8000 --dialect glm\n",
    )
    .action(async (options: ObserverFlags) => {
      if (options.brokenShare !== undefined && options.broken === undefined) {
        throw new UsageError("--broken-share has no effect without --broken; say how the replies are broken");
      }
      const { openObserver } = await import("../pipeline/index.js");
      const observer = await openObserver({ ...options, latencyMs: options.latency, logFile: options.log });
      await print(observer.url);
      const stop = await watchStop();
      // A run that started this process ends it by closing the channel, also when it is killed.
      process.on("disconnect", () => stop.drain("the run that started this observer is gone"));
      await new Promise<void>((resolve) => stop.onDrain(resolve));
      await observer.close();
      say("observer stopped");
    });
}
