/** Stored beside everything this parser read. Goes up by one with every change that can read a reply differently. */
export const PARSER_VERSION = "1";
