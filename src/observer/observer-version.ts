/** Changes whenever the observer's words or measurements do. */
export const OBSERVER_VERSION = "observer-1";
