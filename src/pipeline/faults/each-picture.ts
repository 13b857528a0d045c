import type { Behaviour, ChatScript } from "../../testing/index.js";

/** Gives every picture a behaviour of its own, in the order in which the pictures come. */
export function eachPicture(behaviours: readonly Behaviour[]): {
  readonly script: ChatScript;
  /** The picture that got behaviour `number`, counted from 0. */
  picture(number: number): string;
} {
  const pictures: string[] = [];
  return {
    script(image) {
      if (!pictures.includes(image)) pictures.push(image);
      return behaviours[pictures.indexOf(image)] ?? { status: 404 };
    },
    picture: (number) => pictures[number] ?? "",
  };
}

/** One fault for the first request of all, then `rest`. */
export function firstOnly(fault: Behaviour, rest: Behaviour): ChatScript {
  let isFirst = true;
  return () => {
    const now = isFirst ? fault : rest;
    isFirst = false;
    return now;
  };
}
