/**
 * Runs Apache Libcloud's driver for Rackspace against the simulator over
 * loopback, as an independent client, and compares its results with those of
 * `RackspaceNodeDriver`.
 *
 * Known differences:
 *
 * - Libcloud writes states in upper case.
 * - Libcloud lists images and volumes through Nova, which later versions of
 *   OpenStack and the simulator do not offer.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import { RackspaceNodeDriver } from "../../drivers/rackspace.ts";
import { RackspaceSimulator } from "../../simulators/rackspace/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A node as the Python program prints it. */
interface LibcloudNode {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly public_ips: string[];
  readonly private_ips: string[];
  readonly size: string;
  readonly image: string;
  readonly metadata: Record<string, string>;
}

/** A size as the Python program prints it. */
interface LibcloudSize {
  readonly id: string;
  readonly name: string;
  readonly ram: number;
  readonly disk: number;
  readonly vcpus: number;
  readonly price: number | null;
}

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.rackspace"] }),
    fn,
  });

/** Starts the simulator on loopback and a Python process, and creates a driver. */
function setUp(region = "DFW", nodes = 3) {
  const simulator = new RackspaceSimulator({ region, nodes });
  const server = serve(simulator.fetch);
  const { username, apiKey } = simulator.credentials;
  const theirs = startLibcloud("libcloud_rackspace.py", [
    "127.0.0.1",
    String(server.port),
    username,
    apiKey,
    region.toLowerCase(),
  ]);
  const { credentials, fetch } = simulator;
  const ours = new RackspaceNodeDriver({ ...credentials, fetch });
  return {
    simulator,
    theirs,
    ours,
    async [Symbol.asyncDispose]() {
      await theirs[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

libcloud("Libcloud and RackspaceNodeDriver list the same nodes", async () => {
  await using clouds = setUp();
  const theirs = await clouds.theirs.call<LibcloudNode[]>("list_nodes");
  const ours = await clouds.ours.listNodes();
  assertEquals(theirs.length, 3);
  assertEquals(
    theirs,
    ours.map((node) => ({
      id: node.id,
      name: node.name,
      state: node.state.toUpperCase(),
      public_ips: [...node.publicIps],
      private_ips: [...node.privateIps],
      size: node.sizeId!,
      image: node.imageId!,
      metadata: node.tags,
    })),
  );
});

for (const region of ["DFW", "LON", "SYD", "HKG"]) {
  libcloud(
    `Libcloud and RackspaceNodeDriver list the same sizes in ${region}`,
    async () => {
      await using clouds = setUp(region, 0);
      const theirs = await clouds.theirs.call<LibcloudSize[]>("list_sizes");
      const ours = await clouds.ours.listSizes();
      assertEquals(
        theirs.map(({ price, ...size }) => ({
          ...size,
          // Libcloud has the prices of the USA for Hong Kong.
          price: region === "HKG" ? null : price,
        })),
        ours.map((size) => ({
          id: size.id,
          name: size.name,
          ram: size.ramMib!,
          disk: size.diskGb!,
          vcpus: size.vcpus!,
          price: size.price?.hourly ?? null,
        })),
      );
    },
  );
}

libcloud(
  "Libcloud and RackspaceNodeDriver list the same key pairs",
  async () => {
    await using clouds = setUp();
    assertEquals(
      await clouds.theirs.call("list_key_pairs"),
      (await clouds.ours.listKeyPairs())
        .map(({ name, fingerprint }) => ({ name, fingerprint })),
    );
  },
);

libcloud("Libcloud takes a node through its life", async () => {
  await using clouds = setUp("DFW", 0);
  const { ours, theirs } = clouds;
  const [image] = await ours.listImages();
  const { id, password } = await theirs.call<
    { id: string; password: string }
  >("create_node", ["web-1", "performance1-1", image!.id]);
  assertEquals(typeof password, "string");
  await ours.waitUntilRunning(id, { intervalMs: 20 });
  await theirs.call("rename_node", [id, "web-2"]);
  const node = await theirs.call<LibcloudNode>("get_node", [id]);
  assertEquals([node.name, node.state, node.size], [
    "web-2",
    "RUNNING",
    "performance1-1",
  ]);
  assertEquals(await theirs.call("reboot_node", [id]), true);
  await ours.waitUntilRunning(id, { intervalMs: 20 });
  await theirs.call("stop_node", [id]);
  await ours.waitForState(id, { state: "stopped", intervalMs: 20 });
  await theirs.call("start_node", [id]);
  await ours.waitUntilRunning(id, { intervalMs: 20 });
  assertEquals(await theirs.call("destroy_node", [id]), true);
  await ours.waitForState(id, { state: "terminated", intervalMs: 20 })
    .catch((error) => {
      // It is gone already.
      if (!(error instanceof NotFoundError)) throw error;
    });
  assertEquals(clouds.simulator.inventory().nodes, []);
});

libcloud(
  "Libcloud and RackspaceNodeDriver are refused with a wrong API key",
  async () => {
    await using clouds = setUp("DFW", 0);
    await assertRejects(
      () => clouds.theirs.call("with_wrong_key"),
      Error,
      "InvalidCredsError",
    );
  },
);
