/**
 * Deployments: a real Nova creates the node, and a real sshd is its address.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { script } from "../../core/compute/mod.ts";
import { ssh } from "../../deploy/ssh.ts";
import { Sshd, SSHD_NEEDS } from "../_support/sshd.ts";
import {
  connect,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
} from "./_cloud.ts";

Deno.test({
  ...needsCloud("deployNode() creates a node and runs a script on it", {
    ...SSHD_NEEDS,
  }),
  fn: async () => {
    await using sshd = await Sshd.start();
    const { privateKey, publicKey } = await sshd.keyPair(undefined, false);
    const name = uniqueName();
    // Neutron has no data plane: its addresses become that of the server.
    const driver = connect({
      fetch: async (request) => {
        const response = await fetch(request);
        if (!new URL(request.url).pathname.includes("/servers/")) {
          return response;
        }
        const { status, headers } = response;
        const text = await response.text();
        return new Response(
          status === 204
            ? null
            : text.replace(/\b10\.10\.\d+\.\d+/g, sshd.host),
          { status, headers },
        );
      },
    });
    const { image, size } = await smallest(driver);
    const keyPair = await driver.importKeyPair({ name, publicKey });
    // What cloud-init does on first boot, with the key that Nova kept.
    await sshd.authorize((await driver.getKeyPair(keyPair)).publicKey!.trim());
    const { node, steps } = await driver.deployNode({
      name,
      image,
      size,
      keyPairs: [keyPair],
      deploy: script('echo "$1 works"', { args: ["it"] }),
      via: ssh({
        privateKey,
        username: sshd.username,
        port: sshd.port,
        hostKey: "accept-new",
      }),
    });
    await using _end = destroyAtEnd(driver, node);
    assertEquals([node.name, node.state], [name, "running"]);
    assertEquals(steps.map(({ stdout }) => stdout), ["it works\n"]);
    assertEquals(node.extra.keyPairId, name);
    await driver.deleteKeyPair(keyPair);
  },
});
