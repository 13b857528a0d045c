// A drill as a table: what happened, each claim with its count, and what was asked in vain.
import { availableParallelism, cpus, loadavg } from "node:os";
import { countBy } from "./prove.js";

const END_WORDS = { killed: "killed", 0: "done", 1: "stopped by a fault", 3: "ended with work left" };
/** So many of the things for which a claim does not hold are shown. */
const SHOWN = 3;

/** The table, and whether every claim holds and every kill took place. */
export function describeDrill({ seed, factor, disk, deaths, life, hours, starts, log, status, claims, waste }) {
  const minutes = ((hours * 60) / factor).toFixed(1);
  const broken = claims.filter((one) => one.broken.length > 0);
  const killed = starts.filter(({ end }) => end === "killed").length;
  const tooFew = killed < life.kills.length;
  const lines = [
    `seed ${seed}: ${hours.toFixed(1)} hours folded into ${minutes} minutes (${Math.round(factor)} times)`,
    `${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}, disk: ${disk}`,
    `${status.images} pictures × 2 teachers = ${status.cells} cells, ${life.servers.length} servers`,
    "",
    `starts of the program: ${starts.length}: ${counts(starts.map(({ end }) => END_WORDS[end]))}`,
    `phases of the servers: ${counts(life.phases.map(({ kind }) => kind))}`,
    `servers: ${life.restarts.length} restarts, ${deaths} deaths of their own, ${life.absences.length} absences from the file`,
    `what the servers wrote down: ${counts(log.map(({ event }) => event))}`,
    "",
    ...claims.map(describeClaim),
    "",
    "asked, by what became of it:",
    ...rows(waste.asked),
    "replies that a server sent to their end, by what became of them:",
    ...rows(waste.answered),
    ...broken.flatMap(({ name, broken: wrong }) => ["", `${name}; not so:`, ...wrong.slice(0, SHOWN).map(shorten)]),
    ...(tooFew
      ? ["", `only ${killed} of ${life.kills.length} kills: there was too little to ask; raise --pictures`]
      : []),
  ];
  return { text: lines.join("\n"), holds: broken.length === 0 && !tooFew };
}

function describeClaim({ name, checked, broken }) {
  const result = broken.length > 0 ? "BROKEN" : checked === 0 ? "unseen" : "holds";
  return `${result.padEnd(6)}  ${String(checked).padStart(6)}  ${name}${broken.length > 0 ? `: not ${broken.length}` : ""}`;
}

function rows(numbers) {
  return Object.entries(numbers).map(([kind, many]) => `        ${String(many).padStart(6)}  ${kind}`);
}

function counts(names) {
  return Object.entries(countBy(names))
    .map(([name, many]) => `${name} ${many}`)
    .join(", ");
}

function shorten(thing) {
  return String(JSON.stringify(thing)).slice(0, 600);
}
