/**
 * Many deployments over SSH at once, beside a busy event loop. The simulated
 * nodes have the address of one real server.
 *
 * @module
 */

import { DeploymentError, script } from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { ssh, type SshOptions } from "@nephos/nephos/ssh";

/** Server to deploy to, and number of deployments. */
export interface Input extends SshOptions {
  /** Number of deployments in total. */
  readonly deployments: number;
  /** Number of deployments that run at the same time. */
  readonly atOnce: number;
}

/** What the deployments reported. */
export interface Report {
  /** Number of deployments that reported the exit status of their script. */
  readonly right: number;
  /** Descriptions of the others. */
  readonly wrong: readonly string[];
  /** Number of 30 ms bursts of work beside the deployments. */
  readonly bursts: number;
}

/** Keeps the event loop busy for half of the time. */
function startBursts(): () => number {
  let count = 0;
  const timer = setInterval(() => {
    count++;
    const endsAt = performance.now() + 30;
    while (performance.now() < endsAt);
  }, 60);
  return () => {
    clearInterval(timer);
    return count;
  };
}

/** Runs the deployments. Each script exits with a status of its own. */
export default async function main(
  { deployments, atOnce, ...options }: Input,
): Promise<Report> {
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: ["127.0.0.1"],
    createMs: 0,
    bootMs: 0,
  });
  const cloud = new NephoScaleNodeDriver({ ...credentials, fetch });
  const via = ssh(options);
  const statusOf = async (expected: number): Promise<unknown> => {
    try {
      const { steps } = await cloud.deployNode({
        name: `web-${expected}`,
        size: "5",
        image: "49",
        deploy: script(`exit ${expected}`),
        intervalMs: 50,
        via,
      });
      return steps[0]?.exitStatus;
    } catch (error) {
      return DeploymentError.is(error) && error.result
        ? error.result.exitStatus
        : error;
    }
  };
  let right = 0;
  const wrong: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < deployments) {
      const expected = next++ % 256;
      const status = await statusOf(expected);
      if (status === expected) right++;
      else wrong.push(`exit ${expected}: got ${status}`);
    }
  };
  const stopBursts = startBursts();
  await Promise.all(Array.from({ length: atOnce }, () => worker()));
  return { right, wrong, bursts: stopBursts() };
}
