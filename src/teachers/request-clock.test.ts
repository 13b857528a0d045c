import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openRequestClock } from "./request-clock.js";

const NOON = Date.parse("2026-01-02T12:00:00.000Z");
const HOUR = 3_600_000;

test("a time that was seen within the request is kept, one of a clock that was set back or forward is not known", () => {
  mock.timers.enable({ apis: ["Date"], now: NOON });
  try {
    const clock = openRequestClock();
    const seen = () => clock.ifWithin(new Date().toISOString());
    assert.equal(seen(), "2026-01-02T12:00:00.000Z");
    assert.equal(clock.ifWithin(null), null);
    mock.timers.setTime(NOON - HOUR);
    assert.equal(seen(), null);
    mock.timers.setTime(NOON + HOUR);
    assert.equal(seen(), null);
    const endedMs = Date.parse(clock.now()) - NOON;
    assert.ok(endedMs >= 0 && endedMs < HOUR);
  } finally {
    mock.timers.reset();
  }
});
