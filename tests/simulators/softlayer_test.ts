import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  SoftLayerSimulator,
  type SoftLayerSimulatorOptions,
} from "../../simulators/softlayer/mod.ts";

// deno-lint-ignore no-explicit-any -- responses are read without types
type Json = any;

const GUEST = "SoftLayer_Virtual_Guest";
const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** A valid order. */
const TEMPLATE = {
  hostname: "host1",
  domain: "example.com",
  startCpus: 1,
  maxMemory: 1024,
  hourlyBillingFlag: true,
  localDiskFlag: true,
  operatingSystemReferenceCode: "UBUNTU_LATEST",
  datacenter: { name: "dal05" },
};

/** An account whose time the test sets. */
function setUp(options: SoftLayerSimulatorOptions = {}) {
  let now = Date.parse("2026-01-02T03:04:05Z");
  const simulator = new SoftLayerSimulator({ now: () => now, ...options });
  const { username, apiKey } = simulator.credentials;
  const authorization = `Basic ${btoa(`${username}:${apiKey}`)}`;
  const send = async (
    method: string,
    path: string,
    parameters?: readonly unknown[],
    headers: Record<string, string> = { authorization },
  ) => {
    const body = parameters ? JSON.stringify({ parameters }) : null;
    const response = await simulator.fetch(
      new Request(`https://api.softlayer.com/rest/v3.1/${path}`, {
        method,
        headers,
        body,
      }),
    );
    const json: Json = await response.json();
    return { status: response.status, headers: response.headers, json };
  };
  const get = async (path: string) => (await send("GET", path)).json;
  /** The status and the body of an error. */
  const refusal = async (...args: Parameters<typeof send>) => {
    const { status, json: { error, code } } = await send(...args);
    return [status, code, error];
  };
  const create = async (changes: object = {}) =>
    (await send("POST", `${GUEST}/createObject.json`, [{
      ...TEMPLATE,
      ...changes,
    }])).json;
  const guest = async (id: number, mask: string) =>
    await get(`${GUEST}/${id}/getObject.json?objectMask=mask[${mask}]`);
  const pass = (ms: number) => void (now += ms);
  return { simulator, send, get, refusal, create, guest, pass };
}

const list = (query: Record<string, string>) =>
  `SoftLayer_Account/getVirtualGuests.json?${new URLSearchParams(query)}`;

Deno.test("SoftLayerSimulator requires the user name and the API key", async () => {
  const { refusal } = setUp();
  const expected = [
    401,
    "SoftLayer_Exception_InvalidLegacyToken",
    "Invalid API token.",
  ];
  const path = "SoftLayer_Account/getSshKeys.json";
  assertEquals(await refusal("GET", path, undefined, {}), expected);
  const authorization = `Basic ${btoa("user:wrong")}`;
  const wrong = await refusal("GET", path, undefined, { authorization });
  assertEquals(wrong, expected);
});

Deno.test("SoftLayerSimulator finds methods by path and by HTTP method", async () => {
  const { send, refusal } = setUp({ nodes: 1 });
  const id = 1301396;
  for (
    const path of [
      `${GUEST}/${id}.json`,
      `${GUEST}/${id}`,
      `${GUEST}/${id}/getObject.json`,
      `${GUEST}/${id}/getObject`,
    ]
  ) {
    const { status, json } = await send("GET", path);
    assertEquals([status, json.id], [200, id], path);
  }
  const edited = await send("PUT", `${GUEST}/${id}.json`, [{ notes: "x" }]);
  assertEquals(edited.json, true);
  assertEquals(await refusal("GET", "SoftLayer_Nothing/getX.json"), [
    404,
    "SoftLayer_Exception_ObjectNotFound",
    "Service does not exist",
  ]);
  assertEquals(await refusal("GET", `${GUEST}/${id}/getX.json`), [
    500,
    "SoftLayer_Exception_Public",
    'Function ("getX") is not a valid method for this service',
  ]);
  for (const unknown of ["7", "x", "01301396"]) {
    assertEquals(await refusal("GET", `${GUEST}/${unknown}/getObject.json`), [
      404,
      "SoftLayer_Exception_ObjectNotFound",
      `Unable to find object with id of '${unknown}'.`,
    ]);
  }
  // The client of SoftLayer deletes by GET.
  const deleted = await send("GET", `${GUEST}/${id}/deleteObject.json`);
  assertEquals(deleted.json, true);
});

Deno.test("SoftLayerSimulator creates a guest that is provisioned later", async () => {
  const { send, guest, pass, simulator } = setUp({
    createMs: 1000,
    addressMs: 100,
  });
  const { status, json } = await send("POST", `${GUEST}/createObject.json`, [
    TEMPLATE,
  ]);
  assertEquals(status, 201);
  const { id, globalIdentifier } = json;
  assertEquals(json, {
    id,
    accountId: 232298,
    globalIdentifier,
    hostname: "host1",
    domain: "example.com",
    fullyQualifiedDomainName: "host1.example.com",
    createDate: "2026-01-01T21:04:05-06:00",
    maxCpu: 1,
    maxCpuUnits: "CORE",
    maxMemory: 1024,
    startCpus: 1,
    statusId: 1001,
    hourlyBillingFlag: true,
    localDiskFlag: true,
    dedicatedAccountHostOnlyFlag: false,
    privateNetworkOnlyFlag: false,
    transientGuestFlag: false,
  });
  const mask = "provisionDate,powerState[keyName],primaryIpAddress," +
    "primaryBackendIpAddress,activeTransaction.transactionStatus.name," +
    "operatingSystem.passwords[username,password]";
  const pending = {
    powerState: { keyName: "HALTED" },
    activeTransaction: { transactionStatus: { name: "CLOUD_PROVISION_SETUP" } },
  };
  assertEquals(await guest(id, mask), pending);
  pass(999);
  assertEquals(await guest(id, mask), pending);
  pass(1);
  const provisioned = {
    provisionDate: "2026-01-01T21:04:06-06:00",
    powerState: { keyName: "RUNNING" },
    operatingSystem: {
      passwords: [{ username: "root", password: `pw-${id}` }],
    },
  };
  assertEquals(await guest(id, mask), provisioned);
  pass(100);
  assertEquals(await guest(id, mask), {
    ...provisioned,
    primaryIpAddress: "203.0.113.1",
    primaryBackendIpAddress: "10.128.0.1",
  });
  assertEquals(simulator.inventory().nodes, [
    { id: String(id), name: "host1", isDestroyed: false },
  ]);
});

Deno.test("SoftLayerSimulator keeps what a template orders", async () => {
  const { send, create, guest, pass } = setUp({ createMs: 0 });
  const { json: key } = await send("POST", "SoftLayer_Security_Ssh_Key.json", [
    { label: "me", key: KEY },
  ]);
  const { id } = await create({
    startCpus: 2,
    maxMemory: 4096,
    hourlyBillingFlag: false,
    localDiskFlag: false,
    dedicatedAccountHostOnlyFlag: true,
    privateNetworkOnlyFlag: true,
    networkComponents: [{ maxSpeed: 1000 }],
    blockDevices: [{ device: "0", diskImage: { capacity: 100 } }],
    userData: [{ value: "hello" }],
    sshKeys: [{ id: key.id }],
    postInstallScriptUri: "https://example.com/a.sh",
    primaryBackendNetworkComponent: { networkVlan: { id: 5 } },
  });
  pass(1);
  const mask = "maxCpu,maxMemory,hourlyBillingFlag,localDiskFlag," +
    "dedicatedAccountHostOnlyFlag,privateNetworkOnlyFlag,primaryIpAddress," +
    "primaryBackendIpAddress,networkComponents[maxSpeed],userData," +
    "sshKeys[id],postInstallScriptUri,datacenter,billingItem[recurringFee]," +
    "blockDevices[device,diskImage[capacity]]," +
    "operatingSystem[softwareLicense.softwareDescription.referenceCode]";
  assertEquals(await guest(id, mask), {
    maxCpu: 2,
    maxMemory: 4096,
    hourlyBillingFlag: false,
    localDiskFlag: false,
    dedicatedAccountHostOnlyFlag: true,
    privateNetworkOnlyFlag: true,
    primaryBackendIpAddress: "10.128.0.1",
    networkComponents: [{ maxSpeed: 1000 }],
    userData: [{ value: "hello" }],
    sshKeys: [{ id: key.id }],
    postInstallScriptUri: "https://example.com/a.sh",
    datacenter: {
      id: 138124,
      name: "dal05",
      longName: "Dallas 5",
      statusId: 2,
    },
    billingItem: { recurringFee: "22.5" },
    blockDevices: [
      { device: "0", diskImage: { capacity: 100 } },
      { device: "1", diskImage: { capacity: 2 } },
    ],
    operatingSystem: {
      softwareLicense: {
        // The newest version.
        softwareDescription: { referenceCode: "UBUNTU_24_64" },
      },
    },
  });
  const flavor = await create({
    startCpus: undefined,
    maxMemory: undefined,
    localDiskFlag: undefined,
    supplementalCreateObjectOptions: { flavorKeyName: "BL1_1X2X100" },
  });
  const presets = "maxCpu,maxMemory,localDiskFlag,billingItem.orderItem.preset";
  assertEquals(await guest(flavor.id, presets), {
    maxCpu: 1,
    maxMemory: 2048,
    localDiskFlag: true,
    billingItem: { orderItem: { preset: { keyName: "BL1_1X2X100" } } },
  });
});

Deno.test("SoftLayerSimulator refuses templates that cannot be ordered", async () => {
  const { refusal } = setUp({ nodes: 1, guestLimit: 1 });
  const invalid = "InvalidValue";
  const missing = "MissingCreationProperty";
  const isMissing = (name: string) =>
    `The property '${name}' must be set to create an instance of '${GUEST}'.`;
  const isInvalid = (name: string) => `Invalid value provided for '${name}'.`;
  const cases: [object, string, string][] = [
    [{ hostname: undefined }, missing, isMissing("hostname")],
    [{ domain: undefined }, missing, isMissing("domain")],
    [{ datacenter: undefined }, missing, isMissing("datacenter")],
    [{ startCpus: undefined }, missing, isMissing("startCpus")],
    [{ maxMemory: undefined }, missing, isMissing("maxMemory")],
    [{ hourlyBillingFlag: undefined }, missing, isMissing("hourlyBillingFlag")],
    [{ localDiskFlag: undefined }, missing, isMissing("localDiskFlag")],
    [
      { operatingSystemReferenceCode: undefined },
      missing,
      isMissing("operatingSystemReferenceCode"),
    ],
    [{ hostname: "a.b" }, invalid, isInvalid("hostname")],
    [{ domain: "local" }, invalid, isInvalid("domain")],
    [{ startCpus: 9 }, invalid, isInvalid("startCpus")],
    [
      { maxMemory: 1000 },
      invalid,
      "The value of 'maxMemory' must be a multiple of 1024.",
    ],
    [{ maxMemory: 5120 }, invalid, isInvalid("maxMemory")],
    [
      { blockDevices: [{ device: "1", diskImage: { capacity: 25 } }] },
      invalid,
      "Block device 1 is reserved for swap.",
    ],
    [
      { blockDevices: [{ device: "0", diskImage: { capacity: 50 } }] },
      invalid,
      isInvalid("capacity"),
    ],
    [{ networkComponents: [{ maxSpeed: 7 }] }, invalid, isInvalid("maxSpeed")],
    [{ sshKeys: [{ id: "1301397" }] }, invalid, isInvalid("sshKeys.id")],
    [{ userData: [{ value: 7 }] }, invalid, isInvalid("userData")],
    [
      { primaryNetworkComponent: { networkVlan: { id: "5" } } },
      invalid,
      isInvalid("primaryNetworkComponent.networkVlan.id"),
    ],
    [
      { supplementalCreateObjectOptions: { flavorKeyName: "X" } },
      invalid,
      isInvalid("flavorKeyName"),
    ],
    [
      { operatingSystemReferenceCode: "BEOS" },
      invalid,
      isInvalid("operatingSystemReferenceCode"),
    ],
    [
      { blockDeviceTemplateGroup: { globalIdentifier: "x" } },
      invalid,
      "Only one of operatingSystemReferenceCode and blockDeviceTemplateGroup " +
      "can be specified.",
    ],
    [
      { datacenter: { name: "xyz01" } },
      "Order_InvalidLocation",
      "The location provided for this order is invalid.",
    ],
    [{ size: 5 }, "Public", `Property 'size' not valid for '${GUEST}'.`],
    [{}, "Order_Limit", "The account has reached its limit of servers."],
  ];
  for (const [changes, code, error] of cases) {
    const template = { ...TEMPLATE, ...changes };
    assertEquals(
      await refusal("POST", `${GUEST}/createObject.json`, [template]),
      [500, `SoftLayer_Exception_${code}`, error],
    );
  }
  const unknownKey = { ...TEMPLATE, sshKeys: [{ id: 7 }] };
  const [status] = await refusal("POST", `${GUEST}.json`, [unknownKey]);
  assertEquals(status, 404);
  const [noObject] = await refusal("POST", `${GUEST}.json`, ["x"]);
  assertEquals(noObject, 500);
});

Deno.test("SoftLayerSimulator reads object masks in all their forms", async () => {
  const { get, refusal } = setUp({ nodes: 1 });
  const path = `${GUEST}/1301396/getObject.json?objectMask=`;
  const status = { status: { keyName: "ACTIVE" } };
  for (
    const [mask, expected] of [
      ["mask[status[keyName]]", status],
      ["mask[ status [ keyName ] ]", status],
      ["mask[status.keyName]", status],
      ["mask.status.keyName", status],
      ["status.keyName", status],
      ["mask(SoftLayer_Virtual_Guest)[status.keyName]", status],
      ["mask[status]", { status: { keyName: "ACTIVE", name: "Active" } }],
      ["mask[hostname,hostname]", { hostname: "node-1" }],
      ["mask[status.name,status.keyName]", {
        status: { name: "Active", keyName: "ACTIVE" },
      }],
      // What is empty is absent.
      ["mask[notes,activeTransaction]", {}],
    ] as const
  ) {
    assertEquals(await get(path + encodeURIComponent(mask)), expected, mask);
  }
  const code = "SoftLayer_Exception_Public";
  for (
    const [mask, error] of [
      ["mask[size]", `Property 'size' not valid for '${GUEST}'.`],
      [
        "mask[status[size]]",
        "Property 'size' not valid for 'SoftLayer_Virtual_Guest_Status'.",
      ],
      ["mask[id[size]]", "Property 'size' not valid for 'id'."],
      ["mask[id", "Unable to parse object mask 'mask[id'."],
      ["mask[id]]", "Unable to parse object mask 'mask[id]]'."],
      ["mask[,]", "Unable to parse object mask 'mask[,]'."],
      ["mask[id;]", "Unable to parse object mask 'mask[id;]'."],
      ["mask(X[id]", "Unable to parse object mask 'mask(X[id]'."],
    ]
  ) {
    const refused = await refusal("GET", path + encodeURIComponent(mask!));
    assertEquals(refused, [500, code, error], mask);
  }
});

Deno.test("SoftLayerSimulator sends no relations without a mask", async () => {
  const { get } = setUp({ nodes: 1 });
  const [guest] = await get("SoftLayer_Account/getVirtualGuests.json");
  const values = Object.values(guest);
  assert(values.length > 10);
  assert(values.every((value) => typeof value !== "object"));
});

Deno.test("SoftLayerSimulator filters and sorts lists, the newest first", async () => {
  const { create, send, get, pass } = setUp({ createMs: 0 });
  for (const [index, hostname] of ["node-1", "node-2", "db-1"].entries()) {
    const { id } = await create({ hostname, startCpus: index + 1 });
    pass(1);
    await send("POST", `${GUEST}/${id}/setTags.json`, [`all, ${hostname},`]);
  }
  const named = async (filter: object) =>
    (await get(list({
      objectMask: "mask[hostname]",
      objectFilter: JSON.stringify({ virtualGuests: filter }),
    }))).map((guest: Json) => guest.hostname);
  const order = (value: string) => ({
    operation: "orderBy",
    options: [{ name: "sort", value: [value] }],
  });
  assertEquals(await named({}), ["db-1", "node-2", "node-1"]);
  for (
    const [filter, expected] of [
      [{ id: order("ASC") }, ["node-1", "node-2", "db-1"]],
      [{ id: order("DESC") }, ["db-1", "node-2", "node-1"]],
      [{ hostname: order("ASC") }, ["db-1", "node-1", "node-2"]],
      [{ hostname: { operation: "NODE-1" } }, ["node-1"]],
      [{ hostname: { operation: "_= node-1" } }, ["node-1"]],
      [{ hostname: { operation: "!= node-1" } }, ["db-1", "node-2"]],
      [{ hostname: { operation: "*= -1" } }, ["db-1", "node-1"]],
      [{ hostname: { operation: "^= node" } }, ["node-2", "node-1"]],
      [{ hostname: { operation: "$= -2" } }, ["node-2"]],
      [{ maxCpu: { operation: "> 2" } }, ["db-1"]],
      [{ maxCpu: { operation: ">= 2" } }, ["db-1", "node-2"]],
      [{ maxCpu: { operation: "< 2" } }, ["node-1"]],
      [{ maxCpu: { operation: "<= 2" } }, ["node-2", "node-1"]],
      [{ maxCpu: { operation: 2 } }, ["node-2"]],
      [{ notes: { operation: "not null" } }, []],
      [{ notes: { operation: "is null" }, id: order("ASC") }, [
        "node-1",
        "node-2",
        "db-1",
      ]],
      [{ datacenter: { name: { operation: "dal05" } } }, [
        "db-1",
        "node-2",
        "node-1",
      ]],
      [{ datacenter: { name: { operation: "ams01" } } }, []],
      [{
        tagReferences: {
          tag: {
            name: {
              operation: "in",
              options: [{ name: "data", value: ["node-1", "db-1"] }],
            },
          },
        },
      }, ["db-1", "node-1"]],
    ] as const
  ) {
    assertEquals(await named(filter), [...expected], JSON.stringify(filter));
  }
});

Deno.test("SoftLayerSimulator limits lists, and tells the total", async () => {
  const { send, refusal } = setUp({ nodes: 5, largestPage: 3 });
  const ids = async (resultLimit: string) => {
    const objectFilter =
      '{"virtualGuests":{"id":{"operation":"orderBy","options":[{"name":"sort","value":["ASC"]}]}}}';
    const { json, headers } = await send(
      "GET",
      list({ objectMask: "mask[hostname]", objectFilter, resultLimit }),
    );
    assertEquals(headers.get("softlayer-total-items"), "5");
    return json.map(({ hostname }: Json) => hostname.slice(-1)).join("");
  };
  assertEquals(await ids("0,2"), "12");
  assertEquals(await ids("3,2"), "45");
  assertEquals(await ids("4,2"), "5");
  assertEquals(await ids("9,2"), "");
  assertEquals(await ids("2"), "12");
  assertEquals(await ids("1,0"), "2345");
  assertEquals(await ids("0,99"), "123");
  assertEquals(await ids(""), "12345");
  const code = "SoftLayer_Exception_Public";
  assertEquals(await refusal("GET", list({ resultLimit: "x" })), [
    500,
    code,
    "Invalid result limit.",
  ]);
  for (const objectFilter of ["{", "[]"]) {
    const refused = await refusal("GET", list({ objectFilter }));
    assertEquals(refused, [500, code, "Unable to parse object filter."]);
  }
});

Deno.test("SoftLayerSimulator refuses changes during a transaction", async () => {
  const { send, create, guest, refusal, pass, simulator } = setUp({
    createMs: 100,
    actionMs: 50,
    busyMs: 10,
  });
  const { id } = await create();
  const active = [
    500,
    "SoftLayer_Exception_Public",
    "This cancellation could not be processed. Please contact support. " +
    "There is currently an active transaction.",
  ];
  const destroy = [`DELETE`, `${GUEST}/${id}.json`] as const;
  assertEquals(await refusal(...destroy), active);
  assertEquals(await refusal("GET", `${GUEST}/${id}/powerOff.json`), active);
  pass(109);
  assertEquals(await refusal(...destroy), active);
  pass(1);
  assertEquals((await send(...destroy)).json, true);
  const transaction = "activeTransaction.transactionStatus.name";
  assertEquals(await guest(id, transaction), {
    activeTransaction: {
      transactionStatus: { name: "CLOUD_INSTANCE_RECLAIM" },
    },
  });
  assertEquals(simulator.inventory().nodes[0]?.isDestroyed, true);
  assertEquals(await refusal(...destroy), active);
  pass(50);
  assertEquals((await refusal(...destroy))[0], 404);
  assertEquals(simulator.inventory().nodes, []);
});

Deno.test("SoftLayerSimulator changes the power of a guest after a while", async () => {
  const { send, guest, pass } = setUp({ nodes: 1, actionMs: 20 });
  const id = 1301396;
  for (
    const [action, expected] of [
      ["powerOffSoft", "HALTED"],
      ["pause", "HALTED"],
      ["resume", "HALTED"],
      ["powerOn", "RUNNING"],
      ["pause", "PAUSED"],
      ["resume", "RUNNING"],
      ["powerOff", "HALTED"],
      ["rebootSoft", "RUNNING"],
    ]
  ) {
    const before = await guest(id, "powerState.keyName");
    assertEquals(
      (await send("GET", `${GUEST}/${id}/${action}.json`)).json,
      true,
    );
    pass(19);
    assertEquals(await guest(id, "powerState.keyName"), before);
    pass(1);
    const { powerState } = await guest(id, "powerState.keyName");
    assertEquals(powerState.keyName, expected, action);
  }
});

Deno.test("SoftLayerSimulator takes orders of upgrades", async () => {
  const { send, guest, refusal, pass } = setUp({ nodes: 1, actionMs: 20 });
  const id = 1301396;
  const { json: prices } = await send(
    "POST",
    `${GUEST}/${id}/getUpgradeItemPrices.json?objectMask=mask[id,item[units]]`,
    [true],
  );
  assert(prices.some(({ item }: Json) => item.units === "PRIVATE_CORE"));
  const order = {
    complexType: "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
    virtualGuests: [{ id }],
    prices: [{ id: 3004 }, { id: 5008 }],
    properties: [{
      name: "MAINTENANCE_WINDOW",
      value: "2026-01-02 03:04:05+0000",
    }],
  };
  const path = "SoftLayer_Product_Order/placeOrder.json";
  for (
    const [changes, code] of [
      [{ complexType: "SoftLayer_Container_Product_Order" }, "Order_Type"],
      [{ virtualGuests: [] }, "InvalidValue"],
      [{ virtualGuests: [{ id: String(id) }] }, "InvalidValue"],
      [{ prices: [{ id: 1 }] }, "Order_Item_Invalid"],
      [{ prices: undefined }, "MissingCreationProperty"],
      [{ properties: [] }, "Order_Invalid"],
    ] as const
  ) {
    const [status, actual] = await refusal("POST", path, [
      { ...order, ...changes },
    ]);
    assertEquals([status, actual], [500, `SoftLayer_Exception_${code}`]);
  }
  assertEquals((await send("POST", path, [order])).status, 200);
  const size = "maxCpu,maxMemory";
  assertEquals(await guest(id, size), { maxCpu: 2, maxMemory: 4096 });
  assertEquals((await refusal("POST", path, [order]))[0], 500);
  pass(20);
  assertEquals(await guest(id, size), { maxCpu: 4, maxMemory: 8192 });
});

Deno.test("SoftLayerSimulator manages SSH keys and images", async () => {
  const { send, get, refusal, create, guest, pass, simulator } = setUp({
    nodes: 1,
    createMs: 0,
    actionMs: 20,
  });
  const keys = "SoftLayer_Security_Ssh_Key";
  const { json: key } = await send("POST", `${keys}.json`, [
    { label: "you", key: KEY, notes: "n" },
  ]);
  assertEquals(
    key.fingerprint,
    "9d:43:8d:e0:76:bf:5b:77:15:f8:f1:db:a6:ea:35:4f",
  );
  await send("PUT", `${keys}/${key.id}.json`, [{ label: "we" }]);
  const { label, notes } = await get(`${keys}/${key.id}.json`);
  assertEquals([label, notes], ["we", "n"]);
  for (const bad of ["", "ssh-rsa ???", "key"]) {
    const template = { label: "x", key: bad };
    assertEquals((await refusal("POST", `${keys}.json`, [template]))[0], 500);
  }
  assertEquals((await send("DELETE", `${keys}/${key.id}.json`)).json, true);
  const images = `${GUEST}_Block_Device_Template_Group`;
  const { json: image } = await send(
    "POST",
    `${GUEST}/1301396/createArchiveTemplate.json`,
    ["copy", [{ device: "0" }], "a note"],
  );
  assertEquals([image.name, image.note], ["copy", "a note"]);
  for (const args of [["", [{}], ""], ["copy", [], ""], ["copy"]]) {
    const path = `${GUEST}/1301396/createArchiveTemplate.json`;
    assertEquals((await refusal("POST", path, args))[0], 500);
  }
  pass(20);
  const { id } = await create({
    operatingSystemReferenceCode: undefined,
    blockDeviceTemplateGroup: { globalIdentifier: image.globalIdentifier },
  });
  pass(1);
  assertEquals(await guest(id, "blockDeviceTemplateGroup.name"), {
    blockDeviceTemplateGroup: { name: "copy" },
  });
  assertEquals(simulator.inventory().images.map(({ name }) => name), [
    "golden",
    "copy",
  ]);
  assertEquals((await get(`${images}/${image.id}.json`)).name, "copy");
  await send("DELETE", `${images}/${image.id}.json`);
  assertEquals(simulator.inventory().images.length, 1);
});

Deno.test("SoftLayerSimulator lets operations fail", async () => {
  const seen: string[] = [];
  const { send, create, guest, pass, simulator } = setUp({
    nodes: 1,
    createMs: 10,
    actionMs: 10,
    fails: ({ kind, name }) => {
      seen.push(`${kind} ${name}`);
      return true;
    },
  });
  const { id } = await create();
  pass(10);
  // A guest that cannot be provisioned is removed.
  const [, made] = simulator.inventory().nodes;
  assertEquals([made?.id, made?.isDestroyed], [String(id), true]);
  pass(10);
  assertEquals(simulator.inventory().nodes.length, 1);
  const node = 1301396;
  await send("GET", `${GUEST}/${node}/powerOff.json`);
  await send("POST", "SoftLayer_Product_Order/placeOrder.json", [{
    complexType: "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
    virtualGuests: [{ id: node }],
    prices: [{ id: 3004 }],
    properties: [{ name: "MAINTENANCE_WINDOW", value: "2026-01-02" }],
  }]);
  pass(10);
  assertEquals(await guest(node, "maxCpu,powerState.keyName"), {
    maxCpu: 2,
    powerState: { keyName: "RUNNING" },
  });
  const path = `${GUEST}/${node}/createArchiveTemplate.json`;
  await send("POST", path, ["copy", [{ device: "0" }], ""]);
  assertEquals(simulator.inventory().images.length, 2);
  pass(10);
  assertEquals(simulator.inventory().images.length, 1);
  assertEquals(seen, [
    "create create",
    "action power",
    "action upgrade",
    "image create",
  ]);
});

Deno.test("SoftLayerSimulator hides new guests, and lists lag, if asked to", async () => {
  const { create, get, refusal, pass } = setUp({
    createMs: 0,
    hiddenMs: 10,
    listLagMs: 20,
  });
  const { id } = await create();
  const path = `${GUEST}/${id}/getObject.json`;
  const all = "SoftLayer_Account/getVirtualGuests.json";
  assertEquals((await refusal("GET", path))[0], 404);
  pass(10);
  assertEquals((await get(path)).id, id);
  assertEquals(await get(all), []);
  pass(20);
  assertEquals((await get(all)).length, 1);
});

Deno.test("SoftLayerSimulator limits requests per second", async () => {
  const { send, refusal, pass } = setUp({ requests: 2 });
  const path = "SoftLayer_Account/getSshKeys.json";
  await send("GET", path);
  await send("GET", path);
  assertEquals(await refusal("GET", path), [
    429,
    "SoftLayer_Exception_WebService_RateLimitExceeded",
    "Too many requests.",
  ]);
  pass(1000);
  assertEquals((await send("GET", path)).status, 200);
});

Deno.test("SoftLayerSimulator tests a template without an order", async () => {
  const { send, refusal, simulator } = setUp();
  const path = `${GUEST}/generateOrderTemplate.json`;
  const { json } = await send("POST", path, [TEMPLATE]);
  assertEquals(json, {
    complexType: "SoftLayer_Container_Product_Order_Virtual_Guest",
    location: "138124",
    packageId: 46,
    quantity: 1,
    prices: [],
    useHourlyPricing: true,
    virtualGuests: [{ hostname: "host1", domain: "example.com" }],
  });
  assertEquals((await refusal("POST", path, [{}]))[0], 500);
  assertEquals(simulator.inventory().nodes, []);
});

Deno.test("SoftLayerSimulator() rejects invalid options", () => {
  assertThrows(
    () => new SoftLayerSimulator({ size: 1 } as never),
    TypeError,
    'SoftLayerSimulator: unknown option "size"',
  );
  assertThrows(
    () => new SoftLayerSimulator({ username: "a:b" }),
    TypeError,
    "SoftLayerSimulator: username",
  );
  assertThrows(
    () => new SoftLayerSimulator({ largestPage: 0 }),
    RangeError,
    "SoftLayerSimulator: largestPage",
  );
});
