// Kills the program at moments drawn from seeds and holds what it leaves against a calm run: `node scripts/kill-drill.js 1000`
// does so for seeds 1 to 1000; a second number is the first seed. Needs `npm run build`.
import { killBySeed } from "../dist/pipeline/faults/kill-by-seed.js";

const count = Number(process.argv[2] ?? 100);
const first = Number(process.argv[3] ?? 1);
const words = ({ kills, runs }) => `${kills} starts were killed, ${runs} runs finished as the calm one`;
const done = await killBySeed(
  Array.from({ length: count }, (_, number) => first + number),
  (seed, soFar) => {
    if ((seed - first + 1) % 20 === 0) console.error(`seed ${seed}: ${words(soFar)}`);
  },
);
console.log(words(done));
