/**
 * Validates the requests of the driver and the responses of the simulator
 * against an OpenAPI description. The description is a reconstruction, and is
 * not part of this repository.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { needsReference, readReference } from "../_support/reference.ts";

const FILE = "nephoscale.openapi.json";
const NAME =
  "NephoScaleSimulator and NephoScaleNodeDriver conform to the API description";
const description = await readReference<Description>(
  FILE,
);

Deno.test({
  ...needsReference(NAME, FILE, description),
  async fn() {
    const simulator = new NephoScaleSimulator({
      nodes: 26,
      createMs: 5,
      bootMs: 5,
      actionMs: 5,
      destroyMs: 5,
    });
    const described = describedBy(description!, simulator.fetch);
    const cloud = new NephoScaleNodeDriver({
      ...simulator.credentials,
      fetch: described.fetch,
    });
    await cloud.listLocations();
    await cloud.listImages();
    await cloud.listSizes();
    await cloud.listNodes();
    const [, location] = await cloud.listLocations();
    const keys: string[] = [];
    for (const group of ["server", "console"] as const) {
      const publicKey = "ssh-rsa AAAA me@example.com";
      const options = { name: "key", group };
      keys.push((await cloud.importKeyPair({ ...options, publicKey })).id);
      keys.push((await cloud.createKeyPair(options)).id);
    }
    const [sshKey, serverPassword, , consolePassword] = keys;
    await cloud.listKeyPairs();
    await cloud.listKeyPairs({ kind: "ssh" });
    await cloud.listKeyPairs({ kind: "password" });
    const required = { name: "näme", size: "27", image: "49", intervalMs: 1 };
    for (
      const rest of [
        {},
        {
          hostname: "web.example.com",
          location: location!,
          keyPairs: [sshKey!],
          consoleKey: consolePassword!,
        },
        { keyPairs: [serverPassword!] },
      ]
    ) {
      const node = await cloud.createNode({ ...required, ...rest });
      // The calls below list the node in each of its states.
      const wait = () => cloud.waitUntilRunning(node, { intervalMs: 1 });
      await wait();
      await cloud.rebootNode(node);
      await cloud.listNodes();
      await wait();
      await cloud.stopNode(node);
      while ((await cloud.getNode(node)).state !== "stopped");
      await cloud.startNode(node);
      await wait();
      await cloud.renameNode(node, { name: "b" });
      await cloud.renameNode(node, { name: "b", hostname: "c" });
      await cloud.destroyNode(node);
      await cloud.listNodes();
    }
    for (const key of keys) await cloud.deleteKeyPair(key);
    await cloud.listNodes();

    const { count, faults, operations } = described;
    console.log(
      `${count} responses of ${operations.size} operations validated against the description`,
    );
    assertEquals(faults, []);
    assertEquals([...operations].sort(), operationsOf(description!).sort());
  },
});
