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
  id,
  optional,
  Probe,
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
    listNodes: [{}, { options: { filter: { region: "us-east" } } }],
    listSizes: {},
    listImages: [{}, { options: { isPublic: false, type: "manual" } }],
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
          stackScript: optional(id("10079")),
          stackScriptData: { DB_PASSWORD: "hunter2" },
        },
      },
      {
        options: {
          name: text("web-1"),
          size: "g6-nanode-1",
          image: "linode/debian12",
          location: "us-east",
          auth: { password: "Tr0ub4dor&3" },
        },
      },
    ],
    rebootNode: { on: id(NODE) },
    destroyNode: { on: id(NODE) },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: { on: id(NODE) },
    stopNode: { on: id(NODE) },
    renameNode: { on: id(NODE), options: { name: text("web-2") } },
    resizeNode: { on: id(NODE), options: { size: id("g6-standard-2") } },
    listKeyPairs: {},
    getKeyPair: { on: id(SSH_KEY) },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
    },
    deleteKeyPair: { on: id(SSH_KEY) },
    getImage: { on: id("linode/debian12") },
    createImage: { on: id(NODE), options: { name: text("golden") } },
    copyImage: { on: id(IMAGE), options: { location: id("us-iad") } },
    deleteImage: { on: id(IMAGE) },
    listVolumes: {},
    getVolume: { on: id(SPARE_VOLUME) },
    createVolume: [
      {
        options: {
          name: text("data"),
          sizeGb: new Probe("count", 20),
          location: id("us-east"),
          tags: [text("web-server")],
        },
      },
      {
        options: {
          name: text("data"),
          sizeGb: new Probe("count", 20),
          node: id(NODE),
        },
      },
    ],
    attachVolume: { on: id(SPARE_VOLUME), options: { node: id(NODE) } },
    detachVolume: { on: id(USED_VOLUME) },
    destroyVolume: { on: id(SPARE_VOLUME) },
    resizeVolume: {
      on: id(SPARE_VOLUME),
      options: { sizeGb: new Probe("count", 40) },
    },
    cloneVolume: { on: id(SPARE_VOLUME), options: { name: text("copy") } },
    rebuildNode: {
      on: id(NODE),
      options: { image: id("linode/arch"), keyPairs: [id(SSH_KEY)] },
    },
    cloneNode: {
      on: id(NODE),
      options: {
        name: optional(text("twin")),
        size: optional(id("g6-standard-2")),
        location: optional(id("us-iad")),
      },
    },
    resetPassword: {
      on: id(NODE),
      options: { password: secret("Tr0ub4dor&3") },
    },
    setTags: { on: id(NODE), options: { tags: [text("web-server")] } },
    listTags: {},
    listDisks: { on: id(NODE) },
    listBackups: { on: id(NODE) },
    takeBackup: { on: id(NODE), options: { name: text("before") } },
    enableBackups: { on: id(OTHER_NODE) },
    cancelBackups: { on: id(NODE) },
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
