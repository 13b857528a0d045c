/** A colour in OKLab (Björn Ottosson, 2020): lightness 0…1, and two opponent axes near -0.4…0.4. */
export interface OkLab {
  readonly l: number;
  readonly a: number;
  readonly b: number;
}

/** Converts an sRGB colour, 0…255 a channel, to OKLab. */
export function toOkLab(red: number, green: number, blue: number): OkLab {
  const r = toLinear(red);
  const g = toLinear(green);
  const b = toLinear(blue);
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    l: 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    a: 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    b: 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  };
}

/** How far two colours are apart; 0.02 is about the least a person notices. */
export function distanceOf(one: OkLab, other: OkLab): number {
  return Math.hypot(one.l - other.l, one.a - other.a, one.b - other.b);
}

function toLinear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
