/**
 * Every driver with a simulator that is as unkind as its provider, for property
 * tests of what a create leaves behind.
 *
 * @module
 */

import type { ConnectionOptions } from "../../core/mod.ts";
import { type NodeDriver, supports } from "../../core/compute/mod.ts";
import type { ComputeSubject } from "../../testing/mod.ts";
import type {
  Cloud as CloudFacts,
  SimulatedAccount,
} from "../_support/clouds.ts";
import { CONFORMANCE } from "../_support/accounts.ts";

export type { Item, SimulatedAccount } from "../_support/clouds.ts";

/** A provider. */
export interface Cloud extends CloudFacts {
  /** Id of the provider. */
  readonly name: string;
  readonly hasImages: boolean;
  readonly idless: readonly ("node" | "image")[];
  /** Creates a driver for the account. */
  drive(account: SimulatedAccount, settings: ConnectionOptions): NodeDriver;
}

/** All providers. */
export const CLOUDS: readonly Cloud[] = Object.entries(CONFORMANCE).map(
  ([name, { cloud, subject }]) => ({
    idless: [],
    ...cloud,
    name,
    hasImages: supports(subject.Driver.prototype, "images"),
    drive: ({ credentials }, settings) =>
      drive(subject, { ...credentials, ...settings }),
  }),
);

function drive(
  { Driver, settings }: ComputeSubject,
  options: object,
): NodeDriver {
  return new Driver({ ...settings, ...options } as never);
}
