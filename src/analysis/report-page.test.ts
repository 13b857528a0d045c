import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { countOutcomes, OUTCOMES } from "../records/index.js";
import type { ReportCell, ReportData, ReportModel, ReportPicture } from "./report-data.js";
import { renderReport } from "./report-page.js";

const GLM: ReportModel = {
  name: "glm",
  role: "teacher",
  model: "zai-org/GLM-4.1V-9B-Thinking",
  revision: null,
  observer: false,
  outcomes: { ...countOutcomes(), answered: 231, truncated: 4, unparsed: 3, failed: 2 },
  attempts: 252,
  promptTokens: 123456,
  completionTokens: null,
};
const KIMI: ReportModel = { ...GLM, name: "kimi", outcomes: { ...countOutcomes(), answered: 240 } };
const CELL: ReportCell = {
  model: "glm",
  outcome: "answered",
  reason: null,
  thinking: "The fur is striped.",
  answer: "A tabby cat.",
  flags: ["boxed"],
  finishReason: "stop",
  attempts: 1,
};
const PICTURE: ReportPicture = {
  id: "n02123045_1",
  fileName: "n02123045/n02123045_1.JPEG",
  class: "n02123045",
  lemma: "tabby",
  gloss: "a cat with a grey coat",
  width: 451,
  height: 300,
  bytes: 30_967,
  format: "jpeg",
  made: [],
  review: false,
  thumbnail: "data:image/jpeg;base64,/9j/4AAQ",
  cells: [
    CELL,
    { ...CELL, model: "kimi", outcome: "missing", thinking: null, answer: null, finishReason: null, attempts: 0 },
  ],
};
const DATA: ReportData = {
  name: "my-think-set",
  run8: "0badcafe",
  toolVersion: "1.2.3",
  createdAt: "2026-05-09T07:29:33.123Z",
  prompt: { name: "imagenet-think", version: 1, text: "Please analyze this image.", system: null, imageFirst: true },
  images: 240,
  models: [GLM, KIMI],
  sample: {
    catalog: 960,
    outsideClasses: 0,
    notDrawn: 716,
    rejected: { undecodable: 3, "too-small": 1 },
    shortClasses: [{ class: "n02123045", given: 5, wanted: 6 }],
  },
  selection: { seed: 1 },
  pictures: [PICTURE],
  withPictures: true,
};

const HOSTILE = [
  "<script>alert(1)</script>",
  "</script><script>alert(2)</script>",
  `" onmouseover="alert(3)" x='`,
  "'><img src=https://example.org/x onerror=alert(4)>",
  "</div></article><!-- ]]> &lt;b&gt;",
  "\u202Egnp.exe \u2067 a\u2028b\0c\u001bd\x9be\ud800",
  "x".repeat(100_000),
].join("\n");

/** Everything outside the page's own style and script. */
function body(page: string): string {
  return page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, "");
}

test("the arithmetic on the page is that of the data", () => {
  const page = body(renderReport(DATA));
  const words = page.replace(/<[^>]+>/g, "");
  assert.match(
    words,
    /240 pictures × 2 models = 480 cells = 471 answered \+ 4 truncated \+ 3 unparsed \+ 0 refused \+ 2 failed \+ 0 missing/,
  );
  for (const outcome of OUTCOMES)
    assert.ok(page.includes(`data-label="${outcome}">${GLM.outcomes[outcome]}</td>`), outcome);
  assert.match(page, /data-label="attempts">252</);
  assert.match(page, /data-label="prompt tokens">123,456</);
  assert.match(page, /data-label="reply tokens"><span class="soft">unknown/);
  assert.match(words, /too-small1/);
  assert.match(words, /1 of 240 pictures, a seeded selection \(seed 1\)/);
});

test("less than everything never reads as 100 %", () => {
  assert.match(renderReport(DATA), /<b>Finished\.<\/b>/);
  const images = 250_000;
  const almost = { ...GLM, outcomes: { ...countOutcomes(), answered: images - 1, missing: 1 } };
  const page = body(renderReport({ ...DATA, images, models: [almost] }));
  assert.match(page, /Not finished: 99\.9 %/);
  assert.doesNotMatch(page.replace(/(?:x|width|height)="[^"]*"/g, ""), /100(?:\.0)? ?%/);
  assert.match(body(renderReport({ ...DATA, sample: null, images: 0, pictures: [] })), /Not begun/);
  assert.match(body(renderReport({ ...DATA, images: 0, models: [], pictures: [] })), /<b>Empty\.<\/b>/);
});

test("outcomes that do not add up are said", () => {
  assert.doesNotMatch(renderReport(DATA), /these numbers are wrong/);
  const short = { ...GLM, outcomes: { ...GLM.outcomes, answered: 1 } };
  assert.match(renderReport({ ...DATA, models: [short] }), /outcomes of glm add up to 10, not to the 240 pictures/);
});

test("hostile text stays text, wherever it stands", () => {
  const plain = renderReport(DATA);
  const page = renderReport({
    ...DATA,
    name: HOSTILE,
    createdAt: HOSTILE,
    prompt: { ...DATA.prompt, name: HOSTILE, text: HOSTILE, system: HOSTILE },
    models: [{ ...GLM, name: HOSTILE, model: HOSTILE, revision: HOSTILE, observer: true }, KIMI],
    sample: {
      catalog: 1,
      outsideClasses: 1,
      notDrawn: 1,
      rejected: { [HOSTILE]: 1 },
      shortClasses: [{ class: HOSTILE, given: 1, wanted: 2 }],
    },
    pictures: [
      {
        ...PICTURE,
        fileName: HOSTILE,
        class: HOSTILE,
        lemma: HOSTILE,
        gloss: HOSTILE,
        made: [HOSTILE],
        thumbnail: HOSTILE,
        cells: [
          {
            ...CELL,
            model: HOSTILE,
            reason: HOSTILE,
            thinking: HOSTILE,
            answer: HOSTILE,
            flags: [HOSTILE],
            finishReason: HOSTILE,
          },
        ],
      },
    ],
  });
  const tags = (text: string) => new Set([...text.matchAll(/<\/?([a-z!][a-z0-9-]*)/gi)].map(([, name = ""]) => name));
  for (const tag of tags(page)) assert.ok(tags(plain).has(tag) || tag === "br", tag);
  assert.equal(page.split("<script").length, 2);
  const bare = body(page).replace(/="[^"]*"/g, '=""');
  assert.equal(/<[^>]*\son[a-z]+\s*=/i.test(bare), false);
  assert.equal(/[\0\x1b\x9b\u2028\u2029]|\p{Surrogate}/u.test(page), false);
});

test("the page asks nobody for anything: a strict policy, and no address in any attribute that loads", () => {
  const page = renderReport({ ...DATA, pictures: [{ ...PICTURE, thumbnail: "https://example.org/x.png" }, PICTURE] });
  assert.doesNotMatch(body(page), /\s(?:src|href|srcset|action|poster|data|style)="(?!data:image\/|#)/);
  assert.doesNotMatch(page, /https?:\/\/|@import|url\(/);
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
  assert.ok(policy.startsWith("default-src 'none'; img-src data:;"), policy);
  assert.ok(policy.includes(`style-src ${hash(style)}`) && policy.includes(`script-src ${hash(script)}`));
});

test("a card shows the picture, its facts and both models, thinking folded and answer open", () => {
  const page = renderReport({ ...DATA, pictures: [{ ...PICTURE, made: ["rotated", "cmyk"], review: true }] });
  assert.match(page, /<img src="data:image\/jpeg;base64,\/9j\/4AAQ" alt="small copy of n02123045_1"/);
  assert.match(
    page,
    /<bdi>tabby<\/bdi>[\s\S]*451 × 300 · JPEG · 31\.0 kB[\s\S]*made plain for sending: rotated, cmyk[\s\S]*>review</,
  );
  assert.match(page, /<details class="thinking"><summary>[\s\S]*?The fur is striped\.<\/div><\/details>/);
  assert.match(page, /<div class="answer"><div class="text" dir="auto">A tabby cat\.<\/div>/);
  assert.match(page, /data-model="kimi" data-outcome="missing"[\s\S]*Not asked to the end yet/);
});

test("text of the built-in observer is marked at the top and in every cell", () => {
  assert.doesNotMatch(body(renderReport(DATA)), /class="tag observer"/);
  const page = body(renderReport({ ...DATA, models: [{ ...GLM, observer: true }, KIMI] }));
  assert.match(page, /<b>Not written by a model\.<\/b>/);
  assert.match(page, /<h4><b>glm<\/b> <span class="tag observer">observer<\/span><\/h4>/);
  assert.doesNotMatch(page, /<b>kimi<\/b> <span class="tag observer">/);
});

test("without pictures there is a plain place for them, and the page says so", () => {
  const page = renderReport({ ...DATA, withPictures: false, pictures: [{ ...PICTURE, thumbnail: null }] });
  assert.doesNotMatch(page, /<img/);
  assert.match(page, /pictures were left out of this page/);
  assert.match(renderReport(DATA), /small copies for the eyes of this page&#39;s reader only/);
});

test("the same data gives the same page, and 24 cards stay small", () => {
  const pictures = Array.from({ length: 24 }, (_, index) => ({
    ...PICTURE,
    id: `n02123045_${index}`,
    thumbnail: `data:image/jpeg;base64,${"A".repeat(30_000)}`,
    cells: [GLM, KIMI].map(({ name }) => ({
      ...CELL,
      model: name,
      thinking: "word ".repeat(800),
      answer: "word ".repeat(200),
    })),
  }));
  const page = renderReport({ ...DATA, pictures });
  assert.equal(page, renderReport(structuredClone({ ...DATA, pictures })));
  assert.ok(Buffer.byteLength(page) < 1_200_000);
});
