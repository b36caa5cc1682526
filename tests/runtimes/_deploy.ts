/**
 * A deployment over SSH, to a server that stands for the node of a simulator.
 *
 * @module
 */

import { DeploymentError, file, script, sshKey } from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { ssh, type SshOptions } from "@nephos/nephos/ssh";

/** Where the server is, and what to do there. */
export interface Input extends SshOptions {
  /** Public half of a key. */
  readonly publicKey: string;
  /** Where a file is written. */
  readonly path: string;
}

/** How it went. */
export interface Report {
  /** What each step printed. */
  readonly printed: readonly string[];
  /** The reason that it was aborted with. */
  readonly aborted: unknown;
  /** Why it failed. */
  readonly failed: string;
}

/** Deploys, fails to, and is aborted. */
export default async function main(
  { publicKey, path, ...options }: Input,
): Promise<Report> {
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: ["127.0.0.1"],
    createMs: 0,
    bootMs: 0,
  });
  const cloud = new NephoScaleNodeDriver({ ...credentials, fetch });
  const create = {
    name: "web-1",
    size: "5",
    image: "49",
    intervalMs: 10,
    timeoutMs: 30_000,
    via: ssh(options),
  };
  const { steps } = await cloud.deployNode({
    ...create,
    deploy: [
      sshKey(publicKey),
      file(path, "ä\n"),
      script('echo "$1"', { args: [`it's "here"`] }),
    ],
  });
  const failed = await cloud.deployNode({
    ...create,
    deploy: script("sleep 60", { name: "slow", timeoutMs: 100 }),
  }).catch((error) => error);
  const controller = new AbortController();
  const aborted = await cloud.deployNode({
    ...create,
    deploy: script("sleep 60"),
    signal: controller.signal,
    onProgress({ step }) {
      if (step) setTimeout(() => controller.abort("enough"), 50);
    },
  }).catch((error) => error);
  return {
    printed: steps.map(({ stdout }) => stdout),
    aborted,
    failed: DeploymentError.is(failed) ? failed.message : String(failed),
  };
}
