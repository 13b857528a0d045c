import type { ExportImage, ExportOptions, ExportPair } from "../records/index.js";
import { PAIR_FACT_COLUMNS, pairRow } from "./columns.js";
import { composeText, readText } from "./compose-text.js";
import { jsonOfRow, oneLineJson } from "./json-row.js";
import { type FoundRow, imageOfRow, pairOfRow } from "./read-rows.js";

/** Where these readers put the picture. */
export const PICTURE_MARK = "<image>";

/** A turn of a chat, or of a LLaVA conversation, by the names its reader knows. */
export interface TurnNames {
  readonly turns: string;
  readonly role: string;
  readonly content: string;
  readonly user: string;
  readonly assistant: string;
  /** What stands before the prompt in the user's turn. */
  readonly mark: string;
}

/** What a reader needs as JSON: its own keys first, then which pair it is, which it ignores. */
export function conversationJson(pair: ExportPair, own: Readonly<Record<string, unknown>>, names: TurnNames): string {
  const turns = [
    { [names.role]: names.user, [names.content]: names.mark + pair.prompt },
    { [names.role]: names.assistant, [names.content]: composeText(pair) },
  ];
  const start = oneLineJson({ ...own, [names.turns]: turns });
  return `${start.slice(0, -1)},${jsonOfRow(pairRow(pair), PAIR_FACT_COLUMNS).slice(1)}`;
}

/** The pair of such a row. */
export function pairOfConversation(row: FoundRow, names: TurnNames, options: ExportOptions): ExportPair {
  const turns = row[names.turns] as readonly Readonly<Record<string, string>>[];
  const image: ExportImage = imageOfRow(row);
  const prompt = (turns[0]?.[names.content] ?? "").slice(names.mark.length);
  return pairOfRow(row, image, { prompt, ...readText(turns[1]?.[names.content] ?? "", options.parts) });
}
