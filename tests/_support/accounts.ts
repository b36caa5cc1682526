/**
 * A simulated account of each provider, with short pages and no delays.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../../core/mod.ts";
import type { Node, NodeDriver } from "../../core/compute/mod.ts";
import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { IMMEDIATE } from "./immediate.ts";

/** Number of nodes, and the largest page that the provider sends. */
export interface AccountOptions {
  readonly nodes: number;
  readonly largestPage: number;
}

/** A simulated account. */
export interface Account {
  /** Sends a request to the simulator. */
  readonly fetch: Fetch;
  /** Creates a driver; `fetch` replaces that of the account. */
  connect(options?: ConnectionOptions): NodeDriver<Node>;
}

/** Opens an account of each provider. */
export const ACCOUNTS: Readonly<
  Record<string, (options: AccountOptions) => Account>
> = {
  ec2(options) {
    const { credentials, fetch } = new Ec2Simulator({
      ...IMMEDIATE.ec2,
      ...options,
      createMs: 0,
      actionMs: 0,
      listedMs: 0,
      keyBits: 1024,
    });
    const region = "us-east-1";
    return {
      fetch,
      connect: (settings) =>
        new Ec2NetworkDriver({ ...credentials, region, fetch, ...settings }),
    };
  },
  digitalocean(options) {
    const { credentials, fetch } = new DigitalOceanSimulator({
      ...IMMEDIATE.digitalocean,
      ...options,
      createMs: 0,
      actionMs: 0,
      requestsPerHour: Infinity,
    });
    return {
      fetch,
      connect: (settings) =>
        new DigitalOceanNodeDriver({ ...credentials, fetch, ...settings }),
    };
  },
  linode(options) {
    const { credentials, fetch } = new LinodeSimulator({
      ...IMMEDIATE.linode,
      ...options,
      provisionMs: 0,
      bootMs: 0,
      actionMs: 0,
    });
    return {
      fetch,
      connect: (settings) =>
        new LinodeNodeDriver({ ...credentials, fetch, ...settings }),
    };
  },
  nephoscale({ nodes }) {
    const { credentials, fetch } = new NephoScaleSimulator({
      nodes,
      createMs: 0,
      bootMs: 0,
      actionMs: 0,
    });
    return {
      fetch,
      connect: (settings) =>
        new NephoScaleNodeDriver({ ...credentials, fetch, ...settings }),
    };
  },
};
