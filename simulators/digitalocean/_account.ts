/**
 * State of the simulated account: its resources, clock and ids.
 *
 * @module
 */

import { type Image, IMAGES, type Region, type Size } from "./_catalog.ts";
import { invalid, ok, refuseInvalid, toTimestamp } from "./_requests.ts";
import {
  AddressPool,
  type Call,
  type Fails,
  numericIds,
  type Occupied,
  PRIVATE_IPV4,
  PUBLIC_IPV4,
  PUBLIC_IPV6,
  readPage,
  RESERVED_IPV4,
  Store,
  Timeline,
  type TimelineSettings,
  toNumericId,
} from "../kit/mod.ts";

/** Addresses of a droplet; it may not show all of them. */
export interface Addresses {
  readonly publicIp: string;
  readonly privateIp: string;
  readonly ipv6: string;
}

/** A droplet. */
export interface Droplet extends Occupied {
  readonly id: number;
  name: string;
  size: Size;
  /** Disk in GB. It may stay the same when the size changes. */
  disk: number;
  image: Image;
  readonly region: Region;
  status: "new" | "active" | "off";
  readonly createdAt: string;
  features: readonly string[];
  tags: string[];
  readonly vpc: string;
  /** Addresses; `undefined` until it is active. */
  addresses: Addresses | undefined;
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
export interface StoredVolume extends Occupied {
  readonly id: string;
  readonly name: string;
  readonly region: Region;
  readonly createdAt: string;
  readonly description: string;
  readonly filesystem: string;
  readonly tags: string[];
  sizeGb: number;
  droplet: number | undefined;
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
export interface ReservedIp extends Occupied {
  readonly ip: string;
  readonly region: Region;
  droplet: number | undefined;
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

/** A DNS record, in the format of the API. */
export interface DomainRecord {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly data: string;
  readonly priority: number | null;
  readonly port: number | null;
  readonly ttl: number;
  readonly weight: number | null;
  readonly flags: number | null;
  readonly tag: string | null;
}

/** A domain with its DNS records. */
export interface Domain {
  readonly name: string;
  readonly records: Map<number, DomainRecord>;
}

/** Options of the simulator that its request handlers need. */
export interface Settings extends TimelineSettings {
  readonly createMs: number;
  readonly actionMs: number;
  readonly addressMs: number;
  readonly fails: Fails;
  readonly largestPage: number;
  readonly baseUrl: string;
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
  readonly droplets: Store<number, Droplet>;
  readonly images: Store<number, Image>;
  readonly keys: Store<number, Key>;
  readonly actions: Store<number, Action>;
  readonly dropletActions: Map<number, Action[]>;
  readonly volumes: Store<string, StoredVolume>;
  readonly snapshots: Store<string, StoredSnapshot>;
  readonly reservedIps: Map<string, ReservedIp>;
  readonly firewalls: Store<string, Firewall>;
  readonly tags: Set<string>;
  /** Domains by name. Their lists do not lag. */
  readonly domains: Map<string, Domain> = new Map();
  /** Addresses that can be reserved. Droplets do not use their range. */
  readonly reservable = new AddressPool(RESERVED_IPV4);
  // The first address of a network belongs to its gateway.
  readonly #publicIps = new AddressPool(PUBLIC_IPV4, { first: 2 });
  readonly #privateIps = new AddressPool(PRIVATE_IPV4, { first: 0 });
  readonly #ipv6 = new AddressPool(PUBLIC_IPV6, { first: 2 });
  /** Returns the next id; resources of all types share the sequence. */
  readonly takeId = numericIds(3_164_444);

  /**
   * Creates an account.
   *
   * @param settings Options of the simulator.
   * @param contents Resources; by default, only public images.
   */
  constructor(settings: Settings, contents: Partial<Contents> = {}) {
    this.settings = settings;
    this.droplets = new Store(contents.droplets);
    this.images = new Store(
      contents.images ?? IMAGES.map((image) => [image.id, { ...image }]),
    );
    this.keys = new Store(contents.keys);
    this.actions = new Store(contents.actions);
    this.dropletActions = new Map(contents.dropletActions);
    this.volumes = new Store(contents.volumes);
    this.snapshots = new Store(contents.snapshots);
    this.reservedIps = new Map(contents.reservedIps);
    this.firewalls = new Store(contents.firewalls);
    this.tags = new Set(contents.tags);
    this.timeline = new Timeline(settings, {
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
    });
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

  /** Returns unused addresses for a droplet. */
  takeAddresses(): Addresses {
    return {
      publicIp: this.#publicIps.take() ?? refuseAddresses(),
      privateIp: this.#privateIps.take() ?? refuseAddresses(),
      ipv6: this.#ipv6.take() ?? refuseAddresses(),
    };
  }

  /** Frees the addresses of a droplet that is gone. */
  releaseAddresses({ addresses }: Droplet): void {
    this.#publicIps.release(addresses?.publicIp);
    this.#privateIps.release(addresses?.privateIp);
    this.#ipv6.release(addresses?.ipv6);
  }

  /** Current time, in the format of the API. */
  timestamp(): string {
    return toTimestamp(this.timeline.now);
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
    const { items, page, pages, total } = readPage(all, url, {
      size: "per_page",
      max: 200,
      defaultSize: 20,
      largest: largestPage,
      invalid,
    });
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
export function dropletById(account: Account, id: unknown): Droplet {
  return account.droplets.get(toNumericId(id)) ??
    refuseInvalid(`There is no droplet ${id}`);
}

/** Refuses a request because all addresses of a range are in use. */
export function refuseAddresses(): never {
  refuseInvalid("there are no more addresses");
}
