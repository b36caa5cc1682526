/**
 * Options of simulators without the delays of the services, for tests of
 * something else.
 *
 * @module
 */

import type { Ec2SimulatorOptions } from "../../simulators/aws/ec2.ts";
import type { DigitalOceanSimulatorOptions } from "../../simulators/digitalocean/mod.ts";
import type { LinodeSimulatorOptions } from "../../simulators/linode/mod.ts";

/** Every change is visible at once, and nothing is busy after a change. */
export const IMMEDIATE = {
  ec2: { hiddenMs: 0, listLagMs: 0, addressMs: 0 },
  digitalocean: { hiddenMs: 0, listLagMs: 0, addressMs: 0, busyMs: 0 },
  linode: { busyMs: 0 },
} as const satisfies {
  readonly ec2: Ec2SimulatorOptions;
  readonly digitalocean: DigitalOceanSimulatorOptions;
  readonly linode: LinodeSimulatorOptions;
};
