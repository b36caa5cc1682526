/**
 * Servers and their actions.
 *
 * @module
 */

import {
  type Account,
  findById,
  findByName,
  lookUp,
  readLocation,
} from "./_account.ts";
import {
  DATACENTERS,
  isOffered,
  LOCATIONS,
  SERVER_TYPES,
  type ServerType,
} from "./_catalog.ts";
import {
  type Draft,
  isProtected,
  type Kind,
  protection,
} from "./_collections.ts";
import {
  addPrimaryIp,
  appliesTo,
  attachToNetwork,
  groupJson,
  leaveNetwork,
} from "./_networks.ts";
import type { Contents, Image, PrimaryIp, Server } from "./_records.ts";
import { invalid, readLabels, unfit } from "./_requests.ts";
import { Fields, isObject, Refusal } from "../kit/mod.ts";

/** Maximal size of user data, in bytes. */
const MAX_USER_DATA = 32_768;

/** A valid hostname. */
const HOSTNAME =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.|$))+(?<!\.)$/i;

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
  const run = (
    command: string,
    server: Server,
    end: () => void = () => {},
    during = server.status,
    after = server.status,
  ) => {
    const before = server.status;
    const action = account.begin(command, { server }, {
      end: () => {
        server.status = after;
        end();
      },
      failed: () => server.status = before,
    });
    server.status = during;
    return { action };
  };
  const power = Object.fromEntries(
    Object.entries(POWER).map(([name, [command, during, after]]) => [
      name,
      (server: Server) => run(command, server, undefined, during, after),
    ]),
  );
  return {
    list: "servers",
    type: "server",
    filters: ["status"],
    names: HOSTNAME,
    show: (server, contents) => serverJson(account, server, contents),
    create: (fields, draft) => createServer(account, fields, draft),
    remove: (server) => removeServer(account, server),
    actions: {
      ...power,
      ...protection(account, "server"),
      rebuild(server, fields) {
        if (server.protection.rebuild) throw isProtected("server", "rebuild");
        const image = readImage(account, fields, server.server_type);
        readUserData(fields);
        const setImage = () => server.image = image;
        return {
          ...run("rebuild_server", server, setImage, "rebuilding", "running"),
          root_password: server.hasKeys ? null : account.takePassword(),
        };
      },
      change_type(server, fields) {
        const type = findByName(
          SERVER_TYPES,
          fields.any("server_type"),
          "server_type",
        );
        const upgradesDisk = fields.boolean("upgrade_disk");
        requireOff(server);
        const { architecture } = server.server_type;
        if (
          type.architecture !== architecture ||
          !isOffered(type, server.location)
        ) {
          throw unfit(
            "invalid_server_type",
            "server type does not fit for the server",
          );
        }
        if (type.disk < server.primary_disk_size) {
          throw unfit(
            "invalid_server_type",
            "cannot change type because the selected server_type has not sufficient disk space",
          );
        }
        const setType = () => {
          server.server_type = type;
          if (upgradesDisk) server.primary_disk_size = type.disk;
        };
        return run("change_server_type", server, setType, "migrating");
      },
      create_image: (server, fields) => createImage(account, server, fields),
      reset_password: (server) => ({
        ...run("reset_password", server),
        root_password: account.takePassword(),
      }),
      enable_rescue(server, fields) {
        fields.optional.choice("type", ["linux64"]);
        fields.optional.list("ssh_keys");
        const enable = () => server.rescue_enabled = true;
        return {
          ...run("enable_rescue", server, enable),
          root_password: account.takePassword(),
        };
      },
      disable_rescue: (server) =>
        run("disable_rescue", server, () => server.rescue_enabled = false),
      enable_backup: (server) =>
        run("enable_backup", server, () => server.backup_window = "22-02"),
      disable_backup: (server) =>
        run("disable_backup", server, () => server.backup_window = null),
      request_console: (server) => ({
        ...run("request_console", server),
        wss_url:
          `wss://console.hetzner.cloud/?server_id=${server.id}&token=${account.takePassword()}`,
        password: account.takePassword(),
      }),
      add_to_placement_group(server, fields) {
        requireOff(server);
        const group = findById(
          account.placement_groups,
          fields,
          "placement_group",
        );
        return run(
          "add_to_placement_group",
          server,
          () => server.placement_group = group.id,
        );
      },
      remove_from_placement_group: (server) =>
        run(
          "remove_from_placement_group",
          server,
          () => server.placement_group = null,
        ),
      attach_to_network: (server, fields) => {
        const network = findById(account.networks, fields, "network");
        const join = attachToNetwork(account, server, network, fields);
        const targets = { server, network };
        return {
          action: account.begin("attach_to_network", targets, { end: join }),
        };
      },
      detach_from_network: (server, fields) => {
        const network = findById(account.networks, fields, "network");
        const end = leaveNetwork(server, network);
        const targets = { server, network };
        return {
          action: account.begin("detach_from_network", targets, { end }),
        };
      },
    },
  };
}

/** Adds a server that is being created. */
export function addServer(
  account: Account,
  draft: Draft,
  type: ServerType,
  image: Image,
  location = LOCATIONS[0]!,
): Server {
  return account.timeline.add(account.servers, {
    ...draft,
    id: account.takeId(),
    status: "initializing",
    server_type: type,
    image,
    location,
    protection: { delete: false, rebuild: false },
    rescue_enabled: false,
    backup_window: null,
    primary_disk_size: type.disk,
    placement_group: null,
    private_net: [],
    hasKeys: false,
    hasAddresses: false,
  });
}

function createServer(account: Account, fields: Fields, draft: Draft): object {
  const { settings, timeline, servers } = account;
  const { optional } = fields;
  const type = findByName(
    SERVER_TYPES,
    fields.any("server_type"),
    "server_type",
  );
  const location = readLocation(fields) ??
    LOCATIONS.find((it) => isOffered(type, it)) ?? LOCATIONS[0]!;
  if (!isOffered(type, location)) {
    throw invalid("server_type", "unsupported location for server type");
  }
  const image = readImage(account, fields, type);
  const keys = (optional.list("ssh_keys") ?? [])
    .map((key) => findByName(account.ssh_keys.list, key, "ssh_keys"));
  readUserData(fields);
  optional.boolean("automount");
  const starts = optional.boolean("start_after_create") ?? true;
  const volumes = (optional.integers("volumes") ?? [])
    .map((id) => lookUp(account.volumes, id, "volume"));
  for (const volume of volumes) {
    account.requireIdle("volume", volume);
    if (volume.server !== null || volume.location.id !== location.id) {
      throw invalid("volumes", "volume is attached or in another location");
    }
  }
  const networks = (optional.integers("networks") ?? [])
    .map((id) => lookUp(account.networks, id, "network"));
  const firewalls = (optional.list("firewalls") ?? []).map((it) =>
    lookUp(account.firewalls, isObject(it) ? it.firewall : it, "firewall")
  );
  const group = optional.any("placement_group");
  const groupId = group === undefined
    ? null
    : lookUp(account.placement_groups, group, "placement_group").id;
  const attach = readPublicNet(account, fields);
  if (!servers.hasRoom(settings.serverLimit)) {
    throw new Refusal(403, "server limit exceeded", {
      code: "resource_limit_exceeded",
      field: "server_limit",
    });
  }

  const server = Object.assign(
    addServer(account, draft, type, image, location),
    { placement_group: groupId, hasKeys: keys.length > 0 },
  );
  attach(server);
  for (const volume of volumes) volume.server = server.id;
  for (const network of networks) {
    attachToNetwork(account, server, network, new Fields({}))();
  }
  const target = { type: "server", server: { id: server.id } } as const;
  for (const firewall of firewalls) {
    firewall.applied_to = [...firewall.applied_to, target];
  }
  const action = account.open("create_server", { server });
  const start = starts ? [account.open("start_server", { server })] : [];
  const fails = settings.fails({
    kind: "create",
    name: action.command,
    id: `${server.id}`,
  });
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
  const { id } = server;
  server.status = "deleting";
  const end = () => {
    account.servers.delete(id);
    for (const volume of account.volumes.all) {
      if (volume.server === id) volume.server = null;
    }
    for (const address of account.floating_ips.all) {
      if (address.server === id) address.server = null;
    }
    for (const firewall of account.firewalls.all) {
      firewall.applied_to = firewall.applied_to
        .filter((it) => it.server?.id !== id);
    }
    for (const address of account.primary_ips.all) {
      if (address.assignee_id !== id) continue;
      address.assignee_id = null;
      if (!address.auto_delete) continue;
      account.primary_ips.delete(address.id);
      account.pools.primary[address.type].release(address.ip);
    }
  };
  return { action: account.begin("delete_server", { server }, { end }) };
}

/** Creates an image from a server. */
function createImage(account: Account, server: Server, fields: Fields): object {
  account.requireIdle("server", server);
  const type = fields.optional.choice("type", ["snapshot", "backup"]) ??
    "snapshot";
  const description = fields.optional.string("description", { min: 0 }) ??
    server.name;
  const labels = readLabels(fields) ?? {};
  const image = addImage(account, server, { type, description, labels });
  const action = account.begin("create_image", { server, image }, {
    kind: "image",
    end: () => {
      image.status = "available";
      image.image_size = 0.6;
    },
    failed: () => account.images.delete(image.id),
  });
  return { action, image };
}

/** Adds an image of a server, which is not available yet. */
export function addImage(
  account: Account,
  server: Server,
  properties: Pick<Image, "type" | "description" | "labels">,
): Image {
  const { id, name, image } = server;
  return account.timeline.add(account.images, {
    ...properties,
    id: account.takeId(),
    name: null,
    created: account.timestamp(),
    status: "creating",
    architecture: server.server_type.architecture,
    created_from: { id, name },
    bound_to: properties.type === "backup" ? id : null,
    deleted: null,
    deprecated: null,
    disk_size: server.primary_disk_size,
    image_size: null,
    os_flavor: image?.os_flavor ?? "unknown",
    os_version: image?.os_version ?? null,
    rapid_deploy: false,
    protection: { delete: false },
  });
}

/** Reads which public addresses a server gets; returns what assigns them. */
function readPublicNet(
  account: Account,
  fields: Fields,
): (server: Server) => void {
  const net = new Fields(fields.optional.record("public_net") ?? {}).optional;
  const wanted = (["ipv4", "ipv6"] as const).filter((type) =>
    net.boolean(`enable_${type}`) ?? true
  ).map((type) => {
    const id = net.any(type);
    if (id === undefined) return { type };
    const address = lookUp(account.primary_ips, id, "primary_ip");
    if (address.assignee_id === null) return { type, address };
    throw unfit("primary_ip_assigned", "primary IP is already assigned");
  });
  return (server) => {
    for (const { type, address } of wanted) {
      (address ?? addPrimaryIp(account, type, server)).assignee_id = server.id;
    }
  };
}

function readImage(
  account: Account,
  fields: Fields,
  { architecture, disk }: ServerType,
): Image {
  const fitting = account.images.list.filter((it) =>
    it.architecture === architecture
  );
  const image = findByName(fitting, fields.any("image"), "image");
  if (image.status !== "available") throw invalid("image", "is not available");
  if (image.disk_size > disk) {
    throw invalid("image", "image disk is bigger than server type disk");
  }
  return image;
}

function readUserData({ optional }: Fields): void {
  const data = optional.string("user_data", { min: 0 }) ?? "";
  if (new TextEncoder().encode(data).length > MAX_USER_DATA) {
    throw invalid("user_data", `must not exceed ${MAX_USER_DATA} bytes`);
  }
}

function requireOff({ status }: Server): void {
  if (status !== "off") {
    throw unfit("server_not_stopped", "server must be stopped");
  }
}

/** Converts a server to the format of the API. */
function serverJson(
  account: Account,
  server: Server,
  contents: Contents,
): object {
  const { hasKeys: _, hasAddresses, ...shown } = server;
  const { id, placement_group, location } = server;
  const group = contents.placement_groups.get(placement_group ?? 0);
  const idsOf = (all: Iterable<{ id: number; server: number | null }>) =>
    [...all].filter((it) => it.server === id).map((it) => it.id);
  const address = (type: PrimaryIp["type"]) =>
    [...contents.primary_ips.values()].find((it) =>
      hasAddresses && it.type === type && it.assignee_id === id
    );
  const [ipv4, ipv6] = [address("ipv4"), address("ipv6")];
  const { included_traffic } = server.server_type.prices
    .find((it) => it.location === location.name) ?? { included_traffic: 0 };
  return {
    ...shown,
    locked: account.timeline.isBusy(account.lockOf("server", server)),
    datacenter: DATACENTERS.find((it) => it.location.id === location.id),
    placement_group: group ? groupJson(group, contents) : null,
    public_net: {
      ipv4: ipv4
        ? {
          id: ipv4.id,
          ip: ipv4.ip,
          blocked: ipv4.blocked,
          dns_ptr: ipv4.dns_ptr[0]?.dns_ptr ?? "",
        }
        : null,
      ipv6: ipv6
        ? { id: ipv6.id, ip: ipv6.ip, blocked: false, dns_ptr: ipv6.dns_ptr }
        : null,
      floating_ips: idsOf(contents.floating_ips.values()),
      firewalls: [...contents.firewalls.values()]
        .filter((firewall) => appliesTo(firewall, server))
        .map(({ id }) => ({ id, status: "applied" })),
    },
    volumes: idsOf(contents.volumes.values()),
    load_balancers: [],
    iso: null,
    included_traffic,
    ingoing_traffic: 0,
    outgoing_traffic: 0,
  };
}
