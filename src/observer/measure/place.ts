/** A ninth of the picture: three columns by three rows, counted from the upper left. */
export interface Place {
  readonly column: 0 | 1 | 2;
  readonly row: 0 | 1 | 2;
}

/** The ninth that holds a point given in shares of width and height, 0…1. */
export function placeAt(x: number, y: number): Place {
  return { column: third(x), row: third(y) };
}

/** The ninth with the given number, row by row. */
export function ninth(index: number): Place {
  return placeAt(((index % 3) + 0.5) / 3, (Math.floor(index / 3) + 0.5) / 3);
}

function third(share: number): 0 | 1 | 2 {
  return share < 1 / 3 ? 0 : share < 2 / 3 ? 1 : 2;
}

/** The indexes of the largest and the smallest value; the first where several are equal. */
export function extremes(values: ArrayLike<number>): { readonly most: number; readonly least: number } {
  let most = 0;
  let least = 0;
  for (let at = 1; at < values.length; at++) {
    if ((values[at] ?? 0) > (values[most] ?? 0)) most = at;
    if ((values[at] ?? 0) < (values[least] ?? 0)) least = at;
  }
  return { most, least };
}
