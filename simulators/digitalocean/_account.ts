/**
 * State of the simulated account: its resources, clock and ids.
 *
 * @module
 */

import { type Image, IMAGES, type Region, type Size } from "./_catalog.ts";
import { ok, refuseInvalid, toNumber, toTimestamp } from "./_requests.ts";
import type { Fails } from "../_failures.ts";
import { Resources } from "../_resources.ts";
import { type Call, type JsonObject, readPage } from "../_router.ts";
import { type Lateness, Timeline } from "../_timeline.ts";

/** A droplet. */
export interface Droplet {
  readonly id: number;
  name: string;
  size: Size;
  /** Disk in GB. It may stay the same when the size changes. */
  disk: number;
  image: Image;
  readonly region: Region;
  status: "new" | "active" | "off";
  locked: boolean;
  /** Time until which it refuses changes, also after it is unlocked. */
  busyUntil: number;
  readonly createdAt: string;
  features: readonly string[];
  tags: string[];
  readonly vpc: string;
  /** Number that its addresses derive from; `undefined` until it is active. */
  address: number | undefined;
  /** Time from which its public addresses are shown. */
  publicAt: number;
  snapshots: readonly number[];
}

/** An action, in progress or done. */
export interface Action {
  readonly id: number;
  readonly type: string;
  status: "in-progress" | "completed" | "errored";
  readonly startedAt: string;
  completedAt: string | null;
  readonly resourceId: number | null;
  readonly resourceType: string;
  readonly region: Region;
}

/** An SSH key, in the format of the API. */
export interface Key {
  readonly id: number;
  name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

/** A volume. */
export interface StoredVolume {
  readonly id: string;
  readonly name: string;
  readonly region: Region;
  readonly createdAt: string;
  readonly description: string;
  readonly filesystem: string;
  readonly tags: string[];
  sizeGb: number;
  droplet: number | undefined;
  locked: boolean;
  /** Time until which it refuses changes, also after it is unlocked. */
  busyUntil: number;
}

/** A snapshot, in the format of the API. */
export interface StoredSnapshot {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly regions: readonly string[];
  readonly resource_id: string;
  readonly resource_type: string;
  readonly min_disk_size: number;
  readonly size_gigabytes: number;
  readonly tags: readonly string[];
}

/** A reserved IP address. */
export interface ReservedIp {
  readonly ip: string;
  readonly region: Region;
  droplet: number | undefined;
  locked: boolean;
}

/** A firewall. */
export interface Firewall {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly inbound: unknown;
  readonly outbound: unknown;
  readonly droplets: Set<number>;
  tags: readonly string[];
}

/** Options of the simulator that its request handlers need. */
export interface Settings extends Lateness {
  readonly createMs: number;
  readonly actionMs: number;
  readonly addressMs: number;
  readonly busyMs: number;
  readonly fails: Fails;
  readonly largestPage: number;
  readonly baseUrl: string;
  readonly now: () => number;
}

/** Resources of an account: plain data, which can be copied. */
export interface Contents {
  readonly droplets: ReadonlyMap<number, Droplet>;
  readonly images: ReadonlyMap<number, Image>;
  readonly keys: ReadonlyMap<number, Key>;
  readonly actions: ReadonlyMap<number, Action>;
  /** Actions by the id of their droplet. */
  readonly dropletActions: ReadonlyMap<number, Action[]>;
  readonly volumes: ReadonlyMap<string, StoredVolume>;
  readonly snapshots: ReadonlyMap<string, StoredSnapshot>;
  readonly reservedIps: ReadonlyMap<string, ReservedIp>;
  readonly firewalls: ReadonlyMap<string, Firewall>;
  readonly tags: ReadonlySet<string>;
}

/** A simulated account. */
export class Account implements Contents {
  readonly settings: Settings;
  readonly timeline: Timeline<Contents>;
  readonly droplets: Resources<number, Droplet>;
  readonly images: Resources<number, Image>;
  readonly keys: Map<number, Key>;
  readonly actions: Map<number, Action>;
  readonly dropletActions: Map<number, Action[]>;
  readonly volumes: Resources<string, StoredVolume>;
  readonly snapshots: Resources<string, StoredSnapshot>;
  readonly reservedIps: Map<string, ReservedIp>;
  readonly firewalls: Map<string, Firewall>;
  readonly tags: Set<string>;
  #nextId = 3_164_444;
  #nextAddress = 0;

  /**
   * Creates an account.
   *
   * @param settings Options of the simulator.
   * @param contents Resources; by default, only public images.
   */
  constructor(settings: Settings, contents: Partial<Contents> = {}) {
    this.settings = settings;
    this.timeline = new Timeline(settings.now);
    this.droplets = new Resources(contents.droplets);
    this.images = new Resources(
      contents.images ?? IMAGES.map((image) => [image.id, { ...image }]),
    );
    this.keys = new Map(contents.keys);
    this.actions = new Map(contents.actions);
    this.dropletActions = new Map(contents.dropletActions);
    this.volumes = new Resources(contents.volumes);
    this.snapshots = new Resources(contents.snapshots);
    this.reservedIps = new Map(contents.reservedIps);
    this.firewalls = new Map(contents.firewalls);
    this.tags = new Set(contents.tags);
  }

  /** Ends the creation of the initial contents. */
  start(): void {
    this.timeline.start(this.settings, (): Contents => ({
      droplets: this.droplets,
      images: this.images,
      keys: this.keys,
      actions: this.actions,
      dropletActions: this.dropletActions,
      volumes: this.volumes,
      snapshots: this.snapshots,
      reservedIps: this.reservedIps,
      firewalls: this.firewalls,
      tags: this.tags,
    }));
  }

  /** The account as lists show it: that of a while ago, if they lag. */
  get listed(): Account {
    const past = this.timeline.past();
    if (past === undefined) return this;
    const { now, listLagMs } = this.settings;
    return new Account(
      { ...this.settings, now: () => now() - listLagMs },
      past,
    );
  }

  /** Whether a droplet or a volume refuses changes now. */
  isBusy(
    { locked, busyUntil }: Pick<Droplet, "locked" | "busyUntil">,
  ): boolean {
    return locked || this.now() < busyUntil;
  }

  /** Returns the next unused id; resources of all types share the sequence. */
  takeId(): number {
    return this.#nextId++;
  }

  /** Returns the next unused number for the addresses of a droplet. */
  takeAddress(): number {
    return this.#nextAddress++;
  }

  /** Current time, in milliseconds since 1970. */
  now(): number {
    return this.timeline.now();
  }

  /** Current time, in the format of the API. */
  timestamp(): string {
    return toTimestamp(this.now());
  }

  /**
   * Creates the response with the requested page of a list.
   *
   * @param call Request, with page number and page size.
   * @param key Name of the list in the response.
   * @param all Items of the whole list.
   * @param convert Converts an item to the format of the API.
   * @returns The response.
   */
  page<T>(
    { url }: Call,
    key: string,
    all: readonly T[],
    convert: (item: T) => unknown = (item) => item,
  ): Response {
    const { baseUrl, largestPage } = this.settings;
    const { items, page, pages, total } = readPageOf(all, url, largestPage);
    const link = (number: number) => {
      const target = new URL(baseUrl + url.pathname + url.search);
      target.searchParams.set("page", String(number));
      return target.href;
    };
    const links = pages === 1 ? {} : {
      pages: {
        ...(page > 1
          ? { first: link(1), prev: link(Math.min(page - 1, pages)) }
          : {}),
        ...(page < pages ? { next: link(page + 1), last: link(pages) } : {}),
      },
    };
    return ok({ [key]: items.map(convert), links, meta: { total } });
  }
}

/** Finds the droplet whose id is in a body. */
export function dropletInBody(
  account: Account,
  body: JsonObject,
  field = "droplet_id",
): Droplet {
  return account.droplets.get(toNumber(body[field])) ??
    refuseInvalid(`There is no droplet ${body[field]}`);
}

function readPageOf<T>(all: readonly T[], url: URL, largest: number) {
  try {
    return readPage(all, url, {
      size: "per_page",
      max: 200,
      defaultSize: 20,
      largest,
    });
  } catch (error) {
    if (error instanceof RangeError) refuseInvalid(error.message);
    throw error;
  }
}
