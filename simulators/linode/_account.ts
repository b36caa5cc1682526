/**
 * State of the simulated account: its resources, clock and ids.
 *
 * @module
 */

import { IMAGES, type Region, type Type } from "./_catalog.ts";
import { applyFilter } from "./_filters.ts";
import { BadRequest, ok } from "./_requests.ts";
import type { Fails } from "../_failures.ts";
import { Resources } from "../_resources.ts";
import { type Call, type JsonObject, readPage } from "../_router.ts";
import { type Lateness, Timeline } from "../_timeline.ts";

/** User name of the account. */
export const USERNAME = "myuser";

/** Creation time of the initial contents. */
export const SEEDED_AT = "2018-01-01T00:01:01";

/** A disk of a node. */
export interface Disk {
  readonly id: number;
  readonly label: string;
  /** Size in MB. */
  size: number;
  readonly filesystem: string;
  readonly created: string;
}

/** A backup of a node. */
export interface Backup {
  readonly id: number;
  readonly label: string | null;
  readonly type: "auto" | "snapshot";
  readonly created: string;
  finished: string;
  status: "pending" | "successful" | "failed";
  readonly disks: readonly Disk[];
}

/** A node. */
export interface Linode {
  readonly id: number;
  label: string;
  status: string;
  readonly region: Region;
  type: Type;
  image: string | null;
  readonly ipv4: string[];
  readonly ipv6: string | null;
  /** Address in a VPC. */
  readonly vpcIp: string | undefined;
  readonly created: string;
  updated: string;
  tags: readonly string[];
  hasUserData: boolean;
  areBackupsEnabled: boolean;
  disks: Disk[];
  readonly automatic: Backup[];
  snapshot: Backup | undefined;
  /**
   * Identity of the operation in progress. A delayed step has no effect if
   * another operation has replaced its own.
   */
  operation: object | undefined;
  /** Time until which it refuses changes, also after an operation. */
  busyUntil: number;
}

/** A volume. */
export interface Volume {
  readonly id: number;
  readonly label: string;
  readonly region: Region;
  /** Size in GB. */
  size: number;
  status: string;
  linode: Linode | undefined;
  /** Time until which it refuses changes. */
  busyUntil: number;
  readonly created: string;
  updated: string;
  readonly tags: readonly string[];
}

/** An image. */
export interface Image {
  readonly id: string;
  label: string;
  description: string | null;
  readonly created: string;
  updated: string;
  readonly createdBy: string;
  readonly isPublic: boolean;
  readonly deprecated: boolean;
  readonly eol: string | null;
  readonly vendor: string | null;
  readonly size: number;
  status: string;
  readonly capabilities: readonly string[];
  regions: { readonly region: string; status: string }[];
  tags: readonly string[];
}

/** An SSH key. */
export interface Key {
  readonly id: number;
  label: string;
  readonly key: string;
  readonly created: string;
}

/** The resource that an event is about. */
export interface Entity {
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly url: string;
}

/** An event. */
export interface Event {
  readonly id: number;
  readonly action: string;
  readonly created: string;
  readonly at: number;
  readonly entity: Entity | undefined;
  /** Whether the operation will fail. */
  readonly fails: boolean;
  status: string;
  seconds: number;
}

/** Options of the simulator that its request handlers need. */
export interface Settings extends Lateness {
  readonly provisionMs: number;
  readonly bootMs: number;
  readonly actionMs: number;
  readonly destroyMs: number;
  readonly busyMs: number;
  readonly fails: Fails;
  readonly largestPage: number;
  readonly now: () => number;
}

/** Resources of an account: plain data, which can be copied. */
export interface Contents {
  readonly linodes: ReadonlyMap<number, Linode>;
  readonly volumes: ReadonlyMap<number, Volume>;
  readonly images: ReadonlyMap<string, Image>;
  readonly keys: ReadonlyMap<number, Key>;
  readonly events: ReadonlyMap<number, Event>;
  readonly tags: ReadonlySet<string>;
}

/** A simulated account. */
export class Account implements Contents {
  readonly settings: Settings;
  readonly timeline: Timeline<Contents>;
  readonly linodes = new Resources<number, Linode>();
  readonly volumes = new Resources<number, Volume>();
  readonly images = new Resources<string, Image>();
  readonly keys = new Map<number, Key>();
  readonly events = new Map<number, Event>();
  readonly tags = new Set<string>();
  #nextId = 123;
  #nextAddress = 0;

  /** Creates an account that has public images only. */
  constructor(settings: Settings) {
    this.settings = settings;
    this.timeline = new Timeline(settings.now);
    for (const image of IMAGES) {
      this.images.set(image.id, {
        ...image,
        description: "",
        updated: image.created,
        createdBy: "linode",
        isPublic: true,
        status: "available",
        capabilities: image.isCloudInit ? ["cloud-init"] : [],
        regions: [],
        tags: [],
      });
    }
  }

  /** Ends the creation of the initial contents. */
  start(): void {
    this.timeline.start(this.settings, (): Contents => ({
      linodes: this.linodes,
      volumes: this.volumes,
      images: this.images,
      keys: this.keys,
      events: this.events,
      tags: this.tags,
    }));
  }

  /** The resources as lists show them: those of a while ago, if lists lag. */
  get listed(): Contents {
    return this.timeline.past() ?? this;
  }

  /** Returns the next unused id; resources of all types share the sequence. */
  takeId(): number {
    return this.#nextId++;
  }

  /** Returns the next unused number for the IP addresses of a node. */
  takeAddress(): number {
    return this.#nextAddress++;
  }

  /** Current time, in milliseconds since 1970. */
  now(): number {
    return this.timeline.now();
  }

  /** Formats a time as Linode does: UTC, to the second; by default now. */
  timestamp(at: number = this.now()): string {
    return new Date(at).toISOString().slice(0, 19);
  }

  /**
   * Creates the response with the requested page of a list.
   *
   * @param call Request, with page number, page size and filter.
   * @param all Items of the whole list.
   * @param convert Converts an item to the format of the API.
   * @param filterable Fields that the list can be filtered by.
   * @returns The response.
   */
  list<T>(
    { request, url }: Call,
    all: Iterable<T> | ReadonlyMap<unknown, T>,
    convert: (item: T) => JsonObject,
    filterable: readonly string[],
  ): Response {
    const items = [...all instanceof Map ? all.values() : all as Iterable<T>];
    const header = request.headers.get("X-Filter");
    try {
      const rules = {
        size: "page_size",
        min: 25,
        max: 500,
        defaultSize: 100,
        largest: this.settings.largestPage,
      };
      const found = header === null
        ? undefined
        : applyFilter(items.map(convert), header, filterable);
      const { page, pages, total, items: data } = found === undefined
        ? readPage(items, url, rules)
        : readPage(found, url, rules);
      return ok({
        data: found === undefined ? (data as T[]).map(convert) : data,
        page,
        pages,
        results: total,
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const [field] = error.message.split(" ");
      throw new BadRequest(error.message, field);
    }
  }
}
