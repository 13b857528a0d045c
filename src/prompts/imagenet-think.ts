import type { Prompt } from "../records/index.js";

/**
 * The unified prompt of ImageNet-Think-250K (arXiv 2510.01582), one text for every picture and both teachers. Its
 * wording is known from two independent public places (a curated list of datasets, and a training script that reads
 * the released set), not from the paper's own pages. Whether a system text went with it, and on which side of the
 * picture it stood, is not known: none, and picture first, are our choices and are recorded with every run.
 */
export const imagenetThink: Prompt = {
  name: "imagenet-think",
  version: 1,
  text: "Please analyze this image step by step. Explain your reasoning process. Describe this image and give as much information as possible.",
  system: null,
  imageFirst: true,
};
