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
  count,
  id,
  optional,
  type ResponseSpec,
  secret,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";
import { IMMEDIATE } from "../_support/immediate.ts";

export const credentials = { token: "canary-token" };
// Ids of a new simulator with two nodes.
export const NODE = "123";
const OTHER_NODE = "126";
const DISK = "124";
const SWAP_DISK = "125";
const SSH_KEY = "129";
const EVENT = "130";
const USED_VOLUME = "131";
const SPARE_VOLUME = "132";
const IMAGE = "private/133";
const BACKUP = "134";
/** The public key of the account. */
const SEEDED_KEY =
  "ssh-rsa AAAA_valid_public_ssh_key_123456785== user@their-computer";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";

const INSTANCES = "/v4/linode/instances";

/** The time in the examples of the documentation. */
const EXAMPLE_TIME = "2018-01-01T00:01:01";

// The examples of the documentation, with values in fields that are null there.
const NODE_EXAMPLE = {
  backups: { enabled: true },
  created: EXAMPLE_TIME,
  has_user_data: true,
  id: 123,
  image: "linode/debian10",
  ipv4: ["203.0.113.1", "192.0.2.1", "192.168.133.234"],
  ipv6: "2600:3c03::1337/128",
  label: "linode123",
  lke_cluster_id: 1,
  region: "us-east",
  specs: { disk: 81920, gpus: 0, memory: 4096, transfer: 4000, vcpus: 2 },
  status: "running",
  tags: ["example tag", "env:prod"],
  type: "g6-standard-1",
  updated: "2018-01-02T00:01:01",
};
const NODE_RECORD = {
  id: "123",
  name: "linode123",
  state: "running",
  publicIps: ["203.0.113.1", "192.0.2.1", "2600:3c03::1337"],
  privateIps: ["192.168.133.234"],
  createdAt: "2018-01-01T00:01:01Z",
  sizeId: "g6-standard-1",
  imageId: "linode/debian10",
  locationId: "us-east",
  tags: { "example tag": "", env: "prod" },
  extra: {
    status: "running",
    vcpus: 2,
    ramMib: 4096,
    diskGb: 80,
    transferGb: 4000,
    isBackedUp: true,
    hasUserData: true,
    lkeClusterId: "1",
    updatedAt: "2018-01-02T00:01:01Z",
  },
};
const SIZE_EXAMPLE = {
  addons: { backups: { price: { hourly: 0.008, monthly: 5 } } },
  class: "gpu",
  disk: 81920,
  gpus: 2,
  id: "g6-standard-2",
  label: "Linode 4GB",
  memory: 4096,
  network_out: 1000,
  price: { hourly: 0.03, monthly: 20 },
  region_prices: [
    { hourly: 0.036, id: "us-east", monthly: 24 },
    { hourly: null, id: "us-iad", monthly: null },
  ],
  successor: "g7-standard-2",
  transfer: 4000,
  vcpus: 2,
};
const IMAGE_EXAMPLE = {
  capabilities: ["cloud-init", "distributed-sites"],
  created: "2021-08-14T22:44:02",
  deprecated: true,
  description: "Example image description.",
  eol: "2026-07-01T04:00:00",
  expiry: "2026-08-01T04:00:00",
  id: "linode/debian11",
  is_public: true,
  label: "Debian 11",
  regions: [{ region: "us-iad", status: "pending replication" }],
  size: 2500,
  status: "available",
  tags: ["repair-image", "fix-1"],
  vendor: "Debian",
};
const IMAGE_RECORD = {
  id: "linode/debian11",
  name: "Debian 11",
  extra: {
    description: "Example image description.",
    status: "available",
    isPublic: true,
    isDeprecated: true,
    vendor: "Debian",
    sizeMib: 2500,
    capabilities: ["cloud-init", "distributed-sites"],
    copies: [{ locationId: "us-iad", status: "pending replication" }],
    tags: ["repair-image", "fix-1"],
    createdAt: "2021-08-14T22:44:02Z",
    endOfLifeAt: "2026-07-01T04:00:00Z",
    expiresAt: "2026-08-01T04:00:00Z",
  },
};
const KEY_EXAMPLE = {
  created: EXAMPLE_TIME,
  id: 42,
  label: "My SSH Key",
  ssh_key: SEEDED_KEY,
};
const KEY_RECORD = {
  id: "42",
  name: "My SSH Key",
  publicKey: SEEDED_KEY,
  extra: { createdAt: "2018-01-01T00:01:01Z" },
};
const VOLUME_EXAMPLE = {
  created: EXAMPLE_TIME,
  filesystem_path: "/dev/disk/by-id/scsi-0Linode_Volume_my-volume",
  hardware_type: "nvme",
  id: 12345,
  label: "my-volume",
  linode_id: 12346,
  region: "us-east",
  size: 30,
  status: "active",
  tags: ["example tag", "another example"],
  updated: "2018-01-02T00:01:01",
};
const VOLUME_RECORD = {
  id: "12345",
  name: "my-volume",
  sizeGb: 30,
  state: "inuse",
  nodeId: "12346",
  locationId: "us-east",
  createdAt: "2018-01-01T00:01:01Z",
  extra: {
    status: "active",
    path: "/dev/disk/by-id/scsi-0Linode_Volume_my-volume",
    hardware: "nvme",
    tags: ["example tag", "another example"],
    updatedAt: "2018-01-02T00:01:01Z",
  },
};
const BACKUP_EXAMPLE = {
  available: true,
  created: "2018-01-15T00:01:01",
  finished: "2018-01-15T00:02:01",
  id: 123456,
  label: null as string | null,
  status: "successful",
  type: "auto",
};
const BACKUP_RECORD = {
  id: "123456",
  name: undefined as string | undefined,
  type: "auto",
  status: "successful",
  isAvailable: true,
  createdAt: "2018-01-15T00:01:01Z",
  finishedAt: "2018-01-15T00:02:01Z",
};
const EVENT_EXAMPLE = {
  action: "ticket_create",
  created: EXAMPLE_TIME,
  entity: { id: 11111, label: "Problem booting my Linode", type: "ticket" },
  id: 123,
  message: "The ticket was created.",
  percent_complete: 20,
  status: "failed",
  username: "adevi",
};
const EVENT_RECORD = {
  id: "123",
  action: "ticket_create",
  status: "failed",
  entityType: "ticket",
  entityId: "11111",
  entityName: "Problem booting my Linode",
  percent: 20,
  message: "The ticket was created.",
  username: "adevi",
  createdAt: "2018-01-01T00:01:01Z",
};

/** The only page of a list. */
function page(...data: readonly unknown[]): string {
  return JSON.stringify({ data, page: 1, pages: 1, results: data.length });
}

/** The response to the request of one record, and the record. */
function responds(json: unknown, returns: unknown): ResponseSpec[] {
  return [{ body: JSON.stringify(json), returns }];
}

/** The read of a list whose page size is documented, with a filter. */
function read(path: string, filter: object | null = null): string {
  const fields = { page_size: "500", "x-filter": filter };
  return `GET /v4${path} ${JSON.stringify(fields)}`;
}

/** The read of a list that is not documented to accept a page size. */
function readUnsized(path: string): string {
  return `GET /v4${path} {"page_size":null}`;
}

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  // Some lists have several pages.
  largestPage: 5,
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
  expected: {
    baseUrl: "https://api.linode.com/v4/",
    size: {
      id: "g6-nanode-1",
      name: "Nanode 1GB",
      vcpus: 1,
      ramMib: 1024,
      diskGb: 25,
      transferGb: 1000,
      currency: "USD",
      hourly: 0.0075,
      monthly: 5,
      locationPrices: [
        { locationId: "br-gru", currency: "USD", hourly: 0.0105, monthly: 7 },
      ],
      extra: {
        class: "nanode",
        networkMbps: 1000,
        backupPrice: { currency: "USD", hourly: 0.003, monthly: 2 },
        successorId: undefined,
      },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["203.0.113.1", "2001:db8::f03c:0:0"],
      privateIps: ["192.168.128.0"],
      createdAt: "2018-01-01T00:01:01Z",
      sizeId: "g6-nanode-1",
      imageId: "linode/almalinux9",
      locationId: "us-east",
      tags: { "web-server": "" },
      extra: {
        status: "running",
        vcpus: 1,
        ramMib: 1024,
        diskGb: 25,
        transferGb: 1000,
        isBackedUp: true,
        hasUserData: false,
        lkeClusterId: undefined,
        updatedAt: "2018-01-01T00:01:01Z",
      },
    },
    image: {
      id: "linode/debian12",
      name: "Debian 12",
      extra: {
        description: undefined,
        status: "available",
        isPublic: true,
        isDeprecated: false,
        vendor: "Debian",
        sizeMib: 2000,
        capabilities: ["cloud-init"],
        copies: [],
        tags: [],
        createdAt: "2023-06-22T17:39:23Z",
        endOfLifeAt: "2028-06-30T04:00:00Z",
        expiresAt: undefined,
      },
    },
    location: {
      id: "br-gru",
      name: "Sao Paulo, BR",
      country: "BR",
      extra: {
        status: "ok",
        siteType: "core",
        capabilities: [
          "Linodes",
          "Cloud Firewall",
          "Vlans",
          "VPCs",
          "Metadata",
          "Block Storage",
        ],
      },
    },
    keyPair: {
      id: SSH_KEY,
      name: "My SSH Key",
      publicKey: SEEDED_KEY,
    },
    volume: {
      id: USED_VOLUME,
      name: "my-volume",
      sizeGb: 30,
      state: "inuse",
      nodeId: NODE,
      locationId: "us-east",
      extra: {
        status: "active",
        path: "/dev/disk/by-id/scsi-0Linode_Volume_my-volume",
        hardware: "nvme",
        tags: ["web-server"],
      },
    },
    states: {
      field: "status",
      words: {
        running: "running",
        offline: "stopped",
        stopped: "stopped",
        booting: "starting",
        rebooting: "rebooting",
        shutting_down: "stopping",
        provisioning: "pending",
        busy: "pending",
        deleting: "terminated",
        migrating: "migrating",
        rebuilding: "reconfiguring",
        cloning: "reconfiguring",
        restoring: "reconfiguring",
        resizing: "reconfiguring",
        billing_suspension: "suspended",
      },
    },
    volumeStates: {
      field: "status",
      words: {
        // Attached. Without a node, it is available.
        active: "inuse",
        creating: "creating",
        resizing: "updating",
        key_rotating: "updating",
      },
    },
    total: "results",
    errors: [
      {
        status: 400,
        body: '{"errors":[{"reason":"Linode busy."}]}',
        errorClass: "ConflictError",
        reason: "Linode busy.",
        isBusy: true,
      },
      {
        status: 400,
        body:
          '{"errors":[{"reason":"Too short","field":"label"},{"reason":"Invalid"}]}',
        errorClass: "ValidationError",
        reason: "label: Too short; Invalid",
      },
      {
        status: 400,
        body: '{"errors":[{"field":"label"}]}',
        errorClass: "ValidationError",
        reason: "label",
      },
      {
        status: 401,
        body: '{"errors":[{"reason":"Invalid Token"}]}',
        errorClass: "InvalidCredsError",
        reason: "Invalid Token",
      },
      {
        status: 403,
        body: '{"errors":[{"reason":"Unauthorized"}]}',
        errorClass: "PermissionDeniedError",
        reason: "Unauthorized",
      },
      {
        status: 404,
        body: '{"errors":[{"reason":"Not found"}]}',
        errorClass: "NotFoundError",
        reason: "Not found",
      },
      {
        // Only the header of the rate limit tells when it ends.
        status: 429,
        body: '{"errors":[{"reason":"Too many requests"}]}',
        headers: {
          date: "Thu, 15 Oct 2015 17:57:12 GMT",
          "x-ratelimit-limit": "800",
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": "1444931833",
        },
        errorClass: "RateLimitReachedError",
        reason: "Too many requests",
        retryAfterMs: 1000,
      },
      {
        status: 500,
        body: '{"errors":[{"reason":"Internal error"}]}',
        errorClass: "ServiceUnavailableError",
        reason: "Internal error",
      },
    ],
    maxUserDataBytes: 65_535,
  },
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
    listNodes: [
      {
        refuses: [{ tags: {} }, { tags: [] }, { tags: ["a:b:c", ""] }],
        sends: read("/linode/instances"),
        returns: [NODE, OTHER_NODE],
        responds: [{ body: page(NODE_EXAMPLE), returns: [NODE_RECORD] }],
      },
      {
        options: { filter: { region: "us-iad" } },
        sends: read("/linode/instances", { region: "us-iad" }),
        returns: [OTHER_NODE],
      },
      {
        options: { tags: [text("web-server")] },
        sends: read("/linode/instances", { "+and": [{ tags: "web-server" }] }),
        returns: [NODE],
      },
      {
        // Both tags are required.
        options: { tags: { "web-server": "", env: "prod" } },
        sends: read("/linode/instances", {
          "+and": [{ tags: "web-server" }, { tags: "env:prod" }],
        }),
        returns: [],
      },
      {
        // The filter replaces that of the tags, which the driver then compares.
        options: {
          tags: { "web-server": "" },
          filter: { "+and": [{ label: { "+contains": "node" } }] },
        },
        sends: read("/linode/instances", {
          "+and": [{ label: { "+contains": "node" } }],
        }),
        returns: [NODE],
      },
      {
        // Nothing matches none of several alternatives.
        options: { filter: { "+or": [] } },
        isStatic: true,
        returns: [],
      },
    ],
    listSizes: {
      sends: readUnsized("/linode/types"),
      returns: {
        id: "g1-gpu-rtx6000-1",
        gpus: 1,
        diskGb: 640,
        price: { currency: "USD", hourly: 1.5015, monthly: 1000 },
      },
      responds: [{
        body: page(SIZE_EXAMPLE),
        returns: [{
          id: "g6-standard-2",
          name: "Linode 4GB",
          vcpus: 2,
          ramMib: 4096,
          diskGb: 80,
          transferGb: 4000,
          gpus: 2,
          price: { currency: "USD", hourly: 0.03, monthly: 20 },
          locationPrices: [{
            locationId: "us-east",
            currency: "USD",
            hourly: 0.036,
            monthly: 24,
          }],
          extra: {
            class: "gpu",
            networkMbps: 1000,
            backupPrice: { currency: "USD", hourly: 0.008, monthly: 5 },
            successorId: "g7-standard-2",
          },
        }],
      }],
    },
    listImages: [
      {
        sends: read("/images"),
        responds: [{ body: page(IMAGE_EXAMPLE), returns: [IMAGE_RECORD] }],
      },
      {
        options: { isPublic: false },
        sends: read("/images", { is_public: false }),
        returns: [IMAGE],
      },
      {
        options: { type: "automatic" },
        sends: read("/images", { type: "automatic" }),
        returns: [],
      },
      {
        options: { filter: { vendor: "Debian", "+order_by": "id" } },
        sends: read("/images", { vendor: "Debian", "+order_by": "id" }),
        returns: [
          "linode/debian11",
          "linode/debian12",
          "linode/debian12-kube-v1.29.2",
        ],
      },
      {
        // Headers are ASCII.
        options: { filter: { label: "Zürich 🦆" } },
        sends: read("/images", { label: "Zürich 🦆" }),
        returns: [],
      },
    ],
    listLocations: {
      sends: readUnsized("/regions"),
      returns: [
        { id: "ap-south", country: "SG" },
        { id: "br-gru", country: "BR" },
        { id: "eu-central", country: "DE" },
        { id: "eu-west", country: "GB" },
        { id: "jp-osa", country: "JP" },
        { id: "us-east", name: "Newark, NJ", country: "US" },
        { id: "us-iad", country: "US" },
        {
          id: "us-den-edge-1",
          country: "US",
          extra: { siteType: "distributed" },
        },
      ],
      responds: [{
        // Not a code of ISO 3166-1.
        body: page({ id: "eu-west", country: "uk", status: "outage" }),
        returns: [{
          id: "eu-west",
          name: "eu-west",
          country: "GB",
          extra: { status: "outage", capabilities: [] },
        }],
      }],
    },
    getNode: {
      on: id(NODE),
      returns: { id: NODE, name: "node-1" },
      responds: [
        ...responds(NODE_EXAMPLE, NODE_RECORD),
        ...responds({ id: 123, status: "offline", ipv4: [], image: null }, {
          id: "123",
          name: "123",
          state: "stopped",
          publicIps: [],
          privateIps: [],
          imageId: undefined,
          tags: {},
        }),
        {
          // Addresses in VPCs are elsewhere.
          body: {
            [`${INSTANCES}/${NODE}`]:
              '{"id":123,"status":"running","ipv4":[],"ipv6":null}',
            [`${INSTANCES}/${NODE}/ips`]:
              '{"ipv4":{"vpc":[{"address":"10.0.0.141"},{"address":null}]}}',
          },
          returns: { id: NODE, publicIps: [], privateIps: ["10.0.0.141"] },
        },
      ],
    },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id("g6-nanode-1"),
          image: id("linode/debian12"),
          location: id("us-east"),
          keyPairs: [id(SSH_KEY)],
          authorizedUsers: ["myuser"],
          userData: "#cloud-config\n",
          tags: [text("web-server")],
          hasPrivateIp: true,
          isBackedUp: true,
          firewall: optional(id("123")),
          interfaces: [{ purpose: "public" }],
        },
        refuses: [
          { idempotencyKey: "abc" },
          { auth: {} },
          { auth: { password: "" } },
          { keyPairs: [""] },
        ],
        sends: `POST ${INSTANCES} ${
          JSON.stringify({
            label: "web-1",
            type: "g6-nanode-1",
            image: "linode/debian12",
            region: "us-east",
            authorized_keys: [SEEDED_KEY],
            authorized_users: ["myuser"],
            metadata: { user_data: "I2Nsb3VkLWNvbmZpZwo=" },
            tags: ["web-server"],
            private_ip: true,
            backups_enabled: true,
            booted: null,
            firewall_id: 123,
            interfaces: [{ purpose: "public" }],
            stackscript_id: null,
            stackscript_data: null,
          })
        }`,
        returns: {
          name: "web-1",
          state: "pending",
          sizeId: "g6-nanode-1",
          imageId: "linode/debian12",
          locationId: "us-east",
          tags: { "web-server": "" },
          extra: { isBackedUp: true, hasUserData: true },
        },
      },
      {
        options: {
          name: text("web-1"),
          size: "g6-nanode-1",
          image: "linode/debian12",
          location: "us-east",
          auth: { password: "Tr0ub4dor&3" },
          // The record has the key, so it is not fetched.
          keyPairs: [{ id: "42", publicKey: PUBLIC_KEY }],
          tags: { env: "prod" },
          // deployNode() waits until the node is running.
          isBooted: true,
          stackScript: optional(id("10079")),
          stackScriptData: { DB_PASSWORD: "hunter2" },
        },
        sends: `POST ${INSTANCES} ${
          JSON.stringify({
            label: "web-1",
            root_pass: "Tr0ub4dor&3",
            authorized_keys: [PUBLIC_KEY],
            authorized_users: null,
            metadata: null,
            tags: ["env:prod"],
            private_ip: null,
            backups_enabled: null,
            booted: true,
            firewall_id: null,
            interfaces: null,
            stackscript_id: 10079,
            stackscript_data: { DB_PASSWORD: "hunter2" },
          })
        }`,
        // Only a generated password is returned.
        returns: { name: "web-1", rootPassword: undefined },
      },
      {
        options: {
          name: text("web-1"),
          size: "g6-nanode-1",
          image: "linode/debian12",
          location: "us-east",
          auth: { sshKey: PUBLIC_KEY },
        },
        sends: `POST ${INSTANCES} {"authorized_keys":["${PUBLIC_KEY}"]}`,
      },
    ],
    rebootNode: {
      on: id(NODE),
      sends: `POST ${INSTANCES}/${NODE}/reboot`,
    },
    destroyNode: { on: id(NODE), sends: `DELETE ${INSTANCES}/${NODE}` },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: {
      on: id(NODE),
      sends: `POST ${INSTANCES}/${NODE}/boot`,
    },
    stopNode: {
      on: id(NODE),
      sends: `POST ${INSTANCES}/${NODE}/shutdown`,
    },
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `PUT ${INSTANCES}/${NODE} {"label":"web-2","tags":null}`,
    },
    resizeNode: [
      {
        on: id(NODE),
        options: { size: id("g6-standard-2") },
        sends:
          `POST ${INSTANCES}/${NODE}/resize {"type":"g6-standard-2","allow_auto_disk_resize":null,"migration_type":null}`,
      },
      {
        on: id(NODE),
        options: {
          size: id("g6-standard-2"),
          resizesDisk: false,
          migration: "warm",
        },
        sends:
          `POST ${INSTANCES}/${NODE}/resize {"type":"g6-standard-2","allow_auto_disk_resize":false,"migration_type":"warm"}`,
      },
    ],
    listKeyPairs: {
      sends: read("/profile/sshkeys"),
      returns: [SSH_KEY],
      responds: [{ body: page(KEY_EXAMPLE), returns: [KEY_RECORD] }],
    },
    getKeyPair: {
      on: id(SSH_KEY),
      returns: { id: SSH_KEY, name: "My SSH Key" },
      responds: responds(KEY_EXAMPLE, KEY_RECORD),
    },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
      sends:
        `POST /v4/profile/sshkeys {"label":"me","ssh_key":"${PUBLIC_KEY}"}`,
      returns: { name: "me", publicKey: PUBLIC_KEY },
    },
    deleteKeyPair: {
      on: id(SSH_KEY),
      sends: `DELETE /v4/profile/sshkeys/${SSH_KEY}`,
    },
    getImage: {
      on: id("linode/debian12"),
      returns: { id: "linode/debian12", name: "Debian 12" },
      responds: responds(IMAGE_EXAMPLE, IMAGE_RECORD),
    },
    createImage: [
      {
        on: id(NODE),
        options: { name: text("golden"), description: "canary" },
        // The first disk that is not swap space.
        sends: [
          read(`/linode/instances/${NODE}/disks`),
          `POST /v4/images {"disk_id":${DISK},"label":"golden","description":"canary"}`,
        ],
        returns: {
          name: "golden",
          extra: {
            description: "canary",
            status: "creating",
            isPublic: false,
          },
        },
        responds: [{
          body: page({ id: 1, label: "swap", filesystem: "swap" }),
          throws: "CloudError",
        }],
      },
      {
        on: id(NODE),
        options: {
          name: text("golden"),
          // The provider finds the node by the disk.
          description: `node:${NODE}`,
          disk: optional(id(SWAP_DISK)),
        },
        sends:
          `POST /v4/images {"disk_id":${SWAP_DISK},"label":"golden","description":"node:${NODE}"}`,
      },
    ],
    copyImage: {
      on: id(IMAGE),
      options: { location: id("us-iad") },
      refuses: [{ name: "copy" }],
      sends:
        `POST /v4/images/${IMAGE}/regions {"regions":["us-east","us-iad"]}`,
      returns: {
        id: IMAGE,
        extra: {
          copies: [{ locationId: "us-east" }, { locationId: "us-iad" }],
        },
      },
    },
    deleteImage: { on: id(IMAGE), sends: `DELETE /v4/images/${IMAGE}` },
    listVolumes: [
      {
        sends: read("/volumes"),
        returns: [USED_VOLUME, SPARE_VOLUME],
        responds: [{ body: page(VOLUME_EXAMPLE), returns: [VOLUME_RECORD] }],
      },
      {
        options: { filter: { label: "spare" } },
        sends: read("/volumes", { label: "spare" }),
        returns: [SPARE_VOLUME],
      },
      {
        options: { filter: { "+and": [{ "+or": [] }, { label: "spare" }] } },
        isStatic: true,
        returns: [],
      },
    ],
    getVolume: {
      on: id(SPARE_VOLUME),
      returns: { id: SPARE_VOLUME, state: "available", nodeId: undefined },
      responds: responds(VOLUME_EXAMPLE, VOLUME_RECORD),
    },
    createVolume: [
      {
        options: {
          name: text("data"),
          sizeGb: count(20),
          location: id("us-east"),
          tags: [text("web-server")],
        },
        refuses: [{ snapshot: "1" }, { location: undefined }, { sizeGb: 0 }],
        sends:
          'POST /v4/volumes {"label":"data","size":20,"region":"us-east","linode_id":null,"tags":["web-server"]}',
        returns: {
          name: "data",
          sizeGb: 20,
          state: "creating",
          nodeId: undefined,
          locationId: "us-east",
          extra: { status: "creating", tags: ["web-server"] },
        },
      },
      {
        options: { name: text("data"), sizeGb: count(20), node: id(NODE) },
        sends:
          `POST /v4/volumes {"label":"data","size":20,"region":null,"linode_id":${NODE},"tags":null}`,
      },
    ],
    attachVolume: [
      {
        on: id(SPARE_VOLUME),
        options: { node: id(NODE) },
        refuses: [{ device: "/dev/sdb" }],
        sends:
          `POST /v4/volumes/${SPARE_VOLUME}/attach {"linode_id":${NODE},"persist_across_boots":null}`,
      },
      {
        on: id(SPARE_VOLUME),
        options: { node: id(NODE), persists: false },
        sends:
          `POST /v4/volumes/${SPARE_VOLUME}/attach {"linode_id":${NODE},"persist_across_boots":false}`,
      },
    ],
    detachVolume: {
      on: id(USED_VOLUME),
      sends: `POST /v4/volumes/${USED_VOLUME}/detach`,
    },
    destroyVolume: {
      on: id(SPARE_VOLUME),
      sends: `DELETE /v4/volumes/${SPARE_VOLUME}`,
    },
    resizeVolume: {
      on: id(SPARE_VOLUME),
      options: { sizeGb: count(40) },
      sends: `POST /v4/volumes/${SPARE_VOLUME}/resize {"size":40}`,
    },
    cloneVolume: {
      on: id(SPARE_VOLUME),
      options: { name: text("copy") },
      sends: `POST /v4/volumes/${SPARE_VOLUME}/clone {"label":"copy"}`,
      returns: { name: "copy", sizeGb: 20, locationId: "us-east" },
    },
    rebuildNode: [
      {
        on: id(NODE),
        options: {
          image: id("linode/arch"),
          keyPairs: [id(SSH_KEY)],
          authorizedUsers: ["myuser"],
          userData: "#cloud-config\n",
          isBooted: false,
        },
        refuses: [{ auth: {} }, { userData: "x".repeat(65_536) }],
        sends: `POST ${INSTANCES}/${NODE}/rebuild ${
          JSON.stringify({
            image: "linode/arch",
            authorized_keys: [SEEDED_KEY],
            authorized_users: ["myuser"],
            metadata: { user_data: "I2Nsb3VkLWNvbmZpZwo=" },
            booted: false,
            stackscript_id: null,
            stackscript_data: null,
          })
        }`,
        returns: {
          id: NODE,
          state: "reconfiguring",
          imageId: "linode/arch",
          extra: { hasUserData: true },
        },
      },
      {
        on: id(NODE),
        options: {
          image: id("linode/debian12"),
          auth: { password: "Tr0ub4dor&3" },
          stackScript: optional(id("10079")),
          stackScriptData: { DB_PASSWORD: "hunter2" },
        },
        sends:
          `POST ${INSTANCES}/${NODE}/rebuild {"root_pass":"Tr0ub4dor&3","authorized_keys":null,"authorized_users":null,"metadata":null,"booted":null,"stackscript_id":10079,"stackscript_data":{"DB_PASSWORD":"hunter2"}}`,
        returns: { id: NODE, rootPassword: undefined },
      },
    ],
    cloneNode: [
      {
        on: id(NODE),
        options: {
          name: optional(text("twin")),
          size: optional(id("g6-standard-2")),
          location: optional(id("us-iad")),
        },
        sends:
          `POST ${INSTANCES}/${NODE}/clone {"label":"twin","type":"g6-standard-2","region":"us-iad"}`,
        returns: {
          name: "twin",
          state: "pending",
          sizeId: "g6-standard-2",
          imageId: "linode/almalinux9",
          locationId: "us-iad",
        },
      },
      {
        on: id(NODE),
        sends:
          `POST ${INSTANCES}/${NODE}/clone {"label":null,"type":null,"region":null}`,
      },
    ],
    resetPassword: {
      on: id(NODE),
      options: { password: secret("Tr0ub4dor&3") },
      sends: `POST ${INSTANCES}/${NODE}/password {"root_pass":"Tr0ub4dor&3"}`,
    },
    setTags: [
      {
        on: id(NODE),
        options: { tags: [text("web-server")] },
        refuses: [{ tags: undefined }],
        sends: `PUT ${INSTANCES}/${NODE} {"tags":["web-server"],"label":null}`,
      },
      {
        on: id(NODE),
        options: { tags: { env: "prod", "web-server": "" } },
        sends: `PUT ${INSTANCES}/${NODE} {"tags":["env:prod","web-server"]}`,
      },
      {
        // Removes all tags.
        on: id(NODE),
        options: { tags: [] },
        sends: `PUT ${INSTANCES}/${NODE} {"tags":[]}`,
      },
    ],
    listTags: { sends: read("/tags"), returns: ["web-server"] },
    listDisks: {
      on: id(NODE),
      sends: read(`/linode/instances/${NODE}/disks`),
      returns: [
        {
          id: DISK,
          name: "AlmaLinux 9 Disk",
          sizeMib: 25_088,
          filesystem: "ext4",
          status: "ready",
        },
        { id: SWAP_DISK, sizeMib: 512, filesystem: "swap" },
      ],
    },
    listBackups: {
      on: id(NODE),
      sends: `GET ${INSTANCES}/${NODE}/backups`,
      returns: [{ id: BACKUP, name: undefined, type: "auto" }],
      responds: [
        ...responds({
          automatic: [BACKUP_EXAMPLE],
          snapshot: {
            current: { id: 2, label: "before", type: "snapshot" },
            in_progress: {
              id: 3,
              label: "after",
              status: "pending",
              available: false,
            },
          },
        }, [
          BACKUP_RECORD,
          { id: "2", name: "before", type: "snapshot" },
          { id: "3", name: "after", status: "pending", isAvailable: false },
        ]),
        ...responds({ automatic: [], snapshot: { current: null } }, []),
      ],
    },
    takeBackup: {
      on: id(NODE),
      options: { name: text("before") },
      sends: `POST ${INSTANCES}/${NODE}/backups {"label":"before"}`,
      returns: { name: "before", type: "snapshot", status: "pending" },
    },
    enableBackups: {
      on: id(OTHER_NODE),
      sends: `POST ${INSTANCES}/${OTHER_NODE}/backups/enable`,
    },
    cancelBackups: {
      on: id(NODE),
      sends: `POST ${INSTANCES}/${NODE}/backups/cancel`,
    },
    listStackScripts: [
      {
        sends: read("/linode/stackscripts"),
        returns: [
          {
            id: "10079",
            name: "a-stackscript",
            description: "This StackScript installs and configures MySQL",
            username: "myuser",
            isMine: true,
            isPublic: false,
            imageIds: ["linode/debian12", "linode/debian11"],
            fields: ["DB_PASSWORD"],
            script:
              '#!/bin/bash\n# <UDF name="DB_PASSWORD" label="Password" />\n',
          },
          {
            id: "401697",
            username: "linode-stackscripts",
            isMine: false,
            isPublic: true,
            imageIds: ["any/all"],
            fields: ["GREETING"],
          },
        ],
      },
      {
        options: { isMine: true },
        sends: read("/linode/stackscripts", { mine: true }),
        returns: ["10079"],
      },
      {
        options: { filter: { is_public: true } },
        sends: read("/linode/stackscripts", { is_public: true }),
        returns: ["401697"],
      },
    ],
    listEvents: [
      {
        // The newest is the first.
        sends: read("/account/events", {
          "+order_by": "created",
          "+order": "desc",
        }),
        returns: [{
          id: EVENT,
          action: "linode_create",
          status: "notification",
          entityType: "linode",
          entityId: NODE,
          entityName: "node-1",
          percent: 100,
          message: undefined,
          username: "myuser",
        }],
        responds: [{ body: page(EVENT_EXAMPLE), returns: [EVENT_RECORD] }],
      },
      {
        options: { node: optional(id(NODE)), action: "linode_create" },
        sends: read("/account/events", {
          "entity.type": "linode",
          "entity.id": 123,
          action: "linode_create",
          "+order_by": "created",
          "+order": "desc",
        }),
        returns: [EVENT],
      },
      {
        options: { action: "linode_boot", filter: { "+order": "asc" } },
        sends: read("/account/events", {
          action: "linode_boot",
          "+order_by": "created",
          "+order": "asc",
        }),
        returns: [],
      },
    ],
    getEvent: {
      on: id(EVENT),
      returns: { id: EVENT, action: "linode_create" },
      responds: [
        ...responds(EVENT_EXAMPLE, EVENT_RECORD),
        ...responds({ id: 1, entity: null, percent_complete: null }, {
          id: "1",
          entityId: undefined,
          percent: undefined,
        }),
      ],
    },
    waitForEvent: {
      on: id(EVENT),
      options: { intervalMs: time(2) },
      returns: { id: EVENT, status: "notification" },
      responds: [
        ...responds({ id: 1, status: "finished" }, {
          id: "1",
          status: "finished",
        }),
        {
          body: JSON.stringify({ ...EVENT_EXAMPLE, status: "failed" }),
          throws: "CloudError",
        },
      ],
    },
    getAccount: {
      returns: {
        id: "E1AF5EEC-526F-487D-B317EBEB34C87D71",
        company: "Example Ltd",
        email: "me@example.com",
        balance: 200,
        createdAt: "2018-01-01T00:01:01Z",
      },
    },
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
      ...randomFaults(random),
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
