/**
 * The life of the cheapest node: it is created, restarted, stopped, started,
 * renamed and always destroyed.
 *
 * @module
 */

import { CloudError, NotFoundError } from "../../core/mod.ts";
import { cleanUp } from "../../core/compute/clean_up.ts";
import {
  findImage,
  monthlyPrice,
  type Node,
  type NodeDriver,
  type NodeImage,
  type NodeLocation,
  nodeOf,
  type NodeSize,
  type NodeState,
  supports,
} from "../../core/compute/mod.ts";
import type { Account } from "./accounts.ts";

/** The node to create. */
export interface Plan {
  /** Name of the node; no other node has it. */
  readonly name: string;
  /** The cheapest size. */
  readonly size: NodeSize;
  /** An image that runs on it. */
  readonly image: NodeImage;
  /** A location that has the size; absent if the provider chooses. */
  readonly location: NodeLocation | undefined;
}

/** Parts of a plan that the caller chooses. */
export interface Choice {
  /** Id of the size. */
  readonly size?: string | undefined;
  /** Id of the image. */
  readonly image?: string | undefined;
  /** Id of the location. */
  readonly location?: string | undefined;
}

/** Longest life of a node, without its destruction. */
const LIFE_MS = 30 * 60_000;
/** Hours that are billed at most: those of the life, and of the clean-up. */
export const BILLED_HOURS = 2;
/** How long a node is searched whose id was lost. */
const SEARCH_MS = 60_000;

/**
 * Chooses the cheapest node.
 *
 * @param driver The driver.
 * @param choice What the caller chooses.
 * @returns The plan.
 * @throws {Error} If there is no size with a price, no location that has it, or
 *   no image; or none with the id that the caller chose.
 */
export async function planLife(
  driver: NodeDriver,
  choice: Choice = {},
): Promise<Plan> {
  const locations = (await driver.listLocations())
    .filter((it) => isWanted(it, choice.location) && isOpen(it));
  const sizes = (await driver.listSizes())
    .filter((it) => isWanted(it, choice.size) && it.isAvailable !== false)
    .filter((it) => choice.size || monthlyPrice(it.price) !== undefined)
    .filter((it) => choice.size || it.gpus === undefined)
    .sort((a, b) => priceOf(a) - priceOf(b));
  const images = (await driver.listImages())
    .filter((it) => isWanted(it, choice.image));
  const official = choice.image ? [] : await officialImages(driver);
  for (const size of sizes) {
    const location = locations.find((it) => hasSize(it, size));
    if (locations.length > 0 && !location) continue;
    const image = official.find((it) => fits(it, size)) ??
      newest(images.filter((it) => fits(it, size)));
    if (!image) continue;
    const name = `nephos-record-${crypto.randomUUID().slice(0, 8)}`;
    return { name, size, image, location };
  }
  throw new Error(
    `record: found no node to create, among ${sizes.length} sizes with a ` +
      `price, ${locations.length} locations and ${images.length} images; set ` +
      "--size, --location or --image",
  );
}

function priceOf({ price }: NodeSize): number {
  return monthlyPrice(price) ?? Infinity;
}

function isWanted({ id }: { readonly id: string }, wanted?: string): boolean {
  return wanted === undefined || id === wanted;
}

function isOpen({ extra }: NodeLocation): boolean {
  return extra["isAvailable"] !== false;
}

/** Some drivers tell which locations have a size; others do not know. */
function hasSize({ id, extra }: NodeLocation, size: NodeSize): boolean {
  const { locationIds = [id] } = size;
  const sizeIds = extra["sizeIds"];
  return locationIds.includes(id) &&
    !(Array.isArray(sizeIds) && !sizeIds.includes(size.id));
}

function fits({ extra }: NodeImage, size: NodeSize): boolean {
  const { architecture } = size;
  const isSame = architecture === undefined ||
    [undefined, architecture].includes(extra["architecture"] as string);
  return isSame && extra["isDeprecated"] !== true &&
    !(Number(extra["minDiskGb"]) > (size.diskGb ?? Infinity));
}

/** The newest official images of Debian and Ubuntu, as far as they are known. */
async function officialImages(driver: NodeDriver): Promise<NodeImage[]> {
  if (!await driver.imageRules()) return [];
  const images: NodeImage[] = [];
  for (const distribution of ["debian", "ubuntu"]) {
    try {
      images.push(await findImage(driver, { distribution }));
    } catch (error) {
      if (!NotFoundError.is(error)) throw error;
    }
  }
  return images;
}

/** The newest Debian or Ubuntu, else the last image. */
function newest(images: readonly NodeImage[]): NodeImage | undefined {
  const rank = ({ id, name }: NodeImage) =>
    ["ubuntu", "debian"].findIndex((it) =>
      `${id} ${name}`.toLowerCase().includes(it)
    );
  return images.toSorted((a, b) =>
    rank(a) - rank(b) ||
    a.name.localeCompare(b.name, "en", { numeric: true })
  ).at(-1);
}

/** How a life went. */
export interface Life {
  /** The node, if it was created. */
  readonly node?: Node | undefined;
  /** What may be left; `[]` if everything is gone. */
  readonly left: readonly string[];
  /** The error of the call that failed. */
  readonly error?: unknown;
}

/** How to live through a plan. */
export interface LifeOptions {
  /** Aborts when the user interrupts the program; the node is destroyed. */
  readonly signal: AbortSignal;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /**
   * Interval between two looks at the node, in milliseconds.
   *
   * @default {the driver's own}
   */
  readonly intervalMs?: number | undefined;
}

/**
 * Creates a node, and does everything with it that the driver can. The node is
 * always destroyed.
 *
 * @param account The driver, and its recorder.
 * @param plan The node to create.
 * @param options Signal, output and polling.
 * @returns How it went. The function never throws.
 */
export async function live(
  account: Account,
  plan: Plan,
  options: LifeOptions,
): Promise<Life> {
  const { driver, recorder } = account;
  const { name, size, image, location } = plan;
  let node: Node | undefined;
  let error: unknown;
  let mayExist = false;
  try {
    options.say(`createNode: ${name}`);
    // Not aborted: the response has the id that destroys the node.
    node = await recorder.during("createNode", () =>
      driver.createNode({
        name,
        size,
        image,
        ...location && { location },
      }));
    await use(account, node, options);
  } catch (reason) {
    error = reason;
    node ??= nodeOf(reason);
    mayExist = CloudError.is(reason) && reason.mayHaveBeenApplied;
  }
  const nodes = node ? [node] : mayExist ? await search(driver, name) : [];
  const left: string[] = [];
  for (const node of nodes) {
    const reason = await destroy(account, node, options);
    if (reason) left.push(`${node.name} (id ${node.id}): ${reason}`);
  }
  if (mayExist && nodes.length === 0) {
    left.push(`${name}: the response to its creation was lost`);
  }
  return { node, left, error };
}

/**
 * Returns the name that a node gets in the end.
 *
 * @param name Name of the node at first.
 * @returns The other name.
 */
export function renamed(name: string): string {
  return `${name}-2`;
}

/** Restarts, stops, starts and renames a node. */
async function use(
  { driver, recorder }: Account,
  node: Node,
  { signal, say, intervalMs }: LifeOptions,
): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIFE_MS)]);
  const call = { signal: limited };
  const poll = { ...call, intervalMs };
  const step = async (operation: string, run: () => Promise<unknown>) => {
    say(operation);
    await recorder.during(operation, run);
  };
  const reach = (state: NodeState) =>
    step("waitForState", () => driver.waitForState(node, { ...poll, state }));

  await step("waitUntilRunning", () => driver.waitUntilRunning(node, poll));
  await step("getNode", () => driver.getNode(node, call));
  await step("rebootNode", () => driver.rebootNode(node, call));
  await reach("running");
  if (supports(driver, "power")) {
    await step("stopNode", () => driver.stopNode(node, call));
    await reach("stopped");
    await step("startNode", () => driver.startNode(node, call));
    await reach("running");
  }
  if (supports(driver, "renaming")) {
    const name = renamed(node.name);
    await step("renameNode", () => driver.renameNode(node, { ...call, name }));
  }
}

/** Searches the nodes of a name, because the response with the id was lost. */
async function search(driver: NodeDriver, name: string): Promise<Node[]> {
  const end = performance.now() + Math.max(SEARCH_MS, driver.notFoundGraceMs);
  for (;;) {
    const nodes = await driver.listNodes().then(
      (nodes) =>
        nodes.filter((node) =>
          node.name === name && node.state !== "terminated"
        ),
      () => [],
    );
    if (nodes.length > 0 || performance.now() > end) return nodes;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

/** Destroys a node, and returns the reason if it may still exist. */
async function destroy(
  { driver, recorder }: Account,
  node: Node,
  { say, intervalMs }: LifeOptions,
): Promise<string | undefined> {
  say("destroyNode");
  const graceMs = driver.notFoundGraceMs;
  const reason = await recorder.during(
    "destroyNode",
    () => cleanUp(driver, node, { intervalMs, graceMs }),
  );
  if (reason) return reason;
  try {
    await recorder.during(
      "waitForState",
      () => driver.waitForState(node, { state: "terminated", intervalMs }),
    );
    return undefined;
  } catch (error) {
    return String(error);
  }
}
