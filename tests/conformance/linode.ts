/**
 * Conformance of the driver for Linode: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import {
  type ComputeSubject,
  count,
  id,
  optional,
  secret,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, unkindness } from "../_support/clouds.ts";
import { IMMEDIATE } from "../_support/immediate.ts";

export const credentials = { token: "canary-token" };
// Ids of a new simulator with two nodes.
export const NODE = "123";
const OTHER_NODE = "126";
const SSH_KEY = "129";
const EVENT = "130";
const USED_VOLUME = "131";
const SPARE_VOLUME = "132";
const IMAGE = "private/133";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  provisionMs: 3,
  bootMs: 3,
  actionMs: 3,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: LinodeNodeDriver,
  credentials,
  wrongCredentials: { token: "wrong" },
  createSimulator: () =>
    new LinodeSimulator({ ...LinodeSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () =>
    new LinodeSimulator({ ...IMMEDIATE.linode, ...ACCOUNT }),
  expected: {
    size: {
      id: "g6-nanode-1",
      name: "Nanode 1GB",
      vcpus: 1,
      ramMib: 1024,
      diskGb: 25,
      transferGb: 1000,
      currency: "USD",
      hourly: 0.0075,
      monthly: 5,
      extra: { class: "nanode", networkMbps: 1000 },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["203.0.113.1", "2001:db8::f03c:0:0"],
      privateIps: ["192.168.128.0"],
      createdAt: "2018-01-01T00:01:01Z",
      sizeId: "g6-nanode-1",
      imageId: "linode/almalinux9",
      locationId: "us-east",
      tags: { "web-server": "" },
      extra: {
        status: "running",
        vcpus: 1,
        ramMib: 1024,
        diskGb: 25,
        transferGb: 1000,
        isBackedUp: true,
        hasUserData: false,
        updatedAt: "2018-01-01T00:01:01Z",
      },
    },
    image: {
      id: "linode/debian12",
      name: "Debian 12",
      extra: { isPublic: true, isDeprecated: false, vendor: "Debian" },
    },
    location: {
      id: "br-gru",
      name: "Sao Paulo, BR",
      country: "BR",
      extra: { status: "ok", siteType: "core" },
    },
    keyPair: {
      id: SSH_KEY,
      name: "My SSH Key",
      publicKey:
        "ssh-rsa AAAA_valid_public_ssh_key_123456785== user@their-computer",
    },
    volume: {
      id: USED_VOLUME,
      name: "my-volume",
      sizeGb: 30,
      state: "inuse",
      nodeId: NODE,
      locationId: "us-east",
      extra: { status: "active", tags: ["web-server"] },
    },
    states: {
      field: "status",
      words: {
        running: "running",
        offline: "stopped",
        stopped: "stopped",
        booting: "starting",
        rebooting: "rebooting",
        shutting_down: "stopping",
        provisioning: "pending",
        busy: "pending",
        deleting: "terminated",
        migrating: "migrating",
        rebuilding: "reconfiguring",
        cloning: "reconfiguring",
        restoring: "reconfiguring",
        resizing: "reconfiguring",
        billing_suspension: "suspended",
      },
    },
    total: "results",
    errors: [
      {
        status: 400,
        body: '{"errors":[{"reason":"Linode busy."}]}',
        errorClass: "ConflictError",
        reason: "Linode busy.",
        isBusy: true,
      },
      {
        status: 400,
        body:
          '{"errors":[{"reason":"Too short","field":"label"},{"reason":"Invalid"}]}',
        errorClass: "ValidationError",
        reason: "label: Too short; Invalid",
      },
      {
        status: 403,
        body: '{"errors":[{"reason":"Unauthorized"}]}',
        errorClass: "PermissionDeniedError",
        reason: "Unauthorized",
      },
      {
        status: 404,
        body: '{"errors":[{"reason":"Not found"}]}',
        errorClass: "NotFoundError",
        reason: "Not found",
      },
    ],
    maxUserDataBytes: 65_535,
  },
  create: {
    name: "web-1",
    size: "g6-nanode-1",
    image: { id: "linode/debian12" },
    location: "us-east",
    keyPairs: [SSH_KEY],
    userData: "#cloud-config\n",
  },
  unknownId: "1",
  hasUniqueNames: true,
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {},
      { options: { filter: { region: "us-iad" } } },
      { options: { tags: [text("web-server")] } },
    ],
    listSizes: {},
    listImages: [
      {},
      { options: { isPublic: false } },
      { options: { type: "manual" } },
      { options: { filter: { vendor: "Debian" } } },
    ],
    listLocations: {},
    getNode: { on: id(NODE) },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id("g6-nanode-1"),
          image: id("linode/debian12"),
          location: id("us-east"),
          keyPairs: [id(SSH_KEY)],
          userData: "#cloud-config\n",
          tags: [text("web-server")],
          firewall: optional(id("123")),
        },
        sends:
          `POST /v4/linode/instances {"label":"web-1","type":"g6-nanode-1","image":"linode/debian12","region":"us-east","metadata":{"user_data":"I2Nsb3VkLWNvbmZpZwo="},"tags":["web-server"],"firewall_id":123}`,
      },
      {
        options: {
          name: text("web-1"),
          size: "g6-nanode-1",
          image: "linode/debian12",
          location: "us-east",
          auth: { password: "Tr0ub4dor&3" },
          stackScript: optional(id("10079")),
          stackScriptData: { DB_PASSWORD: "hunter2" },
        },
        sends:
          `POST /v4/linode/instances {"label":"web-1","root_pass":"Tr0ub4dor&3","stackscript_id":10079,"stackscript_data":{"DB_PASSWORD":"hunter2"}}`,
      },
    ],
    rebootNode: {
      on: id(NODE),
      sends: `POST /v4/linode/instances/${NODE}/reboot`,
    },
    destroyNode: { on: id(NODE), sends: `DELETE /v4/linode/instances/${NODE}` },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: {
      on: id(NODE),
      sends: `POST /v4/linode/instances/${NODE}/boot`,
    },
    stopNode: {
      on: id(NODE),
      sends: `POST /v4/linode/instances/${NODE}/shutdown`,
    },
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `PUT /v4/linode/instances/${NODE} {"label":"web-2"}`,
    },
    resizeNode: {
      on: id(NODE),
      options: { size: id("g6-standard-2") },
      sends:
        `POST /v4/linode/instances/${NODE}/resize {"type":"g6-standard-2"}`,
    },
    listKeyPairs: {},
    getKeyPair: { on: id(SSH_KEY) },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
      sends:
        `POST /v4/profile/sshkeys {"label":"me","ssh_key":"${PUBLIC_KEY}"}`,
    },
    deleteKeyPair: {
      on: id(SSH_KEY),
      sends: `DELETE /v4/profile/sshkeys/${SSH_KEY}`,
    },
    getImage: { on: id("linode/debian12") },
    createImage: {
      on: id(NODE),
      options: { name: text("golden"), description: "canary" },
      sends: 'POST /v4/images {"label":"golden","description":"canary"}',
    },
    copyImage: {
      on: id(IMAGE),
      options: { location: id("us-iad") },
      sends:
        `POST /v4/images/${IMAGE}/regions {"regions":["us-east","us-iad"]}`,
    },
    deleteImage: { on: id(IMAGE), sends: `DELETE /v4/images/${IMAGE}` },
    listVolumes: {},
    getVolume: { on: id(SPARE_VOLUME) },
    createVolume: [
      {
        options: {
          name: text("data"),
          sizeGb: count(20),
          location: id("us-east"),
          tags: [text("web-server")],
        },
        sends:
          'POST /v4/volumes {"label":"data","size":20,"region":"us-east","tags":["web-server"]}',
      },
      {
        options: { name: text("data"), sizeGb: count(20), node: id(NODE) },
        sends:
          `POST /v4/volumes {"label":"data","size":20,"linode_id":${NODE}}`,
      },
    ],
    attachVolume: {
      on: id(SPARE_VOLUME),
      options: { node: id(NODE) },
      sends: `POST /v4/volumes/${SPARE_VOLUME}/attach {"linode_id":${NODE}}`,
    },
    detachVolume: {
      on: id(USED_VOLUME),
      sends: `POST /v4/volumes/${USED_VOLUME}/detach`,
    },
    destroyVolume: {
      on: id(SPARE_VOLUME),
      sends: `DELETE /v4/volumes/${SPARE_VOLUME}`,
    },
    resizeVolume: {
      on: id(SPARE_VOLUME),
      options: { sizeGb: count(40) },
      sends: `POST /v4/volumes/${SPARE_VOLUME}/resize {"size":40}`,
    },
    cloneVolume: {
      on: id(SPARE_VOLUME),
      options: { name: text("copy") },
      sends: `POST /v4/volumes/${SPARE_VOLUME}/clone {"label":"copy"}`,
    },
    rebuildNode: {
      on: id(NODE),
      options: {
        image: id("linode/arch"),
        keyPairs: [id(SSH_KEY)],
        userData: "#cloud-config\n",
      },
      sends:
        `POST /v4/linode/instances/${NODE}/rebuild {"image":"linode/arch","metadata":{"user_data":"I2Nsb3VkLWNvbmZpZwo="}}`,
    },
    cloneNode: {
      on: id(NODE),
      options: {
        name: optional(text("twin")),
        size: optional(id("g6-standard-2")),
        location: optional(id("us-iad")),
      },
      sends:
        `POST /v4/linode/instances/${NODE}/clone {"label":"twin","type":"g6-standard-2","region":"us-iad"}`,
    },
    resetPassword: {
      on: id(NODE),
      options: { password: secret("Tr0ub4dor&3") },
      sends:
        `POST /v4/linode/instances/${NODE}/password {"root_pass":"Tr0ub4dor&3"}`,
    },
    setTags: {
      on: id(NODE),
      options: { tags: [text("web-server")] },
      sends: `PUT /v4/linode/instances/${NODE} {"tags":["web-server"]}`,
    },
    listTags: {},
    listDisks: { on: id(NODE) },
    listBackups: { on: id(NODE) },
    takeBackup: {
      on: id(NODE),
      options: { name: text("before") },
      sends: `POST /v4/linode/instances/${NODE}/backups {"label":"before"}`,
    },
    enableBackups: {
      on: id(OTHER_NODE),
      sends: `POST /v4/linode/instances/${OTHER_NODE}/backups/enable`,
    },
    cancelBackups: {
      on: id(NODE),
      sends: `POST /v4/linode/instances/${NODE}/backups/cancel`,
    },
    listStackScripts: [{}, { options: { isMine: true } }],
    listEvents: [
      {},
      { options: { node: optional(id(NODE)), action: "linode_create" } },
    ],
    getEvent: { on: id(EVENT) },
    waitForEvent: { on: id(EVENT), options: { intervalMs: time(2) } },
    getAccount: {},
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: {
    size: "g6-nanode-1",
    image: "linode/debian12",
    location: "us-east",
  },
  volume: { sizeGb: 10, location: "us-east" },
  simulate: (random) =>
    new LinodeSimulator({
      ...unkindness(random),
      nodes: 1,
      provisionMs: random.int(0, 30_000),
      bootMs: random.int(0, 30_000),
      actionMs: random.int(0, 20_000),
      destroyMs: random.int(0, 5_000),
      hiddenMs: random.int(0, 20_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account(options: AccountOptions): Account {
  const { credentials, fetch } = new LinodeSimulator({
    ...IMMEDIATE.linode,
    ...options,
    provisionMs: 0,
    bootMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new LinodeNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
