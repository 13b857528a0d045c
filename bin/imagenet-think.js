#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { main } from "../dist/cli/main.js";

/** Left alone, the heap grows to four times what is alive before it is cleared: on 500,000 pairs that alone is a gigabyte. */
const HOLD_A_WHOLE_RUN = ["ablation", "export", "images", "import", "join", "pairs", "parse", "report", "score"];
// Nowhere else: what keeps little alive and drops much, as `run` does, would lose a quarter of its pairs a second to it.
if (HOLD_A_WHOLE_RUN.includes(process.argv[2] ?? "")) setFlagsFromString("--heap-growing-percent=30");

process.exitCode = await main(process.argv);
