import sharp from "sharp";

// One thread a picture, because pictures run side by side, and no cache, because none comes twice.
sharp.cache(false);
sharp.concurrency(1);

export { sharp };
