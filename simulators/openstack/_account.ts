/**
 * State of the simulated cloud: its resources, clock, ids and URLs.
 *
 * @module
 */

import type {
  Flavor,
  Image,
  KeyPair,
  Server,
  ServerGroup,
  Volume,
  VolumeSnapshot,
} from "./_records.ts";
import {
  type Fails,
  numericIds,
  Store,
  Timeline,
  type TimelineSettings,
  toUuid,
} from "../kit/mod.ts";

/** A service of the cloud, by the name of its part of the URL. */
export type Service =
  | "compute"
  | "dns"
  | "identity"
  | "image"
  | "network"
  | "volume";

/** Host of each service, for requests that go to no other host. */
export const HOSTS: Readonly<Record<Service, string>> = {
  compute: "nova.openstack.example",
  dns: "designate.openstack.example",
  identity: "keystone.openstack.example",
  image: "glance.openstack.example",
  network: "neutron.openstack.example",
  volume: "cinder.openstack.example",
};

/** Options of the simulator that its request handlers need. */
export interface Settings extends TimelineSettings {
  readonly createMs: number;
  readonly actionMs: number;
  readonly addressMs: number;
  readonly fails: Fails;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
  readonly region: string;
  readonly tokenMs: number;
  readonly largestPage: number;
  readonly serverLimit: number;
  readonly newestMicroversion: string;
  readonly linkHost: string;
  readonly quotas: Readonly<Record<string, number>>;
  readonly dnsRecordTypes: readonly string[];
}

/** An address of a server, as Nova shows it. */
export interface ServerAddress {
  readonly version: 4 | 6;
  readonly addr: string;
  readonly "OS-EXT-IPS:type": "fixed" | "floating";
  readonly "OS-EXT-IPS-MAC:mac_addr": string;
}

/** A port of a server, as Nova shows it. */
export interface ServerInterface {
  readonly port_id: string;
  readonly net_id: string;
  readonly mac_addr: string;
  readonly port_state: string;
  readonly fixed_ips: readonly {
    readonly subnet_id: string;
    readonly ip_address: string;
  }[];
}

/** What Nova needs of Neutron. */
export interface NetworkService {
  /**
   * Creates the ports of a new server.
   *
   * @param server Id of the server.
   * @param networks Networks and ports of the request; `"auto"` for the networks
   *   of the project.
   * @param groups Names or ids of the security groups.
   */
  attach(
    server: string,
    networks: readonly Readonly<Record<string, unknown>>[] | "auto",
    groups: readonly string[],
  ): void;
  /** Deletes the ports of a server. */
  release(server: string): void;
  /** Describes the ports of a server. */
  interfacesOf(server: string): ServerInterface[];
  /**
   * Connects a server with a further network or port.
   *
   * @param server Id of the server.
   * @param request The network or the port.
   */
  attachInterface(
    server: string,
    request: Readonly<Record<string, unknown>>,
  ): ServerInterface;
  /** Disconnects a server from a port. */
  detachInterface(server: string, port: string): void;
  /** Addresses of a server by the name of the network. */
  addressesOf(server: string): Record<string, ServerAddress[]>;
  /** Names of the security groups of a server. */
  groupsOf(server: string): { name: string }[];
  /** Adds a security group to the ports of a server, or removes it. */
  changeGroup(server: string, group: string, change: "add" | "remove"): void;
}

/** What Nova needs of Cinder. */
export interface VolumeService {
  /** Creates a volume, such as for a server that boots from it; returns its id. */
  create(sizeGb: number, image: string | undefined, name: string): string;
  /** Attaches a volume to a server; returns the name of the device. */
  attach(volume: string, server: string, device?: string): string;
  /** Detaches a volume from a server. */
  detach(volume: string, server: string): void;
  /** Deletes a volume that was created with a server. */
  remove(volume: string): void;
}

/** What Nova needs of Glance. */
export interface ImageService {
  /** Creates the image of a server; returns its id. */
  snapshot(
    server: Server,
    name: string,
    metadata: Record<string, string>,
  ): string;
}

/** A simulated cloud with one project. */
export class Account {
  /** Settings; until {@linkcode Account.start} operations take no time. */
  settings: Settings;
  readonly servers = new Store<string, Server>();
  /** Deleted servers, which may be the marker of a page. */
  readonly deletedServers = new Map<string, Server>();
  readonly flavors = new Store<string, Flavor>();
  readonly images = new Store<string, Image>();
  readonly volumes = new Store<string, Volume>();
  readonly snapshots = new Store<string, VolumeSnapshot>();
  /** Key pairs by name. */
  readonly keyPairs = new Store<string, KeyPair>();
  readonly serverGroups = new Store<string, ServerGroup>();
  /** Tokens, and when they end. */
  readonly tokens = new Map<string, number>();
  readonly timeline: Timeline<unknown>;
  readonly userId = "0a1b2c3d4e5f40718293a4b5c6d7e8f9";
  readonly projectId = "7f3e5d1c9b8a46240f1e2d3c4b5a6978";
  /** Neutron, which its module sets. */
  network!: NetworkService;
  /** Cinder, which its module sets. */
  volume!: VolumeService;
  /** Glance, which its module sets. */
  image!: ImageService;
  readonly #takeNumber = numericIds(0x1001);
  readonly #takeSecret = numericIds(0x51c3_a7e1, 0x1f3b);

  /** Creates a cloud without resources. */
  constructor(settings: Settings) {
    this.timeline = new Timeline<unknown>(settings, {
      servers: this.servers,
      images: this.images,
    });
    this.settings = {
      ...settings,
      createMs: 0,
      actionMs: 0,
      addressMs: 0,
      fails: () => false,
    };
  }

  /** Ends the creation of the initial contents. */
  start(settings: Settings): void {
    this.timeline.advance();
    this.settings = settings;
    this.timeline.start();
  }

  /** Returns a UUID that was not returned before. */
  takeId(): string {
    return toUuid(this.#takeNumber());
  }

  /** Returns a password or token that was not returned before. */
  takeSecret(prefix = "Qz"): string {
    return `${prefix}${this.#takeSecret().toString(36)}xK7w`;
  }

  /** Formats a time as Nova does, by default now: `2026-01-02T03:04:05Z`. */
  timestamp(at: number = this.timeline.now): string {
    return new Date(at).toISOString().replace(/\.\d+/, "");
  }

  /** Formats a time as Cinder does: with microseconds and without a zone. */
  microTimestamp(at: number = this.timeline.now): string {
    return new Date(at).toISOString().replace("Z", "000");
  }
}

/**
 * URL of a service, as the client reaches it: a host of its own, or the prefix
 * of the path on the host that serves all services.
 */
export function urlOf(service: Service, { origin, host }: URL): string {
  return Object.values(HOSTS).includes(host)
    ? `https://${HOSTS[service]}`
    : `${origin}/${service}`;
}
