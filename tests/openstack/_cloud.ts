/**
 * The real OpenStack that the tests in this folder need.
 *
 * @module
 */

import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import type { OpenStackOptions } from "../../drivers/openstack/compute.ts";
import { type Needed, type Needs, needs } from "../_support/needs.ts";
import { CLOUD_VARIABLE, DNS_PORT_VARIABLE } from "../services/openstack.ts";
import { USERS } from "../services/openstack/_seeds.ts";

/** Skips a test if there is no cloud: `deno task test:openstack` starts one. */
export function needsCloud(name: string, others: Needs = {}): Needed {
  return needs(name, { ...others, env: [CLOUD_VARIABLE] });
}

/** Credentials of a user of the cloud. */
export function credentials(user: keyof typeof USERS = "demo") {
  return {
    authUrl: Deno.env.get(CLOUD_VARIABLE)!,
    ...USERS[user],
    userDomainName: "Default",
    projectDomainName: "Default",
  };
}

/** Port of 127.0.0.1 on which the zones of the cloud are served. */
export function dnsPort(): number {
  return Number(Deno.env.get(DNS_PORT_VARIABLE));
}

/** Connects as the user `demo`. */
export function connect(options: OpenStackOptions = {}): OpenStackNodeDriver {
  return new OpenStackNodeDriver({ ...credentials(), ...options });
}

/** A name that no other test has. */
export function uniqueName(): string {
  return `nephos-${crypto.randomUUID().slice(0, 8)}`;
}

/** The image and the smallest size. */
export async function smallest(driver: OpenStackNodeDriver) {
  const [image] = await driver.listImages({ name: "tiny-linux" });
  const sizes = await driver.listSizes();
  const size = sizes.find(({ name }) => name === "m1.tiny")!;
  return { image: image!, size };
}

/** Waits until a look at the cloud returns `true`, at most 2 minutes. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000;
  while (!await look()) {
    if (performance.now() > end) throw new Error(`not reached: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Destroys a node at the end of a block, and waits until it is gone. */
export function destroyAtEnd(
  driver: OpenStackNodeDriver,
  node: { readonly id: string },
): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await driver.destroyNode(node).catch(() => {});
      await until(() => driver.getNode(node).then(() => false, () => true));
    },
  };
}
