/**
 * Conformance of the driver for NephoScale: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import {
  type ComputeSubject,
  id,
  optional,
  secret,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, unkindness } from "../_support/clouds.ts";

export const credentials = {
  username: "canary-user-1",
  password: "canary-pässword",
};
// Ids in a new simulator with nodes.
const NODE = "88241";
const SSH_KEY = "71757";
const CONSOLE_KEY = "71759";
export const KEY =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr me@example.com";

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  createMs: 3,
  bootMs: 5,
  actionMs: 3,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: NephoScaleNodeDriver,
  credentials,
  wrongCredentials: { password: "wrong" },
  badCredentials: [{ username: "canary:user" }],
  createSimulator: () =>
    new NephoScaleSimulator({ ...NephoScaleSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () => new NephoScaleSimulator(ACCOUNT),
  create: {
    name: "web-1",
    size: "5",
    image: { id: "49" },
    location: "87729",
    keyPairs: [SSH_KEY],
    intervalMs: 2,
  } as never,
  unknownId: "1",
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: {},
    listSizes: {},
    listImages: {},
    listLocations: {},
    getNode: { on: id(NODE) },
    createNode: {
      options: {
        name: text("web-1"),
        size: id("5"),
        image: id("49"),
        location: optional(id("87729")),
        keyPairs: [id(SSH_KEY)],
        consoleKey: optional(id(CONSOLE_KEY)),
        hostname: optional(text("web-1.example.com")),
        intervalMs: time(2),
      },
    },
    rebootNode: { on: id(NODE) },
    destroyNode: { on: id(NODE) },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id("88243")] },
      { on: id(NODE), options: { once: true, intervalMs: time(2) } },
    ],
    startNode: { on: id(NODE) },
    stopNode: { on: id(NODE) },
    renameNode: {
      on: id(NODE),
      options: {
        name: text("web-2"),
        hostname: optional(text("web-2.example.com")),
      },
    },
    listKeyPairs: [
      {},
      { options: { kind: "ssh" } },
      { options: { kind: "password", group: "console" } },
    ],
    getKeyPair: [
      { on: id(SSH_KEY) },
      { on: id(SSH_KEY), options: { kind: "ssh" } },
    ],
    createKeyPair: [
      { options: { name: text("console") } },
      {
        options: {
          name: text("console"),
          password: optional(secret("xyz123")),
        },
      },
    ],
    importKeyPair: {
      options: { name: text("me"), publicKey: text(KEY) },
    },
    deleteKeyPair: [
      { on: id(CONSOLE_KEY) },
      { on: id(CONSOLE_KEY), options: { kind: "password" } },
    ],
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: "5", image: "49" },
  idless: ["node"],
  paging: "single",
  simulate: (random) =>
    new NephoScaleSimulator({
      ...unkindness(random),
      nodes: 1,
      createMs: random.int(0, 20_000),
      bootMs: random.int(0, 30_000),
      actionMs: random.int(0, 10_000),
      destroyMs: random.int(0, 5_000),
      addressMs: random.int(0, 5_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account({ nodes }: AccountOptions): Account {
  const { credentials, fetch } = new NephoScaleSimulator({
    nodes,
    createMs: 0,
    bootMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new NephoScaleNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
