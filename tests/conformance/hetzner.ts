/**
 * Conformance of the driver for Hetzner Cloud: facts, valid arguments of its
 * methods, and a simulated account.
 *
 * @module
 */

import { HetznerNodeDriver } from "../../drivers/hetzner/compute.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
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

// Ids of a new simulator with two nodes.
const NODE = "42";
const OTHER_NODE = "43";
const KEY_PAIR = "44";
const VOLUME = "45";
const IMAGE = "46";
const ACTION = "1001";
const GROUP = "47";
const NETWORK = "48";
const FIREWALL = "49";
const PRIMARY_IP = "50";
const FLOATING_IP = "51";
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";
const OTHER_KEY = PUBLIC_KEY.replace("AAAAIG", "AAAAIH");
const SUBNET = { ipRange: "10.1.1.0/24", networkZone: "eu-central" };
const RULE = { protocol: "tcp", port: "443", ips: ["0.0.0.0/0"] };
const RULE_JSON =
  '{"direction":"in","protocol":"tcp","port":"443","source_ips":["0.0.0.0/0"]}';
const TARGET_JSON = `[{"type":"server","server":{"id":${NODE}}}]`;

const ACCOUNT = { token: "canary-token", nodes: 2, createMs: 5, actionMs: 3 };
const PROMPT = { hiddenMs: 0, listLagMs: 0, addressMs: 0, busyMs: 0 };

/** An action on a node, or on another resource. */
const act = (
  verb: string,
  options: Record<string, unknown> = {},
  body = "",
  path = `servers/${NODE}`,
) => ({
  on: id(path.replace(/.*\//, "")),
  options,
  sends: `POST /v1/${path}/actions/${verb}${body && ` ${body}`}`,
});

/** A new resource, with a name and a tag. */
const create = (
  plural: string,
  options: Record<string, unknown>,
  body: string,
) => ({
  options: { name: text("canary"), tags: [text("web")], ...options },
  sends: `POST /v1/${plural} {"name":"canary","labels":{"web":""},${body}}`,
});

const destroy = (plural: string, ref: string) => ({
  on: id(ref),
  sends: `DELETE /v1/${plural}/${ref}`,
});

const error = (
  status: number,
  code: string,
  errorClass: string,
  isBusy = false,
) => ({
  status,
  code,
  errorClass,
  isBusy,
  reason: `the ${code}`,
  body: JSON.stringify({ error: { code, message: `the ${code}` } }),
});

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: HetznerNodeDriver,
  credentials: { token: ACCOUNT.token },
  wrongCredentials: { token: "wrong" },
  createSimulator: () =>
    new HetznerSimulator({ ...HetznerSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () => new HetznerSimulator({ ...PROMPT, ...ACCOUNT }),
  expected: {
    size: {
      id: "cx22",
      name: "cx22",
      vcpus: 2,
      ramMib: 4096,
      diskGb: 40,
      transferGb: 20_480,
      architecture: "x86_64",
      currency: "EUR",
      hourly: 0.006,
      monthly: 3.79,
      locationPrices: ["fsn1", "nbg1", "hel1"].map((locationId) => ({
        locationId,
        currency: "EUR",
        hourly: 0.006,
        monthly: 3.79,
        grossHourly: 0.00714,
        grossMonthly: 4.5101,
        transferGb: 20_480,
      })),
      locationIds: ["fsn1", "nbg1", "hel1"],
      isAvailable: true,
      extra: { cpuType: "shared" },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["203.0.113.1", "2001:db8:0:1::1"],
      privateIps: ["10.0.1.2", "10.0.1.3"],
      sizeId: "cx22",
      imageId: "114690387",
      locationId: "fsn1",
      tags: { env: "prod", web: "" },
      extra: {
        status: "running",
        isLocked: false,
        isRescueEnabled: false,
        isProtected: false,
        ipv6Network: "2001:db8:0:1::/64",
        diskGb: 40,
      },
    },
    image: {
      id: "114690387",
      name: "debian-12",
      extra: {
        type: "system",
        status: "available",
        description: "Debian 12",
        architecture: "x86_64",
        createdAt: "2025-01-01T00:00:00Z",
        isDeprecated: false,
      },
    },
    location: {
      id: "fsn1",
      name: "Falkenstein DC Park 1",
      country: "DE",
      extra: { city: "Falkenstein", networkZone: "eu-central" },
    },
    keyPair: {
      id: KEY_PAIR,
      name: "me",
      publicKey: PUBLIC_KEY,
      // The MD5 of the key.
      fingerprint: "96:7a:a2:82:ad:22:5e:4b:f0:14:7a:57:85:28:42:e5",
    },
    volume: {
      id: VOLUME,
      name: "data",
      sizeGb: 10,
      state: "available",
      locationId: "fsn1",
      extra: { status: "available" },
    },
    states: {
      field: "status",
      words: {
        initializing: "pending",
        starting: "starting",
        running: "running",
        stopping: "stopping",
        off: "stopped",
        rebuilding: "reconfiguring",
        migrating: "migrating",
        deleting: "terminated",
        unknown: "unknown",
      },
    },
    volumeStates: {
      field: "status",
      words: { creating: "creating", available: "available" },
    },
    total: "total_entries",
    errors: [
      error(401, "unauthorized", "InvalidCredsError"),
      error(403, "forbidden", "PermissionDeniedError"),
      error(404, "not_found", "NotFoundError"),
      error(409, "conflict", "ConflictError", true),
      error(409, "uniqueness_error", "ConflictError"),
      error(412, "resource_unavailable", "ConflictError"),
      error(422, "invalid_input", "ValidationError"),
      error(423, "locked", "ConflictError", true),
      error(423, "protected", "ConflictError"),
      error(423, "resource_locked", "ConflictError"),
      error(429, "rate_limit_exceeded", "RateLimitReachedError"),
      error(503, "unavailable", "ServiceUnavailableError"),
    ],
    maxUserDataBytes: 32_768,
  },
  create: {
    name: "web-1",
    size: "cx22",
    image: "114690387",
    location: "fsn1",
    keyPairs: [KEY_PAIR],
    tags: { env: "prod" },
  },
  unknownId: "1",
  hasUniqueNames: true,
  resizesStopped: true,
  isCreate: ({ method, url }) => method === "POST" && /\/servers$/.test(url),
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {},
      {
        options: { tags: [text("web")] },
        sends: 'GET /v1/servers {"label_selector":"web"}',
        returns: [NODE],
      },
      // The tag has a value.
      { options: { tags: { env: "" } }, returns: [] },
    ],
    listSizes: {},
    listImages: {},
    listLocations: {},
    getNode: { on: id(NODE) },
    createNode: [
      create(
        "servers",
        {
          size: id("cx22"),
          image: id("debian-12"),
          location: optional(id("fsn1")),
          keyPairs: [id(KEY_PAIR)],
          userData: "#cloud-config\n",
          networks: [id(NETWORK)],
          firewalls: [id(FIREWALL)],
          volumes: [id(VOLUME)],
          automount: true,
          placementGroup: optional(id(GROUP)),
          startAfterCreate: true,
        },
        `"server_type":"cx22","image":"debian-12","location":"fsn1","ssh_keys":["${KEY_PAIR}"],"user_data":"#cloud-config\\n","networks":[${NETWORK}],"firewalls":[{"firewall":${FIREWALL}}],"volumes":[${VOLUME}],"automount":true,"placement_group":${GROUP},"start_after_create":true`,
      ),
      create(
        "servers",
        {
          size: "cx22",
          image: "debian-12",
          ipv4: optional(id(PRIMARY_IP)),
          ipv6: false,
        },
        `"public_net":{"enable_ipv4":true,"enable_ipv6":false,"ipv4":${PRIMARY_IP}}`,
      ),
    ],
    rebootNode: [act("reboot"), act("reset", { force: true })],
    destroyNode: destroy("servers", NODE),
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: act("poweron"),
    stopNode: [act("shutdown"), act("poweroff", { force: true })],
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: `PUT /v1/servers/${NODE} {"name":"web-2"}`,
    },
    resizeNode: [
      act(
        "change_type",
        { size: id("cx32") },
        '{"server_type":"cx32","upgrade_disk":false}',
      ),
      act(
        "change_type",
        { size: id("cx32"), disk: true },
        '{"server_type":"cx32","upgrade_disk":true}',
      ),
    ],
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    importKeyPair: {
      options: { name: text("you"), publicKey: text(OTHER_KEY) },
      sends: `POST /v1/ssh_keys {"name":"you","public_key":"${OTHER_KEY}"}`,
    },
    deleteKeyPair: destroy("ssh_keys", KEY_PAIR),
    getImage: {
      on: id(IMAGE),
      returns: {
        name: "golden",
        extra: { type: "snapshot", sizeGb: 0.6, nodeId: NODE },
      },
    },
    createImage: act(
      "create_image",
      { name: text("golden"), tags: [text("web")] },
      '{"type":"snapshot","description":"golden","labels":{"web":""}}',
    ),
    deleteImage: destroy("images", IMAGE),
    listVolumes: {},
    createVolume: [
      create(
        "volumes",
        { sizeGb: count(10), location: id("fsn1"), format: "ext4" },
        '"size":10,"location":"fsn1","format":"ext4"',
      ),
      create(
        "volumes",
        { sizeGb: count(10), node: id(NODE) },
        `"size":10,"server":${NODE}`,
      ),
    ],
    attachVolume: act(
      "attach",
      { node: id(NODE) },
      `{"server":${NODE}}`,
      `volumes/${VOLUME}`,
    ),
    detachVolume: act("detach", {}, "", `volumes/${VOLUME}`),
    destroyVolume: destroy("volumes", VOLUME),
    resizeVolume: act(
      "resize",
      { sizeGb: count(20) },
      '{"size":20}',
      `volumes/${VOLUME}`,
    ),
    rebuildNode: {
      ...act(
        "rebuild",
        // Without a line break, which would be escaped twice in an echo.
        { image: id("debian-12"), userData: "#cloud-config" },
        '{"image":"debian-12","user_data":"#cloud-config"}',
      ),
      refuses: [{ userData: "x".repeat(32_769) }],
    },
    resetPassword: act("reset_password"),
    enableRescue: act(
      "enable_rescue",
      { keyPairs: [id(KEY_PAIR)] },
      `{"type":"linux64","ssh_keys":[${KEY_PAIR}]}`,
    ),
    disableRescue: act("disable_rescue"),
    requestConsole: act("request_console"),
    listPlacementGroups: {},
    createPlacementGroup: create("placement_groups", {}, '"type":"spread"'),
    deletePlacementGroup: destroy("placement_groups", GROUP),
    addToPlacementGroup: act(
      "add_to_placement_group",
      { placementGroup: id(GROUP) },
      `{"placement_group":${GROUP}}`,
    ),
    removeFromPlacementGroup: act("remove_from_placement_group"),
    listActions: [{}, { options: { node: optional(id(NODE)) } }],
    getAction: { on: id(ACTION) },
    waitForAction: { on: id(ACTION), options: { intervalMs: time(2) } },
    listNetworks: {},
    createNetwork: create(
      "networks",
      { ipRange: text("10.1.0.0/16"), subnets: [SUBNET] },
      '"ip_range":"10.1.0.0/16","subnets":[{"type":"cloud","ip_range":"10.1.1.0/24","network_zone":"eu-central"}]',
    ),
    deleteNetwork: destroy("networks", NETWORK),
    attachToNetwork: act(
      "attach_to_network",
      { network: id(NETWORK), ip: optional(text("10.0.1.5")) },
      `{"network":${NETWORK},"ip":"10.0.1.5"}`,
      `servers/${OTHER_NODE}`,
    ),
    detachFromNetwork: act(
      "detach_from_network",
      { network: id(NETWORK) },
      `{"network":${NETWORK}}`,
    ),
    listFirewalls: {},
    createFirewall: create(
      "firewalls",
      { rules: [RULE], nodes: [id(NODE)] },
      `"rules":[${RULE_JSON}],"apply_to":${TARGET_JSON}`,
    ),
    setFirewallRules: act(
      "set_rules",
      { rules: [RULE] },
      `{"rules":[${RULE_JSON}]}`,
      `firewalls/${FIREWALL}`,
    ),
    applyFirewall: act(
      "apply_to_resources",
      { nodes: [id(NODE)] },
      `{"apply_to":${TARGET_JSON}}`,
      `firewalls/${FIREWALL}`,
    ),
    removeFirewall: act(
      "remove_from_resources",
      { nodes: [id(NODE)] },
      `{"remove_from":${TARGET_JSON}}`,
      `firewalls/${FIREWALL}`,
    ),
    deleteFirewall: destroy("firewalls", FIREWALL),
    listPrimaryIps: {},
    listFloatingIps: {},
    createAddress: [
      create(
        "primary_ips",
        { kind: "primary", type: text("ipv4"), location: id("fsn1") },
        '"type":"ipv4","location":"fsn1","assignee_type":"server"',
      ),
      create(
        "floating_ips",
        { kind: "floating", type: text("ipv4"), location: id("fsn1") },
        '"type":"ipv4","home_location":"fsn1"',
      ),
      create(
        "floating_ips",
        { kind: "floating", type: text("ipv4"), node: id(NODE) },
        `"type":"ipv4","server":${NODE}`,
      ),
    ],
    assignAddress: [
      act(
        "assign",
        { kind: "primary", node: id(OTHER_NODE) },
        `{"assignee_id":${OTHER_NODE},"assignee_type":"server"}`,
        `primary_ips/${PRIMARY_IP}`,
      ),
      act(
        "assign",
        { kind: "floating", node: id(NODE) },
        `{"server":${NODE}}`,
        `floating_ips/${FLOATING_IP}`,
      ),
    ],
    unassignAddress: act(
      "unassign",
      { kind: "floating" },
      "",
      `floating_ips/${FLOATING_IP}`,
    ),
    deleteAddress: {
      ...destroy("primary_ips", PRIMARY_IP),
      options: { kind: "primary" },
    },
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: "cx22", image: "debian-12", location: "fsn1" },
  volume: { sizeGb: 10, location: "fsn1" },
  hasPlainTags: true,
  simulate: (random) =>
    new HetznerSimulator({
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
  const { credentials, fetch } = new HetznerSimulator({
    ...PROMPT,
    ...options,
    createMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new HetznerNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
