import { memoryStore } from "./memory-store.js";
import { storeSuite } from "./store-suite.js";

storeSuite("the store without a disk", async () => memoryStore());
