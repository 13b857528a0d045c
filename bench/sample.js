// Draws 250,000 pictures of a made-up catalog of 13 million in 10,450 classes, through a gate that passes 97 %.
// node bench/sample.js [--dist DIR]      (after `npm run build`)
import { cpus } from "node:os";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const CLASSES = 10_450;
const PICTURES = 13_000_000;
const SIZE = 250_000;
const PASSING = 0.97;

const { values } = parseArgs({ options: { dist: { type: "string" } } });
const dist = values.dist === undefined ? new URL("../dist/", import.meta.url) : pathToFileURL(`${values.dist}/`);
const { drawSample } = await import(new URL("images/index.js", dist).href);

const catalog = madeUpCatalog();
const restingMiB = process.memoryUsage.rss() / 2 ** 20;
const started = performance.now();
let gated = 0;
const drawn = await drawSample(catalog, { size: SIZE, perClass: null, seed: 1 }, gate, {
  people: "keep",
  isPerson: () => false,
});
const seconds = (performance.now() - started) / 1000;

const perClass = new Map();
for (const image of drawn.images) perClass.set(image.class, (perClass.get(image.class) ?? 0) + 1);
const levels = new Map();
for (const count of perClass.values()) levels.set(count, (levels.get(count) ?? 0) + 1);

console.log(
  [
    `method    ${SIZE} of ${catalog.size} pictures in ${CLASSES} classes; ids made on the fly; a gate in this process that passes ${100 * PASSING} % without decoding`,
    `machine   ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${process.platform} ${process.arch}`,
    `drawn     ${drawn.images.length} images (${[...levels].map(([level, count]) => `${count} × ${level}`).join(" + ")}), ${gated} gated, ${JSON.stringify(drawn.facts.rejected)} rejected, ${drawn.facts.notDrawn} not drawn`,
    `time      ${seconds.toFixed(2)} s`,
    `memory    peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB RSS, ${restingMiB.toFixed(0)} MiB before the draw`,
  ].join("\n"),
);

/** Class `c` has 1,244 pictures, the first few one more; their ids are numbers of equal length, so in order as they are. */
function madeUpCatalog() {
  const classes = Array.from({ length: CLASSES }, (_, index) => `n${String(10_000_000 + 7919 * index).slice(0, 8)}`);
  const countOf = (index) => Math.floor(PICTURES / CLASSES) + (index < PICTURES % CLASSES ? 1 : 0);
  const idOf = (index, position) => `${classes[index]}_${10_000 + position}`;
  const entryOf = (index, position) => {
    const id = idOf(index, position);
    const fileName = `${classes[index]}/${id}.JPEG`;
    const locator = { source: 0, path: `${classes[index]}.tar`, offset: 1024 * position, length: 1000 };
    return { id, class: classes[index], fileName, locator };
  };
  return {
    size: PICTURES,
    classes,
    countOf,
    idOf,
    entryOf,
    outsideClasses: 0,
    sidecars: 0,
    duplicates: [],
    problems: [],
  };
}

async function gate(images) {
  gated += images.length;
  return images.map((image) =>
    passes(image.id)
      ? { ...image, accepted: facts(image.id), rejected: null }
      : { ...image, accepted: null, rejected: { reason: "too-small", detail: "made up" } },
  );
}

function passes(id) {
  let hash = 7;
  for (let place = 0; place < id.length; place++) hash = (Math.imul(hash, 31) + id.charCodeAt(place)) >>> 0;
  return (Math.imul(hash, 2654435761) >>> 0) / 2 ** 32 < PASSING;
}

function facts(id) {
  return {
    sha256: id.padEnd(64, "0"),
    bytes: 100_000,
    format: "jpeg",
    width: 500,
    height: 375,
    preparation: "as-is/1",
    made: [],
    measures: { sharpness: 100, contrast: 50 },
  };
}
