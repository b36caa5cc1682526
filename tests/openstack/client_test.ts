/**
 * OpenStack's own command line client sees what the driver sees.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { OpenStackNetworkDriver } from "../../drivers/openstack/network.ts";
import { run } from "../_support/sshd.ts";
import {
  credentials,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
} from "./_cloud.ts";

/** Runs `openstack`, and reads its JSON. */
async function openstack(...args: string[]) {
  const user = credentials();
  const output = await run("/usr/bin/openstack", [
    `--os-auth-url=${user.authUrl}`,
    `--os-username=${user.username}`,
    `--os-password=${user.password}`,
    `--os-project-name=${user.projectName}`,
    "--os-user-domain-name=Default",
    "--os-project-domain-name=Default",
    ...args,
    "--format=json",
  ]);
  return JSON.parse(output) as Record<string, unknown>[];
}

/** Sorted pairs of id and name, or name and fingerprint. */
function pairs(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => row.join(" ")).sort();
}

Deno.test({
  ...needsCloud(
    "python3-openstackclient and the driver list the same resources",
    { commands: ["/usr/bin/openstack"] },
  ),
  fn: async (test) => {
    const driver = new OpenStackNetworkDriver(credentials());
    const { image, size } = await smallest(driver);
    const name = uniqueName();
    const keyPair = await driver.createKeyPair({ name });
    const node = await driver.createNode({
      name,
      image,
      size,
      keyPairs: [keyPair],
    });
    await using _end = destroyAtEnd(driver, node);
    await driver.waitUntilRunning(node);

    const byId = (row: Record<string, unknown>) => [row["ID"], row["Name"]];
    await test.step("servers", async () => {
      const theirs = await openstack("server", "list");
      const row = theirs.find((row) => row["ID"] === node.id);
      const ours = await driver.getNode(node);
      assertEquals(
        [row?.["Name"], row?.["Status"], row?.["Image"], row?.["Flavor"]],
        [ours.name, ours.extra.status, image.name, size.name],
      );
      assertEquals(Object.values(row?.["Networks"] ?? {}).flat(), [
        ...ours.privateIps,
      ]);
    });
    await test.step("flavors", async () => {
      const ours = await driver.listSizes();
      assert(ours.length >= 3);
      assertEquals(
        pairs(ours.map((it) => [it.id, it.name, it.ramMib, it.vcpus])),
        pairs(
          (await openstack("flavor", "list"))
            .map((row) => [...byId(row), row["RAM"], row["VCPUs"]]),
        ),
      );
    });
    await test.step("images", async () => {
      assertEquals(
        pairs((await driver.listImages()).map((it) => [it.id, it.name])),
        pairs((await openstack("image", "list")).map(byId)),
      );
    });
    await test.step("networks", async () => {
      const ours = await driver.listNetworks();
      assert(ours.length >= 2);
      assertEquals(
        pairs(ours.map((it) => [it.id, it.name])),
        pairs((await openstack("network", "list")).map(byId)),
      );
    });
    await test.step("key pairs", async () => {
      const ours = await driver.listKeyPairs();
      assertEquals(
        pairs(ours.map((it) => [it.name, it.fingerprint])),
        pairs(
          (await openstack("keypair", "list"))
            .map((row) => [row["Name"], row["Fingerprint"]]),
        ),
      );
    });
    await driver.deleteKeyPair(keyPair);
  },
});
