/**
 * For tests: fault injection for any `fetch`.
 *
 * @module
 */

export * from "./faults.ts";
