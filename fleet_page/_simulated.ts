/**
 * Simulated accounts of three providers, for the page without any account.
 *
 * @module
 */

import type { PowerControl } from "../core/compute/capabilities.ts";
import type { NodeDriver } from "../core/compute/driver.ts";
import type { Node } from "../core/compute/records.ts";
import { DigitalOceanNodeDriver } from "../drivers/digitalocean/compute.ts";
import { HetznerNodeDriver } from "../drivers/hetzner/compute.ts";
import { OpenStackNodeDriver } from "../drivers/openstack/compute.ts";
import { DigitalOceanSimulator } from "../simulators/digitalocean/mod.ts";
import { HetznerSimulator } from "../simulators/hetzner/mod.ts";
import { OpenStackSimulator } from "../simulators/openstack/mod.ts";
import type { Accounts } from "./accounts.ts";

/** Nodes of one kind: their role, size and location, and how many there are. */
type Kind = readonly [
  role: string,
  size: string,
  location: string | undefined,
  count: number,
];

const DIGITALOCEAN: readonly Kind[] = [
  ["web", "s-2vcpu-4gb", "fra1", 6],
  ["api", "c-2", "fra1", 3],
  ["web", "s-2vcpu-4gb", "nyc3", 4],
  ["db", "m-2vcpu-16gb", "nyc3", 2],
  ["cache", "s-1vcpu-2gb", "sgp1", 2],
];

const HETZNER: readonly Kind[] = [
  ["build", "cx42", "fsn1", 4],
  ["runner", "cx32", "fsn1", 5],
  ["web", "cx22", "nbg1", 3],
  ["mirror", "cpx11", "ash", 2],
];

const OPENSTACK: readonly Kind[] = [
  ["ci", "general-2", undefined, 5],
  ["lab", "memory-8", undefined, 4],
];

/** Sizes of the private cloud, which has no prices. */
const FLAVORS = [
  { id: "general-2", name: "general-2", ram: 4096, disk: 40, vcpus: 2 },
  { id: "memory-8", name: "memory-8", ram: 65536, disk: 80, vcpus: 8 },
];

/** Creates a driver for each simulator, which keeps its state. */
let connect: (() => Accounts["drivers"]) | undefined;

/**
 * Opens the simulated accounts. They have the same nodes until the process ends.
 *
 * @returns The accounts.
 */
export async function simulateAccounts(): Promise<Accounts> {
  connect ??= await build();
  return { drivers: connect(), isSimulated: true };
}

async function build(): Promise<() => Accounts["drivers"]> {
  const prompt = { createMs: 0, actionMs: 0, busyMs: 0 };
  const lagless = { hiddenMs: 0, listLagMs: 0, addressMs: 0 };
  const one = new DigitalOceanSimulator({ ...prompt, ...lagless });
  const two = new HetznerSimulator(prompt);
  const three = new OpenStackSimulator({ ...prompt, flavors: FLAVORS });
  const connectAll = () => ({
    "shop-digitalocean": new DigitalOceanNodeDriver({
      ...one.credentials,
      fetch: one.fetch,
    }),
    "tools-hetzner": new HetznerNodeDriver({
      ...two.credentials,
      fetch: two.fetch,
    }),
    "lab-openstack": new OpenStackNodeDriver({
      ...three.credentials,
      fetch: three.fetch,
    }),
  });
  const drivers = connectAll();
  await Promise.all([
    fill(drivers["shop-digitalocean"], DIGITALOCEAN),
    fill(drivers["tools-hetzner"], HETZNER),
    fill(drivers["lab-openstack"], OPENSTACK),
  ]);
  return connectAll;
}

/** Creates the nodes of an account, and stops the last one. */
async function fill(
  driver: NodeDriver & PowerControl,
  kinds: readonly Kind[],
): Promise<void> {
  const [image] = await driver.listImages();
  const counts = new Map<string, number>();
  let last: Node | undefined;
  for (const [role, size, location, count] of kinds) {
    for (let made = 0; made < count; made++) {
      const number = (counts.get(role) ?? 0) + 1;
      counts.set(role, number);
      last = await driver.createNode({
        name: `${role}-${number}`,
        size,
        image: image!,
        location,
        tags: driver.provider === "digitalocean" ? [role] : { role },
      });
    }
  }
  if (last) await driver.stopNode(last);
}
