/**
 * A node that is created with a key, and made ready over SSH.
 *
 * The simulator stands in for the provider, and any server that one can log in
 * to for the node:
 *
 * ```sh
 * deno run -A tools/deno.ts run --allow-net --allow-read \
 *   --allow-env=KEY_PASSPHRASE examples/deploy_ssh.ts --key ~/.ssh/id_ed25519 --user me \
 *   --host-key "$(ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null)" 127.0.0.1
 * ```
 *
 * What the key is encrypted with is in `KEY_PASSPHRASE`, since others on the
 * machine can see the arguments.
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

/** What the node is to be like. */
const SITE = "/tmp/nephos-site";
const CHECK = `#!/bin/sh
set -e
echo "$1 runs on $(uname -s)"
cat ${SITE}/index.html
`;

/** How to log in to the node. */
export interface Access extends SshOptions {
  /** Public half of the key. */
  readonly publicKey: string;
  /** First pause in milliseconds between two looks or attempts. */
  readonly intervalMs?: number | undefined;
}

/**
 * Creates a node that is ready when this resolves.
 *
 * @param cloud The driver.
 * @param access How to log in to the node.
 * @param say Is told what happens.
 * @returns The node.
 */
export async function deploySite(
  cloud: NephoScaleNodeDriver,
  { publicKey, intervalMs, ...access }: Access,
  say: (line: string) => void,
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
    // Nobody pays for what is of no use.
    onFailure: "destroy",
    intervalMs,
    onProgress({ phase, step, result }) {
      const output = result?.stdout.replace(/^/gm, "  ").trimEnd();
      if (!result) say([phase, step?.name].join(" ").trim());
      else if (output) say(output);
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
  if (!key || !hostKey || !address) throw new TypeError("something is missing");
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
