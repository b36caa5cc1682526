/**
 * Fields of a record that only one provider has.
 *
 * @module
 */

/** Provider-specific fields of a record; each driver has its own type. */
export type Extra = Readonly<Record<string, unknown>>;
