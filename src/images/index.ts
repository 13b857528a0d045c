export { buildCatalog, type Catalog, type CatalogOptions } from "./catalog.js";
export { type ClassList, isPersonClass, PERSON_WNID, readClassList, SHIPPED_CLASS_LISTS } from "./class-list.js";
export { type Draw, type DrawOptions, drawSample } from "./draw-sample.js";
export type { AskGate, DrawProgress, GateOptions } from "./gate-quotas.js";
export { type ImageName, nameImage, nameImageByBytes } from "./image-id.js";
export { openSource } from "./open-source.js";
export { openSeededOrder, type SeededOrder } from "./seeded-order.js";
export { openClassTree } from "./wordnet.js";
