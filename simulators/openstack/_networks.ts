/**
 * Neutron: networks, subnets, ports, routers and floating addresses.
 *
 * @module
 */

import { type Account, type ServerAddress, urlOf } from "./_account.ts";
import {
  inUse,
  type Kind,
  kindRoutes,
  newDefaultGroup,
  type Project,
  readBody,
  required,
  ruleRoutes,
  securityGroupKind,
  text,
  unknown,
} from "./_neutron.ts";
import type {
  FixedIp,
  FloatingIp,
  Network,
  Port,
  Router,
  Subnet,
} from "./_network_records.ts";
import {
  AddressPool,
  type Call,
  containsRange,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  numberToIpv4,
  parseIpv4Range,
  rangesOverlap,
  Refusal,
  type Routes,
  Store,
} from "../kit/mod.ts";

/** Creates the routes of Neutron. */
export function networkRoutes(account: Account): Routes {
  const project: Project = {
    account,
    networks: new Store<string, Network>(),
    subnets: new Store<string, Subnet>(),
    ports: new Store<string, Port>(),
    routers: new Store<string, Router>(),
    floatingIps: new Store<string, FloatingIp>(),
    groups: new Store(),
    rules: new Store(),
    pools: new Map<string, AddressPool>(),
  };
  newDefaultGroup(project);
  seedNetworks(project);
  account.network = {
    attach: (server, networks, groups) =>
      attachServer(project, server, networks, groups),
    release: (server) => releaseServer(project, server),
    addressesOf: (server) => addressesOf(project, server),
    groupsOf: (server) => groupsOf(project, server),
    changeGroup: (server, group, change) =>
      changeGroup(project, server, group, change),
  };
  const routes: Routes = {
    ...kindRoutes(project, networkKind(project)),
    ...kindRoutes(project, subnetKind(project)),
    ...kindRoutes(project, portKind(project)),
    ...kindRoutes(project, routerKind(project)),
    ...kindRoutes(project, floatingIpKind(project)),
    ...kindRoutes(project, securityGroupKind(project)),
    ...ruleRoutes(project),
    ...interfaceRoutes(project),
    "GET /extensions": () => jsonResponse(200, { extensions: [] }),
    "GET /quotas/{project}": () =>
      jsonResponse(200, {
        quota: {
          network: -1,
          subnet: -1,
          port: -1,
          router: -1,
          floatingip: -1,
          security_group: -1,
          security_group_rule: -1,
        },
      }),
  };
  return {
    "GET /": ({ url }) =>
      jsonResponse(200, {
        versions: [{
          id: "v2.0",
          status: "CURRENT",
          links: [{ rel: "self", href: `${urlOf("network", url)}/v2.0/` }],
        }],
      }),
    ...Object.fromEntries(
      Object.entries(routes).map(([route, handler]) => [
        route.replace(" ", " /v2.0"),
        handler,
      ]),
    ),
  };
}

/** The networks that a new cloud has, joined by a router. */
function seedNetworks(project: Project): void {
  const inner = addNetwork(project, { name: "private" });
  addSubnet(project, {
    name: "private-subnet",
    network_id: inner.id,
    cidr: "10.0.0.0/16",
    ip_version: 4,
  });
  const outer = addNetwork(project, { name: "public" }, true);
  addSubnet(project, {
    name: "public-subnet",
    network_id: outer.id,
    cidr: "203.0.113.0/24",
    ip_version: 4,
    enable_dhcp: false,
  });
  const router = project.routers.add({
    id: project.account.takeId(),
    name: "router",
    description: "",
    admin_state_up: true,
    external_gateway_info: null,
  });
  setGateway(project, router, { network_id: outer.id });
  const [subnet] = inner.subnets;
  addInterface(project, router, project.subnets.get(subnet!)!);
}

function addNetwork(
  project: Project,
  value: JsonObject,
  isExternal = false,
): Network {
  return project.networks.add({
    id: project.account.takeId(),
    name: text(value, "name"),
    description: text(value, "description"),
    admin_state_up: value["admin_state_up"] !== false,
    shared: false,
    "router:external": isExternal,
    subnets: [],
  });
}

function networkKind(project: Project): Kind<Network> {
  return {
    one: "network",
    many: "networks",
    code: "NetworkNotFound",
    store: project.networks,
    show: (network) => ({ ...network, status: "ACTIVE", mtu: 1500 }),
    create(value) {
      const { "router:external": isExternal } = value;
      if (isExternal === true || value["shared"] === true) {
        throw new Refusal(
          403,
          "(rule:create_network and rule:create_network:router:external) is " +
            "disallowed by policy",
          { code: "PolicyNotAuthorized" },
        );
      }
      return addNetwork(project, value);
    },
    update(network, value) {
      network.name = text(value, "name", network.name);
      network.description = text(value, "description", network.description);
      network.admin_state_up = value["admin_state_up"] as boolean ??
        network.admin_state_up;
    },
    remove({ id }) {
      const isUsed = project.ports.list.some((port) => port.network_id === id);
      if (isUsed) {
        throw inUse(
          "NetworkInUse",
          `Unable to complete operation on network ${id}. There are one or ` +
            "more ports still in use on the network.",
        );
      }
      for (const subnet of project.subnets.list) {
        if (subnet.network_id === id) project.subnets.delete(subnet.id);
      }
    },
  };
}

function addSubnet(project: Project, value: JsonObject): Subnet {
  const network = project.networks.get(required(value, "network_id"));
  if (network === undefined) {
    throw unknown("NetworkNotFound", "Network", value["network_id"]);
  }
  const cidr = required(value, "cidr");
  const version = value["ip_version"];
  const range = parseIpv4Range(cidr);
  if (version !== 4 && version !== 6) {
    throw new Refusal(400, `Invalid input for ip_version.`, {
      code: "HTTPBadRequest",
    });
  }
  if (version === 4 && range === undefined) {
    throw new Refusal(
      400,
      `Invalid input for cidr. Reason: '${cidr}' is not a valid IP subnet.`,
      { code: "HTTPBadRequest" },
    );
  }
  for (const id of network.subnets) {
    const other = project.subnets.get(id);
    const range2 = other && parseIpv4Range(other.cidr);
    if (range && range2 && rangesOverlap(range, range2)) {
      throw new Refusal(
        400,
        `Invalid input for operation: Requested subnet with cidr: ${cidr} for ` +
          `network: ${network.id} overlaps with another subnet.`,
        { code: "InvalidInput" },
      );
    }
  }
  const id = project.account.takeId();
  const last = range && range.last - 1;
  const gateway = range && numberToIpv4(range.first + 1);
  const subnet = project.subnets.add({
    id,
    name: text(value, "name"),
    description: text(value, "description"),
    network_id: network.id,
    ip_version: version,
    cidr,
    gateway_ip: value["gateway_ip"] === null
      ? null
      : text(value, "gateway_ip", gateway) || null,
    enable_dhcp: value["enable_dhcp"] !== false,
    allocation_pools: range
      ? [{
        start: numberToIpv4(range.first + 2),
        end: numberToIpv4(last ?? 0),
      }]
      : [],
    dns_nameservers: (value["dns_nameservers"] as string[]) ?? [],
  });
  const pool = new AddressPool([cidr]);
  // The gateway, which is the first address.
  if (version === 4) pool.take();
  project.pools.set(id, pool);
  network.subnets.push(id);
  return subnet;
}

function subnetKind(project: Project): Kind<Subnet> {
  return {
    one: "subnet",
    many: "subnets",
    code: "SubnetNotFound",
    store: project.subnets,
    show: (subnet) => ({
      ...subnet,
      host_routes: [],
      ipv6_address_mode: null,
      ipv6_ra_mode: null,
    }),
    create: (value) => addSubnet(project, value),
    update(subnet, value) {
      subnet.name = text(value, "name", subnet.name);
      subnet.description = text(value, "description", subnet.description);
      if ("gateway_ip" in value) {
        subnet.gateway_ip = value["gateway_ip"] as string | null;
      }
      if ("enable_dhcp" in value) {
        subnet.enable_dhcp = value["enable_dhcp"] === true;
      }
    },
    remove(subnet) {
      const isUsed = project.ports.list.some(({ fixed_ips }) =>
        fixed_ips.some((it) => it.subnet_id === subnet.id)
      );
      if (isUsed) {
        throw inUse(
          "SubnetInUse",
          `Unable to complete operation on subnet ${subnet.id}: One or more ` +
            "ports have an IP allocation from this subnet.",
        );
      }
      const network = project.networks.get(subnet.network_id);
      if (network === undefined) return;
      network.subnets = network.subnets.filter((id) => id !== subnet.id);
    },
  };
}

/** Takes an address of a subnet. */
function takeAddress(
  project: Project,
  subnet: Subnet,
  wanted?: string,
): FixedIp {
  const { id: subnet_id, network_id } = subnet;
  if (wanted !== undefined) {
    const range = parseIpv4Range(subnet.cidr);
    const single = parseIpv4Range(`${wanted}/32`);
    if (range && !(single && containsRange(range, single))) {
      throw new Refusal(
        400,
        `IP address ${wanted} is not a valid IP for the specified subnet.`,
        { code: "InvalidIpForSubnet" },
      );
    }
    const isTaken = project.ports.list.some(({ fixed_ips }) =>
      fixed_ips.some((it) =>
        it.subnet_id === subnet_id && it.ip_address === wanted
      )
    );
    if (isTaken) {
      throw inUse(
        "IpAddressAlreadyAllocated",
        `IP address ${wanted} already allocated in subnet ${subnet_id}`,
      );
    }
    return { subnet_id, ip_address: wanted };
  }
  const ip_address = project.pools.get(subnet_id)?.take();
  if (ip_address !== undefined) return { subnet_id, ip_address };
  throw inUse(
    "IpAddressGenerationFailure",
    `No more IP addresses available on network ${network_id}.`,
  );
}

/** What a request decides about a new port. */
interface PortDraft extends Partial<Port> {
  readonly network: Network;
  readonly wanted?: readonly JsonObject[];
}

function addPort(project: Project, draft: PortDraft): Port {
  const { network, wanted, ...fields } = draft;
  const subnets = network.subnets.flatMap((id) =>
    project.subnets.get(id) ?? []
  );
  const addresses = wanted?.map(({ subnet_id, ip_address }) => {
    const subnet = subnets.find(({ id, cidr }) => {
      if (subnet_id !== undefined) return id === subnet_id;
      const range = parseIpv4Range(cidr);
      const single = parseIpv4Range(`${ip_address}/32`);
      return range && single && containsRange(range, single);
    });
    if (subnet === undefined) {
      throw new Refusal(
        400,
        `IP address ${ip_address} is not a valid IP for any of the subnets on ` +
          "the specified network.",
        { code: "InvalidIpForNetwork" },
      );
    }
    return takeAddress(project, subnet, ip_address as string | undefined);
  }) ?? subnets.slice(0, 1).map((subnet) => takeAddress(project, subnet));
  const id = project.account.takeId();
  const mac = id.slice(-6).replace(/..(?!$)/g, "$&:");
  return project.ports.add({
    id,
    name: "",
    description: "",
    network_id: network.id,
    mac_address: `fa:16:3e:${mac}`,
    admin_state_up: true,
    status: "DOWN",
    device_id: "",
    device_owner: "",
    security_groups: [],
    ...fields,
    fixed_ips: addresses,
  });
}

function findGroup(project: Project, name: string): string {
  const found = project.groups.list.find((group) =>
    group.id === name || group.name === name
  );
  if (found !== undefined) return found.id;
  throw unknown("SecurityGroupNotFound", "Security group", name);
}

function portKind(project: Project): Kind<Port> {
  return {
    one: "port",
    many: "ports",
    code: "PortNotFound",
    store: project.ports,
    show: (port) => ({
      ...port,
      allowed_address_pairs: [],
      extra_dhcp_opts: [],
      "binding:vnic_type": "normal",
      port_security_enabled: true,
    }),
    create(value) {
      const network = project.networks.get(required(value, "network_id"));
      if (network === undefined) {
        throw unknown("NetworkNotFound", "Network", value["network_id"]);
      }
      const { fixed_ips, security_groups } = value;
      return addPort(project, {
        network,
        name: text(value, "name"),
        description: text(value, "description"),
        device_id: text(value, "device_id"),
        device_owner: text(value, "device_owner"),
        admin_state_up: value["admin_state_up"] !== false,
        security_groups: Array.isArray(security_groups)
          ? security_groups.map((id) => findGroup(project, `${id}`))
          : [findGroup(project, "default")],
        ...Array.isArray(fixed_ips) && {
          wanted: fixed_ips.filter(isObject) as JsonObject[],
        },
      });
    },
    update(port, value) {
      port.name = text(value, "name", port.name);
      port.description = text(value, "description", port.description);
      port.admin_state_up = value["admin_state_up"] as boolean ??
        port.admin_state_up;
      const { security_groups: groups } = value;
      if (Array.isArray(groups)) {
        port.security_groups = groups.map((id) => findGroup(project, `${id}`));
      }
    },
    remove(port) {
      if (port.device_owner.startsWith("network:router")) {
        throw inUse(
          "ServicePortInUse",
          `Port ${port.id} cannot be deleted directly via the port API: has ` +
            `device owner ${port.device_owner}.`,
        );
      }
      forgetPort(project, port);
    },
  };
}

/** Ends the floating addresses of a port, and releases its own. */
function forgetPort(project: Project, port: Port): void {
  for (const address of project.floatingIps.list) {
    if (address.port_id === port.id) connect(project, address, null);
  }
  for (const { subnet_id, ip_address } of port.fixed_ips) {
    project.pools.get(subnet_id)?.release(ip_address);
  }
}

function setGateway(
  project: Project,
  router: Router,
  value: unknown,
): void {
  if (!isObject(value)) {
    router.external_gateway_info = null;
    return;
  }
  const network = project.networks.get(`${value["network_id"]}`);
  if (network === undefined) {
    throw unknown("NetworkNotFound", "Network", value["network_id"]);
  }
  if (!network["router:external"]) {
    throw new Refusal(
      400,
      `Bad router request: Network ${network.id} is not an external network.`,
      { code: "BadRequest" },
    );
  }
  const subnet = project.subnets.get(network.subnets[0] ?? "");
  router.external_gateway_info = {
    network_id: network.id,
    enable_snat: value["enable_snat"] !== false,
    external_fixed_ips: subnet ? [takeAddress(project, subnet)] : [],
  };
}

function routerKind(project: Project): Kind<Router> {
  return {
    one: "router",
    many: "routers",
    code: "RouterNotFound",
    store: project.routers,
    show: (router) => ({ ...router, status: "ACTIVE", routes: [] }),
    create(value) {
      const router: Router = {
        id: project.account.takeId(),
        name: text(value, "name"),
        description: text(value, "description"),
        admin_state_up: value["admin_state_up"] !== false,
        external_gateway_info: null,
      };
      setGateway(project, router, value["external_gateway_info"]);
      return project.routers.add(router);
    },
    update(router, value) {
      router.name = text(value, "name", router.name);
      router.description = text(value, "description", router.description);
      if ("external_gateway_info" in value) {
        setGateway(project, router, value["external_gateway_info"]);
      }
    },
    remove({ id }) {
      const isUsed = project.ports.list.some((port) => port.device_id === id);
      if (!isUsed) return;
      throw inUse("RouterInUse", `Router ${id} still has ports`);
    },
  };
}

function addInterface(project: Project, router: Router, subnet: Subnet): Port {
  const network = project.networks.get(subnet.network_id)!;
  const ip_address = subnet.gateway_ip ?? undefined;
  return addPort(project, {
    network,
    wanted: [{ subnet_id: subnet.id, ip_address }],
    device_id: router.id,
    device_owner: "network:router_interface",
    status: "ACTIVE",
  });
}

function interfaceRoutes(project: Project): Routes {
  const findRouter = (call: Call) =>
    findInPath(
      project.routers,
      call,
      () => unknown("RouterNotFound", "Router", call.params.get("id")),
    );
  const show = (router: Router, port: Port) => {
    const [subnet] = port.fixed_ips.map(({ subnet_id }) => subnet_id);
    return jsonResponse(200, {
      id: router.id,
      port_id: port.id,
      subnet_id: subnet,
      subnet_ids: [subnet],
      network_id: port.network_id,
      tenant_id: project.account.projectId,
    });
  };
  return {
    "PUT /routers/{id}/add_router_interface": async (call) => {
      const router = findRouter(call);
      const value = await readBody(call);
      const subnet = project.subnets.get(`${value["subnet_id"]}`);
      if (subnet === undefined) {
        throw unknown("SubnetNotFound", "Subnet", value["subnet_id"]);
      }
      const isThere = project.ports.list.some((port) =>
        port.device_id === router.id &&
        port.fixed_ips.some((it) => it.subnet_id === subnet.id)
      );
      if (isThere) {
        throw new Refusal(
          400,
          `Bad router request: Router already has a port on subnet ${subnet.id}.`,
          { code: "BadRequest" },
        );
      }
      return show(router, addInterface(project, router, subnet));
    },
    "PUT /routers/{id}/remove_router_interface": async (call) => {
      const router = findRouter(call);
      const value = await readBody(call);
      const port = project.ports.list.find((port) =>
        port.device_id === router.id &&
        (port.id === value["port_id"] ||
          port.fixed_ips.some((it) => it.subnet_id === value["subnet_id"]))
      );
      if (port === undefined) {
        throw new Refusal(
          404,
          `Router ${router.id} has no interface on subnet ${
            value["subnet_id"]
          }`,
          { code: "RouterInterfaceNotFoundForSubnet" },
        );
      }
      forgetPort(project, port);
      project.ports.delete(port.id);
      return show(router, port);
    },
  };
}

/** Connects a floating address to a port, or ends its connection. */
function connect(
  project: Project,
  address: FloatingIp,
  portId: string | null,
): void {
  if (portId === null) {
    address.port_id = address.fixed_ip_address = address.router_id = null;
    return;
  }
  const port = project.ports.get(portId);
  if (port === undefined) throw unknown("PortNotFound", "Port", portId);
  const [fixed] = port.fixed_ips;
  const router = project.routers.list.find(({ id, external_gateway_info }) =>
    external_gateway_info?.network_id === address.floating_network_id &&
    project.ports.list.some((it) =>
      it.device_id === id && it.network_id === port.network_id
    )
  );
  if (router === undefined) {
    throw new Refusal(
      404,
      `External network ${address.floating_network_id} is not reachable from ` +
        `subnet ${fixed?.subnet_id}. Therefore, cannot associate Port ` +
        `${portId} with a Floating IP.`,
      { code: "ExternalGatewayForFloatingIPNotFound" },
    );
  }
  const isTaken = project.floatingIps.list.some((it) =>
    it.port_id === portId && it !== address
  );
  if (isTaken) {
    throw inUse(
      "FloatingIPPortAlreadyAssociated",
      `Cannot associate floating IP ${address.floating_ip_address} with port ` +
        `${portId} using fixed IP ${fixed?.ip_address}, as that fixed IP ` +
        "already has a floating IP.",
    );
  }
  address.port_id = portId;
  address.fixed_ip_address = fixed?.ip_address ?? null;
  address.router_id = router.id;
}

function floatingIpKind(project: Project): Kind<FloatingIp> {
  return {
    one: "floatingip",
    many: "floatingips",
    code: "FloatingIPNotFound",
    store: project.floatingIps,
    show: (address) => ({
      ...address,
      status: address.port_id === null ? "DOWN" : "ACTIVE",
      port_details: null,
    }),
    create(value) {
      const network = project.networks.get(
        required(value, "floating_network_id"),
      );
      if (network === undefined) {
        const id = value["floating_network_id"];
        throw unknown("NetworkNotFound", "Network", id);
      }
      const subnet = project.subnets.get(network.subnets[0] ?? "");
      if (!network["router:external"] || subnet === undefined) {
        throw new Refusal(
          400,
          `Bad floatingip request: Network ${network.id} is not a valid ` +
            "external network.",
          { code: "BadRequest" },
        );
      }
      const wanted = value["floating_ip_address"] as string | undefined;
      const address: FloatingIp = {
        id: project.account.takeId(),
        description: text(value, "description"),
        floating_network_id: network.id,
        floating_ip_address: takeAddress(project, subnet, wanted).ip_address,
        port_id: null,
        fixed_ip_address: null,
        router_id: null,
      };
      connect(project, address, value["port_id"] as string ?? null);
      return project.floatingIps.add(address);
    },
    update(address, value) {
      address.description = text(value, "description", address.description);
      if ("port_id" in value) {
        connect(project, address, value["port_id"] as string | null);
      }
    },
    remove({ floating_ip_address, floating_network_id }) {
      const network = project.networks.get(floating_network_id);
      for (const id of network?.subnets ?? []) {
        project.pools.get(id)?.release(floating_ip_address);
      }
    },
  };
}

function attachServer(
  project: Project,
  server: string,
  networks: readonly JsonObject[] | "auto",
  groups: readonly string[],
): void {
  const groupIds = (groups.length > 0 ? groups : ["default"]).map((name) => {
    try {
      return findGroup(project, name);
    } catch {
      throw new Refusal(
        400,
        `Security group ${name} not found for project ` +
          `${project.account.projectId}.`,
      );
    }
  });
  const device = { device_id: server, device_owner: "compute:nova" };
  const own = project.networks.list.filter((it) => !it["router:external"]);
  const requested = networks === "auto"
    ? own.slice(0, 1).map(({ id }): JsonObject => ({ uuid: id }))
    : networks;
  if (networks === "auto" && own.length > 1) {
    throw new Refusal(
      409,
      "Multiple possible networks found, use a Network ID to be more specific.",
    );
  }
  for (const { uuid, port: portId, fixed_ip } of requested) {
    const port = project.ports.get(`${portId}`);
    if (portId !== undefined) {
      if (port === undefined) {
        throw new Refusal(400, `Port id ${portId} could not be found.`);
      }
      if (port.device_id !== "") {
        throw new Refusal(409, `Port ${portId} is still in use.`);
      }
      Object.assign(port, device, { status: "ACTIVE" });
      continue;
    }
    const network = project.networks.get(`${uuid}`);
    if (network === undefined) {
      throw new Refusal(400, `Network ${uuid} could not be found.`);
    }
    addPort(project, {
      ...device,
      network,
      status: "ACTIVE",
      security_groups: groupIds,
      ...fixed_ip !== undefined && { wanted: [{ ip_address: fixed_ip }] },
    });
  }
}

function portsOf(project: Project, server: string): Port[] {
  return project.ports.list.filter((port) => port.device_id === server);
}

function releaseServer(project: Project, server: string): void {
  for (const port of portsOf(project, server)) {
    forgetPort(project, port);
    project.ports.delete(port.id);
  }
}

function addressesOf(
  project: Project,
  server: string,
): Record<string, ServerAddress[]> {
  const addresses: Record<string, ServerAddress[]> = {};
  for (const port of portsOf(project, server)) {
    const network = project.networks.get(port.network_id);
    const list = addresses[network?.name ?? ""] ??= [];
    const common = { "OS-EXT-IPS-MAC:mac_addr": port.mac_address };
    for (const { ip_address: addr } of port.fixed_ips) {
      const version = addr.includes(":") ? 6 : 4;
      list.push({ ...common, version, addr, "OS-EXT-IPS:type": "fixed" });
    }
    for (const { port_id, floating_ip_address } of project.floatingIps.list) {
      if (port_id !== port.id) continue;
      list.push({
        ...common,
        version: 4,
        addr: floating_ip_address,
        "OS-EXT-IPS:type": "floating",
      });
    }
  }
  return addresses;
}

function groupsOf(project: Project, server: string): { name: string }[] {
  return portsOf(project, server)
    .flatMap(({ security_groups }) => security_groups)
    .flatMap((id) => project.groups.get(id)?.name ?? [])
    .map((name) => ({ name }));
}

function changeGroup(
  project: Project,
  server: string,
  name: string,
  change: "add" | "remove",
): void {
  let group: string;
  try {
    group = findGroup(project, name);
  } catch {
    throw new Refusal(
      404,
      `Security group ${name} not found for project ` +
        `${project.account.projectId}.`,
    );
  }
  const ports = portsOf(project, server);
  const isThere = ports.some((port) => port.security_groups.includes(group));
  if (change === "remove" && !isThere) {
    throw new Refusal(
      404,
      `Security group ${name} not associated with the instance ${server}`,
    );
  }
  for (const port of ports) {
    const others = port.security_groups.filter((id) => id !== group);
    port.security_groups = change === "add" ? [...others, group] : others;
  }
}
