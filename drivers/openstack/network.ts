/**
 * OpenStack with its networks: the driver of `drivers/openstack`, and methods
 * for the networks, routers, ports, security groups and floating addresses of
 * Neutron. Programs that do not need these methods stay smaller with
 * `drivers/openstack`.
 *
 * ```ts
 * import { OpenStackNetworkDriver } from "@nephos/nephos/drivers/openstack/network";
 * import { OpenStackSimulator } from "@nephos/nephos/simulators/openstack";
 *
 * const { credentials, fetch } = new OpenStackSimulator();
 * const openstack = new OpenStackNetworkDriver({ ...credentials, fetch });
 * const group = await openstack.createSecurityGroup({ name: "web" });
 * await openstack.createSecurityGroupRule(group, {
 *   protocol: "tcp",
 *   fromPort: 443,
 *   cidr: "0.0.0.0/0",
 * });
 * ```
 *
 * @see {@link https://docs.openstack.org/api-ref/network/v2/ | Networking API of OpenStack}
 *
 * @module
 */

import {
  type ApiResponse,
  type CallOptions,
  checkNumber,
  checkText,
  choose,
  field,
  given,
  idOf,
  idsOf,
  JsonKind,
  type Listing,
  mistake,
  path,
  type Ref,
  type RequestOptions,
  sequence,
} from "../../core/mod.ts";
import { OpenStackApi, PAGES, UNSIZED_PAGES } from "./_api.ts";
import type {
  OpenStackCloud,
  OpenStackConnection,
  OpenStackOptions,
} from "./_connection.ts";
import type { RouterInterfaceJson } from "./_network_json.ts";
import type {
  OpenStackAssociateFloatingIpOptions,
  OpenStackAttachInterfaceOptions,
  OpenStackCreateFloatingIpOptions,
  OpenStackCreateNetworkOptions,
  OpenStackCreatePortOptions,
  OpenStackCreateRouterOptions,
  OpenStackCreateSecurityGroupRuleOptions,
  OpenStackCreateSubnetOptions,
  OpenStackDetachInterfaceOptions,
  OpenStackListFloatingIpsOptions,
  OpenStackListNetworksOptions,
  OpenStackListPortsOptions,
  OpenStackListRoutersOptions,
  OpenStackListSecurityGroupRulesOptions,
  OpenStackListSecurityGroupsOptions,
  OpenStackListSubnetsOptions,
  OpenStackNewFixedIp,
  OpenStackNewResourceOptions,
  OpenStackNodeSecurityGroupOptions,
  OpenStackRouterInterfaceOptions,
  OpenStackSetGatewayOptions,
  OpenStackUpdateNetworkOptions,
  OpenStackUpdatePortOptions,
  OpenStackUpdateResourceOptions,
  OpenStackUpdateSubnetOptions,
} from "./_network_options.ts";
import {
  type OpenStackFloatingIp,
  type OpenStackInterface,
  type OpenStackNetwork,
  type OpenStackPort,
  type OpenStackRouter,
  type OpenStackRouterInterface,
  type OpenStackSecurityGroup,
  type OpenStackSecurityGroupRule,
  type OpenStackSubnet,
  toFloatingIp,
  toInterface,
  toNetwork,
  toPort,
  toRouter,
  toRouterInterface,
  toSecurityGroup,
  toSecurityGroupRule,
  toSubnet,
} from "./_network_records.ts";
import { OpenStackNodeDriver } from "./compute.ts";

export type * from "./_network_options.ts";
export type {
  OpenStackAddressRange,
  OpenStackFixedIp,
  OpenStackFloatingIp,
  OpenStackGateway,
  OpenStackInterface,
  OpenStackNetwork,
  OpenStackNetworkResource,
  OpenStackPort,
  OpenStackRoute,
  OpenStackRouter,
  OpenStackRouterInterface,
  OpenStackSecurityGroup,
  OpenStackSecurityGroupRule,
  OpenStackSubnet,
} from "./_network_records.ts";

const NETWORKS = new JsonKind("/networks", "network", toNetwork);
const SUBNETS = new JsonKind("/subnets", "subnet", toSubnet);
const ROUTERS = new JsonKind("/routers", "router", toRouter);
const PORTS = new JsonKind("/ports", "port", toPort);
const GROUPS = new JsonKind(
  "/security-groups",
  "securityGroup",
  toSecurityGroup,
  { plural: "security_groups" },
);
const RULES = new JsonKind(
  "/security-group-rules",
  "rule",
  toSecurityGroupRule,
  { plural: "security_group_rules" },
);
const FLOATING_IPS = new JsonKind("/floatingips", "floatingIp", toFloatingIp);

/**
 * Driver for OpenStack and its networks.
 *
 * Names of networks, security groups and other resources need not be unique.
 * Therefore pass ids, except where a method says otherwise.
 *
 * @see {@link https://docs.openstack.org/api-ref/network/v2/ | Networking API of OpenStack}
 */
export class OpenStackNetworkDriver extends OpenStackNodeDriver {
  readonly #network: OpenStackConnection;
  readonly #neutron: OpenStackApi;
  readonly #nova: OpenStackApi;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @param cloud Login of a cloud that does not use Keystone as OpenStack does.
   * @throws {TypeError} If an option is missing or invalid.
   */
  constructor(
    options: OpenStackOptions,
    owner = "OpenStackNetworkDriver",
    cloud?: OpenStackCloud,
  ) {
    super(options, owner, cloud);
    this.#network = this.cloud.connect("network");
    this.#neutron = new OpenStackApi(this.#network, PAGES);
    this.#nova = new OpenStackApi(this.connection, PAGES);
  }

  /** Lists the networks of the project, and those that it may use. */
  listNetworks(
    options: OpenStackListNetworksOptions = {},
  ): Listing<OpenStackNetwork> {
    const { name, isExternal } = options;
    return this.#neutron.listOf("listNetworks", NETWORKS, options, {
      params: { name, "router:external": isExternal },
    });
  }

  /** Gets one network. */
  async getNetwork(
    network: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackNetwork> {
    return await this.#neutron.getOf("getNetwork", NETWORKS, network, options);
  }

  /**
   * Creates a network. Nodes need a subnet in it: see `createSubnet()`.
   *
   * @throws {TypeError} If `name` or `mtu` is invalid.
   */
  async createNetwork(
    options: OpenStackCreateNetworkOptions,
  ): Promise<OpenStackNetwork> {
    const operation = "createNetwork";
    const { isEnabled, hasPortSecurity, mtu } = options;
    checkNumber(mtu, operation, "mtu");
    return await this.#neutron.createOf(operation, NETWORKS, options, {
      network: {
        ...toNew(options, operation),
        admin_state_up: isEnabled,
        port_security_enabled: hasPortSecurity,
        mtu,
      },
    });
  }

  /** Changes a network. */
  async updateNetwork(
    network: Ref,
    options: OpenStackUpdateNetworkOptions,
  ): Promise<void> {
    const operation = "updateNetwork";
    await this.#neutron.updateOf(operation, NETWORKS, network, options, {
      network: {
        ...toChanged(options, operation),
        admin_state_up: options.isEnabled,
      },
    });
  }

  /**
   * Deletes a network and its subnets.
   *
   * @throws {ConflictError} If a node or a router uses the network.
   */
  async deleteNetwork(network: Ref, options: CallOptions = {}): Promise<void> {
    await this.#neutron.deleteOf("deleteNetwork", NETWORKS, network, options);
  }

  /** Lists the subnets of all networks that the project may use. */
  listSubnets(
    options: OpenStackListSubnetsOptions = {},
  ): Listing<OpenStackSubnet> {
    const operation = "listSubnets";
    const { name, network } = options;
    return this.#neutron.listOf(operation, SUBNETS, options, {
      params: { name, network_id: optionalId(network, operation, "network") },
    });
  }

  /** Gets one subnet. */
  async getSubnet(
    subnet: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackSubnet> {
    return await this.#neutron.getOf("getSubnet", SUBNETS, subnet, options);
  }

  /**
   * Creates a subnet in a network.
   *
   * @throws {TypeError} If `name`, `network`, `cidr` or `gateway` is invalid.
   * @throws {ValidationError} If the range overlaps another one of the network.
   */
  async createSubnet(
    options: OpenStackCreateSubnetOptions,
  ): Promise<OpenStackSubnet> {
    const operation = "createSubnet";
    const { gateway, hasDhcp, dnsServers, ranges, routes } = options;
    const cidr = checkText(options.cidr, operation, "cidr");
    return await this.#neutron.createOf(operation, SUBNETS, options, {
      subnet: {
        ...toNew(options, operation),
        network_id: idOf(options.network, operation, "network"),
        ip_version: ipVersionOf(cidr),
        cidr,
        gateway_ip: gateway === "none"
          ? null
          : given(gateway, (ip) => checkText(ip, operation, "gateway")),
        enable_dhcp: hasDhcp,
        dns_nameservers: dnsServers,
        allocation_pools: ranges?.map(({ first, last }) => ({
          start: first,
          end: last,
        })),
        host_routes: routes?.map(({ destination, nextHop }) => ({
          destination,
          nexthop: nextHop,
        })),
      },
    });
  }

  /** Changes a subnet. */
  async updateSubnet(
    subnet: Ref,
    options: OpenStackUpdateSubnetOptions,
  ): Promise<void> {
    const operation = "updateSubnet";
    const { hasDhcp, dnsServers } = options;
    await this.#neutron.updateOf(operation, SUBNETS, subnet, options, {
      subnet: {
        ...toChanged(options, operation),
        enable_dhcp: hasDhcp,
        dns_nameservers: dnsServers,
      },
    });
  }

  /**
   * Deletes a subnet.
   *
   * @throws {ConflictError} If a node or a router has an address of the subnet.
   */
  async deleteSubnet(subnet: Ref, options: CallOptions = {}): Promise<void> {
    await this.#neutron.deleteOf("deleteSubnet", SUBNETS, subnet, options);
  }

  /** Lists the routers of the project. */
  listRouters(
    options: OpenStackListRoutersOptions = {},
  ): Listing<OpenStackRouter> {
    const { name } = options;
    const params = { name };
    return this.#neutron.listOf("listRouters", ROUTERS, options, { params });
  }

  /** Gets one router. */
  async getRouter(
    router: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackRouter> {
    return await this.#neutron.getOf("getRouter", ROUTERS, router, options);
  }

  /**
   * Creates a router. To connect subnets to it, call `addRouterInterface()`.
   *
   * @throws {TypeError} If `name` or `network` is invalid.
   */
  async createRouter(
    options: OpenStackCreateRouterOptions,
  ): Promise<OpenStackRouter> {
    const operation = "createRouter";
    return await this.#neutron.createOf(operation, ROUTERS, options, {
      router: {
        ...toNew(options, operation),
        external_gateway_info: given(
          options.network,
          (network) => ({ network_id: idOf(network, operation, "network") }),
        ),
      },
    });
  }

  /** Changes the name or the description of a router. */
  async updateRouter(
    router: Ref,
    options: OpenStackUpdateResourceOptions,
  ): Promise<void> {
    const operation = "updateRouter";
    const data = { router: toChanged(options, operation) };
    await this.#neutron.updateOf(operation, ROUTERS, router, options, data);
  }

  /**
   * Deletes a router.
   *
   * @throws {ConflictError} If the router has interfaces. Remove them first, with
   *   `removeRouterInterface()`.
   */
  async deleteRouter(router: Ref, options: CallOptions = {}): Promise<void> {
    await this.#neutron.deleteOf("deleteRouter", ROUTERS, router, options);
  }

  /**
   * Connects a router to an external network. A previous connection is removed.
   *
   * @param router The router or its id.
   * @param options The external network.
   * @throws {ConflictError} If floating addresses use the previous connection.
   */
  async setGateway(
    router: Ref,
    options: OpenStackSetGatewayOptions,
  ): Promise<void> {
    const operation = "setGateway";
    const network_id = idOf(options.network, operation, "network");
    await this.#neutron.updateOf(operation, ROUTERS, router, options, {
      router: { external_gateway_info: { network_id } },
    });
  }

  /**
   * Disconnects a router from its external network.
   *
   * @throws {ConflictError} If floating addresses use the connection.
   */
  async removeGateway(router: Ref, options: CallOptions = {}): Promise<void> {
    await this.#neutron.updateOf("removeGateway", ROUTERS, router, options, {
      router: { external_gateway_info: null },
    });
  }

  /**
   * Connects a subnet to a router.
   *
   * @param router The router or its id.
   * @param options The subnet or the port of the interface.
   * @returns The interface.
   * @throws {TypeError} If `options` has not exactly one of `subnet` and `port`.
   * @throws {ValidationError} If the subnet is connected already.
   */
  async addRouterInterface(
    router: Ref,
    options: OpenStackRouterInterfaceOptions,
  ): Promise<OpenStackRouterInterface> {
    const verb = "add_router_interface";
    const operation = "addRouterInterface";
    const call = { ...options, creates: true };
    const response = await this.#changeInterface(operation, router, verb, call);
    return response.read(toRouterInterface);
  }

  /**
   * Disconnects a subnet from a router.
   *
   * @param router The router or its id.
   * @param options The subnet or the port of the interface.
   * @throws {TypeError} If `options` has not exactly one of `subnet` and `port`.
   * @throws {ConflictError} If floating addresses of the subnet are in use.
   */
  async removeRouterInterface(
    router: Ref,
    options: OpenStackRouterInterfaceOptions,
  ): Promise<void> {
    const verb = "remove_router_interface";
    const operation = "removeRouterInterface";
    await this.#changeInterface(operation, router, verb, options);
  }

  /** Lists the ports of the project. */
  listPorts(options: OpenStackListPortsOptions = {}): Listing<OpenStackPort> {
    const operation = "listPorts";
    const { name, network, node } = options;
    return this.#neutron.listOf(operation, PORTS, options, {
      params: {
        name,
        network_id: optionalId(network, operation, "network"),
        device_id: optionalId(node, operation, "node"),
      },
    });
  }

  /** Gets one port. */
  async getPort(port: Ref, options: CallOptions = {}): Promise<OpenStackPort> {
    return await this.#neutron.getOf("getPort", PORTS, port, options);
  }

  /**
   * Creates a port. Pass it in `networks` of `createNode()`, or to
   * `attachInterface()`.
   *
   * @throws {TypeError} If an option is invalid.
   * @throws {ConflictError} If an address is in use.
   */
  async createPort(
    options: OpenStackCreatePortOptions,
  ): Promise<OpenStackPort> {
    const operation = "createPort";
    const { addresses, hasPortSecurity, securityGroups } = options;
    return await this.#neutron.createOf(operation, PORTS, options, {
      port: {
        ...toNew(options, operation),
        network_id: idOf(options.network, operation, "network"),
        fixed_ips: given(addresses, (all) => toFixedIps(all, operation)),
        security_groups: idsOf(securityGroups, operation, "securityGroups"),
        port_security_enabled: hasPortSecurity,
      },
    });
  }

  /** Changes a port. */
  async updatePort(
    port: Ref,
    options: OpenStackUpdatePortOptions,
  ): Promise<void> {
    const operation = "updatePort";
    const { hasPortSecurity, securityGroups } = options;
    await this.#neutron.updateOf(operation, PORTS, port, options, {
      port: {
        ...toChanged(options, operation),
        security_groups: idsOf(securityGroups, operation, "securityGroups"),
        port_security_enabled: hasPortSecurity,
      },
    });
  }

  /** Deletes a port. If a node uses it, the node loses the connection. */
  async deletePort(port: Ref, options: CallOptions = {}): Promise<void> {
    await this.#neutron.deleteOf("deletePort", PORTS, port, options);
  }

  /** Lists the security groups of the project, with their rules. */
  listSecurityGroups(
    options: OpenStackListSecurityGroupsOptions = {},
  ): Listing<OpenStackSecurityGroup> {
    const operation = "listSecurityGroups";
    const params = { name: options.name };
    return this.#neutron.listOf(operation, GROUPS, options, { params });
  }

  /** Gets one security group, with its rules. */
  async getSecurityGroup(
    group: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackSecurityGroup> {
    const operation = "getSecurityGroup";
    return await this.#neutron.getOf(operation, GROUPS, group, options);
  }

  /**
   * Creates a security group. It allows no incoming traffic and all outgoing
   * traffic.
   *
   * @throws {TypeError} If `name` is invalid.
   */
  async createSecurityGroup(
    options: OpenStackNewResourceOptions,
  ): Promise<OpenStackSecurityGroup> {
    const operation = "createSecurityGroup";
    const data = { security_group: toNew(options, operation) };
    return await this.#neutron.createOf(operation, GROUPS, options, data);
  }

  /** Changes the name or the description of a security group. */
  async updateSecurityGroup(
    group: Ref,
    options: OpenStackUpdateResourceOptions,
  ): Promise<void> {
    const operation = "updateSecurityGroup";
    const data = { security_group: toChanged(options, operation) };
    await this.#neutron.updateOf(operation, GROUPS, group, options, data);
  }

  /**
   * Deletes a security group.
   *
   * @throws {ConflictError} If a port uses the group.
   */
  async deleteSecurityGroup(
    group: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deleteSecurityGroup";
    await this.#neutron.deleteOf(operation, GROUPS, group, options);
  }

  /** Lists the rules of the security groups of the project. */
  listSecurityGroupRules(
    options: OpenStackListSecurityGroupRulesOptions = {},
  ): Listing<OpenStackSecurityGroupRule> {
    const operation = "listSecurityGroupRules";
    const { securityGroup } = options;
    return this.#neutron.listOf(operation, RULES, options, {
      params: {
        security_group_id: optionalId(
          securityGroup,
          operation,
          "securityGroup",
        ),
      },
    });
  }

  /**
   * Adds a rule to a security group. The rule allows traffic, at once and for all
   * nodes of the group.
   *
   * @param group The group or its id.
   * @param options The allowed traffic. Without `cidr` and `remoteGroup`, the
   *   rule allows all addresses.
   * @returns The rule.
   * @throws {TypeError} If an option is invalid, or there are both `cidr` and
   *   `remoteGroup`.
   * @throws {RangeError} If `fromPort` or `toPort` is negative.
   * @throws {ConflictError} If the group has an equal rule.
   */
  async createSecurityGroupRule(
    group: Ref,
    options: OpenStackCreateSecurityGroupRuleOptions = {},
  ): Promise<OpenStackSecurityGroupRule> {
    const operation = "createSecurityGroupRule";
    const securityGroupId = idOf(group, operation, "securityGroup");
    const rule = toRuleForm(options, operation);
    return await this.#neutron.createOf(operation, RULES, options, {
      security_group_rule: { security_group_id: securityGroupId, ...rule },
    });
  }

  /** Deletes a rule of a security group. */
  async deleteSecurityGroupRule(
    rule: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deleteSecurityGroupRule";
    await this.#neutron.deleteOf(operation, RULES, rule, options);
  }

  /** Adds a security group to all ports of a node. */
  async addSecurityGroup(
    node: Ref,
    options: OpenStackNodeSecurityGroupOptions,
  ): Promise<void> {
    const verb = "addSecurityGroup";
    await this.#changeGroup(verb, node, options);
  }

  /** Removes a security group from all ports of a node. */
  async removeSecurityGroup(
    node: Ref,
    options: OpenStackNodeSecurityGroupOptions,
  ): Promise<void> {
    const verb = "removeSecurityGroup";
    await this.#changeGroup(verb, node, options);
  }

  /** Lists the floating addresses of the project. */
  listFloatingIps(
    options: OpenStackListFloatingIpsOptions = {},
  ): Listing<OpenStackFloatingIp> {
    const operation = "listFloatingIps";
    const { ip, network, port } = options;
    return this.#neutron.listOf(operation, FLOATING_IPS, options, {
      params: {
        floating_ip_address: ip,
        floating_network_id: optionalId(network, operation, "network"),
        port_id: optionalId(port, operation, "port"),
      },
    });
  }

  /** Gets one floating address, by its id. */
  async getFloatingIp(
    floatingIp: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackFloatingIp> {
    const operation = "getFloatingIp";
    return await this.#neutron.getOf(
      operation,
      FLOATING_IPS,
      floatingIp,
      options,
    );
  }

  /**
   * Creates a floating address. The project keeps it until you delete it, and
   * many clouds bill it.
   *
   * @param options The external network, from
   *   `listNetworks({ isExternal: true })`.
   * @returns The floating address.
   * @throws {TypeError} If an option is invalid.
   */
  async createFloatingIp(
    options: OpenStackCreateFloatingIpOptions,
  ): Promise<OpenStackFloatingIp> {
    const operation = "createFloatingIp";
    const { description, ip, network, port } = options;
    return await this.#neutron.createOf(operation, FLOATING_IPS, options, {
      floatingip: {
        floating_network_id: idOf(network, operation, "network"),
        floating_ip_address: given(
          ip,
          (ip) => checkText(ip, operation, "ip"),
        ),
        port_id: optionalId(port, operation, "port"),
        description,
      },
    });
  }

  /**
   * Associates a floating address with a node or a port. A previous association
   * of the address ends. With `node`, the ports of the node are listed first. Nova
   * shows the address in the record of the node some seconds later.
   *
   * @param floatingIp The floating address or its id.
   * @param options The node or the port.
   * @throws {TypeError} If `options` has not exactly one of `node` and `port`; or
   *   if the node has no port, or several, that the address can lead to.
   * @throws {NotFoundError} If no router connects the external network with the
   *   subnet of the port.
   * @throws {ConflictError} If another floating address leads to the port.
   */
  async associateFloatingIp(
    floatingIp: Ref,
    options: OpenStackAssociateFloatingIpOptions,
  ): Promise<void> {
    const operation = "associateFloatingIp";
    const { node, port } = options;
    idOf(floatingIp, operation, "floatingIp");
    checkOne({ node, port }, operation);
    const fixedIp = given(
      options.fixedIp,
      (ip) => checkText(ip, operation, "fixedIp"),
    );
    const associate = (port_id: string, call: CallOptions) =>
      this.#neutron.updateOf(operation, FLOATING_IPS, floatingIp, call, {
        floatingip: { port_id, fixed_ip_address: fixedIp },
      });
    if (port !== undefined) {
      await associate(idOf(port, operation, "port"), options);
      return;
    }
    const { provider } = this;
    await sequence({ provider, operation }, options, async (steps) => {
      const found = await this.#findPort(operation, node!, fixedIp, steps.call);
      await steps.write((call) => associate(found, call));
    });
  }

  /** Disassociates a floating address. The project keeps the address. */
  async disassociateFloatingIp(
    floatingIp: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "disassociateFloatingIp";
    const data = { floatingip: { port_id: null } };
    await this.#neutron.updateOf(
      operation,
      FLOATING_IPS,
      floatingIp,
      options,
      data,
    );
  }

  /** Deletes a floating address. You may not get the same one again. */
  async deleteFloatingIp(
    floatingIp: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deleteFloatingIp";
    await this.#neutron.deleteOf(operation, FLOATING_IPS, floatingIp, options);
  }

  /** Lists the ports of a node as Nova knows them, on one page. */
  listInterfaces(
    node: Ref,
    options: CallOptions = {},
  ): Listing<OpenStackInterface> {
    return this.#nova.list(
      "listInterfaces",
      path`/servers/${{ node }}/os-interface`,
      "interfaceAttachments",
      toInterface,
      options,
      { pages: UNSIZED_PAGES },
    );
  }

  /**
   * Connects a node to a further network.
   *
   * @param node The node or its id.
   * @param options The network, on which Nova creates a port; or a port.
   * @returns The port of the node.
   * @throws {TypeError} If `options` has not exactly one of `network` and `port`,
   *   or has `ip` without `network`.
   */
  async attachInterface(
    node: Ref,
    options: OpenStackAttachInterfaceOptions,
  ): Promise<OpenStackInterface> {
    const operation = "attachInterface";
    const { ip, network, port } = options;
    checkOne({ network, port }, operation);
    if (ip !== undefined && network === undefined) {
      throw new TypeError(`${operation}: ip needs network`);
    }
    return await this.#nova.create(
      operation,
      path`/servers/${{ node }}/os-interface`,
      field("interfaceAttachment", toInterface),
      options,
      {
        interfaceAttachment: {
          net_id: optionalId(network, operation, "network"),
          port_id: optionalId(port, operation, "port"),
          fixed_ips: given(
            ip,
            (ip) => [{ ip_address: checkText(ip, operation, "ip") }],
          ),
        },
      },
    );
  }

  /** Disconnects a node from a network. Nova continues in the background. */
  async detachInterface(
    node: Ref,
    options: OpenStackDetachInterfaceOptions,
  ): Promise<void> {
    const { port } = options;
    const where = path`/servers/${{ node }}/os-interface/${{ port }}`;
    await this.#nova.send("detachInterface", "DELETE", where, options);
  }

  async #changeInterface(
    operation: string,
    router: Ref,
    verb: string,
    options: OpenStackRouterInterfaceOptions & Pick<RequestOptions, "creates">,
  ): Promise<ApiResponse<RouterInterfaceJson>> {
    const { subnet, port } = options;
    checkOne({ subnet, port }, operation);
    return await this.#network.request<RouterInterfaceJson>(
      path`/routers/${{ router }}/${verb}`,
      {
        ...options,
        operation,
        method: "PUT",
        // If the first request was applied, a second one would fail.
        idempotent: false,
        data: {
          subnet_id: optionalId(subnet, operation, "subnet"),
          port_id: optionalId(port, operation, "port"),
        },
      },
    );
  }

  async #changeGroup(
    operation: string,
    node: Ref,
    options: OpenStackNodeSecurityGroupOptions,
  ): Promise<void> {
    const name = idOf(options.securityGroup, operation, "securityGroup");
    const where = path`/servers/${{ node }}/action`;
    const data = { [operation]: { name } };
    await this.#nova.send(operation, "POST", where, options, data);
  }

  /** Finds the port of a node that a floating address can lead to. */
  async #findPort(
    operation: string,
    node: Ref,
    fixedIp: string | undefined,
    call: CallOptions,
  ): Promise<string> {
    const params = { device_id: idOf(node, operation, "node") };
    const ports = await this.#neutron.listOf(operation, PORTS, call, {
      params,
      keep: ({ addresses }) =>
        addresses.some(({ ip }) =>
          fixedIp === undefined ? ipVersionOf(ip) === 4 : ip === fixedIp
        ),
    });
    const [port, ...others] = ports;
    if (port && others.length === 0) return port.id;
    const wanted = fixedIp === undefined ? "an IPv4 address" : fixedIp;
    throw new TypeError(
      port
        ? `${operation}: node has ${ports.length} ports with ${wanted}; ` +
          "pass fixedIp or port"
        : `${operation}: node has no port with ${wanted}`,
    );
  }
}

/** Converts what all new resources have. */
function toNew(options: OpenStackNewResourceOptions, operation: string) {
  const { name, description } = options;
  return { name: checkText(name, operation, "name"), description };
}

/** Converts the change of what all resources have. */
function toChanged(options: OpenStackUpdateResourceOptions, operation: string) {
  const { name, description } = options;
  return {
    name: given(name, (name) => checkText(name, operation, "name")),
    description,
  };
}

function optionalId(
  ref: Ref | undefined,
  operation: string,
  field: string,
): string | undefined {
  return given(ref, (ref) => idOf(ref, operation, field));
}

/** Checks that exactly one of several options is present. */
function checkOne(
  options: Readonly<Record<string, Ref | undefined>>,
  operation: string,
): void {
  const count =
    Object.values(options).filter((value) => value !== undefined).length;
  if (count === 1) return;
  const names = Object.keys(options).join(" or ");
  throw new TypeError(
    `${operation}: pass either ${names}` + (count > 1 ? ", not both" : ""),
  );
}

/** Version of IP of an address or a range. */
function ipVersionOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

function toFixedIps(
  addresses: readonly OpenStackNewFixedIp[],
  operation: string,
) {
  if (!Array.isArray(addresses)) {
    throw mistake(operation, "addresses", "an array", addresses);
  }
  return addresses.map(({ subnet, ip }, index) => ({
    subnet_id: optionalId(subnet, operation, `addresses[${index}].subnet`),
    ip_address: given(
      ip,
      (ip) => checkText(ip, operation, `addresses[${index}].ip`),
    ),
  }));
}

function toRuleForm(
  options: OpenStackCreateSecurityGroupRuleOptions,
  operation: string,
) {
  const { protocol, fromPort, cidr, remoteGroup, description } = options;
  const isIcmp = /icmp/.test(`${protocol}`);
  const { toPort = isIcmp ? undefined : fromPort } = options;
  if (cidr !== undefined && remoteGroup !== undefined) {
    throw new TypeError(
      `${operation}: use either cidr or remoteGroup, not both`,
    );
  }
  checkNumber(fromPort, operation, "fromPort", 0, MAX_PORT);
  checkNumber(toPort, operation, "toPort", 0, MAX_PORT);
  given(cidr, (cidr) => checkText(cidr, operation, "cidr"));
  const ipVersion = options.ipVersion ?? given(cidr, ipVersionOf) ?? 4;
  return {
    direction: choose(
      DIRECTIONS,
      options.direction ?? "ingress",
      operation,
      "direction",
    ),
    ethertype: choose(ETHERTYPES, `${ipVersion}`, operation, "ipVersion"),
    protocol: given(protocol, String),
    port_range_min: fromPort,
    port_range_max: toPort,
    remote_ip_prefix: cidr,
    remote_group_id: optionalId(remoteGroup, operation, "remoteGroup"),
    description,
  };
}

const MAX_PORT = 65_535;
const DIRECTIONS = { ingress: "ingress", egress: "egress" } as const;
const ETHERTYPES = { "4": "IPv4", "6": "IPv6" } as const;
