import type { MetricPair, MetricText } from "../records/index.js";

/** A text whose shared work is made once. */
export function metricText(text: string): MetricText {
  const share = sharing<MetricText>();
  const self: MetricText = { text, share: (make) => share(self, make) };
  return self;
}

/** Two texts as metrics take them. */
export function metricPair(reference: MetricText, hypothesis: MetricText): MetricPair {
  const share = sharing<MetricPair>();
  const self: MetricPair = { reference, hypothesis, share: (make) => share(self, make) };
  return self;
}

/** Keeps what each function made. There are few, so a list is searched faster than a map. */
function sharing<Self>(): <T>(self: Self, make: (self: Self) => T) => T {
  const makers: unknown[] = [];
  const made: unknown[] = [];
  return <T>(self: Self, make: (self: Self) => T): T => {
    const place = makers.indexOf(make);
    // The value in this place is what this very function made.
    if (place >= 0) return made[place] as T;
    const value = make(self);
    makers.push(make);
    made.push(value);
    return value;
  };
}
