import type { Region } from "../measure/measure-regions.js";
import type { Thirds } from "../measure/measure-thirds.js";
import { type Place, placeAt } from "../measure/place.js";
import { list, withArticle } from "./number-words.js";

const PLACES = [
  ["upper left", "top centre", "upper right"],
  ["middle left", "centre", "middle right"],
  ["lower left", "bottom centre", "lower right"],
] as const;

/** A ninth in words that fit behind "in the". */
export function placeName(place: Place): string {
  return PLACES[place.row][place.column];
}

/** What a region looks like in one noun: `upright strip`, `compact patch`. Its sides are compared as they are seen. */
export function regionShape(region: Region, aspect: number): string {
  const ratio = ((region.right - region.left) * aspect) / (region.bottom - region.top);
  if (region.fill < 0.36) return "ragged patch";
  if (ratio > 2.4) return "long flat strip";
  if (ratio < 1 / 2.4) return "upright strip";
  if (region.touches.length === 0 && region.fill > 0.62 && ratio > 0.6 && ratio < 1.7) return "compact patch";
  return region.share > 0.2 ? "broad area" : "patch";
}

/** Where a region lies, as a clause without its subject: `runs across the top of the frame`. */
export function regionPlace(region: Region): string {
  const { touches } = region;
  const wide = touches.includes("left") && touches.includes("right");
  const tall = touches.includes("top") && touches.includes("bottom");
  if (wide && tall) return region.share > 0.75 ? "reaches from edge to edge" : "reaches all four sides of the frame";
  if (wide && touches.includes("top")) return "runs across the top";
  if (wide && touches.includes("bottom")) return "lies along the bottom";
  if (wide) return "crosses the frame from left to right";
  if (tall && touches.includes("left")) return "takes the left side from top to bottom";
  if (tall && touches.includes("right")) return "takes the right side from top to bottom";
  if (tall) return "runs through the frame from top to bottom";
  const place = placeName(placeAt(region.x, region.y));
  if (touches.length === 0) return `lies in the ${place}, clear of every edge`;
  return `lies in the ${place}, against the ${list(touches)} ${touches.length > 1 ? "edges" : "edge"}`;
}

/** A region as a thing: `a navy broad area` reads badly, so the colour comes first only before one noun. */
export function regionName(region: Region, aspect: number): string {
  const [first = "", ...rest] = regionShape(region, aspect).split(" ").reverse();
  return withArticle([...rest.reverse(), region.name, first].join(" "));
}

/** The commonest shades of the three strips, top to bottom, as a clause. */
export function thirdsClause([top, middle, bottom]: Thirds): string {
  if (top === middle && middle === bottom) return `${top} stays the commonest shade throughout`;
  if (top === middle) return `${top} leads in the upper two thirds and ${bottom} in the lowest`;
  if (middle === bottom) return `${top} leads in the top third and ${bottom} below it`;
  if (top === bottom) return `${top} leads at the top and at the bottom, with ${middle} between them`;
  return `the commonest shade goes from ${top} over ${middle} to ${bottom}`;
}

/** The ninth in which the middle of a region lies. */
export function regionNinth(region: Region): string {
  return placeName(placeAt(region.x, region.y));
}
