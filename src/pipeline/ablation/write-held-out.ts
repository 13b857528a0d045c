import { type AblationManifest, HELD_OUT_FOLDER } from "../../export/index.js";
import { type OutgoingPlace, writeOutgoing } from "../write-outgoing.js";
import { planExport } from "./export.js";
import { groupOf } from "./held-out.js";
import type { AblationPlan } from "./plan.js";

/** What other tools take for the split that nobody trains on. */
const SPLIT = "test";

/** Writes the held-out pictures with all that was said of them, and no configuration, since nobody trains on them. */
export async function writeHeldOut(plan: AblationPlan, place: OutgoingPlace): Promise<AblationManifest["heldOut"]> {
  const { experiment, teachers, heldOut, near, share } = plan;
  const { run } = experiment;
  const places = new Set(heldOut);
  const outgoing = await planExport(
    experiment,
    {
      parts: "both",
      teachers: [...teachers.keys()],
      has: (at) => places.has(at),
      whyNot: () => "trained-on",
    },
    SPLIT,
  );
  await writeOutgoing(run, { ...outgoing, training: null }, place);
  const groups = new Set(heldOut.map((at) => groupOf(near, run.images[at]?.id ?? "")));
  return { share, folder: HELD_OUT_FOLDER, images: heldOut.length, pairs: outgoing.counts.pairs, groups: groups.size };
}
