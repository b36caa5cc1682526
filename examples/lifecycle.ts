/**
 * The lifecycle of a node, from choosing a size to destroying it.
 *
 * This example uses only web APIs. It runs on Deno, Node.js, Bun and Workers.
 * Run it against the simulator, without an account:
 *
 * ```ts ignore
 * import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 * import { lifecycle } from "./lifecycle.ts";
 *
 * const { credentials, fetch } = new NephoScaleSimulator();
 * const cloud = new NephoScaleNodeDriver({ ...credentials, fetch });
 * for (const { call, result } of await lifecycle(cloud, { intervalMs: 10 })) {
 *   console.log(call, result);
 * }
 * ```
 *
 * @module
 */

import type { NodeState } from "@nephos/nephos";
import type {
  NephoScaleNode,
  NephoScaleNodeDriver,
} from "@nephos/nephos/drivers/nephoscale";

/** A call and its result. */
export interface Step {
  /** Name of the method. */
  readonly call: string;
  /** Result of the call: plain data without secrets. */
  readonly result: unknown;
}

/** Options of {@linkcode lifecycle}. */
export interface LifecycleOptions {
  /**
   * Delay in milliseconds between two requests for the state of the node.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
  /** Aborts the run. The node and the key pairs are then not deleted. */
  readonly signal?: AbortSignal | undefined;
}

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVjwT9dHZ3BZ8bNrcLPrs3uJq5PYZbHqDkNPTmP7oqd me@example.com";

/**
 * Creates a node, reboots, stops, starts and renames it, and destroys it.
 *
 * @param cloud The driver to use.
 * @param options Polling interval and abort signal.
 * @returns The calls in order, with their results.
 * @throws {Error} If the account has no sizes or images.
 */
export async function lifecycle(
  cloud: NephoScaleNodeDriver,
  options: LifecycleOptions = {},
): Promise<Step[]> {
  const { intervalMs = 1000, signal } = options;
  const steps: Step[] = [];
  const note = (call: string, result: unknown): void => {
    steps.push({ call, result });
  };

  // List the locations, sizes and images that you can choose from.
  const locations = await cloud.listLocations({ signal });
  note("listLocations()", locations.map(({ name }) => name));
  const sizes = await cloud.listSizes({ signal });
  note(
    "listSizes()",
    sizes.map(({ name, ramMib, price }) => ({ name, ramMib, price })),
  );
  const images = await cloud.listImages({ signal });
  note("listImages()", images.map(({ name }) => name));

  // Add a public key of yours, and create a password for the console.
  const sshKey = await cloud.importKeyPair({
    name: "laptop",
    publicKey: PUBLIC_KEY,
    signal,
  });
  note("importKeyPair()", sshKey.name);
  const consoleKey = await cloud.createKeyPair({ name: "console", signal });
  note("createKeyPair()", consoleKey.name);

  // Create the smallest node, with the first image, in the first location.
  const [size] = sizes.toSorted((a, b) => (a.ramMib ?? 0) - (b.ramMib ?? 0));
  const [image] = images;
  if (!size || !image) {
    throw new Error("lifecycle: the account has no sizes or images");
  }
  const node = await cloud.createNode({
    name: "web-1",
    size,
    image,
    location: locations[0],
    keyPairs: [sshKey],
    consoleKey,
    intervalMs,
    signal,
  });
  note("createNode()", node.name);
  const [ready] = await cloud.waitUntilRunning(node, { intervalMs, signal });
  note("waitUntilRunning()", ready && about(ready));
  note("listNodes()", (await cloud.listNodes({ signal })).map(about));

  // The provider accepts an action at once and carries it out later. Poll the
  // node until it is in the expected state.
  const poll = async <T>(
    read: () => PromiseLike<T>,
    isDone: (value: T) => boolean,
  ): Promise<T> => {
    for (;;) {
      const value = await read();
      if (isDone(value)) return value;
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  };
  const read = () => cloud.getNode(node, { signal });
  const waitFor = (wanted: NodeState) =>
    poll(read, ({ state }) => state === wanted);
  await cloud.rebootNode(node, { signal });
  note("rebootNode()", (await waitFor("running")).state);
  await cloud.stopNode(node, { signal });
  note("stopNode()", (await waitFor("stopped")).state);
  await cloud.startNode(node, { signal });
  note("startNode()", (await waitFor("running")).state);
  await cloud.renameNode(node, { name: "web-2", signal });
  note("renameNode()", (await read()).name);

  // Destroy the node and delete the key pairs.
  await cloud.destroyNode(node, { signal });
  const left = await poll(
    () => cloud.listNodes({ signal }),
    (nodes) => nodes.every(({ id }) => id !== node.id),
  );
  note("destroyNode()", left.map(about));
  await cloud.deleteKeyPair(sshKey, { signal });
  await cloud.deleteKeyPair(consoleKey, { signal });
  const keys = await cloud.listKeyPairs({ signal });
  note("deleteKeyPair()", keys.map(({ name }) => name));
  return steps;
}

function about({ name, state, publicIps, privateIps }: NephoScaleNode) {
  return { name, state, publicIps, privateIps };
}
