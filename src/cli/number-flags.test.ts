import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, port, positive, share, wholeNumber } from "./number-flags.js";

test("a number's flag takes what it can mean and refuses the rest in words", () => {
  const cases: [(text: string) => number, string[], string[]][] = [
    [positive, ["1", "250000"], ["0", "-1", "1.5", "", "x", "1e400"]],
    [wholeNumber, ["0", "7"], ["-1", "0.5", "", " ", "seven"]],
    [amount, ["0", "0.5", "1e3"], ["-0.1", "", "NaN", "Infinity"]],
    [share, ["0", "0.05", "1"], ["1.01", "-1", "5 %", ""]],
    [port, ["0", "65535"], ["65536", "-1", "80.5", "http", ""]],
  ];
  for (const [read, taken, refused] of cases) {
    for (const text of taken) assert.equal(read(text), Number(text));
    for (const text of refused) assert.throws(() => read(text), /must be a (whole )?(number|port)/, text);
  }
});
