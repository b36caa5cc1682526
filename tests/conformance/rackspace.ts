/**
 * Conformance of the driver for Rackspace: facts, valid arguments of its
 * methods, and a simulated account. Most requests are those of OpenStack.
 *
 * @module
 */

import { RackspaceNodeDriver } from "../../drivers/rackspace.ts";
import { RackspaceSimulator } from "../../simulators/rackspace/mod.ts";
import {
  type ComputeSubject,
  count,
  id,
  optional,
  text,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";
import {
  commonMethods,
  FACTS,
  IMAGE,
  KEY_PAIR,
  NETWORK,
  NODE,
  serverOf,
  SNAPSHOT,
  VOLUME,
  withLogin,
} from "../_support/openstack_subject.ts";

const PROJECT = "123456";
const NOVA = `/v2/${PROJECT}`;
const CINDER = `/v1/${PROJECT}`;
// The network "public", which all accounts have.
const PUBLIC_NETWORK = "00000000-0000-0000-0000-000000000000";

const ACCOUNT = {
  username: "canary-user",
  apiKey: "canary-api-key",
  nodes: 2,
  createMs: 5,
  actionMs: 3,
};
const PROMPT = { hiddenMs: 0, listLagMs: 0, addressMs: 0, busyMs: 0 };

const server = serverOf(NOVA);

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: RackspaceNodeDriver,
  credentials: { apiKey: ACCOUNT.apiKey },
  wrongCredentials: { apiKey: "wrong" },
  badCredentials: [
    ...[undefined, "", 5].flatMap((value) => [
      { username: value },
      { region: value },
    ]),
    { region: "PAR" },
    { authUrl: "" },
    { authUrl: 5 },
  ],
  settings: { username: ACCOUNT.username, region: "dfw" },
  createSimulator: () =>
    new RackspaceSimulator({ ...RackspaceSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () =>
    new RackspaceSimulator({ ...PROMPT, ...ACCOUNT }),
  staticLists: ["listLocations"],
  lacks: [
    "createServerGroup",
    "deleteServerGroup",
    "listServerGroups",
    "setServerTags",
  ],
  expected: {
    ...FACTS,
    size: {
      id: "2",
      name: "512MB Standard Instance",
      vcpus: 1,
      ramMib: 512,
      diskGb: 20,
      currency: "USD",
      hourly: 0.022,
      isAvailable: true,
      extra: { ephemeralGb: 0, swapMib: 0, bandwidthFactor: 1 },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["198.51.100.2", "2001:db8:0:1::2"],
      privateIps: ["10.0.0.2"],
      sizeId: "2",
      imageId: IMAGE,
      locationId: "DFW",
      tags: { role: "web" },
      extra: {
        status: "ACTIVE",
        vmState: "active",
        powerState: 1,
        accessIpv4: "198.51.100.2",
        accessIpv6: "2001:db8:0:1::2",
        keyPairId: KEY_PAIR,
        projectId: PROJECT,
      },
    },
    location: { id: "DFW", name: "DFW", country: "US" },
    volume: { ...FACTS.volume, locationId: "DFW" },
  },
  create: {
    name: "web-1",
    size: "2",
    image: IMAGE,
    keyPairs: [KEY_PAIR],
    tags: { env: "prod" },
  },
  unknownId: "00000000-0000-4000-8000-000000000000",
  isCreate: ({ method, url }) => method === "POST" && /\/servers$/.test(url),
  isWrite: ({ method, url }) => method !== "GET" && !url.endsWith("/tokens"),
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: withLogin({
    ...commonMethods({
      nova: NOVA,
      glance: `/v2/${PROJECT}`,
      cinder: CINDER,
      // Version 1 of Cinder has these names.
      volumeFields: {
        name: "display_name",
        description: "display_description",
      },
    }),
    listNodes: [
      { sends: `GET ${NOVA}/servers/detail {"limit":"1000"}` },
      { options: { tags: [text("role:db")] }, returns: [] },
      {
        options: {
          name: "node-1",
          status: "ACTIVE",
          allProjects: false,
          changedSince: "2020-01-01T00:00:00Z",
        },
        sends:
          `GET ${NOVA}/servers/detail {"name":"node-1","status":"ACTIVE","all_tenants":"false","changes-since":"2020-01-01T00:00:00Z"}`,
        refuses: [{ serverTags: ["seed"] }],
      },
    ],
    listSizes: {
      sends: `GET ${NOVA}/flavors/detail {"limit":"1000"}`,
      refuses: [{ isPublic: true }, { isPublic: "all" }],
    },
    listLocations: {
      returns: [{ id: "DFW", name: "DFW", country: "US" }],
    },
    createNode: [
      server(
        {
          image: id(IMAGE),
          auth: { password: "pass phrase" },
          keyPairs: [id(KEY_PAIR)],
          userData: "#cloud-config\n",
          tags: [text("web")],
        },
        `"imageRef":"${IMAGE}","adminPass":"pass phrase","key_name":"${KEY_PAIR}","user_data":"I2Nsb3VkLWNvbmZpZwo=","metadata":{"web":""},"config_drive":true`,
      ),
      server(
        {
          image: IMAGE,
          userData: "#cloud-config\n",
          configDrive: false,
          networks: [PUBLIC_NETWORK, NETWORK],
        },
        `"imageRef":"${IMAGE}","user_data":"I2Nsb3VkLWNvbmZpZwo=","networks":[{"uuid":"${PUBLIC_NETWORK}"},{"uuid":"${NETWORK}"}],"config_drive":false`,
      ),
      {
        ...server(
          { bootVolume: { volume: VOLUME, deleteOnTermination: true } },
          `"imageRef":"","block_device_mapping_v2":[{"boot_index":0,"source_type":"volume","destination_type":"volume","uuid":"${VOLUME}","delete_on_termination":true}]`,
        ),
        refuses: [
          { location: "ORD" },
          { location: "dfw" },
          { location: { id: "LON" } },
          { location: "" },
          { securityGroups: ["default"] },
          { serverGroup: "1" },
          { serverTags: ["a"] },
          { description: "for tests" },
        ],
      },
    ],
    createVolume: [
      {
        options: {
          name: text("canary"),
          sizeGb: count(2),
          snapshot: optional(id(SNAPSHOT)),
          volumeType: optional(text("fake")),
          description: optional(text("for tests")),
          tags: [text("web")],
        },
        sends:
          `POST ${CINDER}/volumes {"volume":{"display_name":"canary","size":2,"snapshot_id":"${SNAPSHOT}","volume_type":"fake","display_description":"for tests","metadata":{"web":""}}}`,
        refuses: [{ location: "ORD" }, { location: "" }],
      },
      {
        options: { name: "canary", sizeGb: 1, image: optional(id(IMAGE)) },
        sends:
          `POST ${CINDER}/volumes {"volume":{"display_name":"canary","size":1,"imageRef":"${IMAGE}"}}`,
      },
    ],
    getRegions: { returns: [{ id: "DFW" }] },
    getQuotas: { on: id(PROJECT), returns: { maxKeyPairs: 1000 } },
  }),
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: "2", image: IMAGE },
  volume: { sizeGb: 1 },
  paging: "linked",
  simulate: (random) =>
    new RackspaceSimulator({
      ...randomFaults(random),
      nodes: 1,
      createMs: random.int(0, 30_000),
      actionMs: random.int(0, 20_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account(options: AccountOptions): Account {
  const { credentials, fetch } = new RackspaceSimulator({
    ...PROMPT,
    ...options,
    createMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new RackspaceNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
