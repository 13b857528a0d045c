/** The families into which colour words fall; a family is what two neighbouring shades of a wall have in common. */
export const FAMILIES = [
  "black",
  "grey",
  "white",
  "red",
  "pink",
  "orange",
  "brown",
  "yellow",
  "green",
  "teal",
  "blue",
  "purple",
] as const;
export type Family = (typeof FAMILIES)[number];

export interface ColourWord {
  readonly name: string;
  readonly family: Family;
  /** The sRGB colour the word stands for. */
  readonly rgb: readonly [number, number, number];
}

/** The colour words of the observer, chosen by eye for photographs. The first seven are the neutral ones, dark to light. */
export const COLOUR_WORDS: readonly ColourWord[] = [
  word("black", "black", 0x0c0c0c),
  word("charcoal", "grey", 0x303030),
  word("dark grey", "grey", 0x545454),
  word("mid grey", "grey", 0x808080),
  word("light grey", "grey", 0xaeaeae),
  word("pale grey", "grey", 0xd4d4d4),
  word("white", "white", 0xf8f8f8),
  word("maroon", "red", 0x5c1014),
  word("brick red", "red", 0x9c3324),
  word("red", "red", 0xd8201e),
  word("coral", "red", 0xee6f5a),
  word("dusty pink", "pink", 0xbf8d8f),
  word("pink", "pink", 0xf29bb4),
  word("pale pink", "pink", 0xf3d6d6),
  word("magenta", "pink", 0xd0218f),
  word("rust", "orange", 0xb0521c),
  word("orange", "orange", 0xf0801a),
  word("peach", "orange", 0xf4b68a),
  word("dark brown", "brown", 0x2f1e14),
  word("brown", "brown", 0x6a442a),
  word("taupe", "brown", 0x857364),
  word("tan", "brown", 0xb48c66),
  word("beige", "brown", 0xd6c2a4),
  word("cream", "white", 0xf3ead6),
  word("mustard", "yellow", 0xb8942c),
  word("golden yellow", "yellow", 0xf0be22),
  word("yellow", "yellow", 0xf5ea35),
  word("pale yellow", "yellow", 0xf4eeae),
  word("dark green", "green", 0x17321c),
  word("olive", "green", 0x60602c),
  word("moss green", "green", 0x6f8a3f),
  word("green", "green", 0x2f9a3c),
  word("lime green", "green", 0x9bd53a),
  word("sage", "green", 0xa5b498),
  word("pale green", "green", 0xc9e6c1),
  word("dark teal", "teal", 0x0d373e),
  word("teal", "teal", 0x1d7f82),
  word("turquoise", "teal", 0x3fc5c0),
  word("pale aqua", "teal", 0xc2e5e4),
  word("navy", "blue", 0x131f42),
  word("dark blue", "blue", 0x1d3b72),
  word("blue", "blue", 0x1f4fe0),
  word("slate blue", "blue", 0x50658a),
  word("steel blue", "blue", 0x7f9cbc),
  word("sky blue", "blue", 0x74b6ea),
  word("pale blue", "blue", 0xc8dcee),
  word("dark purple", "purple", 0x33194a),
  word("purple", "purple", 0x7a2fa0),
  word("mauve", "purple", 0x94809c),
  word("lavender", "purple", 0xc3b3e6),
];

/** How many words at the start of the table are neutral. */
export const NEUTRAL_WORDS = 7;

function word(name: string, family: Family, hex: number): ColourWord {
  return { name, family, rgb: [hex >> 16, (hex >> 8) & 255, hex & 255] };
}
