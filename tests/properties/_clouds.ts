/**
 * Every driver with a simulator that is as unkind as its provider, for property
 * tests of what a create leaves behind.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../../core/mod.ts";
import type {
  CreateNodeOptions,
  CreateVolumeOptions,
  NodeDriver,
} from "../../core/compute/mod.ts";
import { Ec2NodeDriver } from "../../drivers/aws/ec2.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import type { SimulatedOperation } from "../../simulators/_failures.ts";
import type { Random } from "./_random.ts";

/** A resource of an account. */
export interface Item {
  readonly id: string;
  readonly isDestroyed: boolean;
}

/** An account of a simulator. */
export interface SimulatedAccount {
  readonly fetch: Fetch;
  inventory(): {
    readonly nodes: readonly Item[];
    readonly volumes: readonly Item[];
    readonly images: readonly Item[];
  };
}

/** A provider. */
export interface Cloud {
  readonly name: string;
  /** Options of `createNode()`, without the name. */
  readonly node: Omit<CreateNodeOptions, "name">;
  /** Options of `createVolume()`, without the name. */
  readonly volume?: Omit<CreateVolumeOptions, "name">;
  readonly hasImages: boolean;
  /** Kinds whose create response does not contain the id of the resource. */
  readonly idless: readonly ("node" | "image")[];
  /** Creates an account with one node. */
  simulate(random: Random): SimulatedAccount;
  /** Creates a driver for the account. */
  drive(account: SimulatedAccount, settings: ConnectionOptions): NodeDriver;
}

/** Random delays and failures that all simulators have, in milliseconds. */
function unkindness(random: Random) {
  const upTo = (ms: number) => random.chance(0.5) ? 0 : random.int(0, ms);
  const failing = random.chance(0.2) ? 0.3 : 0;
  return {
    listLagMs: upTo(8_000),
    busyMs: upTo(15_000),
    // A delete that was accepted counts as done.
    fails: ({ name }: SimulatedOperation) =>
      !/delet|destroy|terminat/i.test(name) && random.chance(failing),
  };
}

/** All providers. */
export const CLOUDS: readonly Cloud[] = [
  {
    name: "digitalocean",
    node: { size: "s-1vcpu-1gb", image: "debian-12-x64", location: "fra1" },
    volume: { sizeGb: 10, location: "fra1" },
    hasImages: true,
    idless: ["image"],
    simulate: (random) =>
      new DigitalOceanSimulator({
        ...unkindness(random),
        nodes: 1,
        createMs: random.int(0, 60_000),
        actionMs: random.int(0, 20_000),
        hiddenMs: random.int(0, 20_000),
        addressMs: random.int(0, 5_000),
      }),
    drive: (account, settings) => {
      const { credentials } = account as DigitalOceanSimulator;
      return new DigitalOceanNodeDriver({ ...credentials, ...settings });
    },
  },
  {
    name: "linode",
    node: {
      size: "g6-nanode-1",
      image: "linode/debian12",
      location: "us-east",
    },
    volume: { sizeGb: 10, location: "us-east" },
    hasImages: true,
    idless: [],
    simulate: (random) =>
      new LinodeSimulator({
        ...unkindness(random),
        nodes: 1,
        provisionMs: random.int(0, 30_000),
        bootMs: random.int(0, 30_000),
        actionMs: random.int(0, 20_000),
        destroyMs: random.int(0, 5_000),
        hiddenMs: random.int(0, 20_000),
      }),
    drive: (account, settings) => {
      const { credentials } = account as LinodeSimulator;
      return new LinodeNodeDriver({ ...credentials, ...settings });
    },
  },
  {
    name: "ec2",
    node: { size: "t3.micro", image: "ami-0184b757333638052" },
    volume: { sizeGb: 10, location: "us-east-1a" },
    hasImages: true,
    idless: [],
    simulate: (random) =>
      new Ec2Simulator({
        ...unkindness(random),
        nodes: 1,
        createMs: random.int(0, 60_000),
        actionMs: random.int(0, 20_000),
        hiddenMs: random.int(0, 90_000),
        addressMs: random.int(0, 5_000),
      }),
    drive: (account, settings) => {
      const { credentials } = account as Ec2Simulator;
      const region = "us-east-1";
      return new Ec2NodeDriver({ ...credentials, region, ...settings });
    },
  },
  {
    name: "nephoscale",
    node: { size: "5", image: "49" },
    hasImages: false,
    idless: ["node"],
    simulate: (random) =>
      new NephoScaleSimulator({
        ...unkindness(random),
        nodes: 1,
        createMs: random.int(0, 20_000),
        bootMs: random.int(0, 30_000),
        actionMs: random.int(0, 10_000),
        destroyMs: random.int(0, 5_000),
        addressMs: random.int(0, 5_000),
      }),
    drive: (account, settings) => {
      const { credentials } = account as NephoScaleSimulator;
      return new NephoScaleNodeDriver({ ...credentials, ...settings });
    },
  },
];
