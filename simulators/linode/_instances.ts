/**
 * Nodes, which Linode calls instances.
 *
 * @module
 */

import type { Account, Disk, Linode } from "./_account.ts";
import { type Region, REGIONS, type Type, TYPES } from "./_catalog.ts";
import { checkPassword, deploy, readDeployment } from "./_deployment.ts";
import { beginEvent, finishEvent, linodeEntity, notify } from "./_events.ts";
import { FILTERS } from "./_filters.ts";
import { beginOperation, busy, requireIdle, startBoot } from "./_operations.ts";
import {
  BadRequest,
  findByField,
  findInPath,
  ok,
  readFields,
} from "./_requests.ts";
import { readTags } from "./_tags.ts";
import { volumeJson } from "./_volumes.ts";
import type { Call, Fields, Routes } from "../kit/mod.ts";

/** Id of the only firewall. */
const FIREWALL = 123;

const LINODE_LABEL = /^[a-zA-Z]((?!--|__|\.\.)[a-zA-Z0-9-_.])+$/;

/** Routes of nodes. */
export function instanceRoutes(account: Account): Routes {
  const linode = (call: Call) => findInPath(account.linodes, call);
  return {
    "GET /linode/instances": (call) =>
      account.list(call, account.listed.linodes, linodeJson, FILTERS.linodes),
    "POST /linode/instances": (call) => createLinode(account, call),
    "GET /linode/instances/{id}": (call) => ok(linodeJson(linode(call))),
    "PUT /linode/instances/{id}": (call) =>
      updateLinode(account, call, linode(call)),
    "DELETE /linode/instances/{id}": (call) =>
      deleteLinode(account, linode(call)),
    "POST /linode/instances/{id}/boot": (call) => boot(account, linode(call)),
    "POST /linode/instances/{id}/reboot": (call) =>
      reboot(account, linode(call)),
    "POST /linode/instances/{id}/shutdown": (call) =>
      shutDown(account, linode(call)),
    "POST /linode/instances/{id}/resize": (call) =>
      resize(account, call, linode(call)),
    "POST /linode/instances/{id}/rebuild": (call) =>
      rebuild(account, call, linode(call)),
    "POST /linode/instances/{id}/clone": (call) =>
      clone(account, call, linode(call)),
    "POST /linode/instances/{id}/password": (call) =>
      resetPassword(account, call, linode(call)),
    "GET /linode/instances/{id}/ips": (call) => ok(ipsJson(linode(call))),
    "GET /linode/instances/{id}/disks": (call) =>
      account.list(call, linode(call).disks, diskJson, FILTERS.disks),
    "GET /linode/instances/{id}/volumes": (call) => {
      const { id } = linode(call);
      const volumes = [...account.listed.volumes.values()]
        .filter(({ linode }) => linode?.id === id);
      return account.list(call, volumes, volumeJson, FILTERS.volumes);
    },
  };
}

async function createLinode(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const region = findByField(REGIONS, fields, "region");
  const type = findByField(TYPES, fields, "type");
  const label = readLabel(account, fields);
  const deployment = readDeployment(account, fields, type);
  const firewall = fields.optional.integer("firewall_id");
  if (firewall !== undefined && firewall !== FIREWALL) {
    throw new BadRequest(`Firewall ${firewall} not found`, "firewall_id");
  }
  const purposes = (fields.optional.list("interfaces") ?? [{}]).map((each) => {
    const { purpose = "public" } = (each ?? {}) as { purpose?: unknown };
    if (!/^(?:public|vlan|vpc)$/.test(String(purpose))) {
      throw new BadRequest("Must be one of public, vlan, vpc", "interfaces");
    }
    return purpose;
  });
  const linode = addLinode(account, label, region, type, {
    tags: readTags(account, fields) ?? [],
    areBackupsEnabled: fields.optional.boolean("backups_enabled") ?? false,
    hasPrivateIp: fields.optional.boolean("private_ip") ?? false,
    isPublic: purposes.includes("public"),
    isInVpc: purposes.includes("vpc"),
  });
  deploy(account, linode, deployment);
  const event = beginEvent(account, "linode_create", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "provisioning",
    account.settings.provisionMs,
    (at) => {
      const isBooted = deployment?.isBooted && !event.fails;
      if (isBooted) return startBoot(account, linode, event, at);
      linode.status = "offline";
      finishEvent(event, at);
    },
  );
  return ok(linodeJson(linode));
}

/** Reads a label, which must be unique; the node itself may keep its label. */
function readLabel(
  account: Account,
  fields: Fields,
  own?: Linode,
): string | undefined {
  const label = fields.optional.string("label", { min: 3, max: 64 });
  if (label === undefined) return undefined;
  if (!LINODE_LABEL.test(label) || /[^a-zA-Z0-9]$/.test(label)) {
    throw new BadRequest(
      "Label must begin with a letter, end with a letter or a digit, and have no others but those and single dashes, underscores and dots",
      "label",
    );
  }
  if (account.linodes.isTaken((it) => it.label === label, own)) {
    throw new BadRequest("Label must be unique among your linodes", "label");
  }
  return label;
}

/** Adds a node without an image. */
export function addLinode(
  account: Account,
  label: string | undefined,
  region: Region,
  type: Type,
  options: {
    readonly tags?: readonly string[];
    readonly areBackupsEnabled?: boolean;
    readonly hasPrivateIp?: boolean;
    readonly isPublic?: boolean;
    readonly isInVpc?: boolean;
  },
  created: string = account.timestamp(),
): Linode {
  const { tags = [], areBackupsEnabled = false } = options;
  const { hasPrivateIp = false, isPublic = true, isInVpc = false } = options;
  const id = account.takeId();
  const { publicIps, privateIps, ipv6, vpcIps } = account;
  return account.timeline.add(account.linodes, {
    id,
    label: label ?? `linode${id}`,
    status: "offline",
    region,
    type,
    image: null,
    ipv4: [
      isPublic ? publicIps.take() : undefined,
      hasPrivateIp ? privateIps.take() : undefined,
    ].filter((ip) => ip !== undefined),
    ipv6: isPublic ? ipv6.take() ?? null : null,
    vpcIp: isInVpc ? vpcIps.take() : undefined,
    created,
    updated: created,
    tags,
    hasUserData: false,
    areBackupsEnabled,
    disks: [],
    automatic: [],
    snapshot: undefined,
    operation: undefined,
    busyUntil: 0,
  });
}

async function updateLinode(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const fields = await readFields(call);
  const label = readLabel(account, fields, linode);
  const tags = readTags(account, fields);
  linode.label = label ?? linode.label;
  linode.tags = tags ?? linode.tags;
  linode.updated = account.timestamp();
  notify(account, "linode_update", linodeEntity(linode));
  return ok(linodeJson(linode));
}

function deleteLinode(account: Account, linode: Linode): Response {
  if (linode.status === "deleting") throw busy();
  if (account.settings.busyMs > 0) requireIdle(account, linode);
  const event = beginEvent(account, "linode_delete", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "deleting",
    account.settings.destroyMs,
    (at) => {
      account.linodes.delete(linode.id);
      account.releaseAddresses(linode);
      for (const volume of account.volumes.values()) {
        if (volume.linode === linode) volume.linode = undefined;
      }
      finishEvent(event, at);
    },
  );
  return ok({});
}

function boot(account: Account, linode: Linode): Response {
  requireIdle(account, linode);
  if (linode.status === "running") {
    throw new BadRequest("Linode already booted.");
  }
  if (linode.disks.length === 0) throw new BadRequest("Linode has no disks.");
  startBoot(
    account,
    linode,
    beginEvent(account, "linode_boot", linodeEntity(linode)),
  );
  return ok({});
}

function reboot(account: Account, linode: Linode): Response {
  requireIdle(account, linode);
  if (linode.status !== "running") {
    throw new BadRequest("Linode is not running.");
  }
  const event = beginEvent(account, "linode_reboot", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "rebooting",
    account.settings.actionMs,
    (at) => {
      linode.status = "running";
      finishEvent(event, at);
    },
  );
  return ok({});
}

function shutDown(account: Account, linode: Linode): Response {
  requireIdle(account, linode);
  if (linode.status !== "running") {
    throw new BadRequest("Linode is not running.");
  }
  const event = beginEvent(account, "linode_shutdown", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "shutting_down",
    account.settings.actionMs,
    (at) => {
      linode.status = event.fails ? "running" : "offline";
      finishEvent(event, at);
    },
  );
  return ok({});
}

async function resize(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const fields = await readFields(call);
  const type = findByField(TYPES, fields, "type");
  const grows = fields.optional.boolean("allow_auto_disk_resize") ?? true;
  const migration = fields.optional.string("migration_type") ?? "cold";
  if (!/^(?:cold|warm)$/.test(migration)) {
    throw new BadRequest("Must be one of warm, cold", "migration_type");
  }
  requireIdle(account, linode);
  if (type === linode.type) {
    throw new BadRequest("Linode is already on this plan", "type");
  }
  const used = linode.disks.reduce((sum, { size }) => sum + size, 0);
  if (used > type.disk) {
    throw new BadRequest(
      "The current disk size of your Linode is too large for the new service plan. Please resize your disk to accommodate the new plan.",
    );
  }
  const { status } = linode;
  const event = beginEvent(account, "linode_resize", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "migrating",
    account.settings.actionMs,
    (at) => {
      linode.status = status;
      finishEvent(event, at);
      if (event.fails) return;
      const [disk, ...rest] = linode.disks.filter(({ filesystem }) =>
        filesystem !== "swap"
      );
      if (grows && disk && rest.length === 0) disk.size += type.disk - used;
      linode.type = type;
    },
  );
  return ok({});
}

async function rebuild(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const deployment = readDeployment(
    account,
    await readFields(call),
    linode.type,
  );
  if (!deployment) throw new BadRequest("image is required", "image");
  requireIdle(account, linode);
  deploy(account, linode, deployment);
  const event = beginEvent(account, "linode_rebuild", linodeEntity(linode));
  beginOperation(
    account,
    linode,
    "rebuilding",
    account.settings.actionMs,
    (at) => {
      const isBooted = deployment.isBooted && !event.fails;
      if (isBooted) return startBoot(account, linode, event, at);
      linode.status = "offline";
      finishEvent(event, at);
    },
  );
  return ok(linodeJson(linode));
}

async function clone(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const fields = await readFields(call);
  const choose = <T extends { readonly id: string }>(
    all: readonly T[],
    field: string,
    current: T,
  ) =>
    fields.optional.string(field) === undefined
      ? current
      : findByField(all, fields, field);
  const region = choose(REGIONS, "region", linode.region);
  const type = choose(TYPES, "type", linode.type);
  const label = readLabel(account, fields);
  requireIdle(account, linode);
  const { tags } = linode;
  const clone = addLinode(account, label, region, type, { tags });
  clone.image = linode.image;
  clone.disks = linode.disks.map((disk) => ({ ...disk, id: account.takeId() }));
  const event = beginEvent(account, "linode_clone", linodeEntity(linode));
  beginOperation(
    account,
    clone,
    "provisioning",
    account.settings.provisionMs,
    (at) => {
      clone.status = "offline";
      finishEvent(event, at);
    },
  );
  return ok(linodeJson(clone));
}

async function resetPassword(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const password = (await readFields(call)).string("root_pass");
  checkPassword(password);
  requireIdle(account, linode);
  if (linode.status !== "offline") {
    throw new BadRequest("Linode is not offline.");
  }
  notify(account, "linode_update", linodeEntity(linode));
  return ok({});
}

/** Addresses in VPCs are only here, and not in the JSON of the node. */
function ipsJson({ id, region, ipv4, vpcIp }: Linode) {
  const toJson = (address: string, isPublic: boolean) => ({
    address,
    gateway: null,
    linode_id: id,
    prefix: isPublic ? 24 : 17,
    public: isPublic,
    rdns: null,
    region: region.id,
    subnet_mask: isPublic ? "255.255.255.0" : "255.255.128.0",
    type: "ipv4",
  });
  const isPrivate = (address: string) => address.startsWith("192.168.");
  return {
    ipv4: {
      private: ipv4.filter(isPrivate).map((ip) => toJson(ip, false)),
      public: ipv4.filter((ip) => !isPrivate(ip))
        .map((ip) => toJson(ip, true)),
      reserved: [],
      shared: [],
      vpc: vpcIp === undefined ? [] : [{
        active: true,
        address: vpcIp,
        address_range: null,
        gateway: "10.0.0.1",
        linode_id: id,
        prefix: 24,
        region: region.id,
        subnet_mask: "255.255.255.0",
      }],
    },
    ipv6: { global: [] },
  };
}

function diskJson({ id, label, size, filesystem, created }: Disk) {
  return {
    created,
    disk_encryption: "disabled",
    filesystem,
    id,
    label,
    size,
    status: "ready",
    updated: created,
  };
}

function linodeJson(linode: Linode) {
  const { type } = linode;
  const areEnabled = linode.areBackupsEnabled;
  return {
    alerts: {
      cpu: 90 * type.vcpus,
      io: 10_000,
      network_in: 10,
      network_out: 10,
      transfer_quota: 80,
    },
    backups: {
      available: linode.automatic.length > 0 || linode.snapshot !== undefined,
      enabled: areEnabled,
      schedule: {
        day: areEnabled ? "Scheduling" : null,
        window: areEnabled ? "Scheduling" : null,
      },
    },
    capabilities: [],
    created: linode.created,
    disk_encryption: "disabled",
    group: "",
    has_user_data: linode.hasUserData,
    host_uuid: "3a3ddd59-d9a7-8bb8-de04-1391075df44d",
    hypervisor: "kvm",
    id: linode.id,
    image: linode.image,
    interface_generation: "legacy_config",
    ipv4: linode.ipv4,
    ipv6: linode.ipv6,
    label: linode.label,
    lke_cluster_id: null,
    placement_group: null,
    region: linode.region.id,
    specs: {
      disk: type.disk,
      gpus: type.gpus,
      memory: type.memory,
      transfer: type.transfer,
      vcpus: type.vcpus,
    },
    status: linode.status,
    tags: linode.tags,
    type: type.id,
    updated: linode.updated,
    watchdog_enabled: true,
  };
}
