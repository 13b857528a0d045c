// What must hold after a drill, each claim with the number of things it was checked on. The witnesses are the servers'
// own logs, the copies of what was synced, and the files of the run folder; the program is asked for its pairs and its
// status only.
import { madeReply } from "./made-reply.js";

/** Outcomes that an accepted reply gives. */
const FROM_REPLY = ["answered", "truncated", "unparsed", "refused"];
const TRIES = 3;

/**
 * `ledger`: events of the run folder. `synced`: events that a sync covered. `log`: what the servers wrote, each with its
 * `url`. `starts`: writer and end of every start of the program. `looks`: what `status` said meanwhile. `more`: what one
 * start after the last did. Gives `claims` of `name`, `checked` and `broken`, and `waste`: what was asked or answered
 * more than once, by kind.
 */
export function prove({ killer, refused, pairs, status, ledger, synced, log, starts, run8, looks, more }) {
  const idOf = ({ image, model, attempt }) => `${image}/${model}/${attempt}/${run8}`;
  const byId = new Map(ledger.map((event) => [idOf(event), event]));
  const accepted = groupBy(ledger.filter(isAccepted), cellOf);
  const received = log.filter(({ event }) => event === "received");
  const cutWriters = new Set(starts.filter(({ end }) => end === "killed" || end === 1).map(({ writer }) => writer));
  const cells = new Map(pairs.map((pair) => [cellOf(pair), pair]));

  const claims = [
    claim(
      "every cell has its outcome",
      pairs,
      (pair) => pair.outcome !== "missing" && cells.get(cellOf(pair)) === pair,
    ),
    claim("the outcomes of each model add up to the images", Object.values(status.models), (model) => {
      return sumOutcomes(model) === status.images && pairs.length === status.cells;
    }),
    claim(
      "`status` counts attempts, faults by kind and cut requests as the ledger has them",
      Object.entries(status.models),
      ([name, model]) => {
        const own = ledger.filter((event) => event.model === name);
        const faults = countBy(own.flatMap(({ fault }) => (fault === null ? [] : [fault.kind])));
        const isSame = Object.keys({ ...faults, ...model.faults }).every((kind) => faults[kind] === model.faults[kind]);
        return isSame && model.cut === own.filter(isOpen).length && model.attempts + model.cut === own.length;
      },
    ),
    claim("no cell has two accepted records", [...accepted.values()], (records) => records.length === 1),
    claim("an outcome read from a reply has its record, and no other has one", pairs, (pair) => {
      return accepted.has(cellOf(pair)) === FROM_REPLY.includes(pair.outcome);
    }),
    // Another way to sync would pass the witness by, and prove nothing.
    claim("the witness saw journals being synced", [synced.length], (seen) => seen > 0),
    claim("every synced attempt is in the ledger, word for word", synced, (event) => {
      const record = byId.get(idOf(event));
      return record?.reply?.content === event.reply?.content && record?.fault?.kind === event.fault?.kind;
    }),
    claim("every synced reply without a fault is its pair", synced.filter(isAccepted), (event) => {
      return accepted.get(cellOf(event))?.[0]?.attempt === event.attempt && cells.has(cellOf(event));
    }),
    claim("every pair says what a server sent for that very request", pairs, (pair) => {
      const [record] = accepted.get(cellOf(pair)) ?? [];
      if (record === undefined) return pair.thinking === null && pair.answer === null;
      const made = madeReply(idOf(record), pair.model);
      return pair.thinking === made.thinking && pair.answer === made.answer;
    }),
    claim("every request a server got has its line in the ledger, with that server's address", received, (request) => {
      return byId.get(request.id)?.endpoint === request.url;
    }),
    claim("only a kill or a full disk left a request without an end", ledger.filter(isOpen), ({ attempt }) => {
      return cutWriters.has(writerOf(attempt));
    }),
    claim(
      "what failed has its reason in its attempts",
      pairs.filter(({ outcome }) => outcome === "failed"),
      (pair) => {
        const attempts = ledger.filter((event) => cellOf(event) === cellOf(pair) && event.countsAsTry);
        if (pair.image === killer) return pair.reason === "set-aside";
        if (pair.image === refused) return pair.reason === "rejected-by-server" && attempts.length === TRIES;
        return attempts.length === TRIES || pair.reason === "set-aside";
      },
    ),
    claim(
      "the picture that kills its engine was set aside",
      ["glm", "kimi"].map((model) => cells.get(`${killer}/${model}`)),
      (pair) => pair.reason === "set-aside",
    ),
    claim("`status` of another process adds up while the run goes on", looks, ({ code, said }) => {
      return code === 0 && Object.values(said.models).every((model) => sumOutcomes(model) === said.images);
    }),
    claim("the same line once more asks nothing", [more], ({ code, requests }) => code === 0 && requests === 0),
  ];
  return { claims, waste: countWaste({ ledger, log, accepted, byId }) };
}

/** Every attempt but a cell's accepted one, by what became of it; and of replies that servers sent to their end, the same. */
function countWaste({ ledger, log, accepted, byId }) {
  const kindOf = (event) => {
    if (event === undefined) return "not in the ledger";
    if (isOpen(event)) return "cut by a kill or a full disk";
    if (event.fault !== null) return event.fault.kind;
    return accepted.get(cellOf(event))?.[0] === event ? "accepted" : "a second reply";
  };
  const completed = new Set(log.filter(({ event }) => event === "completed").map(({ id }) => id));
  return {
    asked: countBy(ledger.map(kindOf)),
    answered: countBy([...completed].map((id) => kindOf(byId.get(id)))),
  };
}

function claim(name, things, holds) {
  return { name, checked: things.length, broken: things.filter((thing) => !holds(thing)) };
}

const cellOf = ({ image, model }) => `${image}/${model}`;
const writerOf = (attempt) => attempt.slice(0, attempt.lastIndexOf("-"));
const isOpen = ({ event }) => event === "asked";
const isAccepted = ({ event, fault }) => event === "ended" && fault === null;

function sumOutcomes({ answered, truncated, unparsed, refused, failed, missing }) {
  return answered + truncated + unparsed + refused + failed + missing;
}

function groupBy(things, nameOf) {
  const groups = new Map();
  for (const thing of things) groups.set(nameOf(thing), [...(groups.get(nameOf(thing)) ?? []), thing]);
  return groups;
}

export function countBy(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
