/**
 * Creates a node with an SSH key, and deploys to it over SSH.
 *
 * A simulator takes the place of the provider, so no account is needed and
 * nothing is billed. As the node, you can use any SSH server that you can log in
 * to:
 *
 * ```sh
 * deno run -A tools/deno.ts run --allow-net --allow-read \
 *   --allow-env=KEY_PASSPHRASE examples/deploy_ssh.ts --key ~/.ssh/id_ed25519 --user me \
 *   --host-key "$(ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null)" 127.0.0.1
 * ```
 *
 * If the key is encrypted, set its passphrase in `KEY_PASSPHRASE`. It is not an
 * argument, because other users of the machine can see the arguments.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { DeploymentError, file, script, sshKey, steps } from "@nephos/nephos";
import {
  type NephoScaleNode,
  NephoScaleNodeDriver,
} from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { ssh, type SshOptions } from "@nephos/nephos/ssh";

/** Directory of the web page on the node. */
const SITE = "/tmp/nephos-site";

/** Script that checks the deployment. */
const CHECK = `#!/bin/sh
set -e
echo "$1 runs on $(uname -s)"
cat ${SITE}/index.html
`;

/** Options of {@linkcode deploySite}: how to log in to the node. */
export interface Access extends SshOptions {
  /** Public key that matches the private key. */
  readonly publicKey: string;
  /** First delay in milliseconds between two status requests or attempts. */
  readonly intervalMs?: number | undefined;
}

/**
 * Creates a node and deploys a web page to it.
 *
 * @param cloud The driver.
 * @param access How to log in to the node.
 * @param log Called with each line of progress.
 * @returns The node, after all steps have succeeded.
 */
export async function deploySite(
  cloud: NephoScaleNodeDriver,
  { publicKey, intervalMs, ...access }: Access,
  log: (line: string) => void,
): Promise<NephoScaleNode> {
  const keyPair = await cloud.importKeyPair({ name: "deploy", publicKey });
  const { node } = await cloud.deployNode({
    name: "web-1",
    size: "5",
    image: "49",
    keyPairs: [keyPair],
    deploy: steps(
      sshKey(publicKey),
      file(`${SITE}/index.html`, "<h1>It's me</h1>\n", { mode: 0o640 }),
      script(CHECK, { name: "check", args: [`"web-1"`], timeoutMs: 60_000 }),
    ),
    via: ssh(access),
    // A node that could not be set up would still be billed.
    onFailure: "destroy",
    intervalMs,
    onProgress({ phase, step, result }) {
      const output = result?.stdout.replace(/^/gm, "  ").trimEnd();
      if (!result) log([phase, step?.name].join(" ").trim());
      else if (output) log(output);
    },
  });
  return node;
}

function readArgs() {
  const { values, positionals: [address] } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      key: { type: "string" },
      user: { type: "string", default: "root" },
      port: { type: "string", default: "22" },
      "host-key": { type: "string" },
    },
  });
  const { key, user, port, "host-key": hostKey } = values;
  if (!key || !hostKey || !address) {
    const missing = [
      key ? [] : "--key",
      hostKey ? [] : "--host-key",
      address ? [] : "ADDRESS",
    ].flat();
    throw new TypeError(`missing required argument: ${missing.join(", ")}`);
  }
  return { key, user, port, hostKey, address };
}

async function main(): Promise<number> {
  let args: ReturnType<typeof readArgs>;
  try {
    args = readArgs();
  } catch (error) {
    console.error((error as Error).message);
    console.error(
      "usage: deploy_ssh.ts --key FILE [--user NAME] [--port PORT] " +
        "--host-key KEY ADDRESS",
    );
    return 2;
  }
  const { key, user, port, hostKey, address } = args;
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: [address],
  });
  const cloud = new NephoScaleNodeDriver({ ...credentials, fetch });
  try {
    const node = await deploySite(cloud, {
      publicKey: await Deno.readTextFile(`${key}.pub`),
      privateKey: await Deno.readTextFile(key),
      passphrase: Deno.env.get("KEY_PASSPHRASE") || undefined,
      username: user,
      port: Number(port),
      hostKey,
      intervalMs: 100,
    }, console.log);
    console.log(`${node.name} is ready`);
    return 0;
  } catch (error) {
    const result = DeploymentError.is(error) ? error.result : undefined;
    if (result) console.error(result.stderr);
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
