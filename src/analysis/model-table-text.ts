import { OUTCOMES } from "../records/index.js";
import type { MetricTable, ModelRow, ModelTable, Signature } from "./model-scores.js";

const WIDTH = 80;

/** The table as text of 80 columns: every metric with its signature, what was left out, the paper's patterns. */
export function tableText(table: ModelTable): string {
  const { clusters, bootstrap, images } = table;
  const sections = [
    ...table.metrics.flatMap((metric) => metricText(metric)),
    "left out, of every model's pictures:",
    ...outcomeLines(table),
    "",
    ...signatureLines(table),
    "",
    ...wrap(
      `${images} pictures. Intervals: ${100 * bootstrap.confidence} %, bootstrap over ${clusters.count} ${clusters.by === "class" ? "classes" : "pictures (there are no classes)"}, ${bootstrap.resamples} resamples, seed ${bootstrap.seed}, ${bootstrap.generator}. "common": mean over the pictures on which every candidate has a number against every teacher; ranks are on those. "worst", "best": the mean if every picture left out had got the least or the most the metric can give.`,
    ),
    ...(clusters.count < 30
      ? wrap(`Fewer than 30 ${clusters.by === "class" ? "classes" : "pictures"}: these intervals are too narrow.`)
      : []),
    ...table.models.flatMap(({ name, caveat, observer }) => [
      ...(caveat === null ? [] : wrap(`${name}: ${caveat}.`)),
      ...(observer ? wrap(`${name}: written by the built-in observer, not by a model.`) : []),
    ]),
  ];
  return sections.join("\n");
}

function metricText(metric: MetricTable): string[] {
  const header = ["model", "against", "mean", "95 % interval", "n", "rank", "common", "worst", "best"];
  const rows = metric.rows.map((row) => [
    row.model,
    row.against,
    figure(row.mean),
    row.low === null || row.high === null ? "-" : `${figure(row.low)}–${figure(row.high)}`,
    String(row.n),
    row.common?.rank == null ? "" : String(row.common.rank),
    row.common === null ? "" : figure(row.common.mean),
    figure(row.worst),
    figure(row.best),
  ]);
  const unscored = metric.rows.reduce((sum, row) => sum + row.leftOut.unscored, 0);
  const cut = metric.truncated;
  return [
    `${metric.part} · ${metric.metric}`,
    ...wrap(metric.signature, "|").map((line) => `  ${line}`),
    ...(cut === null
      ? []
      : [`  cut by the encoder: ${share(cut.hypothesis)} of the texts, ${share(cut.reference)} of the references`]),
    ...(unscored === 0 ? [] : [`  ${unscored} pairs in all have no number`]),
    ...columns([header, ...rows]),
    "",
  ];
}

function outcomeLines(table: ModelTable): string[] {
  return columns([
    ["model", ...OUTCOMES],
    ...table.models.map(({ name, outcomes }) => [name, ...OUTCOMES.map((outcome) => String(outcomes[outcome]))]),
  ]);
}

function signatureLines({ signatures, against }: ModelTable): string[] {
  const lines = signatures.flatMap((signature) =>
    wrap(`${signature.claimed ? "claimed" : "seen, not claimed"}: ${signatureSentence(signature)}`).map((line, at) =>
      at === 0 ? line : `  ${line}`,
    ),
  );
  return [
    ...wrap(`the paper's patterns, against ${against} (claimed where the paired interval excludes 0):`),
    ...(lines.length === 0 ? ["none is seen"] : lines),
  ];
}

/** A pattern in a sentence, with its paired difference where it rests on few. */
export function signatureSentence({ name, model, on, differences }: Signature): string {
  const shown = differences.map(
    ({ of, mean, low, high }) =>
      `${of} ${signed(mean)}${low === null || high === null ? "" : ` [${signed(low)}, ${signed(high)}]`}`,
  );
  if (name === "last-in-all") return `${model} is last in every metric and part (${differences.length} differences)`;
  const words = {
    "thinking-above-answer": `${model}: thinking above the answer in ${on}`,
    "thinking-below-answer": `${model}: thinking below the answer in ${on}`,
    "bertscore-high-sbert-low": `${model}: high BERTScore with low Sentence-BERT (${on})`,
  }[name];
  return `${words}: ${shown.join(", ")}`;
}

/** Three decimals; unknown is a dash. */
export function figure(value: number | null): string {
  if (value === null) return "-";
  const text = Math.abs(value).toFixed(3);
  return value < 0 && Number(text) !== 0 ? `-${text}` : text;
}

function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${figure(value)}` : figure(value);
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** Pads columns, numbers to the right; names give way where a line would be wider than 80. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const excess = widths.reduce((sum, width) => sum + width + 1, -1) - WIDTH;
  if (excess > 0) widths[0] = Math.max(6, (widths[0] ?? 0) - excess);
  const isName = (at: number) => at === 0 || rows[0]?.[at] === "against";
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        const fitted = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
        return isName(at) ? fitted.padEnd(width) : fitted.padStart(width);
      })
      .join(" ")
      .trimEnd(),
  );
}

function wrap(text: string, breaks = " "): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(new RegExp(`(?<=[${breaks === "|" ? "|" : " "}])`, "u"))) {
    if (line !== "" && line.length + word.trimEnd().length > WIDTH - 2) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  return line === "" ? lines : [...lines, line.trimEnd()];
}

/** The rows as CSV (RFC 4180), one line a model, reference, metric and part. Unknown is an empty field. */
export function tableCsv(table: ModelTable): string {
  const header = [
    ...["part", "metric", "signature", "model", "role", "against", "mean", "low", "high", "n"],
    ...["common_mean", "common_low", "common_high", "common_n", "rank", "worst", "best"],
    ...["truncated", "unparsed", "refused", "failed", "missing"],
    ...["reference_not_answered", "without_part", "unscored"],
  ];
  const lines = table.metrics.flatMap((metric) => metric.rows.map((row) => csvRow(metric, row)));
  return `${[header, ...lines].map((row) => row.map(csvField).join(",")).join("\r\n")}\r\n`;
}

function csvRow({ part, metric, signature }: MetricTable, row: ModelRow): (string | number | null)[] {
  const { common, leftOut } = row;
  const { truncated, unparsed, refused, failed, missing } = leftOut.outcomes;
  return [
    ...[part, metric, signature, row.model, row.role, row.against, row.mean, row.low, row.high, row.n],
    ...[common?.mean ?? null, common?.low ?? null, common?.high ?? null, common?.n ?? null, common?.rank ?? null],
    ...[row.worst, row.best, truncated, unparsed, refused, failed, missing],
    ...[leftOut.referenceNotAnswered, leftOut.withoutPart, leftOut.unscored],
  ];
}

function csvField(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
