import type { JoinReport } from "../pipeline/index.js";
import { printable, table, thousands } from "./print.js";

/** What `join` found, and whether a trainer can be pointed at the user's own folder. */
export function describeJoin(report: JoinReport): string {
  const { pictures, found, missing, changed, unreadable, inPlace, incomplete } = report;
  const lines = [
    table([
      ["pictures", pictures],
      ["  found", found],
      ["  missing", missing],
      ["  other bytes", changed],
      ["  unreadable", unreadable],
    ]),
    ...report.first.map(({ fileName, fate }) => `  ${printable(fileName)}: ${fate}`),
  ];
  if (pictures - found > report.first.length)
    lines.push(`  … and ${thousands(pictures - found - report.first.length)} more`);
  if (incomplete > 0) {
    lines.push(
      `${thousands(incomplete)} pictures are left out: a row holds the pairs of all teachers, and these lack some`,
    );
  }
  if (report.folder !== null) lines.push(`${report.folder}: ${thousands(report.rows)} rows with their pictures`);
  else if (!report.stopped) lines.push(describePlaces(inPlace, pictures));
  return lines.join("\n");
}

/** Some trainers drop or swap a row in silence where its picture is not, so it is not enough that all are somewhere. */
function describePlaces(inPlace: number, pictures: number): string {
  return inPlace === pictures
    ? "every picture lies where the paths of this export point: your trainer can read that folder as it is"
    : `${thousands(inPlace)} of ${thousands(pictures)} lie where the paths of this export point: a trainer pointed at that folder would miss the others; --to writes an export that holds its pictures`;
}
