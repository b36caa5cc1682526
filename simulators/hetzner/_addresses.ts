/**
 * Primary and floating IP addresses.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { DATACENTERS, type Location } from "./_catalog.ts";
import { type Kind, protection } from "./_collections.ts";
import {
  type FloatingIp,
  type IpType,
  newFloatingIp,
  newPrimaryIp,
  type PrimaryIp,
} from "./_records.ts";
import { invalid, lookUp, readLocation, unfit } from "./_requests.ts";
import type { AddressPool, Fields } from "../kit/mod.ts";

const TYPES = ["ipv4", "ipv6"] as const;

/** Creates the kind of primary IP addresses. */
export function primaryIpKind(account: Account): Kind<PrimaryIp> {
  const findStopped = (id: unknown) => {
    const server = lookUp(account.servers, id, "server");
    if (server.status === "off") return server;
    throw unfit("server_not_stopped", "server must be powered off");
  };
  return {
    list: "primary_ips",
    type: "primary_ip",
    filters: ["ip"],
    show: primaryIpJson,
    create(fields, draft) {
      const { optional } = fields;
      const type = fields.choice("type", TYPES);
      fields.choice("assignee_type", ["server"]);
      const id = optional.any("assignee_id");
      const server = id === undefined ? undefined : findStopped(id);
      const location = readLocation(fields) ?? server?.location;
      if (location === undefined) throw invalid("location", "is required");
      const ip = takeAddress(account.primaryPools[type]);
      const address = account.primary_ips.add(
        newPrimaryIp(account.takeId(), draft, type, ip, location),
      );
      address.assignee_id = server?.id ?? null;
      address.auto_delete = optional.boolean("auto_delete") ?? false;
      const body = server && account.begin("assign_primary_ip", { server });
      return { ...body, primary_ip: primaryIpJson(address) };
    },
    update(address, { optional }) {
      address.auto_delete = optional.boolean("auto_delete") ??
        address.auto_delete;
    },
    remove({ assignee_id, type, ip }) {
      if (assignee_id !== null) findStopped(assignee_id);
      account.primaryPools[type].release(ip);
    },
    actions: {
      ...protection(account, "primary_ip"),
      assign(primary_ip, fields) {
        fields.choice("assignee_type", ["server"]);
        const server = findStopped(fields.any("assignee_id"));
        if (primary_ip.assignee_id !== null) {
          throw unfit("primary_ip_already_assigned", "it is already assigned");
        }
        const targets = { server, primary_ip };
        return account.begin("assign_primary_ip", targets, () => {
          primary_ip.assignee_id = server.id;
        });
      },
      unassign(primary_ip) {
        const server = findStopped(primary_ip.assignee_id ?? 0);
        const targets = { server, primary_ip };
        return account.begin("unassign_primary_ip", targets, () => {
          primary_ip.assignee_id = null;
        });
      },
    },
  };
}

/** Adds the address of a new server, which is deleted with the server. */
export function addPrimaryIp(
  account: Account,
  type: IpType,
  location: Location,
): PrimaryIp {
  const id = account.takeAddressId();
  const created = account.timestamp();
  const draft = { name: `primary_ip-${id}`, labels: {}, created };
  const ip = takeAddress(account.primaryPools[type]);
  const address = newPrimaryIp(id, draft, type, ip, location);
  return account.primary_ips.add({ ...address, auto_delete: true });
}

/** Creates the kind of floating IP addresses. */
export function floatingIpKind(account: Account): Kind<FloatingIp> {
  const update = (address: FloatingIp, { optional }: Fields) => {
    address.description = optional.string("description", { min: 0 }) ??
      address.description;
  };
  return {
    list: "floating_ips",
    type: "floating_ip",
    names: /^/,
    create(fields, draft) {
      const type = fields.choice("type", TYPES);
      const wanted = fields.optional.any("server");
      const server = wanted === undefined
        ? undefined
        : lookUp(account.servers, wanted, "server");
      const location = readLocation(fields, "home_location") ??
        server?.location;
      if (location === undefined) throw invalid("home_location", "is required");
      const id = account.takeId();
      const ip = takeAddress(account.floatingPools[type]);
      draft.name ||= `floating-ip-${id}`;
      const address = account.floating_ips.add(
        newFloatingIp(id, draft, type, ip, location),
      );
      address.server = server?.id ?? null;
      update(address, fields);
      const body = server && account.begin("assign_floating_ip", { server });
      return { ...body, floating_ip: address };
    },
    update,
    remove: ({ type, ip }) => account.floatingPools[type].release(ip),
    actions: {
      ...protection(account, "floating_ip"),
      assign(floating_ip, fields) {
        const server = lookUp(account.servers, fields.any("server"), "server");
        const targets = { server, floating_ip };
        return account.begin("assign_floating_ip", targets, () => {
          floating_ip.server = server.id;
        });
      },
      unassign(floating_ip) {
        const server = account.servers.get(floating_ip.server ?? 0);
        const targets = server ? { server, floating_ip } : { floating_ip };
        return account.begin("unassign_floating_ip", targets, () => {
          floating_ip.server = null;
        });
      },
    },
  };
}

function takeAddress(pool: AddressPool): string {
  const ip = pool.take();
  if (ip !== undefined) return ip;
  throw unfit("resource_unavailable", "no address is available");
}

function primaryIpJson(address: PrimaryIp): object {
  const datacenter = DATACENTERS
    .find(({ location }) => location.id === address.location.id);
  return { ...address, datacenter };
}
