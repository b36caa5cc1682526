/**
 * Resources of the account, in the format of the API except where a comment
 * says otherwise.
 *
 * @module
 */

import type { Location, ServerType } from "./_catalog.ts";

/** What all resources have. */
export interface Resource {
  readonly id: number;
  name: string | null;
  readonly created: string;
  labels: Readonly<Record<string, string>>;
  protection?: { delete: boolean; rebuild?: boolean };
}

/** An action: the progress of an operation. */
export interface Action {
  readonly id: number;
  readonly command: string;
  status: "running" | "success" | "error";
  progress: number;
  readonly started: string;
  finished: string | null;
  readonly resources: readonly { readonly id: number; readonly type: string }[];
  error: { readonly code: string; readonly message: string } | null;
}

/** A server. Its volumes and public addresses are those that refer to it. */
export interface Server extends Resource {
  name: string;
  status: string;
  server_type: ServerType;
  image: Image | null;
  readonly location: Location;
  protection: { delete: boolean; rebuild: boolean };
  rescue_enabled: boolean;
  backup_window: string | null;
  primary_disk_size: number;
  /** Id of the group. */
  placement_group: number | null;
  private_net: {
    readonly network: number;
    readonly ip: string;
    alias_ips: readonly string[];
    readonly mac_address: string;
  }[];
  /** Whether SSH keys were given, so that there is no root password. */
  readonly hasKeys: boolean;
  /** Whether the public addresses are visible. */
  hasAddresses: boolean;
}

/** An image. */
export interface Image extends Resource {
  description: string;
  type: string;
  status: string;
  readonly architecture: "x86" | "arm";
  readonly created_from: { readonly id: number; readonly name: string } | null;
  readonly bound_to: number | null;
  readonly deleted: null;
  readonly deprecated: string | null;
  readonly disk_size: number;
  image_size: number | null;
  readonly os_flavor: string;
  readonly os_version: string | null;
  readonly rapid_deploy: boolean;
  protection: { delete: boolean };
}

/** An SSH key. */
export interface SshKey extends Resource {
  name: string;
  readonly fingerprint: string;
  readonly public_key: string;
}

/** A volume. */
export interface Volume extends Resource {
  name: string;
  size: number;
  status: string;
  server: number | null;
  readonly location: Location;
  readonly format: "xfs" | "ext4" | null;
  readonly linux_device: string;
  protection: { delete: boolean };
}

/** A group of servers on different hosts. */
export interface PlacementGroup extends Resource {
  readonly type: "spread";
}

/** A subnet of a network. */
export interface Subnet {
  readonly type: string;
  readonly ip_range: string;
  readonly network_zone: string;
  readonly gateway: string;
}

/** A private network. */
export interface Network extends Resource {
  ip_range: string;
  subnets: Subnet[];
  routes: { readonly destination: string; readonly gateway: string }[];
  expose_routes_to_vswitch: boolean;
  protection: { delete: boolean };
}

/** What a firewall is applied to. */
export interface FirewallTarget {
  readonly type: "server" | "label_selector";
  readonly server?: { readonly id: number };
  readonly label_selector?: { readonly selector: string };
}

/** A firewall. */
export interface Firewall extends Resource {
  rules: readonly unknown[];
  applied_to: readonly FirewallTarget[];
}

/** What primary and floating IP addresses have. */
export interface Address extends Resource {
  name: string;
  readonly type: "ipv4" | "ipv6";
  readonly ip: string;
  readonly blocked: false;
  dns_ptr: readonly { readonly ip: string; readonly dns_ptr: string }[];
  protection: { delete: boolean };
}

/** The public address of a server. */
export interface PrimaryIp extends Address {
  readonly assignee_type: "server";
  assignee_id: number | null;
  auto_delete: boolean;
  readonly location: Location;
}

/** An address that can move between servers. */
export interface FloatingIp extends Address {
  description: string | null;
  server: number | null;
  readonly home_location: Location;
}

/** Resources by the name of their list. */
export interface Contents {
  readonly servers: ReadonlyMap<number, Server>;
  readonly images: ReadonlyMap<number, Image>;
  readonly ssh_keys: ReadonlyMap<number, SshKey>;
  readonly volumes: ReadonlyMap<number, Volume>;
  readonly placement_groups: ReadonlyMap<number, PlacementGroup>;
  readonly networks: ReadonlyMap<number, Network>;
  readonly firewalls: ReadonlyMap<number, Firewall>;
  readonly primary_ips: ReadonlyMap<number, PrimaryIp>;
  readonly floating_ips: ReadonlyMap<number, FloatingIp>;
  readonly actions: ReadonlyMap<number, Action>;
}
