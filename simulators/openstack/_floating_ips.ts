/**
 * Floating addresses of Neutron.
 *
 * @module
 */

import { parseAddress } from "./_addresses.ts";
import type { FixedIp, FloatingIp, Port } from "./_network_records.ts";
import {
  badRequestOf,
  forbidden,
  inUse,
  type Kind,
  type Project,
  requiredId,
  text,
  unknown,
} from "./_neutron.ts";
import { disconnect, networkOf, takeAny } from "./_ports.ts";
import { type JsonObject, Refusal } from "../kit/mod.ts";

/** Kind of floating addresses. */
export function floatingIpKind(project: Project): Kind<FloatingIp> {
  return {
    one: "floatingip",
    many: "floatingips",
    changeable: ["port_id", "fixed_ip_address", "description"],
    initial: ["floating_network_id", "floating_ip_address", "subnet_id"],
    unknown: (id) =>
      new Refusal(404, `Floating IP ${id} could not be found`, {
        code: "FloatingIPNotFound",
      }),
    store: project.floatingIps,
    show: (address) => ({
      ...address,
      status: address.port_id === null ? "DOWN" : "ACTIVE",
      port_details: detailsOf(project.ports.get(address.port_id ?? "")),
    }),
    create(value) {
      const network = networkOf(
        project,
        requiredId(value, "floating_network_id"),
      );
      if (!network["router:external"]) {
        throw badRequestOf(
          "floatingip",
          `Network ${network.id} is not a valid external network.`,
        );
      }
      if (value["floating_ip_address"] !== undefined) {
        const rule = "rule:create_floatingip";
        throw forbidden(`(${rule} and ${rule}:floating_ip_address)`);
      }
      const { subnet_id } = value;
      const subnets = project.subnets.list.filter((it) =>
        it.network_id === network.id &&
        (subnet_id === undefined || it.id === subnet_id)
      );
      const draft = {
        id: project.account.takeId(),
        description: text(value, "description"),
        floating_network_id: network.id,
        floating_ip_address: "",
        port_id: null,
        fixed_ip_address: null,
        router_id: null,
      };
      // A connection that is refused takes no address.
      connect(project, draft, value);
      const { ip_address } = takeAny(project, network, subnets);
      return project.floatingIps.add({
        ...draft,
        floating_ip_address: ip_address,
      });
    },
    update(address, value) {
      address.description = text(value, "description", address.description);
      connect(project, address, value);
    },
    remove({ floating_ip_address, floating_network_id }) {
      const address = parseAddress(floating_ip_address)!;
      for (const id of networkOf(project, floating_network_id).subnets) {
        project.addresses.get(id)?.release(address);
      }
    },
  };
}

/** Connects a floating address as a request says. */
function connect(
  project: Project,
  address: FloatingIp,
  { port_id: portId, fixed_ip_address: wanted }: JsonObject,
): void {
  if (portId === undefined) return;
  if (portId === null) return disconnect(address);
  const port = project.ports.get(`${portId}`);
  if (port === undefined) throw unknown("PortNotFound", "Port", portId);
  const fixed = port.fixed_ips.find(({ ip_address }) =>
    wanted === undefined || wanted === null
      ? !ip_address.includes(":")
      : ip_address === wanted
  );
  if (fixed === undefined) {
    throw badRequestOf(
      "floatingip",
      wanted === undefined || wanted === null
        ? `Cannot add floating IP to port ${portId} that has no fixed IPv4 ` +
          "addresses"
        : `Port ${portId} does not have fixed ip ${wanted}`,
    );
  }
  const isTaken = project.floatingIps.list.some((it) =>
    it !== address && it.port_id === port.id &&
    it.fixed_ip_address === fixed.ip_address
  );
  if (isTaken) {
    throw inUse(
      "FloatingIPPortAlreadyAssociated",
      `Cannot associate floating IP ${address.floating_ip_address} ` +
        `(${address.id}) with port ${portId} using fixed IP ` +
        `${fixed.ip_address}, as that fixed IP already has a floating IP on ` +
        `external network ${address.floating_network_id}.`,
    );
  }
  address.router_id = routerBetween(project, address, port, fixed);
  address.port_id = port.id;
  address.fixed_ip_address = fixed.ip_address;
}

/** Finds the router between the subnet of a port and the external network. */
function routerBetween(
  project: Project,
  { floating_network_id: outer }: FloatingIp,
  port: Port,
  { subnet_id }: FixedIp,
): string {
  const found = project.routers.list.find(({ id, external_gateway_info }) =>
    external_gateway_info?.network_id === outer &&
    project.portsOf(id).some(({ fixed_ips }) =>
      fixed_ips.some((it) => it.subnet_id === subnet_id)
    )
  );
  if (found !== undefined) return found.id;
  throw new Refusal(
    404,
    `External network ${outer} is not reachable from subnet ${subnet_id}.  ` +
      `Therefore, cannot associate Port ${port.id} with a Floating IP.`,
    { code: "ExternalGatewayForFloatingIPNotFound" },
  );
}

function detailsOf(port: Port | undefined): object | null {
  if (port === undefined) return null;
  const { name, network_id, mac_address, admin_state_up, status } = port;
  const { device_id, device_owner } = port;
  return {
    name,
    network_id,
    mac_address,
    admin_state_up,
    status,
    device_id,
    device_owner,
  };
}
