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
  type MethodTable,
  optional,
  secret,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";

// Ids of a new simulator with two nodes.
const uuid = (end: string) => `5f2a9c1e-7d43-4b8e-9a06-00000000${end}`;
const NODE = uuid("100c");
const OTHER_NODE = uuid("100e");
const VOLUME = uuid("1010");
const ATTACHED = uuid("1011");
const SNAPSHOT = uuid("1013");
const GOLDEN = uuid("1014");
const GROUP = uuid("1015");
const IMAGE = "1e7f0000-0a3d-4c5e-8b21-000000000001";
const PROJECT = "7f3e5d1c9b8a46240f1e2d3c4b5a6978";
const NETWORK = "11111111-2222-4333-8444-555555555555";
const PORT = "11111111-2222-4333-8444-666666666666";
const KEY_PAIR = "seed-key";
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGVrZXlleGFtcGxla2V5ZXhhbXBsZWtl seed@example.com";
const OTHER_KEY = PUBLIC_KEY.replace("AAAAIG", "AAAAIH");
const NOVA = "/v2.1";
const CINDER = `/v3/${PROJECT}`;

const ACCOUNT = {
  username: "canary-user",
  password: "canary-password",
  projectName: "canary-project",
  nodes: 2,
  createMs: 5,
  actionMs: 3,
};
const PROMPT = { hiddenMs: 0, listLagMs: 0, addressMs: 0, busyMs: 0 };

/** An action on a node. */
const act = (body: string, options: Record<string, unknown> = {}) => ({
  on: id(NODE),
  options,
  sends: `POST ${NOVA}/servers/${NODE}/action ${body}`,
});

const destroy = (path: string, on: string) => ({
  on: id(on),
  sends: `DELETE ${path}/${on}`,
});

/** A new server, as the documentation of Nova has it. */
const server = (
  options: Record<string, unknown>,
  body: string,
  hints = "",
) => ({
  options: { name: text("canary"), size: id("2"), ...options },
  sends:
    `POST ${NOVA}/servers {"server":{"name":"canary","flavorRef":"2",${body}}${hints}}`,
});

const error = (
  status: number,
  code: string,
  errorClass: string,
  more: { readonly retryAfterMs?: number; readonly isBusy?: boolean } = {},
) => ({
  status,
  code,
  errorClass,
  reason: `the ${code}`,
  requestId: "req-1",
  headers: { "x-openstack-request-id": "req-1" },
  body: JSON.stringify({
    [code]: {
      code: status,
      message: `the ${code}`,
      ...more.retryAfterMs && { retryAfter: more.retryAfterMs / 1000 },
    },
  }),
  ...more,
});

/** Without a token, the first request of every method is the login. */
const withLogin = (methods: MethodTable): MethodTable =>
  Object.fromEntries(
    Object.entries(methods).map(([method, specs]) => [
      method,
      [specs].flat().map((spec) => ({ ...spec, operation: "authenticate" })),
    ]),
  );

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
    size: {
      id: "2",
      name: "m1.small",
      vcpus: 1,
      ramMib: 2048,
      diskGb: 20,
      extra: {
        ephemeralGb: 0,
        swapMib: 0,
        bandwidthFactor: 1,
        isPublic: true,
        isDisabled: false,
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
    image: {
      id: IMAGE,
      name: "tiny-linux",
      extra: {
        status: "active",
        visibility: "public",
        sizeBytes: 65_536,
        diskFormat: "qcow2",
        containerFormat: "bare",
        osDistro: "debian",
        projectId: "admin",
        isProtected: false,
        isHidden: false,
      },
    },
    location: { id: "nova", name: "nova", extra: { isAvailable: true } },
    keyPair: {
      id: KEY_PAIR,
      name: KEY_PAIR,
      publicKey: PUBLIC_KEY,
      // The MD5 of the key.
      fingerprint: "ce:d4:80:23:29:97:21:7f:71:59:05:2a:ad:eb:9f:f8",
      extra: { type: "ssh" },
    },
    volume: {
      id: ATTACHED,
      name: "disk",
      sizeGb: 2,
      state: "inuse",
      nodeId: NODE,
      locationId: "nova",
      extra: {
        status: "in-use",
        device: "/dev/vdb",
        volumeType: "fake",
        isEncrypted: false,
        isMultiattach: false,
      },
    },
    snapshot: {
      id: SNAPSHOT,
      name: "backup",
      sizeGb: 2,
      state: "available",
      volumeId: ATTACHED,
      extra: { status: "available", tags: { plan: "daily" } },
    },
    // https://docs.openstack.org/api-guide/compute/server_concepts.html
    states: {
      field: "status",
      words: {
        ACTIVE: "running",
        BUILD: "pending",
        DELETED: "terminated",
        ERROR: "error",
        HARD_REBOOT: "rebooting",
        MIGRATING: "migrating",
        PASSWORD: "running",
        PAUSED: "paused",
        REBOOT: "rebooting",
        REBUILD: "reconfiguring",
        RESCUE: "running",
        RESIZE: "reconfiguring",
        REVERT_RESIZE: "reconfiguring",
        SHELVED: "suspended",
        SHELVED_OFFLOADED: "suspended",
        SHUTOFF: "stopped",
        SOFT_DELETED: "terminated",
        SUSPENDED: "suspended",
        UNKNOWN: "unknown",
        VERIFY_RESIZE: "running",
      },
    },
    volumeStates: {
      field: "status",
      words: {
        creating: "creating",
        available: "available",
        reserved: "attaching",
        attaching: "attaching",
        detaching: "detaching",
        "in-use": "inuse",
        maintenance: "updating",
        deleting: "deleting",
        "awaiting-transfer": "updating",
        error: "error",
        error_deleting: "error",
        "backing-up": "updating",
        "restoring-backup": "updating",
        "error_backing-up": "error",
        error_restoring: "error",
        error_extending: "error",
        downloading: "creating",
        uploading: "updating",
        retyping: "updating",
        extending: "updating",
      },
    },
    snapshotStates: {
      field: "status",
      words: {
        creating: "creating",
        available: "available",
        "backing-up": "available",
        deleting: "deleting",
        error: "error",
        deleted: "deleted",
        unmanaging: "deleting",
        restoring: "restoring",
        error_deleting: "error",
      },
    },
    errors: [
      error(400, "badRequest", "ValidationError"),
      error(403, "forbidden", "PermissionDeniedError"),
      error(404, "itemNotFound", "NotFoundError"),
      error(409, "conflictingRequest", "ConflictError"),
      error(413, "overLimit", "RateLimitReachedError", {
        retryAfterMs: 10,
        isBusy: true,
      }),
      error(429, "overLimit", "RateLimitReachedError"),
      error(500, "computeFault", "ServiceUnavailableError"),
      error(503, "serviceUnavailable", "ServiceUnavailableError"),
    ],
    // 65 535 characters of Base64.
    maxUserDataBytes: 49_149,
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
  isWrite: ({ method, url }) =>
    method !== "GET" && !url.endsWith("/auth/tokens"),
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: withLogin({
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
    listImages: [
      {},
      {
        options: { name: "golden", status: "active", visibility: "private" },
        sends:
          'GET /v2/images {"name":"golden","status":"active","visibility":"private"}',
        returns: [GOLDEN],
      },
    ],
    listLocations: {},
    getNode: { on: id(NODE) },
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
    rebootNode: [
      act('{"reboot":{"type":"SOFT"}}'),
      act('{"reboot":{"type":"HARD"}}', { force: true }),
    ],
    destroyNode: destroy(`${NOVA}/servers`, NODE),
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: act('{"os-start":null}'),
    stopNode: act('{"os-stop":null}'),
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `PUT ${NOVA}/servers/${NODE} {"server":{"name":"web-2"}}`,
    },
    resizeNode: [
      {
        ...act("", { size: id("2"), intervalMs: time(2) }),
        sends: [
          act('{"resize":{"flavorRef":"2"}}').sends,
          act('{"confirmResize":null}').sends,
        ],
      },
      act('{"resize":{"flavorRef":"2"}}', { size: id("2"), confirm: false }),
    ],
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    createKeyPair: {
      options: { name: text("me") },
      sends: `POST ${NOVA}/os-keypairs {"keypair":{"name":"me"}}`,
    },
    importKeyPair: {
      options: { name: text("you"), publicKey: text(OTHER_KEY) },
      sends:
        `POST ${NOVA}/os-keypairs {"keypair":{"name":"you","public_key":"${OTHER_KEY}"}}`,
    },
    deleteKeyPair: destroy(`${NOVA}/os-keypairs`, KEY_PAIR),
    getImage: {
      on: id(GOLDEN),
      returns: {
        name: "golden",
        extra: {
          visibility: "private",
          type: "snapshot",
          nodeId: NODE,
          minDiskGb: 1,
          minRamMib: 256,
        },
      },
    },
    createImage: act(
      '{"createImage":{"name":"golden","metadata":{"os_distro":"debian","description":"for tests"}}}',
      {
        name: text("golden"),
        description: optional(text("for tests")),
        properties: { os_distro: "debian" },
      },
    ),
    deleteImage: destroy("/v2/images", GOLDEN),
    listVolumes: {},
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
    attachVolume: {
      on: id(VOLUME),
      options: { node: id(NODE), device: optional(text("/dev/vdc")) },
      sends:
        `POST ${NOVA}/servers/${NODE}/os-volume_attachments {"volumeAttachment":{"volumeId":"${VOLUME}","device":"/dev/vdc"}}`,
    },
    detachVolume: [
      {
        on: id(ATTACHED),
        sends:
          `DELETE ${NOVA}/servers/${NODE}/os-volume_attachments/${ATTACHED}`,
      },
      {
        on: id(ATTACHED),
        options: { node: optional(id(NODE)) },
        sends:
          `DELETE ${NOVA}/servers/${NODE}/os-volume_attachments/${ATTACHED}`,
      },
    ],
    destroyVolume: destroy(`${CINDER}/volumes`, VOLUME),
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: count(20) },
      sends:
        `POST ${CINDER}/volumes/${VOLUME}/action {"os-extend":{"new_size":20}}`,
    },
    getVolume: { on: id(VOLUME), returns: { name: "data", sizeGb: 1 } },
    listVolumeTypes: {},
    listVolumeSnapshots: [
      { on: undefined },
      {
        on: optional(id(ATTACHED)),
        sends: `GET ${CINDER}/snapshots/detail {"volume_id":"${ATTACHED}"}`,
        returns: [SNAPSHOT],
      },
    ],
    getVolumeSnapshot: { on: id(SNAPSHOT), returns: { name: "backup" } },
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: {
        name: optional(text("canary")),
        description: optional(text("for tests")),
        tags: [text("web")],
      },
      sends:
        `POST ${CINDER}/snapshots {"snapshot":{"volume_id":"${VOLUME}","name":"canary","force":true,"description":"for tests","metadata":{"web":""}}}`,
    },
    destroyVolumeSnapshot: destroy(`${CINDER}/snapshots`, SNAPSHOT),
    listVolumeAttachments: {
      on: id(NODE),
      // Nova's documentation has no marker for this list, so it is read whole.
      sends: `GET ${NOVA}/servers/${NODE}/os-volume_attachments {"limit":null}`,
      returns: [{ volumeId: ATTACHED, nodeId: NODE, device: "/dev/vdb" }],
    },
    getRegions: { returns: [{ id: "RegionOne" }] },
    pauseNode: act('{"pause":null}'),
    unpauseNode: act('{"unpause":null}'),
    suspendNode: act('{"suspend":null}'),
    resumeNode: act('{"resume":null}'),
    shelveNode: act('{"shelve":null}'),
    unshelveNode: act('{"unshelve":null}'),
    lockNode: act('{"lock":null}'),
    unlockNode: act('{"unlock":null}'),
    confirmResize: act('{"confirmResize":null}'),
    revertResize: act('{"revertResize":null}'),
    rebuildNode: act(
      `{"rebuild":{"imageRef":"${GOLDEN}","name":"web-2","metadata":{"web":""},"adminPass":"pass phrase"}}`,
      {
        image: id(GOLDEN),
        name: optional(text("web-2")),
        tags: [text("web")],
        password: optional(secret("pass phrase")),
      },
    ),
    rescueNode: act(
      `{"rescue":{"rescue_image_ref":"${IMAGE}","adminPass":"pass phrase"}}`,
      {
        image: optional(id(IMAGE)),
        password: optional(secret("pass phrase")),
      },
    ),
    unrescueNode: act('{"unrescue":null}'),
    changePassword: act('{"changePassword":{"adminPass":"pass phrase"}}', {
      password: secret("pass phrase"),
    }),
    getConsoleLog: [
      act('{"os-getConsoleOutput":{"length":1}}', {
        lines: optional(count(1)),
      }),
      act('{"os-getConsoleOutput":{}}'),
    ],
    getConsoleUrl: [
      act('{"os-getVNCConsole":{"type":"novnc"}}'),
      {
        ...act('{"os-getSerialConsole":{"type":"serial"}}', {
          kind: "serial",
        }),
        refuses: [{ kind: "vt100" }],
      },
      act('{"os-getSPICEConsole":{"type":"spice-html5"}}', {
        kind: "spice-html5",
      }),
    ],
    setTags: {
      on: id(NODE),
      options: { tags: { env: "prod" } },
      sends: `PUT ${NOVA}/servers/${NODE}/metadata {"metadata":{"env":"prod"}}`,
    },
    addTags: {
      on: id(NODE),
      options: { tags: [text("web")] },
      sends: `POST ${NOVA}/servers/${NODE}/metadata {"metadata":{"web":""}}`,
    },
    deleteTag: {
      on: id(NODE),
      options: { key: id("role") },
      sends: `DELETE ${NOVA}/servers/${NODE}/metadata/role`,
    },
    setServerTags: {
      on: id(NODE),
      options: { serverTags: [text("a")] },
      sends: `PUT ${NOVA}/servers/${NODE}/tags {"tags":["a"]}`,
    },
    listActions: {
      on: id(NODE),
      // Nova knows pages of this list from version 2.58 on.
      sends: `GET ${NOVA}/servers/${NODE}/os-instance-actions {"limit":null}`,
    },
    listServerGroups: {},
    createServerGroup: {
      options: { name: text("canary"), policy: "soft-affinity" },
      sends:
        `POST ${NOVA}/os-server-groups {"server_group":{"name":"canary","policies":["soft-affinity"]}}`,
      refuses: [{ policy: "near" }],
    },
    deleteServerGroup: destroy(`${NOVA}/os-server-groups`, GROUP),
    getLimits: { returns: { usedNodes: 2, usedVcpus: 2, usedRamMib: 1024 } },
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
