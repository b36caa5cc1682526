/**
 * Routers of Neutron, and their interfaces.
 *
 * @module
 */

import type { Port, Router, Subnet } from "./_network_records.ts";
import {
  badRequestOf,
  flag,
  inUse,
  type Kind,
  type Project,
  readObjectBody,
  text,
  unknown,
} from "./_neutron.ts";
import {
  addPort,
  forgetPort,
  networkOf,
  releaseAddresses,
  takeAny,
} from "./_ports.ts";
import { unknownSubnet } from "./_subnets.ts";
import {
  type Call,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Kind of routers. */
export function routerKind(project: Project): Kind<Router> {
  return {
    one: "router",
    many: "routers",
    changeable: [
      "name",
      "description",
      "admin_state_up",
      "external_gateway_info",
      "routes",
    ],
    initial: ["availability_zone_hints", "flavor_id"],
    unknown: unknownRouter,
    store: project.routers,
    show: (router) => ({
      ...router,
      status: "ACTIVE",
      availability_zones: [],
      availability_zone_hints: [],
      flavor_id: null,
    }),
    create(value) {
      const router: Router = {
        id: project.account.takeId(),
        name: text(value, "name"),
        description: text(value, "description"),
        admin_state_up: flag(value, "admin_state_up", true),
        external_gateway_info: null,
        routes: [],
      };
      setGateway(project, router, value["external_gateway_info"]);
      return project.routers.add(router);
    },
    update(router, value) {
      if ("external_gateway_info" in value) {
        setGateway(project, router, value["external_gateway_info"]);
      }
      const { admin_state_up } = router;
      router.name = text(value, "name", router.name);
      router.description = text(value, "description", router.description);
      router.admin_state_up = flag(value, "admin_state_up", admin_state_up);
      const { routes } = value;
      if (Array.isArray(routes)) router.routes = routes;
    },
    remove(router) {
      const ports = interfacesOf(project, router);
      if (ports.length > 0) {
        const ids = ports.map(({ id }) => id).join(",");
        const message = `Router ${router.id} has ports still attached: ${ids}`;
        throw inUse("RouterInUse", message);
      }
      setGateway(project, router, null);
    },
  };
}

/** Joins a router to an external network, or ends this with `null`. */
export function setGateway(
  project: Project,
  router: Router,
  value: unknown,
): void {
  const old = router.external_gateway_info;
  const id = isObject(value) ? value["network_id"] : undefined;
  const network = id === undefined ? undefined : networkOf(project, `${id}`);
  if (network?.["router:external"] === false) {
    const message = `Network ${network.id} is not an external network.`;
    throw badRequestOf("router", message);
  }
  if (old?.network_id === network?.id) return;
  const isUsed = project.floatingIps.list.some((it) =>
    it.router_id === router.id
  );
  if (old && isUsed) {
    throw inUse(
      "RouterExternalGatewayInUseByFloatingIp",
      `Gateway cannot be updated for router ${router.id}, since a gateway to ` +
        `external network ${old.network_id} is required by one or more ` +
        "floating IPs.",
    );
  }
  releaseAddresses(project, old?.external_fixed_ips ?? []);
  router.external_gateway_info = null;
  if (network === undefined) return;
  const subnets = network.subnets.flatMap((it) =>
    project.subnets.get(it) ?? []
  );
  router.external_gateway_info = {
    network_id: network.id,
    enable_snat: flag(value as JsonObject, "enable_snat", true),
    external_fixed_ips: [takeAny(project, network, subnets)],
  };
}

/** Joins a router to a subnet, as its gateway. */
export function addInterface(
  project: Project,
  router: Router,
  subnet: Subnet,
): Port {
  const network = networkOf(project, subnet.network_id);
  if (subnet.gateway_ip === null) {
    const message = "Subnet for router interface must have a gateway IP";
    throw badRequestOf("router", message);
  }
  const port = addPort(project, {
    network,
    wanted: [{ subnet_id: subnet.id, ip_address: subnet.gateway_ip }],
    device_id: router.id,
    device_owner: "network:router_interface",
    status: "ACTIVE",
    port_security_enabled: false,
  });
  project.routers.touch(router);
  return port;
}

/** Creates the routes that add and remove interfaces. */
export function interfaceRoutes(project: Project): Routes {
  const findRouter = (call: Call) =>
    findInPath(
      project.routers,
      call,
      () => unknownRouter(call.params.get("id")),
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
      const value = await readObjectBody(call);
      const port = value["port_id"] === undefined
        ? joinSubnet(project, router, value)
        : joinPort(project, router, value["port_id"]);
      return show(router, port);
    },
    "PUT /routers/{id}/remove_router_interface": async (call) => {
      const router = findRouter(call);
      const value = await readObjectBody(call);
      const port = findInterface(project, router, value);
      forgetPort(project, port);
      project.ports.delete(port.id);
      project.routers.touch(router);
      return show(router, port);
    },
  };
}

function unknownRouter(id: unknown): Refusal {
  return unknown("RouterNotFound", "Router", id);
}

function interfacesOf({ portsOf }: Project, { id }: Router): readonly Port[] {
  return portsOf(id);
}

function isOn({ fixed_ips }: Port, subnet: unknown): boolean {
  return fixed_ips.some(({ subnet_id }) => subnet_id === subnet);
}

function joinSubnet(project: Project, router: Router, value: JsonObject): Port {
  const { subnet_id: id } = value;
  if (id === undefined) {
    const message = "Either subnet_id or port_id must be specified.";
    throw badRequestOf("router", message);
  }
  const subnet = project.subnets.get(`${id}`);
  if (subnet === undefined) throw unknownSubnet(id);
  requireNotOn(project, router, subnet.id);
  return addInterface(project, router, subnet);
}

function joinPort(project: Project, router: Router, id: unknown): Port {
  const port = project.ports.get(`${id}`);
  if (port === undefined) throw unknown("PortNotFound", "Port", id);
  if (port.device_id !== "") {
    throw inUse(
      "PortInUse",
      `Unable to complete operation on port ${port.id} for network ` +
        `${port.network_id}. Port already has an attached device ` +
        `${port.device_id}.`,
    );
  }
  for (const { subnet_id } of port.fixed_ips) {
    requireNotOn(project, router, subnet_id);
  }
  port.device_id = router.id;
  port.device_owner = "network:router_interface";
  port.status = "ACTIVE";
  project.ports.touch(port);
  return port;
}

function requireNotOn(project: Project, router: Router, subnet: string): void {
  if (!interfacesOf(project, router).some((it) => isOn(it, subnet))) return;
  const message = `Router already has a port on subnet ${subnet}.`;
  throw badRequestOf("router", message);
}

/** Finds an interface that no floating address needs. */
function findInterface(
  project: Project,
  router: Router,
  { port_id, subnet_id }: JsonObject,
): Port {
  const port = interfacesOf(project, router).find((it) =>
    it.id === port_id || port_id === undefined && isOn(it, subnet_id)
  );
  if (port === undefined) {
    throw port_id === undefined
      ? new Refusal(
        404,
        `Router ${router.id} has no interface on subnet ${subnet_id}`,
        { code: "RouterInterfaceNotFoundForSubnet" },
      )
      : new Refusal(
        404,
        `Router ${router.id} does not have an interface with id ${port_id}`,
        { code: "RouterInterfaceNotFound" },
      );
  }
  const subnet = port.fixed_ips[0]?.subnet_id;
  const isNeeded = project.floatingIps.list.some((address) =>
    address.router_id === router.id &&
    isOn(project.ports.get(address.port_id ?? "")!, subnet)
  );
  if (!isNeeded) return port;
  throw inUse(
    "RouterInterfaceInUseByFloatingIP",
    `Router interface for subnet ${subnet} on router ${router.id} cannot be ` +
      "deleted, as it is required by one or more floating IPs.",
  );
}
