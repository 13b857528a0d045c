import assert from "node:assert/strict";
import { openStore } from "../../store/index.js";

/** Gives a run that is gated a sample of `size`: its pictures again and again under other ids. */
export async function growSample(out: string, size: number): Promise<void> {
  const store = await openStore(out, { say: () => {} });
  const images = (await store.readSample()) ?? [];
  const facts = await store.readSampleFacts();
  assert.ok(facts);
  const many = Array.from({ length: size }, (_, place) => {
    const image = images[place % images.length];
    assert.ok(image);
    return { ...image, id: `n02123045_${place}` };
  });
  await store.writeSample({ images: many, rejected: [], facts: { ...facts, images: size } });
}
