import assert from "node:assert/strict";
import { test } from "node:test";
import type { JoinReport } from "../pipeline/index.js";
import { describeJoin } from "./describe-join.js";

const CHECKED: JoinReport = {
  pictures: 12,
  found: 12,
  missing: 0,
  changed: 0,
  unreadable: 0,
  inPlace: 12,
  first: [],
  folder: null,
  rows: 0,
  incomplete: 0,
  stopped: false,
};

test("a folder is a trainer's as it is only where every picture lies at its path", () => {
  assert.match(describeJoin(CHECKED), /your trainer can read that folder as it is$/);
  assert.match(
    describeJoin({ ...CHECKED, inPlace: 9 }),
    /\n9 of 12 lie where the paths of this export point: a trainer .* miss the others/,
  );
  assert.doesNotMatch(describeJoin({ ...CHECKED, stopped: true }), /paths of this export/);
  assert.match(describeJoin({ ...CHECKED, folder: "/j", rows: 24 }), /\n\/j: 24 rows with their pictures$/);
});

test("a file's name cannot steer the terminal", () => {
  const first = [{ image: "p-0", fileName: "a\u001b[2J.jpg", fate: "missing" as const }];
  const text = describeJoin({ ...CHECKED, found: 11, missing: 1, inPlace: 11, first });
  assert.match(text, /a\[2J\.jpg: missing/);
});
