import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSampleImage } from "../../testing/index.js";
import { type PlannedArm, planArms } from "./arms.js";
import { budgetOf } from "./budget.js";
import { orderTraining } from "./pictures.js";

const CLASSES = ["n01", "n02", "n03", "n04"];
/** Class n04 has one picture in 40, the others share the rest. */
const images = Array.from({ length: 1_000 }, (_, place) =>
  makeSampleImage(place, { id: `p-${place}`, class: place % 40 === 3 ? "n04" : (CLASSES[place % 3] ?? null) }),
);
const order = orderTraining(images, (place) => place % 10 !== 0, 2);
const arms = planArms(order, ["glm", "kimi"]);
const named = (name: string): PlannedArm => {
  const arm = arms.find((known) => known.name === name);
  assert.ok(arm !== undefined, name);
  return arm;
};
const placesOf = (arm: PlannedArm) => [...images.keys()].filter((place) => [0, 1].some((one) => arm.has(place, one)));
const pairsOf = (arm: PlannedArm) =>
  [...images.keys()].flatMap((place) => [0, 1].filter((teacher) => arm.has(place, teacher)));

test("every arm but the sizes shows the pictures of the base arm, and counts are those of its cells", () => {
  const base = placesOf(named("base"));
  assert.equal(base.length, 900);
  for (const arm of arms) {
    assert.equal(placesOf(arm).length, arm.images, arm.name);
    assert.equal(pairsOf(arm).length, arm.pairs, arm.name);
    if (!arm.factors.includes("size")) assert.deepEqual(placesOf(arm), base, arm.name);
  }
});

test("each arm differs from the base arm in one factor, and an arm of several factors is planned once", () => {
  assert.deepEqual(named("base").factors, ["parts", "teachers", "size"]);
  for (const { name, factors, parts, teachers, pairing, share } of arms.slice(1)) {
    const differs = [parts !== "both", teachers.length < 2 || pairing !== "all", share < 1];
    assert.equal(differs.filter(Boolean).length, 1, name);
    assert.deepEqual(factors, [["parts", "teachers", "size"][differs.indexOf(true)]], name);
  }
  assert.equal(arms.length, 10);
});

test("where teachers take turns each picture has one pair, and every class is shared out evenly", () => {
  const turns = named("teachers-in-turn");
  assert.equal(turns.pairs, named("teacher-glm").pairs);
  for (const name of CLASSES) {
    const ofClass = placesOf(turns).filter((place) => images[place]?.class === name);
    const first = ofClass.filter((place) => turns.has(place, 0)).length;
    assert.ok(Math.abs(2 * first - ofClass.length) <= 1, `${name}: ${first} of ${ofClass.length}`);
  }
});

test("a smaller size is part of a larger one, classes stay within one picture until one is used up, empty ones are counted", () => {
  const sizes = ["size-01", "size-04", "size-16", "size-64", "base"].map(named);
  for (const [index, size] of sizes.entries()) {
    const larger = new Set(placesOf(sizes[index + 1] ?? size));
    for (const place of placesOf(size)) assert.ok(larger.has(place));
    const counts = CLASSES.map((name) => placesOf(size).filter((place) => images[place]?.class === name).length);
    const usedUp = counts[3] === 25;
    const open = usedUp ? counts.slice(0, 3) : counts;
    // The three large classes have about 290 pictures each, which only the base arm uses up.
    if (size.share < 1) assert.ok(Math.max(...open) - Math.min(...open) <= 1, `${size.name}: ${counts.join()}`);
  }
  assert.equal(order.emptyClasses(9), 0);
  assert.equal(order.emptyClasses(3), 1);
  assert.equal(order.emptyClasses(1), 3);
});

test("one teacher gives no arms of teachers", () => {
  const alone = planArms(
    orderTraining(images, () => true, 1),
    ["glm"],
  );
  assert.deepEqual(
    alone.map(({ name }) => name),
    ["base", "parts-thinking", "parts-answer", "size-01", "size-04", "size-16", "size-64"],
  );
});

test("a budget of steps is equal in steps, one of tokens in tokens under the loss", () => {
  const base = { pairs: 1_000, tokens: 800_000 };
  const small = { pairs: 100, tokens: 20_000 };
  assert.deepEqual(budgetOf(base, base, "steps", 2), { steps: 125, examples: 2_000, tokens: 1_600_000, epochs: 2 });
  assert.deepEqual(budgetOf(small, base, "steps", 2), { steps: 125, examples: 2_000, tokens: 400_000, epochs: 20 });
  assert.deepEqual(budgetOf(base, base, "tokens", 2).steps, 125);
  assert.deepEqual(budgetOf(small, base, "tokens", 2), {
    steps: 500,
    examples: 8_000,
    tokens: 1_600_000,
    epochs: 80,
  });
});
