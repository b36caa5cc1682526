/**
 * Options of OpenStack's network methods.
 *
 * @module
 */

import type { CallOptions, ListOptions, Ref } from "../../core/mod.ts";
import type {
  OpenStackAddressRange,
  OpenStackRoute,
} from "./_network_records.ts";

/** Options of `listNetworks()`. */
export interface OpenStackListNetworksOptions extends ListOptions {
  /** Lists only networks with exactly this name. */
  readonly name?: string | undefined;
  /** Lists only external networks (`true`) or only others (`false`). */
  readonly isExternal?: boolean | undefined;
}

/** Options that all new resources of the network service have. */
export interface OpenStackNewResourceOptions extends CallOptions {
  /** Name. It need not be unique. */
  readonly name: string;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options that change what all resources of the network service have. */
export interface OpenStackUpdateResourceOptions extends CallOptions {
  /** New name. */
  readonly name?: string | undefined;
  /** New description for people; the empty string removes it. */
  readonly description?: string | undefined;
}

/** Options of `createNetwork()`. */
export interface OpenStackCreateNetworkOptions
  extends OpenStackNewResourceOptions {
  /**
   * Whether the network forwards packets.
   *
   * @default {true}
   */
  readonly isEnabled?: boolean | undefined;
  /**
   * Whether new ports have security groups and protection against spoofing.
   *
   * @default {the setting of the cloud, usually true}
   */
  readonly hasPortSecurity?: boolean | undefined;
  /**
   * Largest size of a packet in bytes.
   *
   * @default {the largest size that the cloud supports}
   */
  readonly mtu?: number | undefined;
}

/** Options of `updateNetwork()`. */
export interface OpenStackUpdateNetworkOptions
  extends OpenStackUpdateResourceOptions {
  /** Whether the network forwards packets. */
  readonly isEnabled?: boolean | undefined;
}

/** Options of `listSubnets()`. */
export interface OpenStackListSubnetsOptions extends ListOptions {
  /** Lists only subnets with exactly this name. */
  readonly name?: string | undefined;
  /** Lists only subnets of this network. */
  readonly network?: Ref | undefined;
}

/** Options of `createSubnet()`. */
export interface OpenStackCreateSubnetOptions
  extends OpenStackNewResourceOptions {
  /** Network of the subnet. */
  readonly network: Ref;
  /** Range of addresses in CIDR notation, such as `"10.0.0.0/24"`. */
  readonly cidr: string;
  /**
   * Address of the gateway; `"none"` for a subnet without a gateway.
   *
   * @default {the first address of the range}
   */
  readonly gateway?: string | undefined;
  /**
   * Whether nodes get their addresses by DHCP.
   *
   * @default {true}
   */
  readonly hasDhcp?: boolean | undefined;
  /** Addresses of DNS servers that nodes get by DHCP. */
  readonly dnsServers?: readonly string[] | undefined;
  /**
   * Addresses that ports may get.
   *
   * @default {all addresses of the range but the gateway}
   */
  readonly ranges?: readonly OpenStackAddressRange[] | undefined;
  /** Routes that nodes get by DHCP. */
  readonly routes?: readonly OpenStackRoute[] | undefined;
}

/** Options of `updateSubnet()`. */
export interface OpenStackUpdateSubnetOptions
  extends OpenStackUpdateResourceOptions {
  /** Whether nodes get their addresses by DHCP. */
  readonly hasDhcp?: boolean | undefined;
  /** All DNS servers that nodes get by DHCP. */
  readonly dnsServers?: readonly string[] | undefined;
}

/** Options of `listRouters()`. */
export interface OpenStackListRoutersOptions extends ListOptions {
  /** Lists only routers with exactly this name. */
  readonly name?: string | undefined;
}

/** Options of `createRouter()`. */
export interface OpenStackCreateRouterOptions
  extends OpenStackNewResourceOptions {
  /**
   * External network that the router is connected to.
   *
   * @default {none}
   */
  readonly network?: Ref | undefined;
}

/** Options of `setGateway()`. */
export interface OpenStackSetGatewayOptions extends CallOptions {
  /** The external network. */
  readonly network: Ref;
}

/** The subnet or the port of an interface of a router: pass one of them. */
export interface OpenStackRouterInterfaceOptions extends CallOptions {
  /** The subnet. The router gets the address of its gateway. */
  readonly subnet?: Ref | undefined;
  /** The port, with its address. */
  readonly port?: Ref | undefined;
}

/** Options of `listPorts()`. */
export interface OpenStackListPortsOptions extends ListOptions {
  /** Lists only ports with exactly this name. */
  readonly name?: string | undefined;
  /** Lists only ports of this network. */
  readonly network?: Ref | undefined;
  /** Lists only ports of this node. */
  readonly node?: Ref | undefined;
}

/** An address of a new port: in a subnet, or an address, or both. */
export interface OpenStackNewFixedIp {
  /**
   * The subnet.
   *
   * @default {the subnet of the network that contains `ip`}
   */
  readonly subnet?: Ref | undefined;
  /**
   * The address.
   *
   * @default {a free address of `subnet`}
   */
  readonly ip?: string | undefined;
}

/** Options of `createPort()`. */
export interface OpenStackCreatePortOptions
  extends OpenStackNewResourceOptions {
  /** Network of the port. */
  readonly network: Ref;
  /**
   * Addresses. With an empty array, the port has no address.
   *
   * @default {an address of each version of IP that the network has}
   */
  readonly addresses?: readonly OpenStackNewFixedIp[] | undefined;
  /**
   * Security groups, by id. With an empty array, the port has none.
   *
   * @default {the group "default" of the project}
   */
  readonly securityGroups?: readonly Ref[] | undefined;
  /**
   * Whether the port has security groups and protection against spoofing.
   *
   * @default {the setting of the network}
   */
  readonly hasPortSecurity?: boolean | undefined;
}

/** Options of `updatePort()`. */
export interface OpenStackUpdatePortOptions
  extends OpenStackUpdateResourceOptions {
  /** All security groups, by id. With an empty array, the port has none. */
  readonly securityGroups?: readonly Ref[] | undefined;
  /**
   * Whether the port has security groups and protection against spoofing. To
   * pass `false`, also pass `securityGroups: []`.
   */
  readonly hasPortSecurity?: boolean | undefined;
}

/** Options of `listSecurityGroups()`. */
export interface OpenStackListSecurityGroupsOptions extends ListOptions {
  /** Lists only groups with exactly this name. */
  readonly name?: string | undefined;
}

/** Options of `listSecurityGroupRules()`. */
export interface OpenStackListSecurityGroupRulesOptions extends ListOptions {
  /** Lists only rules of this group. */
  readonly securityGroup?: Ref | undefined;
}

/** Options of `createSecurityGroupRule()`. */
export interface OpenStackCreateSecurityGroupRuleOptions extends CallOptions {
  /**
   * Direction of the traffic, seen from the node.
   *
   * @default {"ingress"}
   */
  readonly direction?: "ingress" | "egress" | undefined;
  /**
   * Protocol: a name such as `"tcp"`, `"udp"`, `"icmp"` and `"ipv6-icmp"`, or a
   * number from 0 to 255.
   *
   * @default {all protocols}
   */
  readonly protocol?: string | number | undefined;
  /**
   * The first port, or the type of ICMP.
   *
   * @default {all}
   */
  readonly fromPort?: number | undefined;
  /**
   * The last port, or the code of ICMP.
   *
   * @default {`fromPort`; for ICMP all codes}
   */
  readonly toPort?: number | undefined;
  /**
   * Allowed addresses in CIDR notation.
   *
   * @default {all addresses}
   */
  readonly cidr?: string | undefined;
  /** Security group whose nodes are allowed, instead of `cidr`. */
  readonly remoteGroup?: Ref | undefined;
  /**
   * Version of IP.
   *
   * @default {the version of `cidr`, or 4}
   */
  readonly ipVersion?: 4 | 6 | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options of `addSecurityGroup()` and `removeSecurityGroup()`. */
export interface OpenStackNodeSecurityGroupOptions extends CallOptions {
  /** The security group, by name or id. */
  readonly securityGroup: Ref;
}

/** Options of `listFloatingIps()`. */
export interface OpenStackListFloatingIpsOptions extends ListOptions {
  /** Lists only the floating address with this address. */
  readonly ip?: string | undefined;
  /** Lists only floating addresses of this external network. */
  readonly network?: Ref | undefined;
  /** Lists only floating addresses of this port. */
  readonly port?: Ref | undefined;
}

/** Options of `createFloatingIp()`. */
export interface OpenStackCreateFloatingIpOptions extends CallOptions {
  /** The external network. */
  readonly network: Ref;
  /**
   * The address. In most clouds, only administrators may choose it.
   *
   * @default {an address that OpenStack chooses}
   */
  readonly ip?: string | undefined;
  /**
   * Port that the address is associated with.
   *
   * @default {none}
   */
  readonly port?: Ref | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options of `associateFloatingIp()`: pass a node or a port. */
export interface OpenStackAssociateFloatingIpOptions extends CallOptions {
  /** The node. If it has several ports with IPv4, pass `fixedIp` or `port`. */
  readonly node?: Ref | undefined;
  /** The port. */
  readonly port?: Ref | undefined;
  /**
   * IPv4 address of the port that the traffic is sent to.
   *
   * @default {the only IPv4 address of the port}
   */
  readonly fixedIp?: string | undefined;
}

/** Options of `attachInterface()`: pass a network or a port. */
export interface OpenStackAttachInterfaceOptions extends CallOptions {
  /** The network, on which Nova creates a port. */
  readonly network?: Ref | undefined;
  /** An existing port. */
  readonly port?: Ref | undefined;
  /**
   * Address in `network`.
   *
   * @default {an address that OpenStack chooses}
   */
  readonly ip?: string | undefined;
}

/** Options of `detachInterface()`. */
export interface OpenStackDetachInterfaceOptions extends CallOptions {
  /** The port. If Nova created it, it is deleted. */
  readonly port: Ref;
}
