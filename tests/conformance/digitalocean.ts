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
  count,
  id,
  optional,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";
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
// The action that created the first node.
const ACTION = "3164450";
const RESERVED_IP = "198.51.100.1";
export const SIZE = "s-1vcpu-1gb";
export const DEBIAN = "155133621";
export const PUBLIC_KEY =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr= me@example.com";

export const intervalMs = () => time(2);

/** The request for an action on the first node. */
const ACTIONS = `POST /v2/droplets/${NODE}/actions`;

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
  expected: {
    baseUrl: "https://api.digitalocean.com/v2/",
    size: {
      id: "s-1vcpu-1gb",
      name: "s-1vcpu-1gb",
      vcpus: 1,
      ramMib: 1024,
      diskGb: 25,
      transferGb: 1000,
      currency: "USD",
      hourly: 0.00893,
      monthly: 6,
      locationIds: [
        ...["nyc1", "nyc2", "sgp1", "lon1", "nyc3", "ams3"],
        ...["fra1", "tor1", "sfo2", "blr1", "sfo3", "syd1"],
      ],
      isAvailable: true,
      extra: { description: "Basic" },
    },
    node: {
      id: OTHER_NODE,
      name: "node-2.example.com",
      state: "running",
      publicIps: ["203.0.113.3", "2001:db8::3"],
      privateIps: ["10.128.0.1"],
      createdAt: "2024-03-05T09:12:30Z",
      sizeId: "s-1vcpu-2gb",
      imageId: "63663980",
      locationId: "nyc2",
      tags: {},
      extra: {
        status: "active",
        isLocked: false,
        imageSlug: "ubuntu-20-04-x64",
        vcpus: 1,
        ramMib: 2048,
        diskGb: 50,
        features: ["backups", "private_networking", "ipv6"],
        volumeIds: [],
        vpcId: "760e09ef-dc84-11e8-981e-000000000003",
      },
    },
    image: {
      id: DEBIAN,
      name: "Debian 12 x64",
      extra: {
        slug: "debian-12-x64",
        type: "base",
        distribution: "Debian",
        status: "available",
        isPublic: true,
        minDiskGb: 7,
        sizeGb: 0.54,
        createdAt: "2023-06-20T15:44:02Z",
      },
    },
    location: {
      id: "fra1",
      name: "Frankfurt 1",
      country: "DE",
      extra: { isAvailable: true },
    },
    keyPair: {
      id: KEY_PAIR,
      name: "My SSH Public Key",
      publicKey:
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com",
      fingerprint: "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
    },
    volume: {
      id: VOLUME,
      name: "data",
      sizeGb: 10,
      state: "inuse",
      nodeId: NODE,
      locationId: "nyc1",
      createdAt: "2024-03-05T09:12:30Z",
      extra: { description: "Block store for examples", filesystem: "ext4" },
    },
    snapshot: {
      id: SNAPSHOT,
      name: "data-1",
      sizeGb: 0.1008,
      state: "available",
      volumeId: VOLUME,
      extra: { locationIds: ["nyc1"], minDiskGb: 10 },
    },
    states: {
      field: "status",
      words: {
        active: "running",
        new: "pending",
        off: "stopped",
        // It is off, and the API cannot start it again.
        archive: "terminated",
      },
    },
    total: "total",
    errors: [
      {
        status: 422,
        body:
          '{"id":"unprocessable_entity","message":"Droplet already has a pending event.","request_id":"4d9d8375"}',
        errorClass: "ConflictError",
        code: "unprocessable_entity",
        reason: "Droplet already has a pending event.",
        requestId: "4d9d8375",
        isBusy: true,
      },
      {
        status: 422,
        body:
          '{"id":"unprocessable_entity","message":"Invalid size.","request_id":"4d9d8375"}',
        errorClass: "ValidationError",
        code: "unprocessable_entity",
        reason: "Invalid size.",
        requestId: "4d9d8375",
      },
      {
        status: 401,
        body:
          '{"id":"unauthorized","message":"Unable to authenticate you.","request_id":"4d9d8375"}',
        errorClass: "InvalidCredsError",
        code: "unauthorized",
        reason: "Unable to authenticate you.",
        requestId: "4d9d8375",
      },
      {
        status: 403,
        body:
          '{"id":"forbidden","message":"You do not have access for the attempted action."}',
        errorClass: "PermissionDeniedError",
        code: "forbidden",
        reason: "You do not have access for the attempted action.",
      },
      {
        status: 409,
        body: '{"id":"conflict","message":"The volume is attached."}',
        // A refusal without a request id in the body.
        headers: { "x-request-id": "c0ffee" },
        errorClass: "ConflictError",
        code: "conflict",
        reason: "The volume is attached.",
        requestId: "c0ffee",
      },
      {
        status: 500,
        body:
          '{"id":"server_error","message":"Unexpected server-side error","request_id":"4d9d8375"}',
        errorClass: "ServiceUnavailableError",
        code: "server_error",
        reason: "Unexpected server-side error",
        requestId: "4d9d8375",
      },
      {
        status: 404,
        body: '{"id":"not_found","message":"Not found."}',
        errorClass: "NotFoundError",
        code: "not_found",
        reason: "Not found.",
      },
      {
        // The endpoints for tags have another form.
        status: 400,
        body: '{"error":"tag is invalid","messages":[],"root_causes":[]}',
        errorClass: "ValidationError",
        reason: "tag is invalid",
      },
      {
        status: 429,
        body: '{"id":"too_many_requests","message":"API rate limit exceeded."}',
        headers: { "retry-after": "0" },
        errorClass: "RateLimitReachedError",
        code: "too_many_requests",
        reason: "API rate limit exceeded.",
      },
      {
        // The limit per hour comes without retry-after.
        status: 429,
        body: '{"id":"too_many_requests","message":"API rate limit exceeded."}',
        headers: {
          date: "Thu, 15 Oct 2015 17:57:12 GMT",
          "ratelimit-limit": "5000",
          "ratelimit-remaining": "0",
          "ratelimit-reset": "1444931833",
        },
        errorClass: "RateLimitReachedError",
        code: "too_many_requests",
        reason: "API rate limit exceeded.",
        retryAfterMs: 1000,
      },
    ],
    maxUserDataBytes: 65_536,
  },
  resizesStopped: true,
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
      {
        sends: 'GET /v2/droplets {"per_page":"200"}',
        returns: [NODE, OTHER_NODE],
      },
      { options: { tags: [text("web")] }, returns: [NODE] },
      {
        options: { name: optional(text("node-2.example.com")) },
        returns: [OTHER_NODE],
      },
      {
        options: { name: "node-2.example.com", tags: [text("web")] },
        returns: [],
      },
      { options: { hasGpu: true }, returns: [] },
    ],
    listSizes: {
      responds: [{
        // The size of a GPU Droplet in the description.
        body:
          '{"sizes":[{"slug":"gpu-h100x1-80gb","memory":245760,"vcpus":20,"disk":720,"transfer":15,"price_monthly":4529.3,"price_hourly":6.74,"regions":["tor1"],"available":true,"description":"H100 GPU - 1X","gpu_info":{"count":1,"vram":{"amount":80,"unit":"gib"},"model":"nvidia_h100"}}],"meta":{"total":1}}',
        returns: [{
          id: "gpu-h100x1-80gb",
          vcpus: 20,
          ramMib: 245_760,
          diskGb: 720,
          transferGb: 15_000,
          gpus: 1,
          price: { currency: "USD", hourly: 6.74, monthly: 4529.3 },
          locationIds: ["tor1"],
          extra: { gpuName: "nvidia_h100" },
        }],
      }],
      // 0.00743999984115362, with the error of single precision.
      returns: {
        id: "512mb",
        price: { currency: "USD", hourly: 0.00744, monthly: 5 },
        isAvailable: false,
      },
    },
    listImages: [
      {},
      {
        options: { isPrivate: true },
        returns: [{
          id: IMAGE,
          name: "first-snapshot",
          extra: {
            slug: undefined,
            type: "snapshot",
            isPublic: false,
            minDiskGb: 25,
            sizeGb: 2.34,
            locationIds: ["nyc1"],
          },
        }],
      },
      {
        options: { type: "application" },
        returns: [
          { id: "140000001", name: "Docker on Ubuntu 22.04" },
          "140000002",
        ],
      },
      { options: { type: "distribution" }, returns: { id: DEBIAN } },
      { options: { tag: optional(id("web")) }, returns: [] },
    ],
    listLocations: {
      // Two letters of ISO 3166-1 for the city of each slug.
      returns: [
        { id: "nyc1", country: "US", extra: { isAvailable: true } },
        { id: "sfo1", country: "US", extra: { isAvailable: false } },
        { id: "nyc2", country: "US" },
        { id: "ams2", country: "NL" },
        { id: "sgp1", country: "SG" },
        { id: "lon1", country: "GB" },
        { id: "nyc3", country: "US" },
        { id: "ams3", country: "NL" },
        { id: "fra1", country: "DE" },
        { id: "tor1", country: "CA" },
        { id: "sfo2", country: "US" },
        { id: "blr1", country: "IN" },
        { id: "sfo3", country: "US" },
        { id: "syd1", country: "AU" },
      ],
    },
    getNode: {
      on: id(NODE),
      returns: {
        id: NODE,
        tags: { web: "" },
        extra: {
          volumeIds: [VOLUME],
          addresses: [
            { ip: "10.128.0.0", type: "private", gateway: undefined },
            { ip: "203.0.113.2", type: "public", gateway: "203.0.113.1" },
          ],
        },
      },
    },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(DEBIAN),
          location: optional(id("fra1")),
          keyPairs: [id(KEY_PAIR)],
          vpc: optional(id("760e09ef-dc84-11e8-981e-000000000009")),
          userData: "#cloud-config\n",
          tags: { env: "prod" },
          backups: true,
          ipv6: true,
          monitoring: true,
        },
        refuses: [
          { auth: { password: "Canary-Passw0rd-77" } },
          { idempotencyKey: "abc" },
          { userData: new Uint8Array([0x1f, 0x8b]) },
        ],
        sends:
          `POST /v2/droplets {"name":"web-1","size":"${SIZE}","image":${DEBIAN},"region":"fra1","ssh_keys":[${KEY_PAIR}],"vpc_uuid":"760e09ef-dc84-11e8-981e-000000000009","user_data":"#cloud-config\\n","tags":["env:prod"],"backups":true,"ipv6":true,"monitoring":true}`,
        returns: {
          name: "web-1",
          state: "pending",
          publicIps: [],
          sizeId: SIZE,
          imageId: DEBIAN,
          locationId: "fra1",
          tags: { env: "prod" },
          extra: {
            isLocked: true,
            features: ["backups", "monitoring", "private_networking", "ipv6"],
            vpcId: "760e09ef-dc84-11e8-981e-000000000009",
          },
        },
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id("debian-12-x64"),
          firewalls: [id(FIREWALL)],
        },
        sends: [
          'POST /v2/droplets {"image":"debian-12-x64"}',
          `POST /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[3164451]}`,
        ],
        returns: "3164451",
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(DEBIAN),
          location: optional(id("nyc1")),
          // It is attached, so the provider refuses it.
          volumes: [id(VOLUME)],
        },
        sends: `POST /v2/droplets {"region":"nyc1","volumes":["${VOLUME}"]}`,
      },
    ],
    rebootNode: [
      { on: id(NODE), sends: `${ACTIONS} {"type":"reboot"}` },
      {
        on: id(NODE),
        options: { force: true },
        sends: `${ACTIONS} {"type":"power_cycle"}`,
      },
    ],
    destroyNode: { on: id(NODE), sends: `DELETE /v2/droplets/${NODE}` },
    waitUntilRunning: [
      {
        on: id(NODE),
        options: { intervalMs: intervalMs() },
        responds: [{
          // A node whose creation failed stays new, and is not locked.
          body: {
            [`/v2/droplets/${NODE}`]:
              `{"droplet":{"id":${NODE},"status":"new","locked":false}}`,
            [`/v2/droplets/${NODE}/actions`]:
              '{"actions":[{"id":1,"type":"create","status":"errored"}]}',
          },
          throws: "NodeFailedError",
        }],
      },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: intervalMs() } },
    ],
    startNode: { on: id(NODE), sends: `${ACTIONS} {"type":"power_on"}` },
    stopNode: [
      { on: id(NODE), sends: `${ACTIONS} {"type":"shutdown"}` },
      {
        on: id(NODE),
        options: { force: true },
        sends: `${ACTIONS} {"type":"power_off"}`,
      },
    ],
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `${ACTIONS} {"type":"rename","name":"web-2"}`,
    },
    resizeNode: {
      on: id(NODE),
      options: { size: id("s-1vcpu-2gb"), disk: true },
      sends: `${ACTIONS} {"type":"resize","size":"s-1vcpu-2gb","disk":true}`,
    },
    listKeyPairs: {},
    getKeyPair: {
      on: id(KEY_PAIR),
      returns: { id: KEY_PAIR, name: "My SSH Public Key" },
    },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
      sends: `POST /v2/account/keys {"name":"me","public_key":"${PUBLIC_KEY}"}`,
      returns: { name: "me", publicKey: PUBLIC_KEY },
    },
    deleteKeyPair: {
      on: id(KEY_PAIR),
      sends: `DELETE /v2/account/keys/${KEY_PAIR}`,
    },
    getImage: [
      { on: id(IMAGE), returns: { id: IMAGE, name: "first-snapshot" } },
      {
        on: id("debian-12-x64"),
        returns: { id: DEBIAN, name: "Debian 12 x64" },
      },
    ],
    createImage: {
      on: id(NODE),
      // An image has that name already, but not the new id.
      options: { name: text("first-snapshot"), intervalMs: intervalMs() },
      refuses: [{ description: "Before the update" }],
      sends: `${ACTIONS} {"type":"snapshot","name":"first-snapshot"}`,
      returns: {
        id: "3164452",
        name: "first-snapshot",
        extra: { type: "snapshot" },
      },
    },
    copyImage: {
      on: id(IMAGE),
      options: { location: id("fra1"), intervalMs: intervalMs() },
      refuses: [{ name: "copy" }],
      sends:
        `POST /v2/images/${IMAGE}/actions {"type":"transfer","region":"fra1"}`,
      returns: { id: IMAGE, extra: { locationIds: ["nyc1", "fra1"] } },
    },
    deleteImage: { on: id(IMAGE), sends: `DELETE /v2/images/${IMAGE}` },
    listVolumes: {},
    createVolume: {
      options: {
        name: text("data-2"),
        sizeGb: count(10),
        location: id("nyc1"),
        snapshot: optional(id(SNAPSHOT)),
        description: "Data of the shop",
        filesystem: "ext4",
        tags: { env: "prod" },
      },
      refuses: [{ sizeGb: 16_385 }, { location: undefined }],
      sends:
        `POST /v2/volumes {"name":"data-2","size_gigabytes":10,"region":"nyc1","snapshot_id":"${SNAPSHOT}","description":"Data of the shop","filesystem_type":"ext4","tags":["env:prod"]}`,
      returns: {
        name: "data-2",
        sizeGb: 10,
        state: "available",
        nodeId: undefined,
        locationId: "nyc1",
        extra: {
          description: "Data of the shop",
          filesystem: "ext4",
          tags: ["env:prod"],
        },
      },
    },
    attachVolume: {
      on: id(VOLUME),
      options: { node: id(NODE) },
      refuses: [{ device: "/dev/sdf" }],
      sends:
        `POST /v2/volumes/${VOLUME}/actions {"type":"attach","droplet_id":${NODE}}`,
    },
    detachVolume: [
      {
        on: id(VOLUME),
        responds: [{
          body:
            `{"volume":{"id":"${VOLUME}","name":"data","size_gigabytes":10,"droplet_ids":[]}}`,
          throws: "ConflictError",
        }],
        // The node is in the record of the volume.
        sends:
          `POST /v2/volumes/${VOLUME}/actions {"type":"detach","droplet_id":${NODE}}`,
      },
      {
        on: id(VOLUME),
        options: { node: optional(id(OTHER_NODE)) },
        sends:
          `POST /v2/volumes/${VOLUME}/actions {"type":"detach","droplet_id":${OTHER_NODE}}`,
      },
    ],
    destroyVolume: { on: id(VOLUME), sends: `DELETE /v2/volumes/${VOLUME}` },
    listVolumeSnapshots: [
      { on: undefined, returns: [SNAPSHOT] },
      { on: optional(id(VOLUME)), returns: [SNAPSHOT] },
    ],
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: { name: optional(text("data-2")) },
      sends: `POST /v2/volumes/${VOLUME}/snapshots {"name":"data-2"}`,
      returns: { name: "data-2", state: "available", volumeId: VOLUME },
    },
    destroyVolumeSnapshot: {
      on: id(SNAPSHOT),
      sends: `DELETE /v2/snapshots/${SNAPSHOT}`,
    },
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: count(20) },
      refuses: [{ sizeGb: 16_385 }],
      sends:
        `POST /v2/volumes/${VOLUME}/actions {"type":"resize","size_gigabytes":20}`,
      returns: { status: "in-progress", resourceType: "volume" },
    },
    rebuildNode: {
      on: id(NODE),
      options: { image: id(DEBIAN) },
      sends: `${ACTIONS} {"type":"rebuild","image":${DEBIAN}}`,
      returns: { type: "rebuild", status: "in-progress", resourceId: NODE },
    },
    resetPassword: {
      on: id(NODE),
      sends: `${ACTIONS} {"type":"password_reset"}`,
      returns: { type: "password_reset", resourceId: NODE },
    },
    startAction: {
      on: id(NODE),
      options: { type: text("rename"), fields: { name: "web-3" } },
      refuses: [{ fields: { type: "reboot" } }],
      sends: `${ACTIONS} {"type":"rename","name":"web-3"}`,
      returns: { type: "rename", completedAt: undefined },
    },
    listActions: [
      { returns: [ACTION] },
      { options: { node: optional(id(NODE)) }, returns: [ACTION] },
      { options: { node: optional(id(OTHER_NODE)) }, returns: [] },
    ],
    getAction: {
      on: id(ACTION),
      returns: {
        id: ACTION,
        type: "create",
        status: "completed",
        startedAt: "2024-03-05T09:12:30Z",
        completedAt: "2024-03-05T09:12:30Z",
        resourceId: NODE,
        resourceType: "droplet",
        locationId: "nyc1",
      },
    },
    waitForAction: {
      on: id(ACTION),
      options: { intervalMs: intervalMs() },
      returns: { id: ACTION, status: "completed" },
      responds: [{
        body: '{"action":{"id":1,"status":"errored"}}',
        throws: "CloudError",
      }],
    },
    listTags: {
      returns: [{ id: "web", name: "web", count: 1 }],
      responds: [
        {
          // A page without a link to the next page is the last one.
          body: '{"tags":[{"name":"web"}],"links":{}}',
          returns: ["web"],
        },
        {
          // A tag is missing.
          body: '{"tags":[{"name":"web"}],"links":{},"meta":{"total":2}}',
          throws: "MalformedResponseError",
        },
      ],
    },
    createTag: {
      options: { name: text("web") },
      sends: 'POST /v2/tags {"name":"web"}',
      returns: { id: "web", name: "web" },
    },
    deleteTag: { on: id("web"), sends: "DELETE /v2/tags/web" },
    tagNode: {
      on: id(NODE),
      options: { tag: id("web") },
      sends:
        `POST /v2/tags/web/resources {"resources":[{"resource_id":"${NODE}","resource_type":"droplet"}]}`,
    },
    untagNode: {
      on: id(NODE),
      options: { tag: id("web") },
      sends:
        `DELETE /v2/tags/web/resources {"resources":[{"resource_id":"${NODE}","resource_type":"droplet"}]}`,
    },
    listReservedIps: {
      returns: [{
        id: RESERVED_IP,
        ip: RESERVED_IP,
        nodeId: NODE,
        locationId: "nyc1",
        isLocked: false,
      }],
    },
    createReservedIp: [
      {
        options: { node: id(NODE) },
        refuses: [{ node: undefined }, { location: "fra1" }],
        sends: `POST /v2/reserved_ips {"droplet_id":${NODE}}`,
      },
      {
        options: { location: id("fra1") },
        sends: 'POST /v2/reserved_ips {"region":"fra1"}',
        returns: { locationId: "fra1", nodeId: undefined, isLocked: false },
      },
    ],
    assignReservedIp: {
      on: id(RESERVED_IP),
      options: { node: id(NODE) },
      sends:
        `POST /v2/reserved_ips/${RESERVED_IP}/actions {"type":"assign","droplet_id":${NODE}}`,
    },
    unassignReservedIp: {
      on: id(RESERVED_IP),
      sends: `POST /v2/reserved_ips/${RESERVED_IP}/actions {"type":"unassign"}`,
    },
    releaseReservedIp: {
      on: id(RESERVED_IP),
      sends: `DELETE /v2/reserved_ips/${RESERVED_IP}`,
    },
    listFirewalls: {
      returns: [{
        id: FIREWALL,
        name: "firewall",
        status: "succeeded",
        nodeIds: [NODE],
        tags: [],
      }],
    },
    assignFirewall: {
      on: id(FIREWALL),
      options: { node: id(NODE) },
      sends:
        `POST /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[${NODE}]}`,
    },
    unassignFirewall: {
      on: id(FIREWALL),
      options: { node: id(NODE) },
      sends:
        `DELETE /v2/firewalls/${FIREWALL}/droplets {"droplet_ids":[${NODE}]}`,
    },
    getAccount: {
      returns: {
        id: "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
        name: "Sammy the Shark",
        email: "sammy@example.com",
        status: "active",
        nodeLimit: 25,
      },
    },
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: SIZE, image: "debian-12-x64", location: "fra1" },
  volume: { sizeGb: 10, location: "fra1" },
  idless: ["image"],
  simulate: (random) =>
    new DigitalOceanSimulator({
      ...randomFaults(random),
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
