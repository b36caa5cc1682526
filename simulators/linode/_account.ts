/**
 * State of the simulated account: its resources, clock and ids.
 *
 * @module
 */

import { IMAGES, type Region, type Type } from "./_catalog.ts";
import { applyFilter } from "./_filters.ts";
import { invalid, ok } from "./_requests.ts";
import {
  AddressPool,
  type Call,
  type Fails,
  type JsonObject,
  numericIds,
  type Occupied,
  PUBLIC_IPV4,
  readPage,
  Store,
  Timeline,
  type TimelineSettings,
} from "../kit/mod.ts";

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
export interface Linode extends Occupied {
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

/** A DNS record, in the format of the API. */
export interface DomainRecord {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly target: string;
  readonly ttl_sec: number;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly service: string | null;
  readonly protocol: string | null;
  readonly tag: string | null;
  readonly created: string;
  readonly updated: string;
}

/** A domain with its DNS records; the other fields are those of the API. */
export interface Domain {
  readonly id: number;
  readonly domain: string;
  readonly type: string;
  readonly status: string;
  readonly soa_email: string;
  readonly description: string | null;
  readonly master_ips: readonly string[];
  readonly axfr_ips: readonly string[];
  readonly tags: readonly string[];
  readonly ttl_sec: number;
  readonly refresh_sec: number;
  readonly retry_sec: number;
  readonly expire_sec: number;
  readonly created: string;
  readonly updated: string;
  readonly records: Map<number, DomainRecord>;
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
export interface Settings extends TimelineSettings {
  readonly provisionMs: number;
  readonly bootMs: number;
  readonly actionMs: number;
  readonly destroyMs: number;
  readonly fails: Fails;
  readonly largestPage: number;
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
  readonly linodes = new Store<number, Linode>();
  readonly volumes = new Store<number, Volume>();
  readonly images = new Store<string, Image>();
  readonly keys = new Store<number, Key>();
  readonly events = new Store<number, Event>();
  readonly tags = new Set<string>();
  /** Domains. Their lists do not lag. */
  readonly domains = new Store<number, Domain>();
  readonly publicIps = new AddressPool(PUBLIC_IPV4);
  readonly privateIps = new AddressPool(["192.168.128.0/17"], { first: 0 });
  readonly vpcIps = new AddressPool(["10.0.0.0/16"], { first: 0 });
  readonly ipv6 = new AddressPool(["2001:db8::f03c:0:0/96"], {
    prefix: 128,
    first: 0,
  });
  /** Returns the next id; resources of all types share the sequence. */
  readonly takeId = numericIds(123);

  /** Creates an account that has public images only. */
  constructor(settings: Settings) {
    this.settings = settings;
    this.timeline = new Timeline(settings, {
      linodes: this.linodes,
      volumes: this.volumes,
      images: this.images,
      keys: this.keys,
      events: this.events,
      tags: this.tags,
    });
    for (const image of IMAGES) {
      this.images.add({
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

  /** The resources as lists show them: those of a while ago, if lists lag. */
  get listed(): Contents {
    return this.timeline.listed;
  }

  /** Frees the addresses of a node that is gone. */
  releaseAddresses({ ipv4, ipv6, vpcIp }: Linode): void {
    this.publicIps.release(...ipv4);
    this.privateIps.release(...ipv4);
    this.ipv6.release(ipv6);
    this.vpcIps.release(vpcIp);
  }

  /** Formats a time as Linode does: UTC, to the second; by default now. */
  timestamp(at: number = this.timeline.now): string {
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
    const rules = {
      size: "page_size",
      min: 25,
      max: 500,
      defaultSize: 100,
      largest: this.settings.largestPage,
      invalid,
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
  }
}
