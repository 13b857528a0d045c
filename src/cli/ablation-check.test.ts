import assert from "node:assert/strict";
import { test } from "node:test";
import { ablationCommand } from "./ablation.js";
import { main } from "./main.js";

test("flags behind `check` are its own, also those that `ablation` has too", async () => {
  const command = ablationCommand(() => undefined);
  const flags = ["/no/such/folder", "--json", "--tokenizer", "t.json"];
  await assert.rejects(command.parseAsync(["node", "ablation", "check", ...flags]), { name: "UserError" });
  assert.deepEqual(command.commands[0]?.opts(), { json: true, tokenizer: "t.json" });
  assert.deepEqual(command.opts().json, undefined);
  assert.equal(await main(["node", "imagenet-think", "ablation", "check", "/no/such/folder", "--to", "arms"]), 2);
  assert.equal(await main(["node", "imagenet-think", "ablation", "check", "/no/such/folder", "--json"]), 1);
});

test("a model without a trainer to give it to is refused", async () => {
  const command = ablationCommand(() => undefined);
  await assert.rejects(command.parseAsync(["node", "ablation", "check", "arms", "--model", "tiny"]), {
    name: "UsageError",
    message: /--model .* needs --python/,
  });
});
