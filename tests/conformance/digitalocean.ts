/**
 * Conformance of the driver for DigitalOcean: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import {
  type ComputeSubject,
  count,
  id,
  optional,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, unkindness } from "../_support/clouds.ts";
import { IMMEDIATE } from "../_support/immediate.ts";

export const credentials = { token: "canary-token" };
// Ids of what a simulator with two nodes contains at the start.
export const NODE = "3164444";
export const OTHER_NODE = "3164445";
const IMAGE = "3164446";
const VOLUME = "506f78a4-e098-11e5-ad9f-00000030491f";
const SNAPSHOT = "fbe805e8-866b-11e6-96bf-000000304920";
const FIREWALL = "bb4b2611-3d72-467b-8602-000000304921";
export const KEY_PAIR = "512189";
const RESERVED_IP = "198.51.100.1";
export const SIZE = "s-1vcpu-1gb";
export const DEBIAN = "155133621";
export const PUBLIC_KEY =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr= me@example.com";

export const intervalMs = () => time(2);

/** The request for an action on the first node. */
const ACTIONS = `POST /v2/droplets/${NODE}/actions`;

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  createMs: 5,
  actionMs: 3,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: DigitalOceanNodeDriver,
  credentials,
  wrongCredentials: { token: "wrong" },
  createSimulator: () =>
    new DigitalOceanSimulator({
      ...DigitalOceanSimulator.realistic,
      ...ACCOUNT,
    }),
  createPromptSimulator: () =>
    new DigitalOceanSimulator({ ...IMMEDIATE.digitalocean, ...ACCOUNT }),
  expected: {
    size: {
      id: "s-1vcpu-1gb",
      name: "s-1vcpu-1gb",
      vcpus: 1,
      ramMib: 1024,
      diskGb: 25,
      transferGb: 1000,
      currency: "USD",
      hourly: 0.00893,
      monthly: 6,
      extra: { description: "Basic", isAvailable: true },
    },
    node: {
      id: OTHER_NODE,
      name: "node-2.example.com",
      state: "running",
      publicIps: ["203.0.113.3", "2001:db8::3"],
      privateIps: ["10.128.0.1"],
      createdAt: "2024-03-05T09:12:30Z",
      sizeId: "s-1vcpu-2gb",
      imageId: "63663980",
      locationId: "nyc2",
      tags: {},
      extra: {
        status: "active",
        isLocked: false,
        imageSlug: "ubuntu-20-04-x64",
        vcpus: 1,
        ramMib: 2048,
        diskGb: 50,
        features: ["backups", "private_networking", "ipv6"],
        volumeIds: [],
        vpcId: "760e09ef-dc84-11e8-981e-000000000003",
      },
    },
    image: {
      id: DEBIAN,
      name: "Debian 12 x64",
      extra: {
        slug: "debian-12-x64",
        type: "base",
        distribution: "Debian",
        status: "available",
        isPublic: true,
        minDiskGb: 7,
        sizeGb: 0.54,
        createdAt: "2023-06-20T15:44:02Z",
      },
    },
    location: {
      id: "fra1",
      name: "Frankfurt 1",
      country: "DE",
      extra: { isAvailable: true },
    },
    keyPair: {
      id: KEY_PAIR,
      name: "My SSH Public Key",
      publicKey:
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com",
      fingerprint: "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
    },
    volume: {
      id: VOLUME,
      name: "data",
      sizeGb: 10,
      state: "inuse",
      nodeId: NODE,
      locationId: "nyc1",
      createdAt: "2024-03-05T09:12:30Z",
      extra: { description: "Block store for examples", filesystem: "ext4" },
    },
    snapshot: {
      id: SNAPSHOT,
      name: "data-1",
      sizeGb: 0.1008,
      state: "available",
      volumeId: VOLUME,
      extra: { locationIds: ["nyc1"], minDiskGb: 10 },
    },
    states: {
      field: "status",
      words: {
        active: "running",
        new: "pending",
        off: "stopped",
        // It is off, and the API cannot start it again.
        archive: "terminated",
      },
    },
    errors: [
      {
        status: 422,
        body:
          '{"id":"unprocessable_entity","message":"Droplet already has a pending event.","request_id":"4d9d8375"}',
        errorClass: "ConflictError",
        code: "unprocessable_entity",
        reason: "Droplet already has a pending event.",
        requestId: "4d9d8375",
        isBusy: true,
      },
      {
        status: 422,
        body:
          '{"id":"unprocessable_entity","message":"Invalid size.","request_id":"4d9d8375"}',
        errorClass: "ValidationError",
        code: "unprocessable_entity",
        reason: "Invalid size.",
        requestId: "4d9d8375",
      },
      {
        status: 404,
        body: '{"id":"not_found","message":"Not found."}',
        errorClass: "NotFoundError",
        code: "not_found",
        reason: "Not found.",
      },
      {
        // The endpoints for tags have another form.
        status: 400,
        body: '{"error":"tag is invalid","messages":[],"root_causes":[]}',
        errorClass: "ValidationError",
        reason: "tag is invalid",
      },
      {
        status: 429,
        body: '{"id":"too_many_requests","message":"API rate limit exceeded."}',
        headers: { "retry-after": "0" },
        errorClass: "RateLimitReachedError",
        code: "too_many_requests",
        reason: "API rate limit exceeded.",
      },
    ],
    maxUserDataBytes: 65_536,
  },
  resizesStopped: true,
  create: {
    name: "web-1",
    size: SIZE,
    image: { id: DEBIAN },
    location: "fra1",
    keyPairs: [KEY_PAIR],
    tags: { env: "prod" },
  },
  unknownId: "1",
  isCreate: ({ method, url }) =>
    method === "POST" && url.endsWith("/v2/droplets"),
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {},
      { options: { tags: [text("web")] } },
      { options: { name: optional(text("node-1.example.com")) } },
      { options: { hasGpu: true } },
    ],
    listSizes: {},
    listImages: [
      {},
      { options: { isPrivate: true } },
      { options: { type: "distribution" } },
      { options: { tag: optional(id("web")) } },
    ],
    listLocations: {},
    getNode: { on: id(NODE) },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(DEBIAN),
          location: optional(id("fra1")),
          keyPairs: [id(KEY_PAIR)],
          vpc: optional(id("760e09ef-dc84-11e8-981e-000000000009")),
          volumes: [id(VOLUME)],
          userData: "#cloud-config\n",
          tags: { env: "prod" },
          backups: true,
          ipv6: true,
          monitoring: true,
        },
        sends:
          `POST /v2/droplets {"name":"web-1","size":"${SIZE}","image":${DEBIAN},"region":"fra1","ssh_keys":[${KEY_PAIR}],"vpc_uuid":"760e09ef-dc84-11e8-981e-000000000009","volumes":["${VOLUME}"],"user_data":"#cloud-config\\n","tags":["env:prod"],"backups":true,"ipv6":true,"monitoring":true}`,
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id("debian-12-x64"),
          firewalls: [id(FIREWALL)],
        },
        sends: [
          'POST /v2/droplets {"image":"debian-12-x64"}',
          `POST /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[3164451]}`,
        ],
      },
    ],
    rebootNode: [
      { on: id(NODE), sends: `${ACTIONS} {"type":"reboot"}` },
      {
        on: id(NODE),
        options: { force: true },
        sends: `${ACTIONS} {"type":"power_cycle"}`,
      },
    ],
    destroyNode: { on: id(NODE), sends: `DELETE /v2/droplets/${NODE}` },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: intervalMs() } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: intervalMs() } },
    ],
    startNode: { on: id(NODE), sends: `${ACTIONS} {"type":"power_on"}` },
    stopNode: [
      { on: id(NODE), sends: `${ACTIONS} {"type":"shutdown"}` },
      {
        on: id(NODE),
        options: { force: true },
        sends: `${ACTIONS} {"type":"power_off"}`,
      },
    ],
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `${ACTIONS} {"type":"rename","name":"web-2"}`,
    },
    resizeNode: {
      on: id(NODE),
      options: { size: id("s-1vcpu-2gb"), disk: true },
      sends: `${ACTIONS} {"type":"resize","size":"s-1vcpu-2gb","disk":true}`,
    },
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
      sends: `POST /v2/account/keys {"name":"me","public_key":"${PUBLIC_KEY}"}`,
    },
    deleteKeyPair: {
      on: id(KEY_PAIR),
      sends: `DELETE /v2/account/keys/${KEY_PAIR}`,
    },
    getImage: [{ on: id(IMAGE) }, { on: id("debian-12-x64") }],
    createImage: {
      on: id(NODE),
      options: { name: text("image"), intervalMs: intervalMs() },
      sends: `${ACTIONS} {"type":"snapshot","name":"image"}`,
    },
    copyImage: {
      on: id(IMAGE),
      options: { location: id("fra1"), intervalMs: intervalMs() },
      sends:
        `POST /v2/images/${IMAGE}/actions {"type":"transfer","region":"fra1"}`,
    },
    deleteImage: { on: id(IMAGE), sends: `DELETE /v2/images/${IMAGE}` },
    listVolumes: {},
    createVolume: {
      options: {
        name: text("data-2"),
        sizeGb: count(10),
        location: id("nyc1"),
        snapshot: optional(id(SNAPSHOT)),
      },
      sends:
        `POST /v2/volumes {"name":"data-2","size_gigabytes":10,"region":"nyc1","snapshot_id":"${SNAPSHOT}"}`,
    },
    attachVolume: {
      on: id(VOLUME),
      options: { node: id(NODE) },
      sends:
        `POST /v2/volumes/${VOLUME}/actions {"type":"attach","droplet_id":${NODE}}`,
    },
    detachVolume: [
      {
        on: id(VOLUME),
        sends: `POST /v2/volumes/${VOLUME}/actions {"type":"detach"}`,
      },
      {
        on: id(VOLUME),
        options: { node: optional(id(NODE)) },
        sends:
          `POST /v2/volumes/${VOLUME}/actions {"type":"detach","droplet_id":${NODE}}`,
      },
    ],
    destroyVolume: { on: id(VOLUME), sends: `DELETE /v2/volumes/${VOLUME}` },
    listVolumeSnapshots: [{ on: undefined }, { on: optional(id(VOLUME)) }],
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: { name: optional(text("data-2")) },
      sends: `POST /v2/volumes/${VOLUME}/snapshots {"name":"data-2"}`,
    },
    destroyVolumeSnapshot: {
      on: id(SNAPSHOT),
      sends: `DELETE /v2/snapshots/${SNAPSHOT}`,
    },
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: count(20) },
      sends:
        `POST /v2/volumes/${VOLUME}/actions {"type":"resize","size_gigabytes":20}`,
    },
    rebuildNode: {
      on: id(NODE),
      options: { image: id(DEBIAN) },
      sends: `${ACTIONS} {"type":"rebuild","image":${DEBIAN}}`,
    },
    resetPassword: {
      on: id(NODE),
      sends: `${ACTIONS} {"type":"password_reset"}`,
    },
    startAction: {
      on: id(NODE),
      options: { type: text("rename"), fields: { name: "web-3" } },
      sends: `${ACTIONS} {"type":"rename","name":"web-3"}`,
    },
    listActions: [{}, { options: { node: optional(id(NODE)) } }],
    getAction: { on: id("3164450") },
    waitForAction: {
      on: id("3164450"),
      options: { intervalMs: intervalMs() },
    },
    listTags: {},
    createTag: {
      options: { name: text("web") },
      sends: 'POST /v2/tags {"name":"web"}',
    },
    deleteTag: { on: id("web"), sends: "DELETE /v2/tags/web" },
    tagNode: {
      on: id(NODE),
      options: { tag: id("web") },
      sends:
        `POST /v2/tags/web/resources {"resources":[{"resource_id":"${NODE}","resource_type":"droplet"}]}`,
    },
    untagNode: {
      on: id(NODE),
      options: { tag: id("web") },
      sends:
        `DELETE /v2/tags/web/resources {"resources":[{"resource_id":"${NODE}","resource_type":"droplet"}]}`,
    },
    listReservedIps: {},
    createReservedIp: [
      {
        options: { node: id(NODE) },
        sends: `POST /v2/reserved_ips {"droplet_id":${NODE}}`,
      },
      {
        options: { location: id("fra1") },
        sends: 'POST /v2/reserved_ips {"region":"fra1"}',
      },
    ],
    assignReservedIp: {
      on: id(RESERVED_IP),
      options: { node: id(NODE) },
      sends:
        `POST /v2/reserved_ips/${RESERVED_IP}/actions {"type":"assign","droplet_id":${NODE}}`,
    },
    unassignReservedIp: {
      on: id(RESERVED_IP),
      sends: `POST /v2/reserved_ips/${RESERVED_IP}/actions {"type":"unassign"}`,
    },
    releaseReservedIp: {
      on: id(RESERVED_IP),
      sends: `DELETE /v2/reserved_ips/${RESERVED_IP}`,
    },
    listFirewalls: {},
    assignFirewall: {
      on: id(FIREWALL),
      options: { node: id(NODE) },
      sends:
        `POST /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[${NODE}]}`,
    },
    unassignFirewall: {
      on: id(FIREWALL),
      options: { node: id(NODE) },
      sends:
        `DELETE /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[${NODE}]}`,
    },
    getAccount: {},
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: SIZE, image: "debian-12-x64", location: "fra1" },
  volume: { sizeGb: 10, location: "fra1" },
  idless: ["image"],
  simulate: (random) =>
    new DigitalOceanSimulator({
      ...unkindness(random),
      nodes: 1,
      createMs: random.int(0, 60_000),
      actionMs: random.int(0, 20_000),
      hiddenMs: random.int(0, 20_000),
      addressMs: random.int(0, 5_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account(options: AccountOptions): Account {
  const { credentials, fetch } = new DigitalOceanSimulator({
    ...IMMEDIATE.digitalocean,
    ...options,
    createMs: 0,
    actionMs: 0,
    requestsPerHour: Infinity,
  });
  return {
    fetch,
    connect: (settings) =>
      new DigitalOceanNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
