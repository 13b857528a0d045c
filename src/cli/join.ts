import { Command } from "commander";
import { UsageError } from "../records/index.js";
import { describeJoin } from "./describe-join.js";
import { type Finish, print, say, watchStop } from "./shared.js";

interface JoinFlags {
  pictures: string;
  to?: string;
  source?: string;
  check?: true;
  json?: true;
}

export function joinCommand(finish: Finish): Command {
  return new Command("join")
    .description("put pictures back into an export from your own copy, each checked against its hash")
    .argument("<export>", "folder that `export` wrote without pixels")
    .requiredOption("--pictures <path>", "your copy: a folder, tars, WebDataset shards or Parquet")
    .option("--to <dir>", "folder for the joined export; the export itself stays as it is")
    .option("--check", "only check that all pictures are there and have the right bytes")
    .option("--source <kind>", "folder, imagenet-tar, webdataset or parquet; found out otherwise")
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExits with 0 where every picture is there, with 3 where some are missing or have\nother bytes.\n" +
        "\nExamples:\n  $ imagenet-think join my-sft --pictures /data/imagenet --check\n  $ imagenet-think join my-sft --pictures /data/imagenet --to my-sft-joined\n",
    )
    .action(async (folder: string, flags: JoinFlags) => {
      if ((flags.to === undefined) === (flags.check === undefined)) {
        throw new UsageError("join needs either --to DIR for the joined export, or --check");
      }
      const [{ joinExport }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const stop = await watchStop();
      const progress = showProgress("pictures");
      const report = await joinExport(folder, {
        pictures: flags.pictures,
        source: flags.source ?? null,
        to: flags.to ?? null,
        say,
        stop,
        onProgress: progress.update,
      }).finally(progress.end);
      if (report.stopped) say("stopped; the same line goes on where it stopped");
      if (flags.json === true) await print(JSON.stringify(report));
      else await print(describeJoin(report));
      finish(report.stopped || report.found < report.pictures ? 3 : 0);
    });
}
