import { Command } from "commander";
import type { DoctorReport } from "../pipeline/index.js";
import { describeDoctor } from "./describe-doctor.js";
import { type Finish, print, printable, say } from "./shared.js";

export function doctorCommand(finish: Finish): Command {
  return new Command("doctor")
    .description("ask every endpoint of a recipe about one small picture, and say what is wrong and how to mend it")
    .argument("<recipe>", "recipe file (YAML or JSON)")
    .option("--json", "print the same facts as one JSON object")
    .addHelpText(
      "after",
      "\nExits with 1 where something must be put right. Sends a few small requests to\neach endpoint; writes nothing.\n\nExample:\n  $ imagenet-think doctor recipe.yaml\n",
    )
    .action(async (recipe: string, options: { json?: true }) => {
      const { examineRecipe } = await import("../pipeline/index.js");
      const report: DoctorReport = await examineRecipe(recipe, { say });
      await print(options.json === true ? JSON.stringify(report) : printable(describeDoctor(report)));
      say(report.wrong === 0 ? "nothing needs to be put right" : `to be put right: ${report.wrong}`);
      finish(report.wrong === 0 ? 0 : 1);
    });
}
