/**
 * Conformance of the driver for Amazon EC2: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import {
  type ComputeSubject,
  id,
  optional,
  Probe,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, unkindness } from "../_support/clouds.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { REGION } from "../drivers/aws/_ec2.ts";

export const credentials = {
  accessKeyId: "AKIACANARYKEYID",
  secretAccessKey: "canary/secret+access/key",
};
// Resources of a simulator with two nodes.
export const NODE = "i-06e2e9d79df860e27";
export const OTHER_NODE = "i-01992d0166ec0853c";
export const IMAGE = "ami-05b57bb658f27000a";
export const VOLUME = "vol-0dc5ce19c3415acf3";
const SNAPSHOT = "snap-00c67ada8e74d50c3";
const GROUP = "sg-040152987ff2e5ed7";
const SUBNET = "subnet-0bcb26d7926ebf115";
const VPC = "vpc-042305ee4fc714021";
const ADDRESS = "eipalloc-0a3f3e948a7f96395";
const KEY_PAIR = "nephos";
const SIZE = "t3.micro";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

export const tagged = { tags: { env: "prod" } };
const rules = [{
  ipProtocol: "tcp",
  fromPort: 22,
  toPort: 22,
  ipRanges: [{ cidrIp: "203.0.113.0/24" }],
}];

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  createMs: 5,
  actionMs: 3,
  listedMs: 3,
  keyBits: 1024,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  // It has the methods of Ec2NodeDriver, and those for networks.
  Driver: Ec2NetworkDriver,
  credentials,
  wrongCredentials: { secretAccessKey: "wrong" },
  badCredentials: [
    { accessKeyId: "AKIA canary" },
    { secretAccessKey: "canary secret" },
    { sessionToken: "canary\r\n" },
    { sessionToken: "" },
  ],
  settings: { region: REGION },
  createSimulator: () =>
    new Ec2Simulator({ ...Ec2Simulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () =>
    new Ec2Simulator({ ...IMMEDIATE.ec2, ...ACCOUNT }),
  create: {
    name: "web-1",
    size: SIZE,
    image: { id: IMAGE },
    location: "us-east-1a",
    keyPairs: [KEY_PAIR],
    tags: { env: "prod" },
  },
  unknownId: "i-0123456789abcdef0",
  // EC2 sends 400 for most errors; the code decides.
  unknownStatus: 400,
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {},
      { options: { filters: { "instance-state-name": "running" } } },
    ],
    // The bundled list sends no request; it has its own tests.
    listSizes: { options: { live: true } },
    listImages: [
      {},
      { options: { owners: ["amazon"], name: optional(text("debian-*")) } },
      { options: { ids: [id(IMAGE)] } },
    ],
    listLocations: [{}, { options: { all: true } }],
    getNode: { on: id(NODE) },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(IMAGE),
          location: optional(id("us-east-1a")),
          keyPairs: [id(KEY_PAIR)],
          subnet: optional(id(SUBNET)),
          securityGroups: [id(GROUP)],
          iamProfile: optional(id("web")),
          userData: "#cloud-config\n",
          ...tagged,
        },
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(IMAGE),
          idempotencyKey: optional(text("abc")),
          associatePublicIpAddress: true,
        },
      },
    ],
    rebootNode: { on: id(NODE) },
    destroyNode: { on: id(NODE) },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: time(2) } },
    ],
    startNode: { on: id(NODE) },
    stopNode: [
      { on: id(NODE) },
      { on: id(NODE), options: { force: true } },
    ],
    renameNode: { on: id(NODE), options: { name: text("web-2") } },
    resizeNode: { on: id(NODE), options: { size: id(SIZE) } },
    listKeyPairs: {},
    getKeyPair: { on: id(KEY_PAIR) },
    createKeyPair: { options: { name: text("made"), keyType: "ed25519" } },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY), ...tagged },
    },
    deleteKeyPair: { on: id(KEY_PAIR) },
    getImage: { on: id(IMAGE) },
    createImage: { on: id(NODE), options: { name: text("image"), ...tagged } },
    copyImage: [
      { on: id(IMAGE), options: { location: "us-west-2" } },
      {
        on: id(IMAGE),
        options: {
          location: "us-west-2a",
          name: optional(text("copy")),
          idempotencyKey: optional(text("abc")),
        },
      },
    ],
    deleteImage: {
      on: id(IMAGE),
      options: { deleteAssociatedSnapshots: true },
    },
    listVolumes: {},
    getVolume: { on: id(VOLUME) },
    createVolume: {
      options: {
        name: text("data-2"),
        sizeGb: new Probe("count", 100),
        location: id("us-east-1a"),
        snapshot: optional(id(SNAPSHOT)),
        idempotencyKey: optional(text("abc")),
        volumeType: "gp3",
        ...tagged,
      },
    },
    attachVolume: [
      { on: id(VOLUME), options: { node: id(NODE) } },
      {
        on: id(VOLUME),
        options: { node: id(NODE), device: optional(text("/dev/sdh")) },
      },
    ],
    detachVolume: [
      { on: id(VOLUME) },
      { on: id(VOLUME), options: { node: optional(id(NODE)), force: true } },
    ],
    destroyVolume: { on: id(VOLUME) },
    resizeVolume: {
      on: id(VOLUME),
      options: { sizeGb: new Probe("count", 200), iops: 4000 },
    },
    listVolumeSnapshots: { on: optional(id(VOLUME)) },
    getVolumeSnapshot: { on: id(SNAPSHOT) },
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: { name: optional(text("data-2")) },
    },
    destroyVolumeSnapshot: { on: id(SNAPSHOT) },
    listRegions: [{}, { options: { all: true } }],
    listSecurityGroups: {},
    createSecurityGroup: {
      options: {
        name: text("db"),
        description: text("Data bases"),
        vpc: optional(id(VPC)),
        ...tagged,
      },
    },
    authorizeIngress: { on: id(GROUP), options: { rules } },
    revokeIngress: { on: id(GROUP), options: { rules } },
    deleteSecurityGroup: { on: id(GROUP) },
    listVpcs: {},
    listSubnets: {},
    createTags: [
      { on: id(NODE), options: tagged },
      { on: [id(NODE), id(VOLUME)], options: { tags: ["web"] } },
    ],
    deleteTags: { on: id(NODE), options: { keys: [text("env")] } },
    listAddresses: {},
    allocateAddress: { options: tagged },
    associateAddress: { on: id(ADDRESS), options: { node: id(OTHER_NODE) } },
    disassociateAddress: { on: id(ADDRESS) },
    releaseAddress: { on: id(ADDRESS) },
    getConsoleOutput: { on: id(NODE), options: { latest: true } },
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: SIZE, image: "ami-0184b757333638052" },
  volume: { sizeGb: 10, location: "us-east-1a" },
  paging: "linked",
  simulate: (random) =>
    new Ec2Simulator({
      ...unkindness(random),
      nodes: 1,
      createMs: random.int(0, 60_000),
      actionMs: random.int(0, 20_000),
      hiddenMs: random.int(0, 90_000),
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
  const { credentials, fetch } = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    ...options,
    createMs: 0,
    actionMs: 0,
    listedMs: 0,
    keyBits: 1024,
  });
  const region = "us-east-1";
  return {
    fetch,
    connect: (settings) =>
      new Ec2NetworkDriver({ ...credentials, region, fetch, ...settings }),
  };
}
