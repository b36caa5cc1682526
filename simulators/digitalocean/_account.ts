/**
 * State of the simulated account: its resources, clock and ids.
 *
 * @module
 */

import { type Image, IMAGES, type Region, type Size } from "./_catalog.ts";
import { ok, refuseInvalid, toNumber, toTimestamp } from "./_requests.ts";
import { type Call, type JsonObject, readPage } from "../_router.ts";
import { Schedule } from "../_schedule.ts";

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
  readonly createdAt: string;
  features: readonly string[];
  tags: string[];
  readonly vpc: string;
  /** Number that its addresses derive from; `undefined` until it is active. */
  address: number | undefined;
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
export interface Settings {
  readonly createMs: number;
  readonly actionMs: number;
  readonly largestPage: number;
  readonly baseUrl: string;
  readonly now: () => number;
}

/** A simulated account. */
export class Account {
  readonly settings: Settings;
  readonly images = new Map<number, Image>();
  readonly keys = new Map<number, Key>();
  readonly actions = new Map<number, Action>();
  /** Actions by the id of their droplet. */
  readonly dropletActions = new Map<number, Action[]>();
  readonly volumes = new Map<string, StoredVolume>();
  readonly snapshots = new Map<string, StoredSnapshot>();
  readonly reservedIps = new Map<string, ReservedIp>();
  readonly firewalls = new Map<string, Firewall>();
  readonly tags = new Set<string>();
  readonly schedule = new Schedule();
  readonly #droplets = new Map<number, Droplet>();
  #dropletList: readonly Droplet[] | undefined;
  #nextId = 3_164_444;
  #nextAddress = 0;

  /** Creates an account that has public images only. */
  constructor(settings: Settings) {
    this.settings = settings;
    for (const image of IMAGES) this.images.set(image.id, { ...image });
  }

  /** Droplets by id. */
  get droplets(): ReadonlyMap<number, Droplet> {
    return this.#droplets;
  }

  /** All droplets in the order of creation; cached, because it may be long. */
  get dropletList(): readonly Droplet[] {
    return this.#dropletList ??= [...this.#droplets.values()];
  }

  /** Adds a droplet. */
  addDroplet(droplet: Droplet): void {
    this.#droplets.set(droplet.id, droplet);
    this.#dropletList = undefined;
  }

  /** Removes a droplet. */
  removeDroplet(id: number): void {
    this.#droplets.delete(id);
    this.#dropletList = undefined;
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
    return this.settings.now();
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
