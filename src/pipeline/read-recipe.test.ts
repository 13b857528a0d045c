import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { UsageError } from "../records/index.js";
import { parseRecipe } from "./read-recipe.js";

const GOOD = `
name: t
images: [{ source: folder, path: ./p }]
teachers: [{ name: glm, endpoints: observer, dialect: glm }]
`;

function refusal(text: string): string {
  try {
    parseRecipe(text, "r.yaml");
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return "(accepted)";
}

test("the recipes that ship are valid", () => {
  for (const name of ["first", "demo", "imagenet-think-250k"]) {
    const text = readFileSync(new URL(`../../recipes/${name}.yaml`, import.meta.url), "utf8");
    assert.ok(parseRecipe(text, name).teachers.length === 2);
  }
});

test("an unknown key is named with the nearest known one, wherever it stands", () => {
  assert.match(refusal(`${GOOD}peple: drop\n`), /unknown key "peple"; did you mean "people"\?/);
  assert.match(
    refusal(GOOD.replace("dialect: glm", "dialect: glm, temprature: 1")),
    /"temprature" in teachers\[0\]; did you mean "temperature"/,
  );
  assert.match(refusal(`${GOOD}gate: { minside: 3 }\n`), /"minside" in gate; did you mean "minSide"/);
  assert.match(refusal(`${GOOD}prompt: { text: hi, sytem: x }\n`), /"sytem" in prompt; did you mean "system"/);
  assert.match(
    refusal(GOOD.replace("dialect: glm", "dialect: glm, timeouts: { idle: 3 }")),
    /"idle" in teachers\[0\]\.timeouts; did you mean "idleMs"/,
  );
});

test("a wrong value is named with the nearest known one", () => {
  assert.match(
    refusal(GOOD.replace("source: folder", "source: foldr")),
    /images\[0\]\.source is "foldr"; did you mean "folder"/,
  );
  assert.match(
    refusal(GOOD.replace("dialect: glm", "dialect: gml")),
    /teachers\[0\]\.dialect is "gml"; did you mean "glm"/,
  );
});

test("what is missing is said", () => {
  assert.match(refusal("name: t\nteachers: []\n"), /images is missing/);
  assert.match(
    refusal(GOOD.replace("endpoints: observer", "endpoints: [http://h/v1]")),
    /teachers\[0\]\.model is missing/,
  );
});

test("credentials in a URL, doubled names and wire fields in extra are refused without showing a secret", () => {
  const secret = refusal(GOOD.replace("endpoints: observer", "model: m, endpoints: ['http://me:hunter2@h/v1']"));
  assert.match(secret, /must not hold a user name or password/);
  assert.doesNotMatch(secret, /hunter2/);
  const secrets: [string, RegExp][] = [
    ["['me:hunter2@h/v1']", /must start with http/],
    ["['http//me:hunter2@h/v1']", /is neither a URL/],
    ["me:hunter2@h:8000/v1", /must start with http/],
    ["['http://h/v1?key=hunter2']", /http:\/\/h\/v1 is followed by a \? or # part/],
    ["['http://h/v1#hunter2']", /http:\/\/h\/v1 is followed by a \? or # part/],
  ];
  for (const [endpoints, sentence] of secrets) {
    const said = refusal(GOOD.replace("endpoints: observer", `model: m, endpoints: ${endpoints}`));
    assert.match(said, sentence);
    assert.doesNotMatch(said, /hunter2/);
  }
  assert.match(
    refusal(`${GOOD}candidates: [{ name: glm, endpoints: observer, dialect: kimi }]\n`),
    /candidates\[0\]\.name "glm" is used twice/,
  );
  for (const limit of ["max_tokens", "max_completion_tokens", "max_new_tokens", "n_predict"]) {
    const said = refusal(GOOD.replace("dialect: glm", `dialect: glm, extra: { ${limit}: 3 }`));
    assert.match(said, new RegExp(`extra may not set "${limit}"; use maxTokens`));
  }
  assert.match(refusal(GOOD.replace("name: glm", "name: GLM")), /teachers\[0\]\.name/);
});

test("a value of another kind is refused in words, never shown", () => {
  const model = (field: string) => refusal(GOOD.replace("dialect: glm", `dialect: glm, ${field}`));
  assert.match(refusal(`${GOOD}sample: 240\n`), /: sample must be keys with values, not a number$/);
  assert.match(refusal(`${GOOD}sample:\n`), /: sample has no value; give it one, or take the key out$/);
  assert.match(refusal(GOOD.replace("name: t", "name: 5")), /: name must be a text, not a number$/);
  assert.match(model("concurrency: lots"), /: teachers\[0\]\.concurrency must be a number, not a text$/);
  assert.match(model("concurrency: 0"), /: teachers\[0\]\.concurrency must be at least 1$/);
  assert.match(model("concurrency: 1.5"), /: teachers\[0\]\.concurrency must be a whole number, not a fraction$/);
});

test("size and perClass exclude each other", () => {
  assert.match(refusal(`${GOOD}sample: { size: 3, perClass: 1 }\n`), /sample: needs either size or perClass/);
  assert.match(refusal(`${GOOD}sample: { seed: 1 }\n`), /sample: needs either size or perClass/);
});

test("text that is no recipe at all is refused in words", () => {
  assert.match(refusal("- a\n- b\n"), /must be a mapping/);
  assert.match(refusal("name: [\n"), /not valid YAML/);
  assert.match(
    refusal("teachers:\n  - name: glm\n   model: m\n"),
    /^r\.yaml, line 3, column 4: this is not valid YAML: bad indentation of a sequence entry$/,
  );
  assert.match(refusal("name: a\nname: b\n"), /not valid YAML/);
});
