import { OUTCOMES } from "../records/index.js";
import type { CardFacts, CardModel } from "./card-facts.js";
import { code, count, fenced, plain, table } from "./markdown.js";

/** The loud word where text was not written by a model; empty where all of it was. */
export function warning(facts: CardFacts): string {
  const observed = facts.models.filter((model) => model.observer).map((model) => code(model.name));
  if (observed.length === 0) return "";
  return (
    `> **Not written by a model.** All text under ${observed.join(" and ")} was made by the built-in observer, a small ` +
    "program that measures the picture and describes the measurements. It stands in for a model in demonstrations and " +
    "tests. Such rows have `observer` set to true. Do not train on them and do not report them as a model's answers."
  );
}

export function askedSection({ prompt, models }: CardFacts): string {
  const order = prompt.imageFirst ? "the picture first, then this text" : "this text first, then the picture";
  const parts = [
    "## What was asked of whom",
    `Every picture was sent to every model once, ${order} (prompt ${code(prompt.name)}, version ${count(prompt.version)}):`,
    fenced(prompt.text),
  ];
  if (prompt.system !== null) parts.push("The system message:", fenced(prompt.system));
  parts.push(
    table(
      ["name", "role", "model", "revision", "dialect", "answered by"],
      models.map((model) => [
        code(model.name),
        model.role,
        code(model.model),
        model.revision === null ? "unknown" : code(model.revision),
        code(model.dialect),
        model.observer ? "**the built-in observer**" : "a server with the OpenAI chat interface",
      ]),
    ),
  );
  for (const model of models) parts.push(...samplingOf(model));
  return parts.join("\n\n");
}

function samplingOf(model: CardModel): string[] {
  const parts = [
    `Sampling of ${code(model.name)}; a field that is not listed was left to the server:`,
    fenced(JSON.stringify(model.sampling, null, 2), "json"),
  ];
  if (model.system !== null) parts.push(`Its own system message:`, fenced(model.system));
  return parts;
}

/** images × models = answered + truncated + unparsed + refused + failed + missing, model by model. */
export function outcomesSection({ images, models }: CardFacts): string {
  const missing = models.reduce((sum, model) => sum + model.outcomes.missing, 0);
  return [
    "## What came back",
    `${count(images)} pictures × ${count(models.length)} ${models.length === 1 ? "model" : "models"} = ${count(images * models.length)} cells. Every cell has one outcome, and each line adds up to the pictures.`,
    table(
      ["model", "pictures", ...OUTCOMES],
      models.map((model) => [code(model.name), images, ...OUTCOMES.map((outcome) => model.outcomes[outcome])]),
    ),
    missing === 0
      ? "The run is finished: no cell is missing."
      : `**The run is not finished:** ${count(missing)} ${missing === 1 ? "cell is" : "cells are"} missing.`,
    "*answered*: thinking (where the dialect has it) and answer were read. *truncated*: cut at the token limit. *unparsed*: the text does not have the form its dialect promises. *refused*: the model or its server declined. *failed*: the server could not answer this picture in all its tries. *missing*: not asked to the end yet.",
    ...models
      .filter((model) => sum(model) !== images)
      .map(
        (model) =>
          `**The outcomes of ${plain(model.name)} add up to ${count(sum(model))}, not to the pictures: this card is wrong.**`,
      ),
  ].join("\n\n");
}

function sum(model: CardModel): number {
  return OUTCOMES.reduce((total, outcome) => total + model.outcomes[outcome], 0);
}
