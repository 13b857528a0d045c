// Builds a catalog of a made-up ImageNet-21k from a source that only makes names, and reads every id of it once:
// time, and the memory of the process. `node bench/catalog.js [pictures] [tar]`
import { buildCatalog } from "../dist/images/index.js";

const pictures = Number(process.argv[2] ?? 13_000_000);
const asTars = process.argv[3] === "tar";
const classes = Math.max(1, Math.round(pictures / 600));

async function* list() {
  for (let c = 0; c < classes; c++) {
    const wnid = `n${String(c + 1_000_000).padStart(8, "0")}`;
    const batch = [];
    for (let i = c; i < pictures; i += classes) {
      const path = `${wnid}/${wnid}_${(i * 7919) % 100_003}${c % 10}.JPEG`;
      batch.push({
        path,
        place: asTars ? { path: `${wnid}.tar`, offset: batch.length * 110_592, length: 109_000 } : { path },
      });
    }
    yield batch;
  }
}
const source = { kind: "folder", list, read: () => Promise.resolve(Buffer.alloc(0)), close: () => Promise.resolve() };
const resident = () => `${Math.round(process.memoryUsage().rss / 1e6)} MB resident`;
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

let start = performance.now();
const catalog = await buildCatalog([source], { classes: null, say: () => {} });
console.log(`${catalog.size} pictures in ${catalog.classes.length} classes listed in ${seconds(start)}, ${resident()}`);
globalThis.gc?.();
console.log(
  `after collecting: ${resident()}, ${Math.round(process.memoryUsage().arrayBuffers / catalog.size)} bytes a picture`,
);
start = performance.now();
let length = 0;
for (let c = 0; c < catalog.classes.length; c++) {
  for (let i = 0; i < catalog.countOf(c); i++) length += catalog.idOf(c, i).length;
}
console.log(`every id read in order in ${seconds(start)} (${length} characters), ${resident()}`);
