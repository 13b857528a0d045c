/** The card of a joined export: that of the export, and what became of its pictures. */
export function joinedCard(card: string, join: Readonly<Record<string, number>>): string {
  const { pictures = 0, found = 0, missing = 0, changed = 0, unreadable = 0, incomplete = 0 } = join;
  const absent = pictures - found;
  const lines = [
    "## Joined",
    `The pictures were put back from a copy of their source: ${found} of ${pictures} were there with the hash their row names.`,
  ];
  if (absent > 0) {
    lines.push(
      `**${absent} are left out with their pairs**: ${missing} missing, ${changed} with other bytes under the same name, ${unreadable} unreadable; \`missing.jsonl\` lists them. The numbers below are those of the export before it was joined.`,
    );
  }
  if (incomplete > 0) {
    lines.push(
      `**${incomplete} pictures are left out because one row holds the pairs of all teachers** and one of them has none for these.`,
    );
  }
  const [title = "", ...rest] = card.replace(", without the pictures.", ", with the pictures inside.").split("\n\n");
  return [title, lines.join("\n\n"), ...rest].join("\n\n");
}
