import type { Locator } from "./image.js";

export const SOURCE_KINDS = ["folder", "imagenet-tar", "webdataset", "parquet"] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** A picture as one source lists it: the path it would have if the source were unpacked, and where its bytes lie. */
export interface Listing {
  /** Relative path with `/`, as in an unpacked ImageNet: `n02123045/n02123045_1.JPEG`. Null for a Parquet row without one. */
  readonly path: string | null;
  /** A class the source itself states (a label file, a column), used where the path names none. */
  readonly label?: string;
  readonly place: Omit<Locator, "source">;
}

/** Told, while a source lists, of what it passes over. */
export interface ListingNotes {
  /** Files that belong beside pictures: notes, tables, labels. */
  sidecars(count: number): void;
  /** A sentence on something that could not be listed, naming file and place. */
  problem(sentence: string): void;
}

/** Where images live. Reads in place, unpacks nothing, never writes by a member's name. */
export interface Source {
  readonly kind: SourceKind;
  /** Lists every candidate picture once, in batches, in any order, without decoding any. */
  list(notes?: ListingNotes): AsyncIterable<readonly Listing[]>;
  /** The bytes of one picture. Throws a `UserError` that names file and place where they cannot be read. */
  read(place: Omit<Locator, "source">): Promise<Buffer>;
  close(): Promise<void>;
}
