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
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

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
  expected: {
    size: {
      id: "5",
      name: "CS05 - 0.5GB, 1Core, 25GB",
      vcpus: 1,
      ramMib: 512,
      diskGb: 25,
      currency: "USD",
      hourly: 0.031,
      extra: { sku: "CS05" },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["203.0.113.1"],
      privateIps: ["10.128.0.0"],
      createdAt: "2013-09-25T07:38:53Z",
      sizeId: "1",
      imageId: "3",
      locationId: "86945",
      tags: {},
      extra: {
        hostname: "node-1",
        powerStatus: "on",
        zone: "SJC-1",
        isConsoleEnabled: true,
      },
    },
    image: {
      id: "49",
      name: "Linux Ubuntu Server 10.04 LTS 64-bit",
      extra: { architecture: "x86_64", isActive: true },
    },
    location: { id: "87729", name: "RIC-1", country: "US" },
    keyPair: {
      id: CONSOLE_KEY,
      name: "console",
      extra: { kind: "password", group: "console", keyGroup: 4 },
    },
    states: {
      field: "power_status",
      words: { on: "running", off: "stopped" },
    },
    total: "total_count",
    errors: [
      {
        // A failure may have status 200.
        status: 200,
        body:
          '{"subcode": 7, "message": "No such image.", "response": 400, "success": false}',
        errorClass: "ValidationError",
        code: "7",
        reason: "No such image.",
      },
      {
        status: 200,
        body:
          '{"subcode": 0, "message": "Refused.", "response": 200, "success": false}',
        errorClass: "ApiError",
        reason: "Refused.",
      },
      {
        status: 404,
        body:
          '{"subcode": 1, "message": "Not found.", "response": 404, "success": false}',
        errorClass: "NotFoundError",
        code: "1",
        reason: "Not found.",
      },
    ],
  },
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
      sends:
        `POST /server/cloud/ {"name":"web-1","hostname":"web-1.example.com","service_type":"5","image":"49","zone":"87729","server_key":"${SSH_KEY}","console_key":"${CONSOLE_KEY}"}`,
    },
    rebootNode: {
      on: id(NODE),
      sends: `POST /server/cloud/${NODE}/initiator/restart/`,
    },
    destroyNode: { on: id(NODE), sends: `DELETE /server/cloud/${NODE}/` },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id("88243")] },
      { on: id(NODE), options: { once: true, intervalMs: time(2) } },
    ],
    startNode: {
      on: id(NODE),
      sends: `POST /server/cloud/${NODE}/initiator/start/`,
    },
    stopNode: {
      on: id(NODE),
      sends: `POST /server/cloud/${NODE}/initiator/stop/`,
    },
    renameNode: {
      on: id(NODE),
      options: {
        name: text("web-2"),
        hostname: optional(text("web-2.example.com")),
      },
      sends:
        `PUT /server/cloud/${NODE}/ {"name":"web-2","hostname":"web-2.example.com"}`,
    },
    listKeyPairs: [
      {},
      { options: { kind: "ssh" } },
      { options: { kind: "ssh", group: "console" } },
    ],
    getKeyPair: [
      { on: id(SSH_KEY) },
      { on: id(SSH_KEY), options: { kind: "ssh" } },
    ],
    createKeyPair: [
      {
        options: { name: text("console") },
        sends: 'POST /key/password/ {"name":"console","key_group":"4"}',
      },
      {
        options: {
          name: text("console"),
          password: optional(secret("xyz123")),
          group: "server",
        },
        sends:
          'POST /key/password/ {"name":"console","password":"xyz123","key_group":"1"}',
      },
    ],
    importKeyPair: [
      {
        options: { name: text("me"), publicKey: text(KEY) },
        sends:
          `POST /key/sshrsa/ {"name":"me","public_key":"${KEY}","key_group":"1"}`,
      },
      {
        options: { name: text("me"), publicKey: text(KEY), group: "console" },
        sends:
          `POST /key/sshrsa/ {"name":"me","public_key":"${KEY}","key_group":"4"}`,
      },
    ],
    deleteKeyPair: [
      { on: id(CONSOLE_KEY), sends: `DELETE /key/password/${CONSOLE_KEY}/` },
      {
        on: id(CONSOLE_KEY),
        options: { kind: "password" },
        sends: `DELETE /key/password/${CONSOLE_KEY}/`,
      },
      { on: id(SSH_KEY), sends: `DELETE /key/sshrsa/${SSH_KEY}/` },
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
