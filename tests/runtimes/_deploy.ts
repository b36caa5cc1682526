/**
 * A deployment over SSH. The simulated node has the address of a real server.
 *
 * @module
 */

import { DeploymentError, file, script, sshKey } from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { ssh, type SshOptions } from "@nephos/nephos/ssh";

/** Server to deploy to, and data for the steps. */
export interface Input extends SshOptions {
  /** Public key to install. */
  readonly publicKey: string;
  /** Path of the file to write. */
  readonly path: string;
}

/** Results of three deployments. */
export interface Report {
  /** Standard output of each step. */
  readonly printed: readonly string[];
  /** Cause of the rejection of the aborted deployment. */
  readonly aborted: unknown;
  /** Message of the failed deployment. */
  readonly failed: string;
}

/** Runs a deployment that succeeds, one that fails and one that is aborted. */
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
  }).catch((error) => error.cause);
  return {
    printed: steps.map(({ stdout }) => stdout),
    aborted,
    failed: DeploymentError.is(failed) ? failed.message : String(failed),
  };
}
