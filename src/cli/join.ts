import { Command } from "commander";
import { UsageError } from "../records/index.js";
import { type Finish, print, say, table, thousands, watchStop } from "./shared.js";

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
      "\nExits with 0 where every picture is there, with 3 where some are missing or have other bytes.\n" +
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
      else await print(describe(report));
      finish(report.stopped || report.found < report.pictures ? 3 : 0);
    });
}

function describe(report: Awaited<ReturnType<typeof import("../pipeline/index.js").joinExport>>): string {
  const { pictures, found, missing, changed, unreadable, inPlace, incomplete } = report;
  const lines = [
    table([
      ["pictures", pictures],
      ["  found", found],
      ["  missing", missing],
      ["  other bytes", changed],
      ["  unreadable", unreadable],
    ]),
    ...report.first.map(({ fileName, fate }) => `  ${fileName}: ${fate}`),
  ];
  if (pictures - found > report.first.length)
    lines.push(`  … and ${thousands(pictures - found - report.first.length)} more`);
  if (incomplete > 0) {
    lines.push(
      `${thousands(incomplete)} pictures are left out: a row holds the pairs of all teachers, and these lack some`,
    );
  }
  if (report.folder !== null) lines.push(`${report.folder}: ${thousands(report.rows)} rows with their pictures`);
  else if (!report.stopped && inPlace === pictures) {
    lines.push("every picture lies where the paths of this export point: your trainer can read that folder as it is");
  }
  return lines.join("\n");
}
