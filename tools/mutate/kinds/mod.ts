/**
 * The kinds of mistakes, in the order in which they are tried.
 *
 * @module
 */

import type { Operator } from "../operator.ts";
import { address } from "./address.ts";
import { check } from "./check.ts";
import { error } from "./error.ts";
import { field } from "./field.ts";
import { filter } from "./filter.ts";
import { option } from "./option.ts";
import { page } from "./page.ts";
import { price } from "./price.ts";
import { retry } from "./retry.ts";
import { secret } from "./secret.ts";
import { state } from "./state.ts";
import { unit } from "./unit.ts";
import { verb } from "./verb.ts";

/** The operators, by the names of their kinds. */
export const KINDS: Readonly<Record<string, Operator>> = {
  verb,
  option,
  unit,
  price,
  filter,
  page,
  state,
  secret,
  retry,
  address,
  error,
  field,
  check,
};
