/**
 * Conformance of the driver for SoftLayer: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { SoftLayerNodeDriver } from "../../drivers/softlayer/compute.ts";
import { SoftLayerSimulator } from "../../simulators/softlayer/mod.ts";
import {
  type ComputeSubject,
  type ErrorFacts,
  id,
  optional,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";

export const credentials = {
  username: "canary-user-1",
  apiKey: "canary-kéy",
};
// Ids of a new simulator with three nodes.
export const NODE = "1301396";
const OTHER_NODE = "1301397";
const THIRD_NODE = "1301398";
const KEY_PAIR = "1301399";
const IMAGE = "DEBIAN_12_64";
const OWN_IMAGE = "07beadaa-1e11-476e-a188-3f7795feb9fb";
const LOCATION = "dal05";
const GUEST = "SoftLayer_Virtual_Guest";
export const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";
const USER_DATA = "#!/bin/sh\necho hello";
const SCRIPT = "https://example.com/install.sh";

/** The guest of SoftLayer's own client, with reserved names and addresses. */
const GUEST_EXAMPLE = {
  id: 100,
  hostname: "vs-test1",
  domain: "test.example.com",
  fullyQualifiedDomainName: "vs-test1.test.example.com",
  status: { keyName: "ACTIVE", name: "Active" },
  billingItem: {
    id: 6327,
    recurringFee: 1.54,
    orderItem: { preset: { keyName: "B1_8X16X100" } },
  },
  datacenter: { id: 50, name: "dal09", longName: "test 00" },
  powerState: { keyName: "RUNNING", name: "Running" },
  // Numbers and booleans sometimes arrive as strings, and 0 or 1.
  maxCpu: "8",
  maxMemory: "16384",
  hourlyBillingFlag: 0,
  localDiskFlag: "1",
  privateNetworkOnlyFlag: false,
  primaryIpAddress: "203.0.113.2",
  primaryBackendIpAddress: "10.45.19.37",
  globalIdentifier: "1a2b3c-1701",
  createDate: "2013-08-01T15:23:45-06:00",
  provisionDate: "2013-08-01T15:28:45-06:00",
  blockDevices: [
    { device: 0, mountType: "Disk", diskImage: { capacity: 100 } },
    { device: 1, mountType: "Disk", diskImage: { capacity: 2 } },
  ],
  operatingSystem: {
    softwareLicense: { softwareDescription: { referenceCode: "UBUNTU_8_64" } },
  },
  tagReferences: [{ tag: { name: "production" } }, { tag: { name: "env:a" } }],
};
const NODE_RECORD = {
  id: "100",
  name: "vs-test1",
  state: "running",
  publicIps: ["203.0.113.2"],
  privateIps: ["10.45.19.37"],
  createdAt: "2013-08-01T21:23:45Z",
  sizeId: "B1_8X16X100",
  imageId: "UBUNTU_8_64",
  locationId: "dal09",
  tags: { production: "", env: "a" },
  extra: {
    domain: "test.example.com",
    globalIdentifier: "1a2b3c-1701",
    powerState: "RUNNING",
    status: "ACTIVE",
    transaction: undefined,
    provisionedAt: "2013-08-01T21:28:45Z",
    cpus: 8,
    ramMib: 16_384,
    diskGb: 100,
    isLocalDisk: true,
    isHourly: false,
    isDedicated: undefined,
    isPrivateOnly: false,
  },
};

/** The same guest in another state, with the state of the node. */
function inState(state: string, changes: object) {
  return {
    body: JSON.stringify({ ...GUEST_EXAMPLE, ...changes }),
    returns: { id: "100", state },
  };
}

const transaction = (name: string) => ({
  activeTransaction: { transactionStatus: { name } },
});

const STATES = [
  inState("stopped", { powerState: { keyName: "HALTED" } }),
  // A new guest is halted until it is provisioned.
  inState("pending", {
    powerState: { keyName: "HALTED" },
    provisionDate: undefined,
  }),
  inState("pending", { powerState: null, provisionDate: null }),
  inState("pending", { provisionDate: "" }),
  inState("pending", { provisionDate: undefined, status: undefined }),
  inState("unknown", { status: { keyName: "DISCONNECTED" } }),
  inState("terminated", { status: null }),
  inState("terminated", transaction("CLOUD_INSTANCE_RECLAIM")),
  inState("terminated", transaction("Cancel_Server")),
  inState("running", transaction("SERVICE_SETUP")),
];

/** Bodies of a list of one page. */
function list(path: string, ...records: readonly unknown[]) {
  return { [path]: JSON.stringify(records) };
}

/** A refusal in the form of the service. */
function refusal(
  status: number,
  code: string,
  errorClass: string,
  error = "The reason.",
): ErrorFacts {
  const body = JSON.stringify({ error, code });
  return { status, body, errorClass, code, reason: error };
}

/** A size of 2015 with its price. */
function size(id: string, hourly: number) {
  const asOf = "2015-10-20";
  return { id, price: { currency: "USD", hourly, asOf } };
}

/** The order of a new guest, with other fields. */
function order(fields: Readonly<Record<string, unknown>>): string {
  const template = {
    hostname: "node-3",
    domain: "example.com",
    datacenter: { name: LOCATION },
    hourlyBillingFlag: true,
    startCpus: 2,
    maxMemory: 4096,
    localDiskFlag: true,
    dedicatedAccountHostOnlyFlag: undefined,
    blockDevices: [{ device: "0", diskImage: { capacity: 100 } }],
    blockDeviceTemplateGroup: undefined,
    operatingSystemReferenceCode: IMAGE,
    networkComponents: undefined,
    privateNetworkOnlyFlag: undefined,
    ...fields,
  };
  return `POST /rest/v3.1/${GUEST}/createObject.json ${
    JSON.stringify({ parameters: [template] })
  }`;
}

const action = (name: string) => `GET /rest/v3.1/${GUEST}/${NODE}/${name}.json`;
const create = {
  name: "node-3",
  size: "5",
  image: IMAGE,
  location: LOCATION,
} as const;
const machine = { cpus: 2, ramMib: 4096, diskGb: 100 };

/**
 * Options of the simulated accounts of the conformance suite. The nodes are on
 * two pages, which overlap by one.
 */
const ACCOUNT = {
  ...credentials,
  nodes: 3,
  largestPage: 2,
  createMs: 3,
  actionMs: 3,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  Driver: SoftLayerNodeDriver,
  credentials,
  wrongCredentials: { apiKey: "wrong" },
  badCredentials: [{ username: "canary:user" }],
  createSimulator: () =>
    new SoftLayerSimulator({ ...SoftLayerSimulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () => new SoftLayerSimulator(ACCOUNT),
  staticLists: ["listSizes"],
  isCreate: ({ url }) => url.endsWith(`/${GUEST}/createObject.json`),
  // Methods without parameters are called by GET, also those that change
  // something, and one with a parameter reads.
  isWrite: ({ method, url }) => {
    const called = new URL(url).pathname;
    return method === "GET"
      ? /\/(?:reboot|power|pause|resume)\w*\.json$/.test(called)
      : !called.endsWith("/getUpgradeItemPrices.json");
  },
  expected: {
    baseUrl: "https://api.softlayer.com/rest/v3.1/",
    size: {
      id: "5",
      name: "2 CPU, 4GB ram, 100GB",
      vcpus: 2,
      ramMib: 4096,
      diskGb: 100,
      currency: "USD",
      hourly: 0.045,
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["203.0.113.1"],
      privateIps: ["10.128.0.1"],
      createdAt: "2015-10-20T15:30:00Z",
      sizeId: "5",
      imageId: IMAGE,
      locationId: LOCATION,
      tags: {},
      extra: {
        domain: "example.com",
        globalIdentifier: "5f2a9c1e-7d43-4b8e-9a06-00000013db94",
        powerState: "RUNNING",
        status: "ACTIVE",
        transaction: undefined,
        provisionedAt: "2015-10-20T15:34:12Z",
        cpus: 2,
        ramMib: 4096,
        diskGb: 100,
        isLocalDisk: true,
        isHourly: true,
        isDedicated: false,
        isPrivateOnly: false,
      },
    },
    image: {
      id: OWN_IMAGE,
      name: "golden",
      extra: {
        isOwn: true,
        number: "1301400",
        note: "the image of the team",
        createdAt: "2015-10-20T15:30:00Z",
      },
    },
    location: {
      id: "dal13",
      name: "Dallas 13",
      country: "US",
      extra: { number: "1854895" },
    },
    keyPair: {
      id: KEY_PAIR,
      name: "me",
      publicKey: KEY,
      fingerprint: "9d:43:8d:e0:76:bf:5b:77:15:f8:f1:db:a6:ea:35:4f",
      extra: {},
    },
    states: {
      field: "keyName",
      words: {
        RUNNING: "running",
        HALTED: "stopped",
        PAUSED: "paused",
        INITIATING: "pending",
      },
    },
    errors: [
      refusal(
        401,
        "SoftLayer_Exception_InvalidLegacyToken",
        "InvalidCredsError",
      ),
      refusal(500, "SoftLayer_Account", "InvalidCredsError"),
      refusal(500, "SoftLayer_Exception_NotAuthenticated", "InvalidCredsError"),
      refusal(
        500,
        "SoftLayer_Exception_User_Customer_LoginFailed",
        "InvalidCredsError",
      ),
      refusal(
        500,
        "SoftLayer_Exception_PermissionDenied",
        "PermissionDeniedError",
      ),
      refusal(404, "SoftLayer_Exception_ObjectNotFound", "NotFoundError"),
      refusal(500, "SoftLayer_Exception_ObjectNotFound", "NotFoundError"),
      refusal(
        429,
        "SoftLayer_Exception_WebService_RateLimitExceeded",
        "RateLimitReachedError",
      ),
      refusal(500, "SoftLayer_Exception_InvalidValue", "ValidationError"),
      refusal(
        500,
        "SoftLayer_Exception_MissingCreationProperty",
        "ValidationError",
      ),
      refusal(
        500,
        "SoftLayer_Exception_Order_InvalidLocation",
        "ValidationError",
      ),
      refusal(500, "SoftLayer_Exception_Public", "ValidationError"),
      refusal(500, "SoftLayer_Exception", "ServiceUnavailableError"),
      refusal(503, "SoftLayer_Exception_Public", "ServiceUnavailableError"),
      {
        ...refusal(
          500,
          "SoftLayer_Exception_Public",
          "ConflictError",
          "This cancellation could not be processed. Please contact support. There is currently an active transaction.",
        ),
        isBusy: true,
      },
    ],
    maxUserDataBytes: 65_536,
  },
  create,
  hasArrayBodies: true,
  unknownId: "999999",
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {
        sends:
          'GET /rest/v3.1/SoftLayer_Account/getVirtualGuests.json {"resultLimit":"0,100"}',
        returns: [NODE, OTHER_NODE, THIRD_NODE],
        responds: [
          { body: JSON.stringify([GUEST_EXAMPLE]), returns: [NODE_RECORD] },
          {
            body: '[{"id":"7","domain":""}]',
            returns: [{
              id: "7",
              name: "7",
              state: "pending",
              publicIps: [],
              privateIps: [],
              sizeId: undefined,
              imageId: undefined,
              tags: {},
            }],
          },
          { body: '{"id":7}', throws: "MalformedResponseError" },
        ],
      },
      {
        options: { tags: ["web"] },
        sends: "GET /rest/v3.1/SoftLayer_Account/getVirtualGuests.json",
        returns: [],
      },
    ],
    listSizes: {
      returns: [
        size("0", 0.023),
        size("1", 0.024),
        size("2", 0.024),
        size("3", 0.026),
        size("4", 0.045),
        size("5", 0.045),
        size("6", 0.045),
        size("7", 0.09),
        size("8", 0.09),
        size("9", 0.09),
        size("10", 0.09),
        size("11", 0.205),
        size("12", 0.205),
      ],
    },
    listFlavors: {
      returns: {
        id: "B1_2X4X100",
        name: "B1-2X4X100",
        vcpus: 2,
        ramMib: 4096,
        diskGb: 100,
        price: undefined,
      },
      responds: [{
        body: JSON.stringify({
          flavors: [
            {
              flavor: { keyName: "B1_1X2X25", name: "B1-1X2X25" },
              template: {},
            },
            {
              flavor: { keyName: "B1_1X2X25_TRANSIENT" },
              template: { transientGuestFlag: "1" },
            },
            { flavor: { keyName: "AC1_8X60X100" }, template: {} },
            { flavor: { keyName: "Odd" }, template: {} },
          ],
        }),
        returns: [
          { id: "B1_1X2X25", vcpus: 1, ramMib: 2048, diskGb: 25 },
          { id: "AC1_8X60X100", name: "AC1_8X60X100", vcpus: 8 },
          { id: "Odd", name: "Odd", vcpus: undefined },
        ],
      }],
    },
    listImages: {
      sends: [
        `GET /rest/v3.1/${GUEST}/getCreateObjectOptions.json`,
        "GET /rest/v3.1/SoftLayer_Account/getPrivateBlockDeviceTemplateGroups.json",
      ],
      returns: {
        id: "CENTOS_7_64",
        name: "CentOS 7.x - Minimal Install (64 bit)",
        extra: { isOwn: false },
      },
      responds: [{
        body: {
          [`/rest/v3.1/${GUEST}/getCreateObjectOptions.json`]: JSON.stringify({
            operatingSystems: [{
              template: { operatingSystemReferenceCode: "DEBIAN_7_64" },
            }],
          }),
          ...list(
            "/rest/v3.1/SoftLayer_Account/getPrivateBlockDeviceTemplateGroups.json",
            {
              globalIdentifier: "E6DBD73B-1651-4B28-BCBA-A11DF7C9D79E",
              id: 200,
              createDate: "2013-12-05T21:53:03-06:00",
            },
          ),
        },
        returns: [
          { id: "DEBIAN_7_64", name: "DEBIAN_7_64", extra: { isOwn: false } },
          {
            id: "E6DBD73B-1651-4B28-BCBA-A11DF7C9D79E",
            name: "E6DBD73B-1651-4B28-BCBA-A11DF7C9D79E",
            extra: {
              isOwn: true,
              number: "200",
              note: undefined,
              createdAt: "2013-12-06T03:53:03Z",
            },
          },
        ],
      }],
    },
    listLocations: {
      sends: "GET /rest/v3.1/SoftLayer_Location/getDatacenters.json",
      returns: { id: "ams01", name: "Amsterdam 1", country: "NL" },
      responds: [{
        body: '[{"id":"1","name":"sng03"},{"id":2,"name":"xyz01"}]',
        returns: [
          { id: "sng03", name: "sng03", country: "SG", extra: { number: "1" } },
          { id: "xyz01", country: undefined },
        ],
      }],
    },
    getNode: {
      on: id(NODE),
      sends: `GET /rest/v3.1/${GUEST}/${NODE}/getObject.json`,
      returns: { id: NODE, name: "node-1" },
      responds: [
        { body: JSON.stringify(GUEST_EXAMPLE), returns: NODE_RECORD },
        ...STATES,
        {
          // Where the disk is makes no difference for the size.
          body: JSON.stringify({
            ...GUEST_EXAMPLE,
            billingItem: null,
            localDiskFlag: 0,
            maxCpu: 2,
            maxMemory: 4096,
          }),
          returns: { sizeId: "5", extra: { isLocalDisk: false } },
        },
        {
          body: JSON.stringify({
            ...GUEST_EXAMPLE,
            billingItem: {},
            maxCpu: 1,
            maxMemory: 1024,
            blockDevices: [{ device: "0", diskImage: { capacity: "25" } }],
            blockDeviceTemplateGroup: { globalIdentifier: OWN_IMAGE },
          }),
          returns: { sizeId: "0", imageId: OWN_IMAGE },
        },
      ],
    },
    createNode: [
      {
        options: {
          name: text("node-3"),
          size: text("5"),
          image: id(IMAGE),
          location: id(LOCATION),
          domain: optional(text("example.org")),
          billing: "monthly",
          localDisk: false,
          dedicated: true,
          privateNetworkOnly: true,
          networkSpeedMbps: 1000,
          frontendVlan: optional(id("1112223")),
          backendVlan: optional(id("1112224")),
          keyPairs: [id(KEY_PAIR)],
          userData: USER_DATA,
          postInstallScriptUri: optional(text(SCRIPT)),
        },
        refuses: [
          { auth: { password: "Canary-Passw0rd-77" } },
          { auth: { sshKey: KEY } },
          { idempotencyKey: "abc" },
          { name: "node-3.example.com" },
          { size: "99" },
          { size: undefined },
          { ...machine },
          { size: undefined, cpus: 2, ramMib: 4096 },
          { size: undefined, ...machine, ramMib: 1000 },
          { size: undefined, ...machine, cpus: 57 },
          { size: undefined, ...machine, diskGb: 50 },
          { size: undefined, ...machine, cpus: "2" },
          { location: undefined },
          { billing: "yearly" },
          { networkSpeedMbps: 7 },
          { postInstallScriptUri: "http://example.com/install.sh" },
          { tags: ["a,b"] },
        ],
        sends: order({
          domain: "example.org",
          hourlyBillingFlag: false,
          localDiskFlag: false,
          dedicatedAccountHostOnlyFlag: true,
          privateNetworkOnlyFlag: true,
          networkComponents: [{ maxSpeed: 1000 }],
          primaryNetworkComponent: { networkVlan: { id: 1112223 } },
          primaryBackendNetworkComponent: { networkVlan: { id: 1112224 } },
          sshKeys: [{ id: Number(KEY_PAIR) }],
          userData: [{ value: USER_DATA }],
          postInstallScriptUri: SCRIPT,
        }),
        returns: {
          name: "node-3",
          state: "pending",
          sizeId: "5",
          imageId: IMAGE,
          locationId: LOCATION,
        },
      },
      {
        options: {
          name: "node-3",
          image: IMAGE,
          location: LOCATION,
          ...machine,
        },
        sends: order({}),
        returns: { name: "node-3", state: "pending", sizeId: "5", tags: {} },
      },
      {
        options: { ...create, size: "B1_2X4X100" },
        refuses: [{ localDisk: true }, { dedicated: true }],
        sends: `POST /rest/v3.1/${GUEST}/createObject.json ${
          JSON.stringify({
            parameters: [{
              hostname: "node-3",
              domain: "example.com",
              datacenter: { name: LOCATION },
              hourlyBillingFlag: true,
              supplementalCreateObjectOptions: { flavorKeyName: "B1_2X4X100" },
              operatingSystemReferenceCode: IMAGE,
            }],
          })
        }`,
        returns: { sizeId: "B1_2X4X100" },
      },
      {
        options: {
          ...create,
          image: OWN_IMAGE,
          tags: { env: "prod", web: "" },
          intervalMs: 2,
        },
        sends: [
          order({
            operatingSystemReferenceCode: undefined,
            blockDeviceTemplateGroup: { globalIdentifier: OWN_IMAGE },
          }),
          // The id of the new node.
          `POST /rest/v3.1/${GUEST}/1301401/setTags.json ${
            JSON.stringify({ parameters: ["env:prod,web"] })
          }`,
        ],
        returns: { imageId: OWN_IMAGE, tags: { env: "prod", web: "" } },
      },
    ],
    rebootNode: [
      { on: id(NODE), sends: action("rebootSoft") },
      {
        on: id(NODE),
        options: { force: true },
        sends: action("rebootHard"),
      },
    ],
    destroyNode: {
      on: id(NODE),
      sends: `DELETE /rest/v3.1/${GUEST}/${NODE}.json`,
      responds: [{ body: "false", throws: "ApiError" }],
    },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: time(2) } },
    ],
    startNode: { on: id(NODE), sends: action("powerOn") },
    stopNode: [
      { on: id(NODE), sends: action("powerOffSoft") },
      { on: id(NODE), options: { force: true }, sends: action("powerOff") },
    ],
    pauseNode: { on: id(NODE), sends: action("pause") },
    resumeNode: { on: id(NODE), sends: action("resume") },
    renameNode: [
      {
        on: id(NODE),
        options: {
          name: text("db-1"),
          domain: optional(text("example.org")),
        },
        refuses: [{ name: "db-1.example.org" }],
        sends: `PUT /rest/v3.1/${GUEST}/${NODE}.json ${
          JSON.stringify({
            parameters: [{ hostname: "db-1", domain: "example.org" }],
          })
        }`,
      },
      {
        on: id(NODE),
        options: { name: text("db-1") },
        sends: `PUT /rest/v3.1/${GUEST}/${NODE}.json ${
          JSON.stringify({ parameters: [{ hostname: "db-1" }] })
        }`,
      },
    ],
    resizeNode: [
      {
        on: id(NODE),
        options: { size: text("6") },
        refuses: [{ size: "B1_2X4X100" }, { ...machine }],
        sends: "POST /rest/v3.1/SoftLayer_Product_Order/placeOrder.json",
      },
    ],
    listKeyPairs: {
      sends: "GET /rest/v3.1/SoftLayer_Account/getSshKeys.json",
      returns: [KEY_PAIR],
      responds: [{
        body:
          '[{"id":"101","label":"Test 2","fingerprint":"aa:bb:cc:dd","notes":"my key"},{"id":102}]',
        returns: [
          {
            id: "101",
            name: "Test 2",
            publicKey: undefined,
            fingerprint: "aa:bb:cc:dd",
            extra: { notes: "my key" },
          },
          { id: "102", name: "102", extra: { notes: undefined } },
        ],
      }],
    },
    getKeyPair: {
      on: id(KEY_PAIR),
      sends:
        `GET /rest/v3.1/SoftLayer_Security_Ssh_Key/${KEY_PAIR}/getObject.json`,
      returns: { id: KEY_PAIR, name: "me", publicKey: KEY },
    },
    importKeyPair: [
      {
        options: {
          name: text("you"),
          publicKey: text(KEY),
          notes: optional(text("for tests")),
        },
        sends: `POST /rest/v3.1/SoftLayer_Security_Ssh_Key.json ${
          JSON.stringify({
            parameters: [{ label: "you", key: KEY, notes: "for tests" }],
          })
        }`,
        returns: { name: "you", publicKey: KEY, extra: { notes: "for tests" } },
      },
    ],
    deleteKeyPair: {
      on: id(KEY_PAIR),
      sends: `DELETE /rest/v3.1/SoftLayer_Security_Ssh_Key/${KEY_PAIR}.json`,
    },
    getImage: [
      {
        on: id(OWN_IMAGE),
        sends:
          `GET /rest/v3.1/SoftLayer_Account/getPrivateBlockDeviceTemplateGroups.json`,
        returns: { id: OWN_IMAGE, name: "golden", extra: { isOwn: true } },
        responds: [{ body: "[]", throws: "NotFoundError" }],
      },
      {
        on: id(IMAGE),
        sends: `GET /rest/v3.1/${GUEST}/getCreateObjectOptions.json`,
        returns: { id: IMAGE, extra: { isOwn: false } },
      },
    ],
    createImage: {
      on: id(NODE),
      options: {
        name: text("backup"),
        description: optional(text("before the update")),
      },
      sends: `POST /rest/v3.1/${GUEST}/${NODE}/createArchiveTemplate.json ${
        JSON.stringify({
          parameters: ["backup", [{
            id: Number(NODE) * 10,
            device: "0",
            mountType: "Disk",
            diskImage: { id: Number(NODE) * 10, type: { keyName: "SYSTEM" } },
          }], "before the update"],
        })
      }`,
      returns: {
        name: "backup",
        extra: { isOwn: true, note: "before the update" },
      },
    },
    deleteImage: {
      on: id(OWN_IMAGE),
      sends:
        `DELETE /rest/v3.1/${GUEST}_Block_Device_Template_Group/1301400.json`,
    },
    getLogins: {
      on: id(NODE),
      sends: action("getObject"),
      returns: [{ username: "root", password: `pw-${NODE}` }],
      responds: [
        { body: '{"id":1}', returns: [] },
        { body: '{"id":1,"operatingSystem":{}}', returns: [] },
        {
          body:
            '{"id":1,"operatingSystem":{"passwords":[{"username":"user","password":"pass"}]}}',
          returns: [{ username: "user", password: "pass" }],
        },
      ],
    },
    setTags: [
      {
        on: id(NODE),
        options: { tags: { env: "prod", web: "" } },
        refuses: [{ tags: undefined }, { tags: ["a,b"] }, { tags: "a" }],
        sends: `POST /rest/v3.1/${GUEST}/${NODE}/setTags.json ${
          JSON.stringify({ parameters: ["env:prod,web"] })
        }`,
        isIdempotent: true,
      },
      {
        on: id(NODE),
        options: { tags: {} },
        sends: `POST /rest/v3.1/${GUEST}/${NODE}/setTags.json ${
          JSON.stringify({ parameters: [""] })
        }`,
        isIdempotent: true,
      },
    ],
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: "5", image: IMAGE, location: LOCATION },
  paging: "overlapping",
  simulate: (random) =>
    new SoftLayerSimulator({
      ...randomFaults(random),
      nodes: 1,
      createMs: random.int(0, 20_000),
      actionMs: random.int(0, 10_000),
      addressMs: random.int(0, 5_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account({ nodes, largestPage }: AccountOptions): Account {
  const { credentials, fetch } = new SoftLayerSimulator({
    nodes,
    // Pages overlap by one record.
    largestPage: Math.max(largestPage, 2),
    createMs: 0,
    actionMs: 0,
  });
  return {
    fetch,
    connect: (settings) =>
      new SoftLayerNodeDriver({ ...credentials, fetch, ...settings }),
  };
}
