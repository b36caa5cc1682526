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
  id,
  optional,
  Probe,
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
      {
        options: {
          tags: [text("web")],
          name: optional(text("node-1.example.com")),
        },
      },
    ],
    listSizes: {},
    listImages: [{}, {
      options: { isPrivate: true, tag: optional(id("web")) },
    }],
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
        },
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id("debian-12-x64"),
          firewalls: [id(FIREWALL)],
        },
      },
    ],
    rebootNode: [{ on: id(NODE) }, { on: id(NODE), options: { force: true } }],
    destroyNode: { on: id(NODE) },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: intervalMs() } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: intervalMs() } },
    ],
    startNode: { on: id(NODE) },
    stopNode: [{ on: id(NODE) }, { on: id(NODE), options: { force: true } }],
    renameNode: { on: id(NODE), options: { name: text("web-2") } },
    resizeNode: { on: id(NODE), options: { size: id(SIZE), disk: true } },
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
    },
    deleteKeyPair: { on: id(KEY_PAIR) },
    getImage: [{ on: id(IMAGE) }, { on: id("debian-12-x64") }],
    createImage: {
      on: id(NODE),
      options: { name: text("image"), intervalMs: intervalMs() },
    },
    copyImage: {
      on: id(IMAGE),
      options: { location: id("fra1"), intervalMs: intervalMs() },
    },
    deleteImage: { on: id(IMAGE) },
    listVolumes: {},
    createVolume: {
      options: {
        name: text("data-2"),
        sizeGb: new Probe("count", 10),
        location: id("fra1"),
        snapshot: optional(id(SNAPSHOT)),
      },
    },
    attachVolume: { on: id(VOLUME), options: { node: id(NODE) } },
    detachVolume: [
      { on: id(VOLUME) },
      { on: id(VOLUME), options: { node: optional(id(NODE)) } },
    ],
    destroyVolume: { on: id(VOLUME) },
    listVolumeSnapshots: { on: optional(id(VOLUME)) },
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: { name: optional(text("data-2")) },
    },
    destroyVolumeSnapshot: { on: id(SNAPSHOT) },
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: new Probe("count", 20) },
    },
    rebuildNode: { on: id(NODE), options: { image: id(DEBIAN) } },
    resetPassword: { on: id(NODE) },
    startAction: {
      on: id(NODE),
      options: { type: text("enable_ipv6"), fields: {} },
    },
    listActions: [{}, { options: { node: optional(id(NODE)) } }],
    getAction: { on: id("3164450") },
    waitForAction: {
      on: id("3164450"),
      options: { intervalMs: intervalMs() },
    },
    listTags: {},
    createTag: { options: { name: text("web") } },
    deleteTag: { on: id("web") },
    tagNode: { on: id(NODE), options: { tag: id("web") } },
    untagNode: { on: id(NODE), options: { tag: id("web") } },
    listReservedIps: {},
    createReservedIp: [
      { options: { node: id(NODE) } },
      { options: { location: id("fra1") } },
    ],
    assignReservedIp: { on: id(RESERVED_IP), options: { node: id(NODE) } },
    unassignReservedIp: { on: id(RESERVED_IP) },
    releaseReservedIp: { on: id(RESERVED_IP) },
    listFirewalls: {},
    assignFirewall: { on: id(FIREWALL), options: { node: id(NODE) } },
    unassignFirewall: { on: id(FIREWALL), options: { node: id(NODE) } },
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
