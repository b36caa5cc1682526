/**
 * The formats of results.
 *
 * @module
 */

/** Values of `--output`. */
export const FORMATS = ["table", "json", "yaml", "name"] as const;

/** How results are written. */
export type Format = typeof FORMATS[number];
