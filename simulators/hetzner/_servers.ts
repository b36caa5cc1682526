/**
 * Servers and their actions.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { addPrimaryIp } from "./_addresses.ts";
import {
  DATACENTERS,
  isOffered,
  LOCATIONS,
  newImage,
  SERVER_TYPES,
  type ServerType,
} from "./_catalog.ts";
import { type Kind, protection } from "./_collections.ts";
import { groupJson, planJoin, planLeave } from "./_networks.ts";
import {
  type Contents,
  type Draft,
  type IpType,
  newServer,
  type Server,
} from "./_records.ts";
import {
  findByName,
  invalid,
  isProtected,
  lookUp,
  readLabels,
  readLocation,
  toFields,
  unfit,
} from "./_requests.ts";
import { type Fields, Refusal } from "../kit/mod.ts";

/** Maximal size of user data, in bytes. */
const MAX_USER_DATA = 32_768;

/** A valid hostname. */
const HOSTNAME =
  /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/** Command of each power action, and the status during and after it. */
const POWER = {
  poweron: ["start_server", "starting", "running"],
  poweroff: ["stop_server", "stopping", "off"],
  shutdown: ["shutdown_server", "stopping", "off"],
  reboot: ["reboot_server", "running", "running"],
  reset: ["reset_server", "running", "running"],
} as const;

/** Creates the kind of servers. */
export function serverKind(account: Account): Kind<Server> {
  /** Starts an operation that changes properties of a server at its end. */
  function change(
    command: string,
    server: Server,
    changes: Partial<Server> = {},
    during = server.status,
  ) {
    const { status } = server;
    const body = account.begin(
      command,
      { server },
      () => Object.assign(server, { status }, changes),
      () => server.status = status,
    );
    server.status = during;
    return body;
  }
  const power = Object.entries(POWER).map(([name, [command, during, status]]) =>
    [
      name,
      (server: Server) => change(command, server, { status }, during),
    ] as const
  );
  return {
    list: "servers",
    type: "server",
    names: HOSTNAME,
    filters: ["status"],
    show: (server, contents) => serverJson(account, server, contents),
    create: (fields, draft) => createServer(account, fields, draft),
    remove: (server) => removeServer(account, server),
    actions: {
      ...protection(account, "server"),
      ...Object.fromEntries(power),
      rebuild(server, fields) {
        if (server.protection.rebuild) throw isProtected("server");
        const image = readImage(account, fields, server.server_type);
        readUserData(fields);
        const changes = { image, status: "running" };
        return {
          ...change("rebuild_server", server, changes, "rebuilding"),
          root_password: server.hasKeys ? null : account.takePassword(),
        };
      },
      change_type(server, fields) {
        const changes = readType(server, fields);
        return change("change_server_type", server, changes, "migrating");
      },
      create_image: (server, fields) => createImage(account, server, fields),
      reset_password: (server) => ({
        ...change("reset_password", server),
        root_password: account.takePassword(),
      }),
      enable_rescue(server, { optional }) {
        optional.choice("type", ["linux64"]);
        for (const key of optional.list("ssh_keys") ?? []) {
          lookUp(account.ssh_keys, key, "ssh_key");
        }
        return {
          ...change("enable_rescue", server, { rescue_enabled: true }),
          root_password: account.takePassword(),
        };
      },
      disable_rescue: (server) =>
        change("disable_rescue", server, { rescue_enabled: false }),
      request_console: (server) => ({
        ...change("request_console", server),
        wss_url:
          `wss://console.hetzner.cloud/?server_id=${server.id}&token=${account.takePassword()}`,
        password: account.takePassword(),
      }),
      add_to_placement_group(server, fields) {
        const id = fields.any("placement_group");
        const group = lookUp(account.placement_groups, id, "placement_group");
        requireOff(server);
        const changes = { placement_group: group.id };
        return change("add_to_placement_group", server, changes);
      },
      remove_from_placement_group: (server) =>
        change("remove_from_placement_group", server, {
          placement_group: null,
        }),
      attach_to_network(server, fields) {
        const id = fields.any("network");
        const network = lookUp(account.networks, id, "network");
        const join = planJoin(account, server, network, fields);
        return account.begin("attach_to_network", { server, network }, join);
      },
      detach_from_network(server, fields) {
        const id = fields.any("network");
        const network = lookUp(account.networks, id, "network");
        const leave = planLeave(server, network);
        return account.begin("detach_from_network", { server, network }, leave);
      },
    },
  };
}

function createServer(account: Account, fields: Fields, draft: Draft): object {
  const { settings, timeline, servers } = account;
  const { optional } = fields;
  const typeName = fields.any("server_type");
  const type = findByName(SERVER_TYPES, typeName, "server_type");
  const location = readLocation(fields) ??
    LOCATIONS.find((it) => isOffered(type, it));
  if (location === undefined || !isOffered(type, location)) {
    throw invalid("server_type", "unsupported location for server type");
  }
  const image = readImage(account, fields, type);
  const server = newServer(account.takeId(), draft, type, image, location);
  for (const key of optional.list("ssh_keys") ?? []) {
    findByName(account.ssh_keys.list, key, "ssh_keys");
    server.hasKeys = true;
  }
  readUserData(fields);
  optional.boolean("automount");
  const starts = optional.boolean("start_after_create") ?? true;
  const group = optional.any("placement_group");
  if (group !== undefined) {
    server.placement_group =
      lookUp(account.placement_groups, group, "placement_group").id;
  }
  const volumes = (optional.list("volumes") ?? [])
    .map((id) => lookUp(account.volumes, id, "volume"));
  for (const volume of volumes) {
    account.requireIdle({ volume });
    if (volume.server !== null || volume.location.id !== location.id) {
      throw invalid("volumes", "volume is in use or in another location");
    }
  }
  const joins = (optional.list("networks") ?? []).map((id) => {
    const network = lookUp(account.networks, id, "network");
    return planJoin(account, server, network, toFields({}, "networks"));
  });
  const firewalls = (optional.list("firewalls") ?? []).map((it) => {
    const id = toFields(it, "firewalls").any("firewall");
    return lookUp(account.firewalls, id, "firewall");
  });
  const assign = planAddresses(account, server, fields);
  if (!servers.hasRoom(settings.serverLimit)) {
    throw new Refusal(403, "server limit exceeded", {
      code: "resource_limit_exceeded",
      field: "server_limit",
    });
  }

  timeline.add(servers, server);
  assign();
  for (const volume of volumes) volume.server = server.id;
  for (const join of joins) join();
  for (const it of firewalls) it.servers = [...it.servers, server.id];
  const action = account.open("create_server", { server });
  const start = starts ? [account.open("start_server", { server })] : [];
  const id = `${server.id}`;
  const fails = settings.fails({ kind: "create", name: action.command, id });
  const lock = account.lockOf("server", server);
  const half = settings.createMs / 2;
  timeline.begin(lock, half, (at) => {
    account.close(action, at, fails);
    server.status = starts && !fails ? "starting" : "off";
    timeline.begin(lock, half, (at) => {
      for (const it of start) account.close(it, at, fails);
      if (starts && !fails) server.status = "running";
      timeline.after(settings.addressMs, () => server.hasAddresses = true, at);
    }, at);
  });
  return {
    server: serverJson(account, server, account),
    action,
    next_actions: start,
    root_password: server.hasKeys ? null : account.takePassword(),
  };
}

/** Deletes a server, and frees what was attached to it. */
function removeServer(account: Account, server: Server): object {
  const { id, status } = server;
  const body = account.begin("delete_server", { server }, () => {
    account.servers.delete(id);
    for (const it of [...account.volumes.all, ...account.floating_ips.all]) {
      if (it.server === id) it.server = null;
    }
    for (const it of account.firewalls.all) {
      it.servers = it.servers.filter((server) => server !== id);
    }
    for (const it of account.primary_ips.all) {
      if (it.assignee_id !== id) continue;
      it.assignee_id = null;
      if (!it.auto_delete) continue;
      account.primary_ips.delete(it.id);
      account.primaryPools[it.type].release(it.ip);
    }
  }, () => server.status = status);
  server.status = "deleting";
  return body;
}

function createImage(account: Account, server: Server, fields: Fields): object {
  account.requireIdle({ server });
  const { id, name, server_type: { architecture } } = server;
  const type = fields.optional.choice("type", ["snapshot", "backup"]) ??
    "snapshot";
  const description = fields.optional.string("description", { min: 0 }) ?? name;
  const disk = server.primary_disk_size;
  const image = account.timeline.add(account.images, {
    ...newImage(account.takeId(), type, description, architecture, disk),
    labels: readLabels(fields) ?? {},
    created: account.timestamp(),
    created_from: { id, name },
    bound_to: type === "backup" ? id : null,
    os_flavor: server.image.os_flavor,
    os_version: server.image.os_version,
  });
  const body = account.begin(
    "create_image",
    { server, image },
    () => Object.assign(image, { status: "available", image_size: 0.6 }),
    () => account.images.delete(image.id),
    "image",
  );
  return { ...body, image };
}

/** Reads which public addresses a server gets; returns what assigns them. */
function planAddresses(
  account: Account,
  server: Server,
  fields: Fields,
): () => void {
  const net = toFields(fields.optional.any("public_net") ?? {}, "public_net");
  const assigns = (["ipv4", "ipv6"] as const).map((type) => {
    const isWanted = net.optional.boolean(`enable_${type}`) ?? true;
    const id = net.optional.any(type);
    const own = id === undefined
      ? undefined
      : lookUp(account.primary_ips, id, "primary_ip");
    if (own !== undefined && own.assignee_id !== null) {
      throw unfit("primary_ip_assigned", "primary IP is already assigned");
    }
    return () => {
      if (!isWanted) return;
      const address = own ?? addPrimaryIp(account, type, server.location);
      address.assignee_id = server.id;
    };
  });
  return () => assigns.forEach((assign) => assign());
}

function readImage(account: Account, fields: Fields, type: ServerType) {
  const fitting = account.images.list
    .filter((it) => it.architecture === type.architecture);
  const image = findByName(fitting, fields.any("image"), "image");
  if (image.status !== "available") throw invalid("image", "is not available");
  if (image.disk_size <= type.disk) return image;
  throw invalid("image", "is larger than the disk of the server type");
}

/** Reads the new type of a server; returns the changes. */
function readType(server: Server, fields: Fields): Partial<Server> {
  const name = fields.any("server_type");
  const type = findByName(SERVER_TYPES, name, "server_type");
  const upgradesDisk = fields.boolean("upgrade_disk");
  requireOff(server);
  const code = "invalid_server_type";
  if (
    type.architecture !== server.server_type.architecture ||
    !isOffered(type, server.location)
  ) {
    throw unfit(code, "server type does not fit for the given server");
  }
  if (type.disk < server.primary_disk_size) {
    const reason = "the selected server_type has not sufficient disk space";
    throw unfit(code, `cannot change type because ${reason}`);
  }
  const primary_disk_size = upgradesDisk ? type.disk : server.primary_disk_size;
  return { server_type: type, primary_disk_size };
}

function readUserData({ optional }: Fields): void {
  const data = optional.string("user_data", { min: 0 }) ?? "";
  if (new TextEncoder().encode(data).length <= MAX_USER_DATA) return;
  throw invalid("user_data", `must not exceed ${MAX_USER_DATA} bytes`);
}

/** Refuses an operation on a server that is not off. */
function requireOff({ status }: Server): void {
  if (status === "off") return;
  throw unfit("server_not_stopped", "server must be powered off");
}

/** Converts a server to the format of the API. */
function serverJson(account: Account, server: Server, contents: Contents) {
  const { hasKeys: _, hasAddresses, ...shown } = server;
  const { id, location: { id: place, name: placeName } } = server;
  const { volumes, floating_ips, firewalls, primary_ips } = contents;
  const group = contents.placement_groups.get(server.placement_group ?? 0);
  const idsOf = (all: Iterable<{ id: number; server: number | null }>) =>
    Array.from(all).filter((it) => it.server === id).map((it) => it.id);
  const address = (type: IpType) => {
    const found = [...primary_ips.values()].find((it) =>
      hasAddresses && it.assignee_id === id && it.type === type
    );
    if (found === undefined) return null;
    const { ip, blocked, dns_ptr: names } = found;
    const dns_ptr = type === "ipv6" ? names : names[0]?.dns_ptr ?? "";
    return { id: found.id, ip, blocked, dns_ptr };
  };
  return {
    ...shown,
    locked: account.timeline.isBusy(account.lockOf("server", server)),
    datacenter: DATACENTERS.find(({ location }) => location.id === place),
    placement_group: group ? groupJson(group, contents) : null,
    public_net: {
      ipv4: address("ipv4"),
      ipv6: address("ipv6"),
      floating_ips: idsOf(floating_ips.values()),
      firewalls: [...firewalls.values()].filter((it) => it.servers.includes(id))
        .map(({ id }) => ({ id, status: "applied" })),
    },
    volumes: idsOf(volumes.values()),
    load_balancers: [],
    iso: null,
    included_traffic: server.server_type.prices
      .find(({ location }) => location === placeName)?.included_traffic ?? 0,
    ingoing_traffic: 0,
    outgoing_traffic: 0,
  };
}
