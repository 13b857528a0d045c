/** Colourants of sRGB, adapted to D50 as profiles hold them. */
const SRGB_COLOURANTS: readonly (readonly [string, readonly number[]])[] = [
  ["rXYZ", [0.436, 0.2225, 0.0139]],
  ["gXYZ", [0.3851, 0.7169, 0.0971]],
  ["bXYZ", [0.1431, 0.0606, 0.7141]],
];
const COLOURANT_TOLERANCE = 0.01;
/** sRGB's curve at one half; a gamma of 2.2 gives 0.2176, one of 1.8 gives 0.287. */
const SRGB_HALF = 0.214;
const CURVE_TOLERANCE = 0.02;

/**
 * Whether an ICC profile says no more than sRGB (or, for a grey picture, a grey with sRGB's curve), so that a reader
 * who ignores it sees the right colours. Judged by its colourants and curves, as names are free text.
 */
export function saysSrgb(profile: Buffer): boolean {
  try {
    const space = profile.toString("latin1", 16, 20);
    const tags = readTags(profile);
    if (space === "GRAY") return isSrgbCurve(tags.get("kTRC"));
    if (space !== "RGB ") return false;
    const colourants = SRGB_COLOURANTS.every(([tag, wanted]) => isNear(readXyz(tags.get(tag)), wanted));
    return colourants && ["rTRC", "gTRC", "bTRC"].every((tag) => isSrgbCurve(tags.get(tag)));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function readTags(profile: Buffer): Map<string, Buffer> {
  const count = Math.min(profile.readUInt32BE(128), 200);
  return new Map(
    Array.from({ length: count }, (_, index): [string, Buffer] => {
      const entry = 132 + 12 * index;
      const start = profile.readUInt32BE(entry + 4);
      const name = profile.toString("latin1", entry, entry + 4);
      return [name, profile.subarray(start, start + profile.readUInt32BE(entry + 8))];
    }),
  );
}

function readXyz(tag: Buffer | undefined): number[] {
  if (tag === undefined || tag.toString("latin1", 0, 4) !== "XYZ ") return [];
  return [8, 12, 16].map((place) => fixed(tag, place));
}

function isNear(seen: readonly number[], wanted: readonly number[]): boolean {
  return (
    seen.length === wanted.length && seen.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) < COLOURANT_TOLERANCE)
  );
}

function isSrgbCurve(tag: Buffer | undefined): boolean {
  const half = tag === undefined ? null : curveAtHalf(tag);
  return half !== null && Math.abs(half - SRGB_HALF) < CURVE_TOLERANCE;
}

/** The value of a tone curve at one half, null where it is of an unknown kind. */
function curveAtHalf(tag: Buffer): number | null {
  const type = tag.toString("latin1", 0, 4);
  if (type === "curv") {
    const points = tag.readUInt32BE(8);
    if (points === 0) return 0.5;
    if (points === 1) return 0.5 ** (tag.readUInt16BE(12) / 256);
    return tag.readUInt16BE(12 + 2 * Math.round((points - 1) / 2)) / 65535;
  }
  if (type !== "para") return null;
  const kind = tag.readUInt16BE(8);
  const gamma = fixed(tag, 12);
  if (kind === 0) return 0.5 ** gamma;
  if (kind > 4) return null;
  // One half lies in the power part of every kind; kinds 2 and 4 add a constant to it.
  const constant = kind === 2 ? fixed(tag, 24) : kind === 4 ? fixed(tag, 32) : 0;
  return (fixed(tag, 16) * 0.5 + fixed(tag, 20)) ** gamma + constant;
}

/** A signed 16.16 number. */
function fixed(bytes: Buffer, place: number): number {
  return bytes.readInt32BE(place) / 65536;
}
