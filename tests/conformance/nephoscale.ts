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
  type ErrorFacts,
  id,
  optional,
  secret,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";

export const credentials = {
  username: "canary-user-1",
  password: "canary-pässword",
};
// Ids in a new simulator with nodes.
const NODE = "88241";
const SSH_KEY = "71757";
const CONSOLE_KEY = "71759";
const OTHER_NODE = "88243";
export const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

// From the recordings of the service.
const NODE_EXAMPLE = {
  name: "mongodb-staging",
  zone: { id: 87729, name: "RIC-1" },
  image: { friendly_name: "Linux Ubuntu Server 10.04 LTS 64-bit", id: 49 },
  hostname: "mongodb-staging.example.com",
  // Commas and spaces may separate the addresses.
  ipaddresses: "198.89.117.16, 10.128.1.16 10.128.1.17,2001:db8::16",
  power_status: "on",
  create_time: "2013-09-25 07:38:53",
  service_type: { friendly_name: "CS05 - 0.5GB, 1Core, 25GB", id: 5 },
  network_ports: [
    {
      macaddress: "00:16:3e:06:dc:41",
      devname: "eth0",
      network_domain: { name: "default_public_network_RIC" },
    },
    { macaddress: "00:16:3e:06:dc:45", devname: "eth1" },
  ],
  id: 88241,
  is_console_enabled: false,
};
const NODE_RECORD = {
  id: "88241",
  name: "mongodb-staging",
  state: "running",
  publicIps: ["198.89.117.16", "2001:db8::16"],
  privateIps: ["10.128.1.16", "10.128.1.17"],
  createdAt: "2013-09-25T07:38:53Z",
  sizeId: "5",
  imageId: "49",
  locationId: "87729",
  tags: {},
  extra: {
    hostname: "mongodb-staging.example.com",
    powerStatus: "on",
    zone: "RIC-1",
    networkPorts: [
      {
        device: "eth0",
        macAddress: "00:16:3e:06:dc:41",
        network: "default_public_network_RIC",
      },
      { device: "eth1", macAddress: "00:16:3e:06:dc:45", network: undefined },
    ],
    isConsoleEnabled: false,
  },
};
const KEY_EXAMPLE = {
  public_key: KEY,
  name: "mistio-ssh",
  key_group: 1,
  key_type: 2,
  create_time: "2013-10-02 07:24:37",
  id: 72209,
};
const KEY_RECORD = {
  id: "72209",
  name: "mistio-ssh",
  publicKey: KEY,
  extra: {
    kind: "ssh",
    group: "server",
    keyGroup: 1,
    createdAt: "2013-10-02T07:24:37Z",
  },
};
/** A key whose numbers are not documented. */
const STRANGE_KEY = { id: 72209, key_type: 9, key_group: 9 };

/** A list in the form of the service. */
function list(...data: readonly unknown[]): string {
  return JSON.stringify({
    success: true,
    total_count: data.length,
    subcode: 0,
    message: "Your request was processed successfully.",
    data,
    response: 200,
  });
}

/** A size with its price, from the price list of 2013-10-07. */
function size(id: string, hourly: number) {
  return { id, price: { currency: "USD", hourly, monthly: undefined } };
}

/** A failure in the form of the service; its status may be in the body only. */
function refusal(
  status: number,
  response: number,
  errorClass: string,
): ErrorFacts {
  return {
    status,
    body: JSON.stringify({
      subcode: 7,
      message: "The reason.",
      response,
      success: false,
    }),
    errorClass,
    code: "7",
    reason: "The reason.",
  };
}

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
    baseUrl: "https://api.nephoscale.com/",
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
        networkPorts: [
          {
            device: "eth0",
            macAddress: "00:16:3e:02:b1:62",
            network: "default_public_network_SJC",
          },
          {
            device: "eth1",
            macAddress: "00:16:3e:02:b1:63",
            network: "default_private_network_SJC",
          },
        ],
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
      refusal(401, 401, "InvalidCredsError"),
      refusal(403, 403, "PermissionDeniedError"),
      refusal(200, 401, "InvalidCredsError"),
      refusal(200, 403, "PermissionDeniedError"),
      refusal(200, 404, "NotFoundError"),
      refusal(200, 409, "ConflictError"),
      refusal(200, 500, "ServiceUnavailableError"),
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
    listNodes: {
      refuses: [{ tags: { env: "prod" } }],
      sends: "GET /server/cloud/",
      returns: [NODE, OTHER_NODE],
      responds: [
        { body: list(NODE_EXAMPLE), returns: [NODE_RECORD] },
        {
          // Not all fields are there while a node is created.
          body: list({ id: 7, ipaddresses: "", power_status: null }),
          returns: [{
            id: "7",
            name: "7",
            state: "unknown",
            publicIps: [],
            privateIps: [],
            extra: { networkPorts: [] },
          }],
        },
      ],
    },
    listSizes: {
      sends: "GET /server/type/cloud/",
      returns: [
        size("1", 0.6),
        size("3", 0.063),
        size("5", 0.031),
        size("7", 0.125),
        size("9", 0.188),
        size("11", 0.35),
        { id: "27", price: undefined },
        size("46", 0.1),
        size("48", 0.15),
        size("50", 0.28),
        size("52", 0.48),
        size("54", 0.938),
        size("56", 0.75),
      ],
      responds: [{
        body: list({
          sku: { name: "CS32.16" },
          storage: 1200,
          ram: 32768,
          friendly_name: "CS32.16 - 32GB, 16Core, 1200GB",
          vcpus: 16,
          id: 54,
        }),
        returns: [{
          id: "54",
          name: "CS32.16 - 32GB, 16Core, 1200GB",
          vcpus: 16,
          ramMib: 32_768,
          diskGb: 1200,
          price: { currency: "USD", hourly: 0.938 },
          extra: { sku: "CS32.16" },
        }],
      }],
    },
    listImages: {
      sends: "GET /image/server/",
      returns: {
        id: "3",
        name: "Linux CentOS 5.5 32-bit",
        extra: { architecture: "x86", isActive: true },
      },
      responds: [{
        body: list({ id: 5, is_active: false }),
        returns: [{
          id: "5",
          name: "5",
          extra: { architecture: undefined, isActive: false },
        }],
      }],
    },
    listLocations: {
      sends: "GET /datacenter/zone/",
      returns: [
        { id: "86945", name: "SJC-1", country: "US" },
        { id: "87729", name: "RIC-1", country: "US" },
      ],
    },
    getNode: {
      on: id(NODE),
      // There is no endpoint for a single node.
      sends: "GET /server/cloud/",
      returns: { id: NODE, name: "node-1" },
      responds: [{ body: list(NODE_EXAMPLE), returns: NODE_RECORD }],
    },
    createNode: [
      {
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
        refuses: [
          { keyPairs: [SSH_KEY, SSH_KEY] },
          { auth: { password: "Canary-Passw0rd-77" } },
          { userData: "#cloud-config\n" },
          { tags: { env: "prod" } },
          { idempotencyKey: "abc" },
        ],
        sends:
          `POST /server/cloud/ {"name":"web-1","hostname":"web-1.example.com","service_type":"5","image":"49","zone":"87729","server_key":"${SSH_KEY}","console_key":"${CONSOLE_KEY}"}`,
        returns: {
          name: "web-1",
          sizeId: "5",
          imageId: "49",
          locationId: "87729",
          extra: { hostname: "web-1.example.com", isConsoleEnabled: true },
        },
      },
      {
        options: {
          name: text("web-1"),
          size: id("5"),
          image: id("49"),
          intervalMs: time(2),
        },
        // The host name is the name. What is not given is left out.
        sends:
          'POST /server/cloud/ {"name":"web-1","hostname":"web-1","service_type":"5","image":"49","zone":null,"server_key":null,"console_key":null}',
        returns: { name: "web-1", extra: { hostname: "web-1" } },
      },
    ],
    rebootNode: {
      on: id(NODE),
      sends: `POST /server/cloud/${NODE}/initiator/restart/`,
    },
    destroyNode: { on: id(NODE), sends: `DELETE /server/cloud/${NODE}/` },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
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
    renameNode: [
      {
        on: id(NODE),
        options: {
          name: text("web-2"),
          hostname: optional(text("web-2.example.com")),
        },
        sends:
          `PUT /server/cloud/${NODE}/ {"name":"web-2","hostname":"web-2.example.com"}`,
      },
      {
        on: id(NODE),
        options: { name: text("web-2") },
        sends: `PUT /server/cloud/${NODE}/ {"name":"web-2","hostname":null}`,
      },
    ],
    listKeyPairs: [
      {
        refuses: [{ kind: "canary" }, { group: "canary" }],
        sends: "GET /key/",
        returns: {
          id: SSH_KEY,
          extra: { kind: "ssh", group: "server", keyGroup: 1 },
        },
        responds: [
          { body: list(KEY_EXAMPLE), returns: [KEY_RECORD] },
          {
            body: list(STRANGE_KEY),
            returns: [{
              id: "72209",
              name: "72209",
              publicKey: undefined,
              extra: { kind: "unknown", group: "unknown", keyGroup: 9 },
            }],
          },
        ],
      },
      {
        options: { kind: "ssh" },
        sends: "GET /key/sshrsa/",
        returns: [SSH_KEY],
      },
      {
        options: { kind: "password" },
        sends: "GET /key/password/",
        returns: [CONSOLE_KEY],
      },
      {
        options: { group: "server" },
        sends: "GET /key/",
        returns: [SSH_KEY],
      },
      {
        options: { kind: "ssh", group: "console" },
        sends: "GET /key/sshrsa/",
        returns: [],
      },
    ],
    getKeyPair: [
      {
        on: id(SSH_KEY),
        refuses: [{ kind: "canary" }],
        // The first list tells the kind.
        sends: ["GET /key/", "GET /key/sshrsa/"],
        returns: { id: SSH_KEY, extra: { kind: "ssh", group: "server" } },
      },
      {
        on: id(SSH_KEY),
        options: { kind: "ssh" },
        sends: "GET /key/sshrsa/",
        returns: { id: SSH_KEY },
      },
    ],
    createKeyPair: [
      {
        options: { name: text("console") },
        refuses: [{ group: "canary" }, { password: "" }],
        sends: 'POST /key/password/ {"name":"console","key_group":"4"}',
        returns: {
          name: "console",
          extra: { kind: "password", group: "console", keyGroup: 4 },
        },
      },
      {
        options: {
          name: text("console"),
          password: optional(secret("xyz123")),
          group: "server",
        },
        sends:
          'POST /key/password/ {"name":"console","password":"xyz123","key_group":"1"}',
        returns: {
          name: "console",
          password: "xyz123",
          extra: { kind: "password", group: "server", keyGroup: 1 },
        },
      },
    ],
    importKeyPair: [
      {
        options: { name: text("me"), publicKey: text(KEY) },
        refuses: [{ group: "canary" }],
        sends:
          `POST /key/sshrsa/ {"name":"me","public_key":"${KEY}","key_group":"1"}`,
        returns: {
          name: "me",
          publicKey: KEY,
          extra: { kind: "ssh", group: "server", keyGroup: 1 },
        },
      },
      {
        options: { name: text("me"), publicKey: text(KEY), group: "console" },
        sends:
          `POST /key/sshrsa/ {"name":"me","public_key":"${KEY}","key_group":"4"}`,
        returns: {
          extra: { kind: "ssh", group: "console", keyGroup: 4 },
        },
      },
    ],
    deleteKeyPair: [
      {
        on: id(CONSOLE_KEY),
        refuses: [{ kind: "canary" }],
        sends: ["GET /key/", `DELETE /key/password/${CONSOLE_KEY}/`],
      },
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
      ...randomFaults(random),
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
