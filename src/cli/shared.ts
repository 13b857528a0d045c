export type { Finish } from "./main.js";
export { bold, dim, duration, print, printable, say, table, thousands } from "./print.js";
export { watchStop } from "./watch-stop.js";
