/**
 * Test utilities: fault injection for any `fetch`.
 *
 * @module
 */

export * from "./faults.ts";
