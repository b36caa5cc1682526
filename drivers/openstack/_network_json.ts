/**
 * The JSON of Neutron, as far as the driver reads it. Fields with a `?` need an
 * extension, or a newer Neutron.
 *
 * @see {@link https://docs.openstack.org/api-ref/network/v2/ | Networking API}
 *
 * @module
 */

/** What all resources have. */
interface ResourceJson {
  id: string;
  name?: string;
  description?: string | null;
  project_id?: string;
  /** Older name of the project. */
  tenant_id?: string;
  tags?: readonly string[];
  created_at?: string;
  updated_at?: string;
}

export interface NetworkJson extends ResourceJson {
  status?: string;
  admin_state_up?: boolean;
  shared?: boolean;
  "router:external"?: boolean;
  subnets?: readonly string[];
  mtu?: number;
  port_security_enabled?: boolean;
  availability_zones?: readonly string[];
}

export interface SubnetJson extends ResourceJson {
  network_id: string;
  ip_version?: number;
  cidr?: string;
  gateway_ip?: string | null;
  enable_dhcp?: boolean;
  dns_nameservers?: readonly string[];
  allocation_pools?: readonly { start: string; end: string }[];
  host_routes?: readonly RouteJson[];
}

export interface RouteJson {
  destination: string;
  nexthop: string;
}

export interface FixedIpJson {
  subnet_id: string;
  ip_address: string;
}

export interface RouterJson extends ResourceJson {
  status?: string;
  admin_state_up?: boolean;
  external_gateway_info?: {
    network_id: string;
    enable_snat?: boolean;
    external_fixed_ips?: readonly FixedIpJson[];
  } | null;
  routes?: readonly RouteJson[];
}

export interface RouterInterfaceJson {
  /** The router. */
  id: string;
  port_id: string;
  subnet_id?: string;
}

export interface PortJson extends ResourceJson {
  network_id: string;
  status?: string;
  admin_state_up?: boolean;
  mac_address?: string;
  fixed_ips?: readonly FixedIpJson[];
  /** The empty string if nothing uses the port. */
  device_id?: string;
  device_owner?: string;
  security_groups?: readonly string[];
  port_security_enabled?: boolean;
}

export interface SecurityGroupJson extends ResourceJson {
  stateful?: boolean;
  security_group_rules?: readonly SecurityGroupRuleJson[];
}

export interface SecurityGroupRuleJson {
  id: string;
  security_group_id: string;
  direction: string;
  ethertype?: string | null;
  protocol?: string | number | null;
  port_range_min?: number | null;
  port_range_max?: number | null;
  remote_ip_prefix?: string | null;
  remote_group_id?: string | null;
  description?: string | null;
}

export interface FloatingIpJson extends ResourceJson {
  floating_ip_address: string;
  floating_network_id: string;
  status?: string;
  port_id?: string | null;
  fixed_ip_address?: string | null;
  router_id?: string | null;
  port_details?: { device_id?: string; device_owner?: string } | null;
}

/** A port of a node, as Nova describes it. */
export interface InterfaceJson {
  port_id: string;
  net_id: string;
  port_state?: string;
  mac_addr?: string;
  fixed_ips?: readonly FixedIpJson[] | null;
}
