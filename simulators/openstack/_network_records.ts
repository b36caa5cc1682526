/**
 * Records of Neutron, as it shows them.
 *
 * @module
 */

/** A network. */
export interface Network {
  readonly id: string;
  name: string;
  description: string;
  admin_state_up: boolean;
  readonly shared: boolean;
  readonly "router:external": boolean;
  subnets: string[];
}

/** A range of addresses that ports get. */
export interface Pool {
  readonly start: string;
  readonly end: string;
}

/** A subnet. */
export interface Subnet {
  readonly id: string;
  name: string;
  description: string;
  readonly network_id: string;
  readonly ip_version: 4 | 6;
  readonly cidr: string;
  gateway_ip: string | null;
  enable_dhcp: boolean;
  allocation_pools: readonly Pool[];
  dns_nameservers: readonly string[];
  host_routes: readonly unknown[];
  /** How devices get IPv6 addresses; `"slaac"` is by themselves. */
  readonly ipv6_address_mode: string | null;
  readonly ipv6_ra_mode: string | null;
}

/** An address of a port. */
export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

/** A port. */
export interface Port {
  readonly id: string;
  name: string;
  description: string;
  readonly network_id: string;
  readonly mac_address: string;
  fixed_ips: readonly FixedIp[];
  port_security_enabled: boolean;
  admin_state_up: boolean;
  status: string;
  device_id: string;
  device_owner: string;
  security_groups: string[];
}

/** A router. */
export interface Router {
  readonly id: string;
  name: string;
  description: string;
  admin_state_up: boolean;
  external_gateway_info:
    | {
      network_id: string;
      enable_snat: boolean;
      external_fixed_ips: FixedIp[];
    }
    | null;
  routes: readonly unknown[];
}

/** A floating address. */
export interface FloatingIp {
  readonly id: string;
  description: string;
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
  port_id: string | null;
  fixed_ip_address: string | null;
  router_id: string | null;
}

/** A rule of a security group. */
export interface SecurityGroupRule {
  readonly id: string;
  readonly security_group_id: string;
  readonly direction: "ingress" | "egress";
  readonly ethertype: "IPv4" | "IPv6";
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
  /** `null` in rules that Neutron creates itself. */
  description: string | null;
}

/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  name: string;
  description: string;
}
