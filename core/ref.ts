/**
 * References to what a call acts on.
 *
 * @module
 */

/** What to act on: its id, or any record that has one. */
export type Ref = string | { readonly id: string };
