/**
 * A driver for each compute provider of this package, connected to its
 * simulator.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import { createDriver, type ProviderId } from "../../drivers/registry.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { RackspaceSimulator } from "../../simulators/rackspace/mod.ts";
import { SoftLayerSimulator } from "../../simulators/softlayer/mod.ts";

interface Simulator {
  readonly credentials: object;
  readonly fetch: Fetch;
}

/** Creates a simulator of each provider, with the options of its driver. */
const SIMULATORS: Readonly<Record<ProviderId, () => Simulator>> = {
  digitalocean: () => new DigitalOceanSimulator(),
  ec2: () => new Ec2Simulator(),
  hetzner: () => new HetznerSimulator(),
  linode: () => new LinodeSimulator(),
  nephoscale: () => new NephoScaleSimulator(),
  openstack: () => new OpenStackSimulator(),
  rackspace: () => new RackspaceSimulator(),
  softlayer: () => new SoftLayerSimulator(),
};

/** Ids of all providers. */
export const PROVIDERS = Object.keys(SIMULATORS) as readonly ProviderId[];

/**
 * Creates the driver of a provider, for a simulator of its own.
 *
 * @param id Id of the provider.
 * @param options Further options of the driver.
 * @returns The driver.
 */
export async function simulatedDriver(
  id: ProviderId,
  options: object = {},
): Promise<NodeDriver> {
  const { credentials, fetch } = SIMULATORS[id]();
  const region = id === "ec2" ? { region: "us-east-1" } : {};
  return await createDriver(id as string, {
    ...credentials,
    ...region,
    fetch,
    ...options,
  });
}
