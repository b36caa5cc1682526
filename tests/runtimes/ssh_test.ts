/**
 * Deployments over SSH on every runtime with sockets.
 *
 * `NEPHOS_SSH_DEPLOYMENTS` is the number of deployments beside a busy event
 * loop: 40 by default, 200 in CI.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../_support/needs.ts";
import { Sshd, SSHD_NEEDS } from "../_support/sshd.ts";
import type { Input, Report } from "./_deploy.ts";
import type { Input as ManyInput, Report as ManyReport } from "./_ssh_many.ts";
import { makeProject, NEEDS, type Project, RUNTIMES } from "./_runtimes.ts";

/** Installs the version of ssh2 that this package names. */
async function addSsh2(project: Project): Promise<void> {
  const { peerDependencies } = JSON.parse(
    await Deno.readTextFile(
      `${project.folder}/node_modules/@nephos/nephos/package.json`,
    ),
  );
  // Those of the conformance suite are not needed here.
  const names = Object.keys(peerDependencies).sort();
  assertEquals(names, ["ajv", "ajv-formats", "ssh2"]);
  await project.add(`ssh2@${peerDependencies.ssh2}`);
}

const DEPLOYMENTS = Number(Deno.env.get("NEPHOS_SSH_DEPLOYMENTS") || 40);

Deno.test({
  ...needs("ssh() deploys on every runtime with sockets", {
    commands: [...NEEDS.commands ?? [], ...SSHD_NEEDS.commands],
  }),
  fn: async (t) => {
    await using project = await makeProject();
    await using sshd = await Sshd.start();
    const { privateKey, publicKey } = await sshd.keyPair(["-t", "ecdsa"]);
    const input: Input = {
      privateKey,
      publicKey,
      username: sshd.username,
      port: sshd.port,
      hostKey: await sshd.fingerprint(),
      path: `${sshd.home}/file`,
    };
    await t.step(
      "Node 22 fails with the name of the missing package without ssh2",
      async () => {
        const error = await project.run<Report>("Node 22", "_deploy.ts", input)
          .catch((error) => error);
        assertStringIncludes(
          `${error}`,
          'ssh: the ssh2 library is missing; run "npm install ssh2"',
        );
      },
    );
    await addSsh2(project);
    for (const runtime of RUNTIMES) {
      if (runtime === "workerd") continue;
      await t.step(runtime, async () => {
        const { result, ms } = await project.run<Report>(
          runtime,
          "_deploy.ts",
          input,
        );
        console.log(`${runtime}: ${ms.toFixed(0)} ms`);
        const { printed, aborted, failed } = result;
        assertEquals(printed, ["", "", `it's "here"\n`]);
        assertEquals(aborted, "enough");
        assertStringIncludes(
          failed,
          '"slow": timed out after 100 ms',
        );
        assertEquals(await Deno.readTextFile(input.path), "ä\n");
        await Deno.remove(input.path);
      });
    }
  },
});

Deno.test({
  ...needs(
    "ssh() loses no exit status in 40 deployments at once beside a busy event loop, on every runtime with sockets",
    { commands: [...NEEDS.commands ?? [], ...SSHD_NEEDS.commands] },
  ),
  fn: async (t) => {
    await using project = await makeProject();
    await using sshd = await Sshd.start();
    const { privateKey } = await sshd.keyPair();
    await addSsh2(project);
    const input: ManyInput = {
      privateKey,
      username: sshd.username,
      port: sshd.port,
      hostKey: await sshd.fingerprint(),
      connectTimeoutMs: 60_000,
      deployments: DEPLOYMENTS,
      atOnce: 40,
    };
    for (const runtime of RUNTIMES) {
      if (runtime === "workerd") continue;
      await t.step(runtime, async () => {
        const { result, ms } = await project.run<ManyReport>(
          runtime,
          "_ssh_many.ts",
          input,
          600_000,
        );
        const { right, wrong, bursts } = result;
        console.log(
          `${runtime}: ${right} deployments beside ${bursts} bursts in ` +
            `${(ms / 1000).toFixed(0)} s`,
        );
        assertEquals(wrong, []);
        assertEquals(right, DEPLOYMENTS);
        assert(bursts > 0);
      });
    }
  },
});
