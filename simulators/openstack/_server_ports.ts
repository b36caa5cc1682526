/**
 * Ports of servers, as Nova creates and deletes them.
 *
 * @module
 */

import type {
  NetworkService,
  ServerAddress,
  ServerInterface,
} from "./_account.ts";
import type { Port } from "./_network_records.ts";
import type { Project } from "./_neutron.ts";
import { addPort, findGroup, forgetPort } from "./_ports.ts";
import { isObject, type JsonObject, Refusal } from "../kit/mod.ts";

/** Creates what Nova needs of Neutron. */
export function serverPorts(project: Project): NetworkService {
  // Ports of the user, which outlive the server.
  const given = new Set<string>();
  return {
    attach: (server, networks, groups) =>
      attachServer(project, given, server, networks, groups),
    release(server) {
      for (const port of project.portsOf(server)) {
        releasePort(project, given, port);
      }
    },
    interfacesOf: (server) => project.portsOf(server).map(toInterface),
    attachInterface: (server, request) =>
      toInterface(attachInterface(project, given, server, request)),
    detachInterface(server, id) {
      const port = project.portsOf(server).find((port) => port.id === id);
      if (port !== undefined) releasePort(project, given, port);
    },
    addressesOf: (server) => addressesOf(project, server),
    groupsOf: (server) => groupsOf(project, server),
    changeGroup: (server, group, change) =>
      changeGroup(project, server, group, change),
  };
}

function attachServer(
  project: Project,
  given: Set<string>,
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
  const own = project.networks.list.filter((it) => !it["router:external"]);
  const requested = networks === "auto"
    ? own.slice(0, 1).map(({ id }): JsonObject => ({ uuid: id }))
    : networks;
  if (networks === "auto" && own.length > 1) throw ambiguous(409);
  for (const { uuid, port: portId, fixed_ip } of requested) {
    if (portId !== undefined) {
      const port = project.ports.get(`${portId}`);
      if (port === undefined) {
        throw new Refusal(400, `Port id ${portId} could not be found.`);
      }
      takeGiven(project, given, server, port);
      continue;
    }
    const network = project.networks.get(`${uuid}`);
    if (network === undefined) {
      throw new Refusal(400, `Network ${uuid} could not be found.`);
    }
    addPort(project, {
      ...deviceOf(server),
      network,
      security_groups: groupIds,
      ...fixed_ip !== undefined && { wanted: [{ ip_address: fixed_ip }] },
    });
  }
}

/** What a port tells about the server that uses it. */
function deviceOf(server: string) {
  return {
    device_id: server,
    device_owner: "compute:nova",
    status: "ACTIVE",
  };
}

function ambiguous(status: number): Refusal {
  return new Refusal(
    status,
    "Multiple possible networks found, use a Network ID to be more specific.",
  );
}

/** Connects a server with a port of the user. */
function takeGiven(
  project: Project,
  given: Set<string>,
  server: string,
  port: Port,
): void {
  if (port.device_id !== "") {
    throw new Refusal(409, `Port ${port.id} is still in use.`);
  }
  Object.assign(port, deviceOf(server));
  project.ports.touch(port);
  given.add(port.id);
}

/** Connects a server that exists with a further network or port. */
function attachInterface(
  project: Project,
  given: Set<string>,
  server: string,
  { net_id, port_id, fixed_ips }: JsonObject,
): Port {
  if (port_id !== undefined) {
    const port = project.ports.get(`${port_id}`);
    if (port === undefined) {
      throw new Refusal(404, `Port id ${port_id} could not be found.`);
    }
    takeGiven(project, given, server, port);
    return port;
  }
  const own = project.networks.list.filter((it) => !it["router:external"]);
  if (net_id === undefined && own.length > 1) throw ambiguous(400);
  const network = net_id === undefined
    ? own[0]
    : project.networks.get(`${net_id}`);
  if (network === undefined) {
    throw new Refusal(404, `Network ${net_id} could not be found.`);
  }
  return addPort(project, {
    ...deviceOf(server),
    network,
    security_groups: [findGroup(project, "default")],
    ...Array.isArray(fixed_ips) && { wanted: fixed_ips.filter(isObject) },
  });
}

/** Describes a port as Nova does. */
function toInterface(
  { id, network_id, mac_address, status, fixed_ips }: Port,
): ServerInterface {
  return {
    port_id: id,
    net_id: network_id,
    mac_addr: mac_address,
    port_state: status,
    fixed_ips: fixed_ips.map((it) => ({ ...it })),
  };
}

/** Disconnects a port of a server, and deletes it unless the user created it. */
function releasePort(project: Project, given: Set<string>, port: Port): void {
  if (given.delete(port.id)) {
    Object.assign(port, { device_id: "", device_owner: "", status: "DOWN" });
    project.ports.touch(port);
    return;
  }
  forgetPort(project, port);
  project.ports.delete(port.id);
}

function addressesOf(
  project: Project,
  server: string,
): Record<string, ServerAddress[]> {
  const addresses: Record<string, ServerAddress[]> = {};
  for (const port of project.portsOf(server)) {
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
  return project.portsOf(server)
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
  const ports = project.portsOf(server);
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
