/**
 * What the conformance of OpenStack and that of a cloud built on it have in
 * common: the contents of a new simulator, facts of the documentation, and
 * arguments of the methods.
 *
 * @module
 */

import {
  type ComputeFacts,
  count,
  id,
  type MethodTable,
  optional,
  secret,
  text,
  time,
} from "../../testing/mod.ts";

/** An id of a new simulator with two nodes. */
export const uuid = (end: string) => `5f2a9c1e-7d43-4b8e-9a06-00000000${end}`;
export const NODE = uuid("100c");
export const OTHER_NODE = uuid("100e");
export const VOLUME = uuid("1010");
export const ATTACHED = uuid("1011");
export const SNAPSHOT = uuid("1013");
export const GOLDEN = uuid("1014");
export const GROUP = uuid("1015");
export const IMAGE = "1e7f0000-0a3d-4c5e-8b21-000000000001";
export const NETWORK = "11111111-2222-4333-8444-555555555555";
export const PORT = "11111111-2222-4333-8444-666666666666";
export const KEY_PAIR = "seed-key";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGVrZXlleGFtcGxla2V5ZXhhbXBsZWtl seed@example.com";
const OTHER_KEY = PUBLIC_KEY.replace("AAAAIG", "AAAAIH");

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

/** Facts that the documentation states for all clouds. */
export const FACTS = {
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
  keyPair: {
    id: KEY_PAIR,
    name: KEY_PAIR,
    publicKey: PUBLIC_KEY,
    // The MD5 of the key.
    fingerprint: "ce:d4:80:23:29:97:21:7f:71:59:05:2a:ad:eb:9f:f8",
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
} as const satisfies Partial<ComputeFacts>;

/** Describes actions on a node. */
export const actOf = (nova: string) =>
(
  body: string,
  options: Record<string, unknown> = {},
) => ({
  on: id(NODE),
  options,
  sends: `POST ${nova}/servers/${NODE}/action ${body}`,
});

/** Describes a resource that is destroyed. */
export const destroy = (path: string, on: string) => ({
  on: id(on),
  sends: `DELETE ${path}/${on}`,
});

/** Describes new servers, as the documentation of Nova has them. */
export const serverOf = (nova: string) =>
(
  options: Record<string, unknown>,
  body: string,
  hints = "",
) => ({
  options: { name: text("canary"), size: id("2"), ...options },
  sends:
    `POST ${nova}/servers {"server":{"name":"canary","flavorRef":"2",${body}}${hints}}`,
});

/** Without a token, the first request of every method is the login. */
export const withLogin = (methods: MethodTable): MethodTable =>
  Object.fromEntries(
    Object.entries(methods).map(([method, specs]) => [
      method,
      [specs].flat().map((spec) => ({ ...spec, operation: "authenticate" })),
    ]),
  );

/** Base paths of the services, and names of fields, which differ by version. */
export interface OpenStackPaths {
  readonly nova: string;
  readonly glance: string;
  readonly cinder: string;
  /** Fields of volumes and snapshots. */
  readonly volumeFields: {
    readonly name: string;
    readonly description: string;
  };
}

/**
 * Valid arguments of the methods that send the same to all clouds.
 *
 * @param paths Paths and names of fields of the cloud.
 * @returns The arguments, without the login.
 */
export function commonMethods(
  { nova, glance, cinder, volumeFields }: OpenStackPaths,
): MethodTable {
  const { name, description } = volumeFields;
  const act = actOf(nova);
  return {
    listImages: [
      {},
      {
        options: { name: "golden", status: "active", visibility: "private" },
        sends:
          `GET ${glance}/images {"name":"golden","status":"active","visibility":"private"}`,
        returns: [GOLDEN],
      },
    ],
    getNode: { on: id(NODE) },
    rebootNode: [
      act('{"reboot":{"type":"SOFT"}}'),
      act('{"reboot":{"type":"HARD"}}', { force: true }),
    ],
    destroyNode: destroy(`${nova}/servers`, NODE),
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
      sends: `PUT ${nova}/servers/${NODE} {"server":{"name":"web-2"}}`,
    },
    resizeNode: [
      {
        ...act("", { size: id("3"), intervalMs: time(2) }),
        sends: [
          act('{"resize":{"flavorRef":"3"}}').sends,
          act('{"confirmResize":null}').sends,
        ],
      },
      act('{"resize":{"flavorRef":"3"}}', { size: id("3"), confirm: false }),
    ],
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    createKeyPair: {
      options: { name: text("me") },
      sends: `POST ${nova}/os-keypairs {"keypair":{"name":"me"}}`,
    },
    importKeyPair: {
      options: { name: text("you"), publicKey: text(OTHER_KEY) },
      sends:
        `POST ${nova}/os-keypairs {"keypair":{"name":"you","public_key":"${OTHER_KEY}"}}`,
    },
    deleteKeyPair: destroy(`${nova}/os-keypairs`, KEY_PAIR),
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
    deleteImage: destroy(`${glance}/images`, GOLDEN),
    listVolumes: {},
    attachVolume: {
      on: id(VOLUME),
      options: { node: id(NODE), device: optional(text("/dev/vdc")) },
      sends:
        `POST ${nova}/servers/${NODE}/os-volume_attachments {"volumeAttachment":{"volumeId":"${VOLUME}","device":"/dev/vdc"}}`,
    },
    detachVolume: [
      {
        on: id(ATTACHED),
        sends:
          `DELETE ${nova}/servers/${NODE}/os-volume_attachments/${ATTACHED}`,
      },
      {
        on: id(ATTACHED),
        options: { node: optional(id(NODE)) },
        sends:
          `DELETE ${nova}/servers/${NODE}/os-volume_attachments/${ATTACHED}`,
      },
    ],
    destroyVolume: destroy(`${cinder}/volumes`, VOLUME),
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: count(20) },
      sends:
        `POST ${cinder}/volumes/${VOLUME}/action {"os-extend":{"new_size":20}}`,
    },
    getVolume: { on: id(VOLUME), returns: { name: "data", sizeGb: 1 } },
    listVolumeTypes: {},
    listVolumeSnapshots: [
      { on: undefined },
      {
        on: optional(id(ATTACHED)),
        sends: `GET ${cinder}/snapshots/detail {"volume_id":"${ATTACHED}"}`,
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
        `POST ${cinder}/snapshots {"snapshot":{"volume_id":"${VOLUME}","${name}":"canary","force":true,"${description}":"for tests","metadata":{"web":""}}}`,
    },
    destroyVolumeSnapshot: destroy(`${cinder}/snapshots`, SNAPSHOT),
    listVolumeAttachments: {
      on: id(NODE),
      // Nova's documentation has no marker for this list, so it is read whole.
      sends: `GET ${nova}/servers/${NODE}/os-volume_attachments {"limit":null}`,
      returns: [{ volumeId: ATTACHED, nodeId: NODE, device: "/dev/vdb" }],
    },
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
      sends: `PUT ${nova}/servers/${NODE}/metadata {"metadata":{"env":"prod"}}`,
    },
    addTags: {
      on: id(NODE),
      options: { tags: [text("web")] },
      sends: `POST ${nova}/servers/${NODE}/metadata {"metadata":{"web":""}}`,
    },
    deleteTag: {
      on: id(NODE),
      options: { key: id("role") },
      sends: `DELETE ${nova}/servers/${NODE}/metadata/role`,
    },
    listActions: {
      on: id(NODE),
      // Nova knows pages of this list from version 2.58 on.
      sends: `GET ${nova}/servers/${NODE}/os-instance-actions {"limit":null}`,
    },
    getLimits: { returns: { usedNodes: 2, usedVcpus: 2, usedRamMib: 1024 } },
  };
}
