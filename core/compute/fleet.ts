/**
 * Fleets: many drivers as one.
 *
 * @module
 */

import { checkNumber, checkText, idOf, mistake } from "../check.ts";
import { NotFoundError } from "../errors.ts";
import { limitRequests, RequestSlots } from "../limiter.ts";
import type { Listing, Position } from "../listing.ts";
import { joinFew, oneLine, show } from "../message.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import { hash } from "../position.ts";
import type { NodeDriver } from "./driver.ts";
import { type FleetCosts, NodeCounts } from "./fleet_cost.ts";
import { AmbiguousNameError, type DriverError } from "./fleet_errors.ts";
import {
  byDriver,
  type FleetListing,
  type FleetListingPlan,
  PlannedListing,
} from "./fleet_listing.ts";
import { type FleetMember, type InFleet, runFleet } from "./fleet_run.ts";
import type {
  KeyPair,
  Node,
  NodeImage,
  NodeLocation,
  NodeSize,
  Volume,
  VolumeSnapshot,
} from "./records.ts";
import { checkSomeTags, type TagInput, toTagStrings } from "./tags.ts";

/** Drivers by name. */
export type FleetDrivers = Readonly<Record<string, NodeDriver>>;

/** Options of a {@linkcode Fleet}. */
export interface FleetOptions {
  /**
   * Largest number of connections at the same time, for all calls of the fleet
   * and all its drivers together. As many drivers are listed at the same time.
   *
   * @default {6}
   */
  readonly connections?: number | undefined;
}

/** Options of the lists of a {@linkcode Fleet}. */
export interface FleetListOptions extends CallOptions {
  /**
   * Largest number of uses of `fetch`. Retries, redirects and logins count. When
   * the budget is spent, the list ends with a position from which you can resume
   * it. A page that is not complete by then is requested again.
   *
   * @default {no limit}
   */
  readonly budget?: number | undefined;
  /**
   * Position to resume from: the `next` of an earlier part of the same list. If
   * the method, the tags, or the names or providers of the drivers differ, the
   * list rejects with a `TypeError` before any request. Credentials, limits,
   * `pageSize` and the order of the drivers may differ.
   */
  readonly from?: Position | undefined;
  /**
   * Items per page, within the limits of each provider.
   *
   * @default {the largest page of each provider}
   */
  readonly pageSize?: number | undefined;
  /**
   * Time limit in milliseconds of each driver if you await the list, or of each
   * page if you iterate or resume it, or set a budget.
   *
   * @default {the drivers' own limits for each request}
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@linkcode Fleet.listNodes}. */
export interface FleetNodeListOptions extends FleetListOptions {
  /**
   * Lists only nodes that have all of these tags. A driver whose provider has no
   * tags is among the errors then.
   *
   * @default {nodes with any tags, and without tags}
   */
  readonly tags?: TagInput | undefined;
}

/** The records of the lists of drivers, by the name of the method. */
export interface FleetRecords {
  /** An image. */
  readonly listImages: NodeImage;
  /** A key pair. */
  readonly listKeyPairs: KeyPair;
  /** A location. */
  readonly listLocations: NodeLocation;
  /** A node. */
  readonly listNodes: Node;
  /** A size. */
  readonly listSizes: NodeSize;
  /** A volume. */
  readonly listVolumes: Volume;
  /** A snapshot of a volume. */
  readonly listVolumeSnapshots: VolumeSnapshot;
}

/** A method of drivers that lists something. */
export type FleetMethod = keyof FleetRecords;

/**
 * A record of a list of a fleet. If you compare its `driver` with a name, the
 * compiler knows the type of `extra`.
 *
 * @typeParam D The drivers by name.
 * @typeParam Method The method that lists it.
 */
export type FleetRecord<D extends FleetDrivers, Method extends FleetMethod> =
  // With a condition, a fleet of certain drivers is a `Fleet`, too.
  D extends FleetDrivers ? {
      [Name in keyof D & string]: InFleet<
        D[Name] extends
          { [M in Method]: (...args: never[]) => Listing<infer T> } ? T
          : FleetRecords[Method],
        Name
      >;
    }[keyof D & string]
    : never;

const CONNECTIONS = 6;

/**
 * Many drivers as one: accounts of one provider, or of several.
 *
 * Each list goes across all drivers. You can await it, or iterate it: then
 * records come as soon as the first driver has sent a page. A driver that fails
 * does not stop the others.
 *
 * ```ts
 * import { Fleet } from "@nephos/nephos";
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { LinodeNodeDriver } from "@nephos/nephos/drivers/linode";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * const digitalocean = new DigitalOceanSimulator({ nodes: 2 });
 * const linode = new LinodeSimulator({ nodes: 3 });
 * const fleet = new Fleet({
 *   "do-prod": new DigitalOceanNodeDriver({
 *     ...digitalocean.credentials,
 *     fetch: digitalocean.fetch,
 *   }),
 *   "linode-eu": new LinodeNodeDriver({
 *     ...linode.credentials,
 *     fetch: linode.fetch,
 *   }),
 * });
 *
 * for await (const node of fleet.listNodes()) {
 *   console.log(`${node.driver}/${node.id}`, node.name, node.state);
 * }
 * const { items, errors } = await fleet.listNodes();
 * console.log(items.length, Object.keys(errors)); // 5 []
 * ```
 *
 * @typeParam D The drivers by name.
 */
export class Fleet<const D extends FleetDrivers = FleetDrivers> {
  /** The drivers by name, in the order of the fleet. */
  readonly drivers: D;
  readonly #slots: RequestSlots;
  readonly #connections: number;

  /**
   * Creates a fleet. Nothing is requested.
   *
   * @param drivers The drivers by name. A name is any text without `"/"`.
   * @param options The limit of connections.
   * @throws {TypeError} If a name is empty or contains `"/"`, a value is no
   *   driver, or two names have the same driver.
   * @throws {RangeError} If `connections` is not an integer of 1 or more.
   */
  constructor(drivers: D, options: FleetOptions = {}) {
    const { connections = CONNECTIONS } = options;
    checkNumber(connections, "Fleet", "connections");
    checkDrivers(drivers);
    this.drivers = Object.freeze({ ...drivers });
    this.#connections = connections;
    this.#slots = new RequestSlots(connections);
  }

  /** Lists the nodes of all drivers, or those with certain tags. */
  listNodes(
    options: FleetNodeListOptions = {},
  ): FleetListing<FleetRecord<D, "listNodes">> {
    return this.#list("listNodes", options);
  }

  /** Lists the sizes of all drivers. */
  listSizes(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listSizes">> {
    return this.#list("listSizes", options);
  }

  /** Lists the images of all drivers. */
  listImages(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listImages">> {
    return this.#list("listImages", options);
  }

  /** Lists the locations of all drivers. */
  listLocations(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listLocations">> {
    return this.#list("listLocations", options);
  }

  /** Lists the volumes of all drivers that have volumes. */
  listVolumes(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listVolumes">> {
    return this.#list("listVolumes", options);
  }

  /** Lists the snapshots of volumes of all drivers that have such snapshots. */
  listVolumeSnapshots(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listVolumeSnapshots">> {
    return this.#list("listVolumeSnapshots", options);
  }

  /** Lists the key pairs of all drivers that have key pairs. */
  listKeyPairs(
    options: FleetListOptions = {},
  ): FleetListing<FleetRecord<D, "listKeyPairs">> {
    return this.#list("listKeyPairs", options);
  }

  /**
   * Gets one node of one driver.
   *
   * @param ref The name of the driver and the id of the node, such as
   *   `"do-prod/123"`, or a node of a list of the fleet.
   * @param options Options of the call.
   * @returns The node.
   * @throws {TypeError} If the fleet has no driver with that name, or the id is
   *   invalid.
   * @throws {NotFoundError} If no node of the driver has that id.
   */
  async get(
    ref: string | { readonly driver: string; readonly id: string },
    options: CallOptions = {},
  ): Promise<FleetRecord<D, "listNodes">> {
    const { name, id } = parseRef(ref);
    if (!Object.hasOwn(this.drivers, name)) {
      const names = joinFew(Object.keys(this.drivers));
      throw new TypeError(
        `get: no driver has the name ${show(name)}; known names: ${names}`,
      );
    }
    checkSignal("get", options.signal);
    const signal = limitRequests(this.#slots, options.signal);
    const driver = this.drivers[name] as NodeDriver;
    const node = await driver.getNode(id, { ...options, signal });
    return { ...node, driver: name } as FleetRecord<D, "listNodes">;
  }

  /**
   * Finds the node with a name. It lists the nodes of all drivers, because names
   * need not be unique.
   *
   * @param name The name, exactly as the provider has it.
   * @param options Options of the list.
   * @returns The node.
   * @throws {NotFoundError} If no node has the name.
   * @throws {AmbiguousNameError} If several nodes have the name. The property
   *   `nodes` has all of them.
   * @throws {FleetError} If a driver failed: it may have a node with the name.
   */
  async find(
    name: string,
    options: Omit<FleetNodeListOptions, "budget" | "from"> = {},
  ): Promise<FleetRecord<D, "listNodes">> {
    checkText(name, "find", "name");
    const found: FleetRecord<D, "listNodes">[] = [];
    for await (const node of this.#list("listNodes", options, "find")) {
      if (node.name === name) found.push(node);
    }
    const [node, ...others] = found;
    if (node === undefined) throw noNodeNamed(name);
    if (others.length === 0) return node;
    const refs = found.map(({ driver, id }) => `${driver}/${id}`);
    throw new AmbiguousNameError(
      `find: ${found.length} nodes have the name ${show(name)}: ` +
        `${joinFew(refs)}; use get()`,
      { operation: "find", nodes: found },
    );
  }

  /**
   * Adds up what the nodes cost per month, by the prices of their sizes in
   * `listSizes()`. The sizes of each driver that has nodes are listed once.
   *
   * - A node whose price is unknown is counted apart, never as free.
   * - Prices in different currencies are not added.
   * - Every node counts for the whole month, also a stopped one; a terminated
   *   node does not count.
   * - Volumes, addresses, images, transfer, discounts and taxes are not included.
   *
   * @param options Options of the lists.
   * @returns The sums, and the errors of drivers that failed.
   */
  async monthlyCost(
    options: Omit<FleetNodeListOptions, "budget" | "from"> = {},
  ): Promise<FleetCosts> {
    const operation = "monthlyCost";
    const counts = new NodeCounts();
    const errors: DriverError[] = [];
    const nodes = this.#plan("listNodes", options, operation);
    for await (const page of runFleet(nodes, { hasPositions: false })) {
      counts.addNodes(page);
      if (page.error) errors.push(page.error);
    }
    const { tags: _tags, ...call } = options;
    const plan = this.#plan("listSizes", call, operation, counts.drivers);
    for await (const page of runFleet(plan, { hasPositions: false })) {
      counts.addSizes(page);
      if (page.error) errors.push(page.error);
    }
    const providers = Object.entries(this.drivers)
      .map(([name, { provider }]) => [name, provider] as const);
    return {
      ...counts.sums(new Map(providers)),
      errors: byDriver(errors),
    };
  }

  #list<Method extends FleetMethod>(
    method: Method,
    options: FleetNodeListOptions,
    operation: string = method,
  ): FleetListing<FleetRecord<D, Method>> {
    return new PlannedListing(this.#plan(method, options, operation));
  }

  /** Describes a list across drivers, and checks the options of the caller. */
  #plan<Method extends FleetMethod>(
    method: Method,
    options: FleetNodeListOptions,
    operation: string = method,
    only?: ReadonlySet<string>,
  ): FleetListingPlan<FleetRecord<D, Method>> {
    const { from, tags } = checkOptions(options, operation);
    const entries = Object.entries(this.drivers)
      .filter(([name]) => only?.has(name) ?? true);
    const names = entries.map(([name]) => name);
    const members = entries
      .filter(([, driver]) => has(driver, method))
      .sort(([one], [other]) => one < other ? -1 : 1)
      .map(([name, driver]) => toMember(name, driver, method));
    const known = new Set(members.map(({ name }) => name));
    return {
      operation,
      method,
      check: checkOf(method, members, tags),
      count: members.length,
      members,
      names,
      unsupported: names.filter((name) => !known.has(name)),
      slots: this.#slots,
      connections: this.#connections,
      options: { ...options, from },
    } as FleetListingPlan<FleetRecord<D, Method>>;
  }
}

/** Checks what the caller passed as drivers. */
function checkDrivers(drivers: FleetDrivers): void {
  if (typeof drivers !== "object" || drivers === null) {
    throw mistake("Fleet", "drivers", "an object with drivers", drivers);
  }
  const nameOf = new Map<NodeDriver, string>();
  for (const [name, driver] of Object.entries(drivers)) {
    checkText(name, "Fleet", "name");
    if (name.includes("/")) {
      throw mistake("Fleet", "name", 'a string without "/"', name);
    }
    if (!has(driver, "listNodes")) {
      throw mistake("Fleet", `drivers[${show(name)}]`, "a driver", driver);
    }
    const other = nameOf.get(driver);
    if (other !== undefined) {
      throw new TypeError(
        `Fleet: ${show(other)} and ${show(name)} are the same driver`,
      );
    }
    nameOf.set(driver, name);
  }
}

function checkOptions(
  options: FleetNodeListOptions,
  operation: string,
): FleetNodeListOptions {
  const { budget, from, pageSize, timeoutMs, signal, tags } = options;
  checkNumber(budget, operation, "budget");
  checkNumber(pageSize, operation, "pageSize");
  checkNumber(timeoutMs, operation, "timeoutMs");
  if (from !== undefined) checkText(from, operation, "from");
  if (tags !== undefined) checkSomeTags(tags, operation);
  checkSignal(operation, signal);
  return options;
}

function checkSignal(operation: string, signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw mistake(operation, "signal", "an AbortSignal", signal);
}

/** Hash of what makes a list differ from others; positions contain it. */
function checkOf(
  method: FleetMethod,
  members: readonly FleetMember<unknown>[],
  tags: TagInput | undefined,
): string {
  return hash(JSON.stringify([
    method,
    toTagStrings(tags, method)?.sort(),
    members.map(({ name, provider }) => [name, provider]),
  ]));
}

function has(driver: NodeDriver, method: FleetMethod): boolean {
  const methods = Object(driver) as { readonly [M in FleetMethod]?: unknown };
  return typeof methods[method] === "function";
}

function toMember(
  name: string,
  driver: NodeDriver,
  method: FleetMethod,
): FleetMember<unknown> {
  type List = (options: ListOptions) => Listing<unknown>;
  const { provider } = driver;
  const methods = driver as unknown as Readonly<Record<FleetMethod, unknown>>;
  return {
    name,
    provider,
    list(options) {
      // The only list whose first argument is something else.
      if (method === "listVolumeSnapshots") {
        const list = methods[method] as (
          volume: undefined,
          options: ListOptions,
        ) => Listing<unknown>;
        return list.call(driver, undefined, options);
      }
      return (methods[method] as List).call(driver, options);
    },
  };
}

/** Splits the name of a driver from the id of its node. */
function parseRef(
  ref: string | { readonly driver: string; readonly id: string },
): { readonly name: string; readonly id: string } {
  if (typeof ref === "object" && ref !== null) {
    const name = checkText(ref.driver, "get", "driver");
    return { name, id: idOf(ref, "get", "node") };
  }
  const [, name, id] = /^([^/]+)\/([^]+)$/.exec(String(ref)) ?? [];
  if (name !== undefined && id !== undefined) return { name, id };
  const expected = "a node of the fleet, or a name and an id as in do-prod/123";
  throw mistake("get", "node", expected, ref);
}

function noNodeNamed(name: string): NotFoundError {
  return new NotFoundError(`find: no node has the name ${oneLine(name)}`, {
    operation: "find",
    status: 404,
    method: "GET",
    url: "",
    body: "",
  });
}
