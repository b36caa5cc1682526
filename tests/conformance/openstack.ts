/**
 * Conformance of the driver for OpenStack: facts, valid arguments of its
 * methods, and a simulated project.
 *
 * @module
 */

import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
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
  destroy,
  FACTS,
  GROUP,
  IMAGE,
  KEY_PAIR,
  NETWORK,
  NODE,
  PORT,
  PUBLIC_KEY,
  serverOf,
  SNAPSHOT,
  VOLUME,
  withLogin,
} from "../_support/openstack_subject.ts";

/** Id of the simulated project. */
export const PROJECT = "7f3e5d1c9b8a46240f1e2d3c4b5a6978";
export const NOVA = "/v2.1";
const CINDER = `/v3/${PROJECT}`;

/** Options of the simulated projects of the conformance suite. */
export const ACCOUNT = {
  username: "canary-user",
  password: "canary-password",
  projectName: "canary-project",
  nodes: 2,
  createMs: 5,
  actionMs: 3,
};
/** Options that switch off every delay. */
export const PROMPT = { hiddenMs: 0, listLagMs: 0, addressMs: 0, busyMs: 0 };

const server = serverOf(NOVA);

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: OpenStackNodeDriver,
  credentials: { password: ACCOUNT.password },
  wrongCredentials: { password: "wrong" },
  settings: {
    authUrl: new OpenStackSimulator().credentials.authUrl,
    username: ACCOUNT.username,
    projectName: ACCOUNT.projectName,
  },
  createSimulator: () =>
    new OpenStackSimulator({ ...OpenStackSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () =>
    new OpenStackSimulator({ ...PROMPT, ...ACCOUNT }),
  expected: {
    ...FACTS,
    size: {
      id: "2",
      name: "m1.small",
      vcpus: 1,
      ramMib: 2048,
      diskGb: 20,
      isAvailable: true,
      extra: {
        ephemeralGb: 0,
        swapMib: 0,
        bandwidthFactor: 1,
        isPublic: true,
      },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: [],
      privateIps: ["10.0.0.2"],
      sizeId: "1",
      imageId: IMAGE,
      locationId: "nova",
      tags: { role: "web" },
      extra: {
        status: "ACTIVE",
        vmState: "active",
        powerState: 1,
        keyPairId: KEY_PAIR,
        description: "node-1",
        isLocked: false,
        projectId: PROJECT,
        userId: "0a1b2c3d4e5f40718293a4b5c6d7e8f9",
        hostId: "7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f7a1f",
      },
    },
    keyPair: { ...FACTS.keyPair, extra: { type: "ssh" } },
    location: { id: "nova", name: "nova", extra: { isAvailable: true } },
  },
  create: {
    name: "web-1",
    size: "1",
    image: IMAGE,
    location: "nova",
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
      glance: "/v2",
      cinder: CINDER,
      volumeFields: { name: "name", description: "description" },
    }),
    listNodes: [
      { sends: `GET ${NOVA}/servers/detail {"limit":"1000"}` },
      { options: { tags: [text("role:db")] }, returns: [] },
      { options: { tags: { role: "" } }, returns: [] },
      {
        options: {
          name: "node-1",
          status: "ACTIVE",
          serverTags: [text("seed")],
          allProjects: false,
          changedSince: "2020-01-01T00:00:00Z",
        },
        sends:
          `GET ${NOVA}/servers/detail {"name":"node-1","status":"ACTIVE","tags":"seed","all_tenants":"false","changes-since":"2020-01-01T00:00:00Z"}`,
      },
    ],
    listSizes: [
      {},
      {
        options: { isPublic: "all" },
        sends: `GET ${NOVA}/flavors/detail {"is_public":"none"}`,
      },
      {
        options: { isPublic: true },
        sends: `GET ${NOVA}/flavors/detail {"is_public":"true"}`,
      },
    ],
    listLocations: {},
    createNode: [
      server(
        {
          image: id(IMAGE),
          location: optional(id("nova")),
          auth: { password: "pass phrase" },
          keyPairs: [id(KEY_PAIR)],
          userData: "#cloud-config\n",
          tags: [text("web")],
          securityGroups: [id("default")],
          serverTags: [text("a")],
          serverGroup: optional(id(GROUP)),
          configDrive: true,
          description: optional(text("for tests")),
        },
        `"imageRef":"${IMAGE}","availability_zone":"nova","adminPass":"pass phrase","key_name":"${KEY_PAIR}","user_data":"I2Nsb3VkLWNvbmZpZwo=","metadata":{"web":""},"networks":"auto","security_groups":[{"name":"default"}],"tags":["a"],"config_drive":true,"description":"for tests"`,
        `,"os:scheduler_hints":{"group":"${GROUP}"},"openstack-api-version":"compute 2.52"`,
      ),
      server(
        {
          image: IMAGE,
          networks: [NETWORK, { network: NETWORK, ip: "192.0.2.7" }, {
            port: PORT,
          }],
          bootVolume: { sizeGb: 10, volumeType: "fake" },
        },
        `"imageRef":"","networks":[{"uuid":"${NETWORK}"},{"uuid":"${NETWORK}","fixed_ip":"192.0.2.7"},{"port":"${PORT}"}],"block_device_mapping_v2":[{"boot_index":0,"source_type":"image","destination_type":"volume","uuid":"${IMAGE}","volume_size":10,"volume_type":"fake","delete_on_termination":false}]`,
        ',"openstack-api-version":"compute 2.67"',
      ),
      server(
        { bootVolume: { volume: VOLUME, deleteOnTermination: true } },
        `"imageRef":"","networks":"auto","block_device_mapping_v2":[{"boot_index":0,"source_type":"volume","destination_type":"volume","uuid":"${VOLUME}","delete_on_termination":true}]`,
      ),
      {
        ...server(
          { bootVolume: { snapshot: SNAPSHOT, sizeGb: 3 } },
          `"imageRef":"","networks":"auto","block_device_mapping_v2":[{"boot_index":0,"source_type":"snapshot","destination_type":"volume","uuid":"${SNAPSHOT}","volume_size":3,"delete_on_termination":false}]`,
        ),
        refuses: [
          { bootVolume: undefined },
          { bootVolume: { sizeGb: 1 } },
          { bootVolume: { snapshot: SNAPSHOT, sizeGb: 0 } },
          { bootVolume: { volume: ".." } },
          { networks: "some" },
          { networks: [{}] },
          { keyPairs: [KEY_PAIR, "other"] },
          { serverTags: ["a/b"] },
          { serverTags: "a" },
          { auth: { sshKey: PUBLIC_KEY } },
        ],
      },
    ],
    createVolume: [
      {
        options: {
          name: text("canary"),
          sizeGb: count(2),
          location: optional(id("nova")),
          snapshot: optional(id(SNAPSHOT)),
          volumeType: optional(text("fake")),
          description: optional(text("for tests")),
          tags: [text("web")],
        },
        sends:
          `POST ${CINDER}/volumes {"volume":{"name":"canary","size":2,"availability_zone":"nova","snapshot_id":"${SNAPSHOT}","volume_type":"fake","description":"for tests","metadata":{"web":""}}}`,
      },
      {
        options: { name: "canary", sizeGb: 1, image: optional(id(IMAGE)) },
        sends:
          `POST ${CINDER}/volumes {"volume":{"name":"canary","size":1,"imageRef":"${IMAGE}"}}`,
      },
    ],
    setServerTags: {
      on: id(NODE),
      options: { serverTags: [text("a")] },
      sends: `PUT ${NOVA}/servers/${NODE}/tags {"tags":["a"]}`,
    },
    listServerGroups: {},
    createServerGroup: {
      options: { name: text("canary"), policy: "soft-affinity" },
      sends:
        `POST ${NOVA}/os-server-groups {"server_group":{"name":"canary","policies":["soft-affinity"]}}`,
      refuses: [{ policy: "near" }],
    },
    deleteServerGroup: destroy(`${NOVA}/os-server-groups`, GROUP),
    getRegions: { returns: [{ id: "RegionOne" }] },
    getQuotas: { on: id(PROJECT), returns: { maxKeyPairs: 1000 } },
  }),
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: "1", image: IMAGE },
  volume: { sizeGb: 1 },
  paging: "linked",
  simulate: (random) =>
    new OpenStackSimulator({
      ...randomFaults(random),
      nodes: 1,
      createMs: random.int(0, 30_000),
      actionMs: random.int(0, 20_000),
    }),
};

/**
 * Opens a simulated project with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The project.
 */
export function account(options: AccountOptions): Account {
  const { credentials, fetch } = new OpenStackSimulator({
    ...PROMPT,
    ...options,
    createMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new OpenStackNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
