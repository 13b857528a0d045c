import { createRequire } from "node:module";
import type * as Onnx from "onnxruntime-node";
import type * as Tokenizers from "tokenizers";
import { UserError } from "../../records/index.js";

/** The version the numbers were checked with. */
export const RUNTIME_VERSION = "1.30.0";

const require = createRequire(import.meta.url);

/** The ONNX runtime. Throws a `UserError` with the line that installs it where it is absent: it is an optional dependency. */
export function loadOnnxRuntime(): typeof Onnx {
  return loadPackage(
    "onnxruntime-node",
    `ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@${RUNTIME_VERSION}`,
  ) as typeof Onnx;
}

/** The official tokenizers. */
export function loadTokenizers(): typeof Tokenizers {
  return loadPackage("tokenizers", "npm ci") as typeof Tokenizers;
}

function loadPackage(name: string, line: string): unknown {
  try {
    return require(name);
  } catch (error) {
    const words = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const absent = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    throw new UserError(
      absent
        ? `neural metrics need the package ${name}, which is not installed; install it with: ${line}`
        : `the package ${name} does not load here (${words}); install it again with: ${line}`,
    );
  }
}
