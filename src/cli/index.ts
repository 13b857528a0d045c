export { type Finish, main } from "./main.js";
