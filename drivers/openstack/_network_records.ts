/**
 * The records of OpenStack's network service, and their conversion from
 * OpenStack's JSON.
 *
 * @module
 */

import {
  toBoolean,
  toId,
  toIds,
  toNumber,
  toOptionalId,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";
import type {
  FixedIpJson,
  FloatingIpJson,
  InterfaceJson,
  NetworkJson,
  PortJson,
  RouteJson,
  RouterInterfaceJson,
  RouterJson,
  SecurityGroupJson,
  SecurityGroupRuleJson,
  SubnetJson,
} from "./_network_json.ts";

/** What all records of the network service have. */
export interface OpenStackNetworkResource {
  /** The id. */
  readonly id: string;
  /** The name; absent if the resource has none. Names need not be unique. */
  readonly name?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Id of the project. */
  readonly projectId?: string | undefined;
  /** Tags; those of the network service have no values. */
  readonly tags: readonly string[];
  /** Time of the creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Time of the last change, ISO 8601 in UTC. */
  readonly updatedAt?: string | undefined;
}

/** A network. */
export interface OpenStackNetwork extends OpenStackNetworkResource {
  /** Neutron's own word for the state, such as `"ACTIVE"`. */
  readonly status?: string | undefined;
  /** Whether the network forwards packets. */
  readonly isEnabled?: boolean | undefined;
  /** Whether other projects may use the network. */
  readonly isShared?: boolean | undefined;
  /** Whether the network leads out of the cloud, and has floating addresses. */
  readonly isExternal?: boolean | undefined;
  /** Whether new ports have security groups and protection against spoofing. */
  readonly hasPortSecurity?: boolean | undefined;
  /** Ids of the subnets. */
  readonly subnetIds: readonly string[];
  /** Largest size of a packet in bytes. */
  readonly mtu?: number | undefined;
  /** Availability zones of the network. */
  readonly availabilityZones: readonly string[];
}

/** Addresses that the network service may assign, from the first to the last. */
export interface OpenStackAddressRange {
  /** The first address. */
  readonly first: string;
  /** The last address. */
  readonly last: string;
}

/** A static route. */
export interface OpenStackRoute {
  /** Destination in CIDR notation. */
  readonly destination: string;
  /** Address of the next router. */
  readonly nextHop: string;
}

/** A subnet: a range of addresses of a network. */
export interface OpenStackSubnet extends OpenStackNetworkResource {
  /** Id of the network. */
  readonly networkId: string;
  /** Version of IP: 4 or 6. */
  readonly ipVersion?: number | undefined;
  /** Range of addresses in CIDR notation, such as `"10.0.0.0/24"`. */
  readonly cidr?: string | undefined;
  /** Address of the gateway; absent if the subnet has none. */
  readonly gateway?: string | undefined;
  /** Whether nodes get their addresses by DHCP. */
  readonly hasDhcp?: boolean | undefined;
  /** Addresses of DNS servers that nodes get by DHCP. */
  readonly dnsServers: readonly string[];
  /** Addresses that ports may get. */
  readonly ranges: readonly OpenStackAddressRange[];
  /** Routes that nodes get by DHCP. */
  readonly routes: readonly OpenStackRoute[];
}

/** An address of a port. */
export interface OpenStackFixedIp {
  /** Id of the subnet. */
  readonly subnetId: string;
  /** The address. */
  readonly ip: string;
}

/** Connection of a router to an external network. */
export interface OpenStackGateway {
  /** Id of the external network. */
  readonly networkId: string;
  /** Whether nodes without a floating address reach the external network. */
  readonly hasSnat?: boolean | undefined;
  /** Addresses of the router in the external network. */
  readonly addresses: readonly OpenStackFixedIp[];
}

/** A router. */
export interface OpenStackRouter extends OpenStackNetworkResource {
  /** Neutron's own word for the state, such as `"ACTIVE"`. */
  readonly status?: string | undefined;
  /** Whether the router forwards packets. */
  readonly isEnabled?: boolean | undefined;
  /** Connection to an external network; absent if the router has none. */
  readonly gateway?: OpenStackGateway | undefined;
  /** Static routes. */
  readonly routes: readonly OpenStackRoute[];
}

/** An interface of a router in a subnet. */
export interface OpenStackRouterInterface {
  /** Id of the router. */
  readonly routerId: string;
  /** Id of the port. */
  readonly portId: string;
  /** Id of the subnet. */
  readonly subnetId?: string | undefined;
}

/** A port: the connection of a node or a router to a network. */
export interface OpenStackPort extends OpenStackNetworkResource {
  /** Id of the network. */
  readonly networkId: string;
  /** Neutron's own word for the state, such as `"ACTIVE"` or `"DOWN"`. */
  readonly status?: string | undefined;
  /** Whether the port forwards packets. */
  readonly isEnabled?: boolean | undefined;
  /** MAC address. */
  readonly macAddress?: string | undefined;
  /** Addresses in subnets of the network. */
  readonly addresses: readonly OpenStackFixedIp[];
  /** Id of the node; absent if no node uses the port. */
  readonly nodeId?: string | undefined;
  /** Id of the device that uses the port, such as a node or a router. */
  readonly deviceId?: string | undefined;
  /** Kind of the device, such as `"compute:nova"`. */
  readonly deviceOwner?: string | undefined;
  /** Ids of the security groups. */
  readonly securityGroupIds: readonly string[];
  /** Whether the port has security groups and protection against spoofing. */
  readonly hasPortSecurity?: boolean | undefined;
}

/** A rule of a security group. It allows traffic. */
export interface OpenStackSecurityGroupRule {
  /** The id. */
  readonly id: string;
  /** Id of the security group. */
  readonly securityGroupId: string;
  /** Direction of the traffic, seen from the node. */
  readonly direction: string;
  /** Version of IP: 4 or 6. */
  readonly ipVersion?: number | undefined;
  /** Protocol, such as `"tcp"` or `"112"`; absent means all protocols. */
  readonly protocol?: string | undefined;
  /** The first port, or the type of ICMP; absent means all. */
  readonly fromPort?: number | undefined;
  /** The last port, or the code of ICMP; absent means all. */
  readonly toPort?: number | undefined;
  /** Allowed addresses in CIDR notation; absent means all addresses. */
  readonly cidr?: string | undefined;
  /** Id of a security group whose nodes are allowed. */
  readonly remoteGroupId?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** A security group: rules for the traffic of ports. */
export interface OpenStackSecurityGroup extends OpenStackNetworkResource {
  /** Whether responses to allowed traffic are allowed. */
  readonly isStateful?: boolean | undefined;
  /** The rules. */
  readonly rules: readonly OpenStackSecurityGroupRule[];
}

/** A floating address: an external address that leads to an address of a port. */
export interface OpenStackFloatingIp
  extends Omit<OpenStackNetworkResource, "name"> {
  /** The external address. */
  readonly ip: string;
  /** Neutron's own word for the state, such as `"ACTIVE"` or `"DOWN"`. */
  readonly status?: string | undefined;
  /** Id of the external network. */
  readonly networkId: string;
  /** Id of the port; absent if the address is not associated. */
  readonly portId?: string | undefined;
  /** Address of the port that the traffic is sent to. */
  readonly fixedIp?: string | undefined;
  /** Id of the router between the networks. */
  readonly routerId?: string | undefined;
  /**
   * Id of the node that has the port. Absent also if the cloud does not tell it.
   */
  readonly nodeId?: string | undefined;
}

/** A port of a node, as Nova describes it. */
export interface OpenStackInterface {
  /** Id of the port. */
  readonly portId: string;
  /** Id of the network. */
  readonly networkId: string;
  /** Neutron's own word for the state of the port. */
  readonly status?: string | undefined;
  /** MAC address. */
  readonly macAddress?: string | undefined;
  /** Addresses of the port. */
  readonly addresses: readonly OpenStackFixedIp[];
}

/** Converts what all resources have. */
function toResource(
  json: {
    id: string;
    name?: string;
    description?: string | null;
    project_id?: string;
    tenant_id?: string;
    tags?: readonly string[];
    created_at?: string;
    updated_at?: string;
  },
): OpenStackNetworkResource {
  return {
    id: toId(json.id),
    name: toText(json.name),
    description: toText(json.description),
    projectId: toOptionalId(json.project_id ?? json.tenant_id),
    tags: toTexts(json.tags),
    createdAt: toTime(json.created_at),
    updatedAt: toTime(json.updated_at),
  };
}

/** Converts a network. */
export function toNetwork(network: NetworkJson): OpenStackNetwork {
  return {
    ...toResource(network),
    status: toText(network.status),
    isEnabled: toBoolean(network.admin_state_up),
    isShared: toBoolean(network.shared),
    isExternal: toBoolean(network["router:external"]),
    hasPortSecurity: toBoolean(network.port_security_enabled),
    subnetIds: toIds(network.subnets),
    mtu: toNumber(network.mtu),
    availabilityZones: toTexts(network.availability_zones),
  };
}

/** Converts a subnet. */
export function toSubnet(subnet: SubnetJson): OpenStackSubnet {
  const { allocation_pools: pools = [] } = subnet;
  return {
    ...toResource(subnet),
    networkId: toId(subnet.network_id),
    ipVersion: toNumber(subnet.ip_version),
    cidr: toText(subnet.cidr),
    gateway: toText(subnet.gateway_ip),
    hasDhcp: toBoolean(subnet.enable_dhcp),
    dnsServers: toTexts(subnet.dns_nameservers),
    ranges: pools.map(({ start, end }) => ({ first: start, last: end })),
    routes: toRoutes(subnet.host_routes),
  };
}

function toRoutes(routes: readonly RouteJson[] = []): OpenStackRoute[] {
  return routes.map(({ destination, nexthop }) => ({
    destination,
    nextHop: nexthop,
  }));
}

function toFixedIps(
  addresses: readonly FixedIpJson[] | null | undefined,
): OpenStackFixedIp[] {
  return (addresses ?? []).map(({ subnet_id, ip_address }) => ({
    subnetId: toId(subnet_id),
    ip: ip_address,
  }));
}

/** Converts a router. */
export function toRouter(router: RouterJson): OpenStackRouter {
  const { external_gateway_info: gateway } = router;
  return {
    ...toResource(router),
    status: toText(router.status),
    isEnabled: toBoolean(router.admin_state_up),
    gateway: gateway
      ? {
        networkId: toId(gateway.network_id),
        hasSnat: toBoolean(gateway.enable_snat),
        addresses: toFixedIps(gateway.external_fixed_ips),
      }
      : undefined,
    routes: toRoutes(router.routes),
  };
}

/** Converts an interface of a router. */
export function toRouterInterface(
  body: RouterInterfaceJson,
): OpenStackRouterInterface {
  return {
    routerId: toId(body.id),
    portId: toId(body.port_id),
    subnetId: toOptionalId(body.subnet_id),
  };
}

/** Converts a port. */
export function toPort(port: PortJson): OpenStackPort {
  const { device_id: deviceId, device_owner: deviceOwner } = port;
  return {
    ...toResource(port),
    networkId: toId(port.network_id),
    status: toText(port.status),
    isEnabled: toBoolean(port.admin_state_up),
    macAddress: toText(port.mac_address),
    addresses: toFixedIps(port.fixed_ips),
    nodeId: toNodeId(deviceId, deviceOwner),
    deviceId: toOptionalId(deviceId),
    deviceOwner: toText(deviceOwner),
    securityGroupIds: toIds(port.security_groups),
    hasPortSecurity: toBoolean(port.port_security_enabled),
  };
}

// "compute:nova" and "compute:<availability zone>" are nodes.
function toNodeId(
  deviceId: string | undefined,
  deviceOwner: string | undefined,
): string | undefined {
  const isNode = deviceOwner?.startsWith("compute:");
  return isNode ? toOptionalId(deviceId) : undefined;
}

/** Converts a security group. */
export function toSecurityGroup(
  group: SecurityGroupJson,
): OpenStackSecurityGroup {
  return {
    ...toResource(group),
    isStateful: toBoolean(group.stateful),
    rules: (group.security_group_rules ?? []).map(toSecurityGroupRule),
  };
}

/** Converts a rule of a security group. */
export function toSecurityGroupRule(
  rule: SecurityGroupRuleJson,
): OpenStackSecurityGroupRule {
  return {
    id: toId(rule.id),
    securityGroupId: toId(rule.security_group_id),
    direction: rule.direction,
    ipVersion: toIpVersion(rule.ethertype),
    protocol: toOptionalId(rule.protocol),
    fromPort: toNumber(rule.port_range_min),
    toPort: toNumber(rule.port_range_max),
    cidr: toText(rule.remote_ip_prefix),
    remoteGroupId: toOptionalId(rule.remote_group_id),
    description: toText(rule.description),
  };
}

// "IPv4" -> 4
function toIpVersion(ethertype: string | null | undefined) {
  return toNumber(ethertype?.replace(/^IPv/i, ""));
}

/** Converts a floating address. */
export function toFloatingIp(address: FloatingIpJson): OpenStackFloatingIp {
  const { port_details: port } = address;
  return {
    ...toResource(address),
    ip: address.floating_ip_address,
    status: toText(address.status),
    networkId: toId(address.floating_network_id),
    portId: toOptionalId(address.port_id),
    fixedIp: toText(address.fixed_ip_address),
    routerId: toOptionalId(address.router_id),
    nodeId: toNodeId(port?.device_id, port?.device_owner),
  };
}

/** Converts a port of a node. */
export function toInterface(port: InterfaceJson): OpenStackInterface {
  return {
    portId: toId(port.port_id),
    networkId: toId(port.net_id),
    status: toText(port.port_state),
    macAddress: toText(port.mac_addr),
    addresses: toFixedIps(port.fixed_ips),
  };
}
