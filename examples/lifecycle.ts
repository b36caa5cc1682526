/**
 * The life of a node, from choosing a size to the end.
 *
 * This uses web APIs alone, so it runs wherever a driver does: Deno, Node.js,
 * Bun and Workers. The simulator stands in for the provider:
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

/** A call, and what came of it. */
export interface Step {
  /** The call. */
  readonly call: string;
  /** What came of it: plain data, and no secret. */
  readonly result: unknown;
}

/** Options of {@linkcode lifecycle}. */
export interface LifecycleOptions {
  /**
   * Pause in milliseconds between two looks at the node.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVjwT9dHZ3BZ8bNrcLPrs3uJq5PYZbHqDkNPTmP7oqd me@example.com";

/**
 * Creates a node, puts it through its paces and destroys it.
 *
 * @param cloud The driver.
 * @param options How patiently.
 * @returns What was called, in order, and what came of it.
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

  // What is on offer?
  const locations = await cloud.listLocations({ signal });
  note("listLocations()", locations.map(({ name }) => name));
  const sizes = await cloud.listSizes({ signal });
  note(
    "listSizes()",
    sizes.map(({ name, ramMib, price }) => ({ name, ramMib, price })),
  );
  const images = await cloud.listImages({ signal });
  note("listImages()", images.map(({ name }) => name));

  // Something to log in with: a key of ours, and a password made for us.
  const sshKey = await cloud.importKeyPair({
    name: "laptop",
    publicKey: PUBLIC_KEY,
    signal,
  });
  note("importKeyPair()", sshKey.name);
  const consoleKey = await cloud.createKeyPair({ name: "console", signal });
  note("createKeyPair()", consoleKey.name);

  // The smallest node there is, with the first image, at the first location.
  const [size] = sizes.toSorted((a, b) => (a.ramMib ?? 0) - (b.ramMib ?? 0));
  const [image] = images;
  if (!size || !image) throw new Error("Cannot create a node: nothing to buy");
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

  // What is accepted at once is done a little later, so look until it is.
  const until = async <T>(
    look: () => PromiseLike<T>,
    isDone: (seen: T) => boolean,
  ): Promise<T> => {
    for (;;) {
      const seen = await look();
      if (isDone(seen)) return seen;
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  };
  const look = () => cloud.getNode(node, { signal });
  const reach = (wanted: NodeState) =>
    until(look, ({ state }) => state === wanted);
  await cloud.rebootNode(node, { signal });
  note("rebootNode()", (await reach("running")).state);
  await cloud.stopNode(node, { signal });
  note("stopNode()", (await reach("stopped")).state);
  await cloud.startNode(node, { signal });
  note("startNode()", (await reach("running")).state);
  await cloud.renameNode(node, { name: "web-2", signal });
  note("renameNode()", (await look()).name);

  // Nothing is left behind.
  await cloud.destroyNode(node, { signal });
  const left = await until(
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
