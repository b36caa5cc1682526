import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../../simulators/aws/ec2.ts";
import { IMMEDIATE } from "../../_support/immediate.ts";

const START = Date.parse("2024-06-01T12:00:00Z");
const DEBIAN = /^debian-12-amd64/;
const ED25519 =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** Settings of a request that differ from the default. */
interface RequestSettings {
  readonly region?: string;
  readonly service?: string;
  readonly method?: "GET" | "POST";
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Clock of the client, in milliseconds since 1970. */
  readonly at?: number;
  readonly host?: string;
  readonly path?: string;
  /** Changes the request after it is signed. */
  readonly tamper?: (request: Request) => Request;
}

type Params = Readonly<Record<string, string | number | boolean>>;

/** A response, read with regular expressions instead of an XML parser. */
class XmlResponse {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly xml: string,
  ) {}

  /** Contents of all elements with a name, in order. */
  all(name: string): string[] {
    return [...this.xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))]
      .map(([, text = ""]) => text);
  }

  /** Contents of the first element with a name. */
  first(name: string): string {
    return this.all(name)[0] ?? "";
  }

  /** Error code. */
  get code(): string {
    return this.first("Code");
  }
}

/** Creates a simulator with a clock that the test controls. */
function open(options: Ec2SimulatorOptions = {}) {
  let now = START;
  const simulator = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    createMs: 1000,
    actionMs: 500,
    keyBits: 1024,
    now: () => now,
    ...options,
  });
  async function send(
    action: string,
    params: Params = {},
    settings: RequestSettings = {},
  ) {
    const request = await signed(action, params, {
      at: now + (options.clockOffsetMs ?? 0),
      ...simulator.credentials,
      ...settings,
    });
    const response = await simulator.fetch(
      settings.tamper?.(request) ?? request,
    );
    const { status, headers } = response;
    return new XmlResponse(status, headers, await response.text());
  }
  /** Sends a request that must be refused; returns its status and error code. */
  async function refused(
    action: string,
    params?: Params,
    settings?: RequestSettings,
  ) {
    const { status, code } = await send(action, params, settings);
    return `${status} ${code}`;
  }
  /** Returns the id of the first Debian image. */
  async function image(settings: RequestSettings = {}) {
    const response = await send("DescribeImages", {}, settings);
    const index = response.all("name").findIndex((it) => DEBIAN.test(it));
    return response.all("imageId")[index]!;
  }
  /** Launches an instance, waits until it is running, and returns its id. */
  async function run(params: Params = {}) {
    const response = await send("RunInstances", {
      ImageId: await image(),
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      ...params,
    });
    assertEquals(response.status, 200, response.xml);
    now += 1000;
    return response.first("instanceId");
  }
  async function state(id: string) {
    const response = await send("DescribeInstances", { "InstanceId.1": id });
    const [, state] = /<instanceState>\s*<code>\d+<\/code>\s*<name>([\w-]+)/
      .exec(response.xml) ?? [];
    return state;
  }
  const pass = (ms: number) => {
    now += ms;
  };
  return { simulator, send, refused, pass, image, run, state };
}

const encode = (text: string) => new TextEncoder().encode(text);

const hex = (buffer: ArrayBuffer) =>
  [...new Uint8Array(buffer)].map((it) => it.toString(16).padStart(2, "0"))
    .join("");

const hash = async (text: string) =>
  hex(await crypto.subtle.digest("SHA-256", encode(text)));

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey(
    "raw",
    key,
    algorithm,
    false,
    ["sign"],
  );
  return await crypto.subtle.sign("HMAC", imported, encode(text));
}

const escape = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Signs a request; written from the documentation, without the driver's code. */
async function signed(
  action: string,
  params: Params,
  settings: RequestSettings,
): Promise<Request> {
  const {
    region = "us-east-1",
    service = "ec2",
    method = "POST",
    host = `ec2.${region}.amazonaws.com`,
    path = "/",
    accessKeyId = "",
    secretAccessKey = "",
    sessionToken,
    at = START,
  } = settings;
  const form = Object.entries({
    Action: action,
    Version: "2016-11-15",
    ...params,
  })
    .map(([name, value]) => `${escape(name)}=${escape(String(value))}`)
    .sort().join("&");
  const stamp = new Date(at).toISOString().replaceAll(/[:-]|\.\d+/g, "");
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = {
    ...(method === "POST"
      ? { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }
      : {}),
    host,
    "x-amz-date": stamp,
    ...(sessionToken === undefined
      ? {}
      : { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(headers).join(";");
  const canonical = [
    method,
    path,
    method === "GET" ? form : "",
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    "",
    names,
    await hash(method === "GET" ? "" : form),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", stamp, scope, await hash(canonical)]
    .join("\n");
  let key: BufferSource = encode(`AWS4${secretAccessKey}`);
  for (const part of scope.split("/")) key = await hmac(key, part);
  const signature = hex(await hmac(key, text));
  const { host: _host, ...sent } = headers;
  const url = `https://${host}${path}`;
  return new Request(method === "GET" ? `${url}?${form}` : url, {
    method,
    headers: {
      ...sent,
      authorization:
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    },
    ...(method === "GET" ? {} : { body: form }),
  });
}

// Authentication

Deno.test("Ec2Simulator verifies signatures of POST and GET", async () => {
  const { send } = open({ nodes: 1 });
  for (const method of ["GET", "POST"] as const) {
    const params = {
      "Filter.1.Name": "tag:Name",
      "Filter.1.Value.1": "nöde *",
    };
    const { status, headers } = await send("DescribeInstances", params, {
      method,
    });
    assertEquals(status, 200);
    assertEquals(headers.get("content-type"), "text/xml;charset=UTF-8");
    assert(headers.get("x-amzn-requestid"));
  }
});

Deno.test("Ec2Simulator rejects a request whose signature is wrong", async () => {
  const { refused } = open();
  const change = (headers: Record<string, string>) => (request: Request) => {
    const changed = new Request(request);
    for (const [name, value] of Object.entries(headers)) {
      changed.headers.set(name, value);
    }
    return changed;
  };
  const wrong: Record<string, RequestSettings> = {
    "wrong key id": { accessKeyId: "AKIAWRONG" },
    "wrong secret": { secretAccessKey: "wrong" },
    "unexpected session token": { sessionToken: "token" },
    "wrong service": { service: "s3" },
    "unknown region": { region: "eu-nowhere-1" },
    "region of another host": { host: "ec2.eu-west-1.amazonaws.com" },
    "changed body": {
      tamper: (request) =>
        new Request(request, {
          body: "Action=TerminateInstances&Version=2016-11-15",
        }),
    },
    "added query": {
      tamper: (request) => new Request(`${request.url}?DryRun=true`, request),
    },
    "changed date": {
      tamper: change({ "x-amz-date": "20240601T120001Z" }),
    },
    "unsigned x-amz header": {
      tamper: change({ "x-amz-target": "elsewhere" }),
    },
    "wrong scheme": { tamper: change({ authorization: "Bearer token" }) },
  };
  for (const [problem, settings] of Object.entries(wrong)) {
    const params = { "InstanceId.1": "i-0123456789abcdef0" };
    assertEquals(
      await refused("DescribeInstances", params, settings),
      "401 AuthFailure",
      problem,
    );
  }
});

Deno.test("Ec2Simulator rejects a request that is not signed", async () => {
  const { simulator } = open();
  const send = async (query: string) => {
    const url = `https://ec2.us-east-1.amazonaws.com/?${query}`;
    const response = await simulator.fetch(new Request(url));
    return `${response.status} ${
      /<Code>(\w+)/.exec(await response.text())?.[1]
    }`;
  };
  const query = "Action=DescribeRegions&Version=2016-11-15";
  assertEquals(await send(query), "403 MissingAuthenticationToken");
  // Signature Version 2 is retired.
  assertEquals(
    await send(`${query}&SignatureVersion=2&Signature=abc`),
    "401 AuthFailure",
  );
});

Deno.test("Ec2Simulator rejects a request if the clocks differ too much, and sends its time", async () => {
  const { send, refused } = open({ clockOffsetMs: 3_600_000 });
  assertEquals((await send("DescribeRegions")).status, 200);
  for (const ms of [-301_000, 301_000]) {
    const at = START + 3_600_000 + ms;
    assertEquals(
      await refused("DescribeRegions", {}, { at }),
      "400 RequestExpired",
    );
  }
  const { headers } = await send("DescribeRegions", {}, { at: START });
  assertEquals(Date.parse(headers.get("date")!), START + 3_600_000);
  const near = { at: START + 3_600_000 - 299_000 };
  assertEquals((await send("DescribeRegions", {}, near)).status, 200);
  const other = open({ skewCode: "AuthFailure" });
  const late = { at: START - 301_000 };
  assertEquals(
    await other.refused("DescribeRegions", {}, late),
    "401 AuthFailure",
  );
});

Deno.test("Ec2Simulator requires its session token until the token expires", async () => {
  const { send, refused, pass } = open({
    sessionToken: "token",
    sessionExpiresAt: START + 1000,
  });
  assertEquals((await send("DescribeRegions")).status, 200);
  assertEquals(
    await refused("DescribeRegions", {}, { sessionToken: "other" }),
    "401 AuthFailure",
  );
  pass(1000);
  assertEquals(await refused("DescribeRegions"), "400 RequestExpired");
});

// Requests

Deno.test("Ec2Simulator refuses unknown operations, versions, parameters and values", async () => {
  const { refused, send } = open({ nodes: 1, denied: ["RunInstances"] });
  const cases: readonly (readonly [string, string, Params])[] = [
    ["400 InvalidAction", "DescribeUnicorns", {}],
    ["400 InvalidAction", "toString", {}],
    ["400 NoSuchVersion", "DescribeRegions", { Version: "2006-06-26" }],
    ["400 UnknownParameter", "DescribeRegions", { Unicorn: 1 }],
    ["400 UnknownParameter", "DescribeRegions", { "RegionName.1.x": 1 }],
    ["400 UnknownParameter", "DescribeRegions", { "Filter.1.Unicorn": 1 }],
    ["400 UnknownParameter", "DescribeRegions", { "RegionName.x": 1 }],
    ["400 UnknownParameter", "DescribeRegions", { "__proto__.x": 1 }],
    ["400 InvalidParameterValue", "DescribeRegions", { AllRegions: "maybe" }],
    ["400 InvalidParameterValue", "DescribeRegions", { "RegionName.1": "x" }],
    ["400 MissingParameter", "StartInstances", {}],
    ["400 MissingParameter", "StartInstances", { "InstanceId.1": "" }],
    ["400 MissingParameter", "DescribeRegions", { "Filter.1.Value.1": 1 }],
    [
      "400 InvalidParameterValue",
      "DescribeInstances",
      { "Filter.1.Name": "colour", "Filter.1.Value.1": "red" },
    ],
    [
      "400 InvalidParameterValue",
      "DescribeInstances",
      { "Filter.1.Name": "image-id" },
    ],
    [
      "400 InvalidParameterValue",
      "DescribeInstances",
      { "Filter.1.Name": "toString", "Filter.1.Value.1": "*" },
    ],
    ["400 InvalidParameterValue", "DescribeInstances", { MaxResults: 4 }],
    ["400 InvalidParameterValue", "DescribeInstances", { MaxResults: 1001 }],
    ["400 InvalidParameterValue", "DescribeInstances", { MaxResults: "ten" }],
    ["400 InvalidNextToken", "DescribeInstances", { NextToken: "next" }],
    ["412 DryRunOperation", "DescribeInstances", { DryRun: true }],
    ["403 UnauthorizedOperation", "RunInstances", { DryRun: true }],
    [
      "400 InvalidInstanceID.Malformed",
      "DescribeInstances",
      { "InstanceId.1": "web" },
    ],
    [
      "400 InvalidInstanceID.NotFound",
      "DescribeInstances",
      { "InstanceId.1": "i-0123456789abcdef0" },
    ],
  ];
  for (const [expected, action, params] of cases) {
    assertEquals(
      await refused(action, params),
      expected,
      `${action} ${JSON.stringify(params)}`,
    );
  }
  const { xml } = await send("DescribeInstances", { "InstanceId.1": "<&>" });
  assertMatch(xml, /<Message>Invalid id: &quot;&lt;&amp;&gt;&quot;<\/Message>/);
  assertMatch(xml, /<RequestID>[\w-]{36}<\/RequestID><\/Response>$/);
});

Deno.test("Ec2Simulator refuses other paths and methods, and requests over the rate limit", async () => {
  const { simulator, send, refused, pass } = open({ requestsPerSecond: 2 });
  for (const [path, status] of [["/v1", 404], ["/", 405]] as const) {
    const url = `https://ec2.us-east-1.amazonaws.com${path}`;
    const { method } = { method: status === 405 ? "PUT" : "POST" };
    const response = await simulator.fetch(new Request(url, { method }));
    assertEquals(response.status, status);
    assertMatch(await response.text(), /<Code>InvalidRequest</);
  }
  assertEquals((await send("DescribeRegions")).status, 200);
  assertEquals((await send("DescribeRegions")).status, 200);
  assertEquals(await refused("DescribeRegions"), "503 RequestLimitExceeded");
  pass(1000);
  assertEquals((await send("DescribeRegions")).status, 200);
});

Deno.test("Ec2Simulator rejects only if the signal of the request is aborted", async () => {
  const { simulator } = open();
  const reason = new Error("stop");
  const request = new Request("https://ec2.us-east-1.amazonaws.com/", {
    signal: AbortSignal.abort(reason),
  });
  const error = await simulator.fetch(request).catch((error) => error);
  assertEquals(error, reason);
});

Deno.test("Ec2Simulator rejects invalid options", () => {
  for (
    const [options, message] of [
      [{ nodes: -1 }, "nodes must be an integer of at least 0, got -1"],
      [{ nodes: 1.5 }, "nodes must be an integer of at least 0, got 1.5"],
      [
        { nodes: Infinity },
        "nodes must be an integer of at least 0, got Infinity",
      ],
      [{ createMs: -1 }, "createMs must be a number of at least 0, got -1"],
      [{ actionMs: NaN }, "actionMs must be a number of at least 0, got NaN"],
      [
        { largestPage: 0 },
        "largestPage must be an integer of at least 1, got 0",
      ],
      [
        { requestsPerSecond: 0 },
        "requestsPerSecond must be a number of at least 1, got 0",
      ],
      [
        { region: "eu-nowhere-1" },
        'region must be the id of an AWS region, got "eu-nowhere-1"',
      ],
    ] as const
  ) {
    const error = assertThrows(() => new Ec2Simulator(options), RangeError);
    assertEquals(error.message, `Ec2Simulator: ${message}`);
  }
});

// Instances

Deno.test("Ec2Simulator launches, stops, starts, reboots and terminates an instance", async () => {
  const { send, run, pass, state, refused } = open();
  const image = await open().image();
  const response = await send("RunInstances", {
    ImageId: image,
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    "TagSpecification.1.ResourceType": "instance",
    "TagSpecification.1.Tag.1.Key": "Name",
    "TagSpecification.1.Tag.1.Value": "web <1>",
  });
  const id = response.first("instanceId");
  assertMatch(id, /^i-[0-9a-f]{17}$/);
  assertMatch(
    response.xml,
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<RunInstancesResponse xmlns="http:\/\/ec2\.amazonaws\.com\/doc\/2016-11-15\/">/,
  );
  assertMatch(response.xml, /<value>web &lt;1&gt;<\/value>/);
  assertEquals(response.first("reservationId").slice(0, 2), "r-");
  assertEquals(response.first("requestId").length, 36);
  assertEquals(await state(id), "pending");
  pass(999);
  assertEquals(await state(id), "pending");
  const one = { "InstanceId.1": id };
  assertEquals(
    await refused("StopInstances", one),
    "400 IncorrectInstanceState",
  );
  assertEquals(
    await refused("RebootInstances", one),
    "400 IncorrectInstanceState",
  );
  pass(1);
  assertEquals(await state(id), "running");
  assertEquals((await send("RebootInstances", one)).first("return"), "true");
  assertEquals((await send("StartInstances", one)).all("name"), [
    "running",
    "running",
  ]);
  const before = await send("DescribeInstances", one);
  assertEquals((await send("StopInstances", one)).all("name"), [
    "stopping",
    "running",
  ]);
  pass(500);
  assertEquals(await state(id), "stopped");
  const stopped = await send("DescribeInstances", one);
  assertEquals(stopped.all("ipAddress"), []);
  assertEquals(
    stopped.first("privateIpAddress"),
    before.first("privateIpAddress"),
  );
  assertMatch(stopped.xml, /Client\.UserInitiatedShutdown/);
  assertEquals((await send("StartInstances", one)).all("name"), [
    "pending",
    "stopped",
  ]);
  pass(1000);
  const after = await send("DescribeInstances", one);
  assertNotEquals(after.first("ipAddress"), before.first("ipAddress"));
  assertEquals((await send("TerminateInstances", one)).all("name"), [
    "shutting-down",
    "running",
  ]);
  pass(500);
  assertEquals(await state(id), "terminated");
  assertEquals((await send("TerminateInstances", one)).all("name"), [
    "terminated",
    "terminated",
  ]);
  assertEquals(
    await refused("StartInstances", one),
    "400 IncorrectInstanceState",
  );
  pass(3_600_000);
  assertEquals(
    await refused("DescribeInstances", one),
    "400 InvalidInstanceID.NotFound",
  );
  assertNotEquals(await run(), id);
});

Deno.test("Ec2Simulator terminates a pending instance, which does not start afterwards", async () => {
  const { send, image, pass, state } = open();
  const made = await send("RunInstances", {
    ImageId: await image(),
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
  });
  const id = made.first("instanceId");
  await send("TerminateInstances", { "InstanceId.1": id });
  assertEquals(await state(id), "shutting-down");
  pass(500);
  assertEquals(await state(id), "terminated");
  pass(500);
  assertEquals(await state(id), "terminated");
});

Deno.test("Ec2Simulator changes no instance if one of several ids is unknown", async () => {
  const { send, run, state } = open();
  const id = await run();
  const { code, xml } = await send("StopInstances", {
    "InstanceId.1": id,
    "InstanceId.2": "i-0123456789abcdef0",
    "InstanceId.3": "i-0123456789abcdef1",
  });
  assertEquals(code, "InvalidInstanceID.NotFound");
  assertMatch(
    xml,
    /The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist/,
  );
  assertEquals(await state(id), "running");
});

Deno.test("Ec2Simulator keeps the instances of one reservation on the same page", async () => {
  const { send, image } = open();
  const params = { ImageId: await image(), InstanceType: "t3.micro" };
  for (const MaxCount of [3, 4, 1, 7]) {
    const made = await send("RunInstances", {
      ...params,
      MinCount: 1,
      MaxCount,
    });
    assertEquals(made.all("instanceId").length, MaxCount);
    assertEquals(
      made.all("amiLaunchIndex"),
      Array.from({ length: MaxCount }, (_, index) => String(index)),
    );
  }
  const pages: number[] = [];
  for (let NextToken = ""; pages.length === 0 || NextToken !== "";) {
    const response = await send("DescribeInstances", {
      MaxResults: 5,
      ...(NextToken === "" ? {} : { NextToken }),
    });
    pages.push(response.all("amiLaunchIndex").length);
    NextToken = response.first("nextToken");
  }
  assertEquals(pages, [7, 8]);
});

Deno.test("Ec2Simulator continues a list correctly if instances disappear between pages", async () => {
  const { send, pass } = open({ nodes: 12, listedMs: 0 });
  const first = await send("DescribeInstances", { MaxResults: 5 });
  const ids = first.all("instanceId");
  await send("TerminateInstances", { "InstanceId.1": ids[4]! });
  pass(500);
  const NextToken = first.first("nextToken");
  const second = await send("DescribeInstances", { MaxResults: 5, NextToken });
  const name = (response: XmlResponse) =>
    response.all("value").filter((it) => it.startsWith("node-"));
  assertEquals(name(first), [1, 2, 3, 4, 5].map((it) => `node-${it}`));
  assertEquals(name(second), [6, 7, 8, 9, 10].map((it) => `node-${it}`));
  assertEquals(
    (await send("DescribeVolumes", { MaxResults: 5, NextToken })).code,
    "InvalidNextToken",
  );
  assertEquals(
    (await send("DescribeInstances", {
      MaxResults: 5,
      "InstanceId.1": ids[0]!,
    })).code,
    "InvalidParameterCombination",
  );
});

Deno.test("Ec2Simulator limits its pages to `largestPage`", async () => {
  const { send } = open({ nodes: 3, largestPage: 1 });
  const response = await send("DescribeInstances");
  assertEquals(response.all("reservationId").length, 1);
  assert(response.first("nextToken"));
});

Deno.test("Ec2Simulator filters by name, value and wildcard", async () => {
  const { send } = open({ nodes: 12 });
  const names = async (...filters: [string, ...string[]][]) => {
    const response = await send(
      "DescribeInstances",
      Object.fromEntries(
        filters.flatMap(([name, ...values], index) => [
          [`Filter.${index + 1}.Name`, name],
          ...values.map((value, at) => [
            `Filter.${index + 1}.Value.${at + 1}`,
            value,
          ]),
        ]),
      ),
    );
    return response.all("value").filter((it) => it.startsWith("node"));
  };
  assertEquals((await names(["tag:Name", "node-*"])).length, 12);
  assertEquals(await names(["tag:Name", "node-1?"]), [
    "node-10",
    "node-11",
    "node-12",
  ]);
  assertEquals(await names(["tag:Name", "node-\\*"]), []);
  assertEquals(await names(["tag:Name", "NODE-1"]), []);
  assertEquals(await names(["tag:Name", "node.1"]), []);
  assertEquals(await names(["tag-key", "env"]), ["node-1"]);
  assertEquals(await names(["tag:Name", "node-1", "node-2"]), [
    "node-1",
    "node-2",
  ]);
  assertEquals(
    await names(["tag:Name", "*"], ["availability-zone", "us-east-1b"]),
    ["node-2", "node-8"],
  );
  assertEquals(await names(["instance-state-name", "stopped"]), []);
  assertEquals((await names(["instance-state-code", "16"])).length, 12);
  assertEquals(await names(["group-name", "web"]), ["node-1"]);
});

Deno.test("Ec2Simulator launches one instance for two requests with the same client token", async () => {
  const { send, image } = open();
  const params = {
    ImageId: await image(),
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    ClientToken: "token",
  };
  const one = await send("RunInstances", params);
  const two = await send("RunInstances", params);
  assertEquals(one.first("instanceId"), two.first("instanceId"));
  assertEquals(one.first("clientToken"), "token");
  const other = await send("RunInstances", { ...params, MaxCount: 2 });
  assertEquals(
    [other.status, other.code],
    [400, "IdempotentParameterMismatch"],
  );
  const long = { ...params, ClientToken: "x".repeat(65) };
  assertEquals(
    (await send("RunInstances", long)).code,
    "InvalidParameterValue",
  );
  const elsewhere = { region: "eu-west-1" };
  const foreign = await send("RunInstances", {
    ...params,
    ImageId: await image(elsewhere),
  }, elsewhere);
  assertNotEquals(foreign.first("instanceId"), one.first("instanceId"));
  assertEquals(
    (await send("DescribeInstances")).all("reservationId").length,
    1,
  );
});

Deno.test("Ec2Simulator hides a new instance for hiddenMs", async () => {
  const { send, refused, image, pass } = open({ hiddenMs: 2000, nodes: 1 });
  const made = await send("RunInstances", {
    ImageId: await image(),
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
  });
  const id = made.first("instanceId");
  for (
    const [action, params] of [
      ["DescribeInstances", { "InstanceId.1": id }],
      ["StopInstances", { "InstanceId.1": id }],
      ["CreateTags", { "ResourceId.1": id, "Tag.1.Key": "a" }],
    ] as const
  ) {
    assertEquals(
      await refused(action, params),
      "400 InvalidInstanceID.NotFound",
    );
  }
  assertEquals(
    (await send("DescribeInstances")).all("reservationId").length,
    1,
  );
  pass(2000);
  assertEquals(
    (await send("DescribeInstances")).all("reservationId").length,
    2,
  );
});

Deno.test("Ec2Simulator refuses to launch an instance with invalid parameters", async () => {
  const { send, refused, image, run } = open({ nodes: 1 });
  const usual = {
    ImageId: await image(),
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
  };
  const base64 = (length: number) => btoa("x".repeat(length));
  const cases: readonly (readonly [string, Params])[] = [
    ["InvalidAMIID.Malformed", { ImageId: "debian" }],
    ["InvalidAMIID.NotFound", { ImageId: "ami-0123456789abcdef0" }],
    ["InvalidParameterValue", { InstanceType: "t3.unicorn" }],
    ["InvalidParameterValue", { InstanceType: "t4g.micro" }],
    ["InvalidParameterValue", { MinCount: 0 }],
    ["InvalidParameterCombination", { MinCount: 2 }],
    ["InstanceLimitExceeded", { MinCount: 1001, MaxCount: 1001 }],
    ["InvalidKeyPair.NotFound", { KeyName: "nobody" }],
    ["InvalidGroup.NotFound", { "SecurityGroupId.1": "sg-0123456789abcdef0" }],
    ["InvalidGroupId.Malformed", { "SecurityGroupId.1": "web" }],
    ["InvalidGroup.NotFound", { "SecurityGroup.1": "nobody" }],
    ["InvalidSubnetID.NotFound", { SubnetId: "subnet-0123456789abcdef0" }],
    ["InvalidParameterValue", { "Placement.AvailabilityZone": "eu-west-1a" }],
    ["InvalidUserData.Malformed", { UserData: "#!/bin/sh" }],
    ["InvalidParameterValue", { UserData: base64(16_385) }],
    ["InvalidParameterValue", { "IamInstanceProfile.Name": "a b" }],
    ["InvalidParameterValue", { "IamInstanceProfile.Arn": "web" }],
    [
      "InvalidParameterCombination",
      { "NetworkInterface.1.DeviceIndex": 0, SubnetId: "subnet-1" },
    ],
    [
      "InvalidParameterCombination",
      { "NetworkInterface.1.DeviceIndex": 0, "SecurityGroupId.1": "sg-1" },
    ],
    ["InvalidParameterValue", { "InstanceMarketOptions.MarketType": "gift" }],
    [
      "InvalidSpotMaxPrice",
      {
        "InstanceMarketOptions.MarketType": "spot",
        "InstanceMarketOptions.SpotOptions.MaxPrice": "nothing",
      },
    ],
    ["InvalidParameterValue", { "MetadataOptions.HttpTokens": "some" }],
    [
      "InvalidBlockDeviceMapping",
      {
        "BlockDeviceMapping.1.DeviceName": "/dev/xvda",
        "BlockDeviceMapping.1.Ebs.VolumeSize": 1,
      },
    ],
    [
      "InvalidParameterValue",
      {
        "TagSpecification.1.ResourceType": "unicorn",
        "TagSpecification.1.Tag.1.Key": "a",
      },
    ],
    [
      "InvalidParameterValue",
      {
        "TagSpecification.1.ResourceType": "instance",
        "TagSpecification.1.Tag.1.Key": "aws:a",
      },
    ],
  ];
  for (const [code, params] of cases) {
    assertEquals(
      await refused("RunInstances", { ...usual, ...params }),
      `400 ${code}`,
      JSON.stringify(params),
    );
  }
  assertEquals(
    (await send("DescribeInstances")).all("reservationId").length,
    1,
  );
  await run({ UserData: base64(16_384) });
});

Deno.test("Ec2Simulator launches an instance with all given properties", async () => {
  const { send, run } = open({ nodes: 1 });
  const groups = await send("DescribeSecurityGroups", { "GroupName.1": "web" });
  const web = groups.first("groupId");
  const subnets = await send("DescribeSubnets", {
    "Filter.1.Name": "availability-zone",
    "Filter.1.Value.1": "us-east-1b",
  });
  const id = await run({
    KeyName: "nephos",
    UserData: btoa("#!/bin/sh"),
    "NetworkInterface.1.DeviceIndex": 0,
    "NetworkInterface.1.AssociatePublicIpAddress": false,
    "NetworkInterface.1.SubnetId": subnets.first("subnetId"),
    "NetworkInterface.1.SecurityGroupId.1": web,
    "NetworkInterface.1.Ipv6AddressCount": 2,
    "NetworkInterface.1.PrivateIpAddress": "172.31.16.77",
    "BlockDeviceMapping.1.DeviceName": "/dev/xvda",
    "BlockDeviceMapping.1.Ebs.VolumeSize": 20,
    "BlockDeviceMapping.2.DeviceName": "/dev/sdf",
    "BlockDeviceMapping.2.Ebs.VolumeSize": 5,
    "BlockDeviceMapping.2.Ebs.VolumeType": "gp3",
    "BlockDeviceMapping.2.Ebs.DeleteOnTermination": false,
    "BlockDeviceMapping.2.Ebs.Encrypted": true,
    "IamInstanceProfile.Name": "web",
    "InstanceMarketOptions.MarketType": "spot",
    "InstanceMarketOptions.SpotOptions.MaxPrice": "0.01",
    "MetadataOptions.HttpTokens": "required",
    "Monitoring.Enabled": true,
    "TagSpecification.1.ResourceType": "volume",
    "TagSpecification.1.Tag.1.Key": "of",
    "TagSpecification.1.Tag.1.Value": "web",
    InstanceInitiatedShutdownBehavior: "terminate",
  });
  const described = await send("DescribeInstances", { "InstanceId.1": id });
  assertEquals(described.all("ipAddress"), []);
  assertEquals(described.first("privateIpAddress"), "172.31.16.77");
  assertEquals(described.first("availabilityZone"), "us-east-1b");
  assertEquals(described.all("groupId").every((it) => it === web), true);
  assertEquals(described.first("keyName"), "nephos");
  assertEquals(described.first("instanceLifecycle"), "spot");
  assertEquals(described.first("httpTokens"), "required");
  assertEquals(
    described.first("arn"),
    "arn:aws:iam::123456789012:instance-profile/web",
  );
  assertEquals(new Set(described.all("ipv6Address")).size, 2);
  assertMatch(described.xml, /<monitoring>\s*<state>enabled/);
  const volumes = await send("DescribeVolumes", {
    "Filter.1.Name": "attachment.instance-id",
    "Filter.1.Value.1": id,
  });
  assertEquals(volumes.all("size"), ["20", "5"]);
  assertEquals(volumes.all("encrypted"), ["false", "true"]);
  assertEquals(volumes.all("value"), ["web", "web"]);
  const attribute = async (name: string) => {
    const params = { InstanceId: id, Attribute: name };
    return (await send("DescribeInstanceAttribute", params)).first("value");
  };
  assertEquals(atob(await attribute("userData")), "#!/bin/sh");
  assertEquals(
    await attribute("instanceInitiatedShutdownBehavior"),
    "terminate",
  );
  assertEquals(
    (await send("StopInstances", { "InstanceId.1": id })).code,
    "UnsupportedOperation",
  );
  const console = await send("GetConsoleOutput", { InstanceId: id });
  assertMatch(atob(console.first("output")), /172\.31\.16\.77/);
});

Deno.test("Ec2Simulator changes the type of an instance only if it is stopped", async () => {
  const { send, refused, run, pass } = open();
  const id = await run();
  const resize = { InstanceId: id, "InstanceType.Value": "t3.large" };
  assertEquals(
    await refused("ModifyInstanceAttribute", resize),
    "400 IncorrectInstanceState",
  );
  await send("StopInstances", { "InstanceId.1": id });
  pass(500);
  assertEquals(
    await refused("ModifyInstanceAttribute", {
      ...resize,
      "InstanceType.Value": "t4g.micro",
    }),
    "400 InvalidParameterValue",
  );
  assertEquals(
    await refused("ModifyInstanceAttribute", { InstanceId: id }),
    "400 MissingParameter",
  );
  assertEquals(
    await refused("ModifyInstanceAttribute", {
      ...resize,
      "DisableApiTermination.Value": true,
    }),
    "400 InvalidParameterCombination",
  );
  const done = await send("ModifyInstanceAttribute", resize);
  assertEquals(done.first("return"), "true");
  const described = await send("DescribeInstances", { "InstanceId.1": id });
  assertEquals(described.first("instanceType"), "t3.large");
});

Deno.test("Ec2Simulator refuses to stop or terminate a protected instance", async () => {
  const { send, refused, run } = open();
  const id = await run({ DisableApiTermination: true, DisableApiStop: true });
  const one = { "InstanceId.1": id };
  assertEquals(
    await refused("TerminateInstances", one),
    "400 OperationNotPermitted",
  );
  assertEquals(
    await refused("StopInstances", one),
    "400 OperationNotPermitted",
  );
  await send("ModifyInstanceAttribute", {
    InstanceId: id,
    Attribute: "disableApiTermination",
    Value: "false",
  });
  assertEquals((await send("TerminateInstances", one)).status, 200);
});

Deno.test("Ec2Simulator returns the status of running instances and switches monitoring", async () => {
  const { send, run, pass } = open();
  const id = await run();
  await send("StopInstances", { "InstanceId.1": id });
  pass(500);
  const running = await run();
  const some = await send("DescribeInstanceStatus");
  assertEquals(some.all("instanceId"), [running]);
  assertEquals(some.all("status"), ["ok", "passed", "ok", "passed"]);
  const all = await send("DescribeInstanceStatus", {
    IncludeAllInstances: true,
  });
  assertEquals(all.all("instanceId"), [id, running]);
  const one = { "InstanceId.1": running };
  assertEquals((await send("MonitorInstances", one)).first("state"), "pending");
  const described = await send("DescribeInstances", one);
  assertMatch(described.xml, /<monitoring>\s*<state>enabled/);
  assertEquals(
    (await send("UnmonitorInstances", one)).first("state"),
    "disabling",
  );
});

// Volumes, snapshots, images

Deno.test("Ec2Simulator creates, attaches, modifies, detaches and deletes a volume", async () => {
  const { send, refused, run, pass } = open();
  const node = await run({ "Placement.AvailabilityZone": "us-east-1b" });
  const create = {
    AvailabilityZone: "us-east-1b",
    Size: 10,
    VolumeType: "gp3",
    ClientToken: "volume",
  };
  const made = await send("CreateVolume", create);
  const VolumeId = made.first("volumeId");
  assertEquals(made.first("status"), "creating");
  const again = await send("CreateVolume", create);
  assertEquals(again.first("volumeId"), VolumeId);
  const attach = { VolumeId, InstanceId: node, Device: "/dev/sdf" };
  assertEquals(await refused("AttachVolume", attach), "400 IncorrectState");
  pass(500);
  const status = async () =>
    (await send("DescribeVolumes", { "VolumeId.1": VolumeId })).all("status");
  assertEquals(await status(), ["available"]);
  for (
    const [code, params] of [
      ["MissingParameter", { Device: "" }],
      ["InvalidParameterValue", { Device: "/dev/unicorn1" }],
      ["InvalidParameterValue", { Device: "/dev/xvda" }],
      ["InvalidVolume.NotFound", { VolumeId: "vol-0123456789abcdef0" }],
      ["InvalidVolumeID.Malformed", { VolumeId: "volume" }],
    ] as const
  ) {
    assertEquals(
      await refused("AttachVolume", { ...attach, ...params }),
      `400 ${code}`,
    );
  }
  assertEquals(
    await refused("DetachVolume", { VolumeId }),
    "400 IncorrectState",
  );
  assertEquals(
    (await send("AttachVolume", attach)).first("status"),
    "attaching",
  );
  assertEquals(await refused("AttachVolume", attach), "400 VolumeInUse");
  assertEquals(await refused("DeleteVolume", { VolumeId }), "400 VolumeInUse");
  pass(500);
  assertEquals(await status(), ["in-use", "attached"]);
  const smaller = { VolumeId, Size: 5 };
  assertEquals(
    await refused("ModifyVolume", smaller),
    "400 InvalidParameterValue",
  );
  const grown = await send("ModifyVolume", { VolumeId, Size: 20 });
  assertEquals(
    [grown.first("originalSize"), grown.first("targetSize")],
    ["10", "20"],
  );
  assertEquals(
    await refused("ModifyVolume", { VolumeId, Size: 30 }),
    "400 IncorrectModificationState",
  );
  pass(500);
  const described = await send("DescribeVolumes", { "VolumeId.1": VolumeId });
  assertEquals(described.first("size"), "20");
  assertEquals(
    (await send("DetachVolume", { VolumeId })).first("status"),
    "detaching",
  );
  pass(500);
  assertEquals(await status(), ["available"]);
  const root = await send("DescribeVolumes", {
    "Filter.1.Name": "attachment.device",
    "Filter.1.Value.1": "/dev/xvda",
  });
  assertEquals(
    await refused("DetachVolume", { VolumeId: root.first("volumeId") }),
    "400 OperationNotPermitted",
  );
  assertEquals(
    (await send("DeleteVolume", { VolumeId })).first("return"),
    "true",
  );
  assertEquals(await status(), ["deleting"]);
  pass(500);
  assertEquals(
    await refused("DeleteVolume", { VolumeId }),
    "400 InvalidVolume.NotFound",
  );
});

Deno.test("Ec2Simulator deletes or detaches the volumes of a terminated instance", async () => {
  const { send, run, pass } = open();
  const id = await run({
    "BlockDeviceMapping.1.DeviceName": "/dev/sdf",
    "BlockDeviceMapping.1.Ebs.VolumeSize": 5,
    "BlockDeviceMapping.1.Ebs.DeleteOnTermination": false,
  });
  assertEquals((await send("DescribeVolumes")).all("size"), ["8", "5"]);
  await send("TerminateInstances", { "InstanceId.1": id });
  pass(500);
  const left = await send("DescribeVolumes");
  assertEquals([left.all("size"), left.all("status")], [["5"], ["available"]]);
});

Deno.test("Ec2Simulator attaches a volume only in its zone, and detaches it if the instance is terminated", async () => {
  const { send, refused, run, pass } = open();
  const [here, there, next] = [
    await run({ "Placement.AvailabilityZone": "us-east-1a" }),
    await run({ "Placement.AvailabilityZone": "us-east-1b" }),
    await run({ "Placement.AvailabilityZone": "us-east-1a" }),
  ];
  const create = { AvailabilityZone: "us-east-1a", Size: 10 };
  const VolumeId = (await send("CreateVolume", create)).first("volumeId");
  pass(500);
  const attach = { VolumeId, Device: "/dev/sdf" };
  assertEquals(
    await refused("AttachVolume", { ...attach, InstanceId: there }),
    "400 InvalidVolume.ZoneMismatch",
  );
  await send("AttachVolume", { ...attach, InstanceId: here });
  pass(500);
  await send("TerminateInstances", { "InstanceId.1": here });
  pass(1);
  await send("DetachVolume", { VolumeId });
  pass(499);
  // The instance was terminated before the detachment was complete.
  const again = await send("AttachVolume", { ...attach, InstanceId: next });
  assertEquals(again.first("status"), "attaching");
  pass(500);
  const described = await send("DescribeVolumes", { "VolumeId.1": VolumeId });
  assertEquals(
    [described.first("instanceId"), described.all("status")],
    [next, ["in-use", "attached"]],
  );
});

Deno.test("Ec2Simulator refuses to create a volume with invalid parameters", async () => {
  const { refused } = open();
  const usual = { AvailabilityZone: "us-east-1a", Size: 10 };
  for (
    const [code, params] of [
      ["MissingParameter", { AvailabilityZone: "us-east-1a" }],
      ["MissingParameter", { Size: 10 }],
      ["InvalidParameterValue", { ...usual, AvailabilityZone: "eu-west-1a" }],
      ["InvalidParameterValue", { ...usual, VolumeType: "floppy" }],
      ["InvalidParameterValue", { ...usual, Size: 100_000 }],
      ["InvalidParameterValue", { ...usual, VolumeType: "st1" }],
      ["MissingParameter", { ...usual, VolumeType: "io1" }],
      ["InvalidParameterCombination", { ...usual, Iops: 100 }],
      ["InvalidSnapshot.NotFound", {
        ...usual,
        SnapshotId: "snap-0123456789abcdef0",
      }],
    ] as const
  ) {
    assertEquals(
      await refused("CreateVolume", params as unknown as Params),
      `400 ${code}`,
      JSON.stringify(params),
    );
  }
});

Deno.test("Ec2Simulator creates snapshots, and volumes from snapshots", async () => {
  const { send, refused, pass } = open({ nodes: 1 });
  const volumes = await send("DescribeVolumes", {
    "Filter.1.Name": "tag:Name",
    "Filter.1.Value.1": "data-1",
  });
  const made = await send("CreateSnapshot", {
    VolumeId: volumes.first("volumeId"),
    Description: "before",
    "TagSpecification.1.ResourceType": "snapshot",
    "TagSpecification.1.Tag.1.Key": "Name",
    "TagSpecification.1.Tag.1.Value": "s",
  });
  const SnapshotId = made.first("snapshotId");
  assertEquals([made.first("status"), made.first("progress")], [
    "pending",
    "0%",
  ]);
  const create = { AvailabilityZone: "us-east-1a", SnapshotId };
  assertEquals(await refused("CreateVolume", create), "400 IncorrectState");
  pass(500);
  const described = await send("DescribeSnapshots", {
    "SnapshotId.1": SnapshotId,
  });
  assertEquals([described.first("status"), described.first("progress")], [
    "completed",
    "100%",
  ]);
  assertEquals((await send("CreateVolume", create)).first("size"), "100");
  assertEquals(
    await refused("CreateVolume", { ...create, Size: 50 }),
    "400 InvalidParameterValue",
  );
  const mine = await send("DescribeSnapshots", { "Owner.1": "self" });
  const all = await send("DescribeSnapshots");
  assert(all.all("snapshotId").length > mine.all("snapshotId").length);
  assertEquals((await send("DeleteSnapshot", { SnapshotId })).status, 200);
  assertEquals(
    await refused("DeleteSnapshot", { SnapshotId }),
    "400 InvalidSnapshot.NotFound",
  );
  const images = await send("DescribeImages", { "Owner.1": "self" });
  assertEquals(
    await refused("DeleteSnapshot", { SnapshotId: images.first("snapshotId") }),
    "400 InvalidSnapshot.InUse",
  );
});

Deno.test("Ec2Simulator creates, copies and deregisters images", async () => {
  const { send, refused, run, pass } = open();
  const InstanceId = await run();
  const create = { InstanceId, Name: "web-1", NoReboot: true };
  const made = await send("CreateImage", create);
  const ImageId = made.first("imageId");
  assertEquals(
    await refused("CreateImage", create),
    "400 InvalidAMIName.Duplicate",
  );
  assertEquals(
    await refused("CreateImage", { ...create, Name: "?!" }),
    "400 InvalidAMIName.Malformed",
  );
  const image = async (id = ImageId, settings = {}) =>
    await send("DescribeImages", { "ImageId.1": id }, settings);
  assertEquals((await image()).first("imageState"), "pending");
  const launch = {
    ImageId,
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
  };
  assertEquals(
    await refused("RunInstances", launch),
    "400 InvalidAMIID.Unavailable",
  );
  pass(500);
  assertEquals((await image()).first("imageState"), "available");
  assertEquals((await image()).first("sourceInstanceId"), InstanceId);
  assertEquals((await send("RunInstances", launch)).status, 200);

  const there = { region: "eu-west-1" };
  const copy = {
    SourceImageId: ImageId,
    SourceRegion: "us-east-1",
    Name: "web-1",
    ClientToken: "copy",
  };
  const copied = (await send("CopyImage", copy, there)).first("imageId");
  assertEquals(
    (await send("CopyImage", copy, there)).first("imageId"),
    copied,
  );
  pass(500);
  const described = await image(copied, there);
  assertEquals(
    [described.first("imageState"), described.first("sourceImageId")],
    ["available", ImageId],
  );
  assertEquals((await image(copied)).code, "InvalidAMIID.NotFound");
  assertEquals(
    await refused("CopyImage", {
      ...copy,
      ClientToken: "other",
      SourceRegion: "x",
    }, there),
    "400 InvalidParameterValue",
  );

  const gone = await send("DeregisterImage", {
    ImageId,
    DeleteAssociatedSnapshots: true,
  });
  assertEquals(gone.all("returnCode"), ["success"]);
  assertEquals((await image()).code, "InvalidAMIID.NotFound");
  assertEquals(
    await refused("DeregisterImage", { ImageId }),
    "400 InvalidAMIID.Unavailable",
  );
  assertEquals(
    await refused("RunInstances", launch),
    "400 InvalidAMIID.Unavailable",
  );
  const foreign = (await send("DescribeImages")).first("imageId");
  assertEquals(
    await refused("DeregisterImage", { ImageId: foreign }),
    "403 AuthFailure",
  );
});

Deno.test("Ec2Simulator lists images by owner, name and page", async () => {
  const { send } = open({ nodes: 1 });
  const count = async (params: Params) =>
    (await send("DescribeImages", params)).all("imageState").length;
  assertEquals(await count({}), 48);
  assertEquals(await count({ IncludeDeprecated: true }), 49);
  assertEquals(await count({ "Owner.1": "self" }), 1);
  assertEquals(await count({ "Owner.1": "amazon" }), 6);
  assertEquals(await count({ "Owner.1": "099720109477" }), 10);
  assertEquals(await count({ "Owner.1": "self", "Owner.2": "amazon" }), 7);
  assertEquals(await count({ "ExecutableBy.1": "all" }), 47);
  assertEquals(
    await count({
      "Filter.1.Name": "name",
      "Filter.1.Value.1": "debian-12-*",
      "Filter.2.Name": "architecture",
      "Filter.2.Value.1": "arm64",
    }),
    2,
  );
  const page = await send("DescribeImages", { MaxResults: 1 });
  assertEquals(page.all("imageState").length, 1);
  const NextToken = page.first("nextToken");
  assertEquals(await count({ MaxResults: 1000, NextToken }), 47);
});

// Key pairs

Deno.test("Ec2Simulator imports a public key with the fingerprint that EC2 computes", async () => {
  const { send, refused } = open({ nodes: 1 });
  const add = (KeyName: string, key: string) => ({
    KeyName,
    PublicKeyMaterial: btoa(key),
  });
  const made = await send("ImportKeyPair", add("me", ED25519));
  // The output of `ssh-keygen -l`, with padding.
  assertEquals(
    made.first("keyFingerprint"),
    "EhOhBXFEYCd7XZ5867KBM4DeJsqzNlB4ziHiWf7Cllk=",
  );
  const described = await send("DescribeKeyPairs", { IncludePublicKey: true });
  assertEquals(described.all("keyType"), ["rsa", "ed25519"]);
  assertMatch(described.all("publicKey")[1]!, /^ssh-ed25519 AAAA\S+ me\n$/);
  // The initial key has the fingerprint of an imported key.
  const [line = ""] = described.all("publicKey");
  const twin = await send("ImportKeyPair", add("twin", line));
  assertEquals(
    [twin.first("keyFingerprint"), described.first("keyFingerprint")],
    Array(2).fill("05:18:5f:e7:d4:d8:68:e4:8c:58:9a:cd:d2:4b:9c:07"),
  );
  assertEquals(
    await refused("ImportKeyPair", add("me", ED25519)),
    "400 InvalidKeyPair.Duplicate",
  );
  // The same key in the formats of other programs.
  const framed = `---- BEGIN SSH2 PUBLIC KEY ----\nComment: "me"\n${
    ED25519.split(" ")[1]!.replaceAll(/.{40}/g, "$&\n")
  }\n---- END SSH2 PUBLIC KEY ----\n`;
  const other = await send("ImportKeyPair", add("framed", framed));
  assertEquals(
    other.first("keyFingerprint"),
    made.first("keyFingerprint"),
    other.xml,
  );
  for (
    const [name, key] of [
      ["text", "hello"],
      ["kind", ED25519.replaceAll("ssh-ed25519", "ssh-unicorn")],
      ["name", ED25519.replace("ssh-ed25519", "ssh-rsa")],
      ["length", ED25519.replace("ZXhhbXBs ", " ")],
      // An RSA key of 512 bits, which EC2 does not accept.
      [
        "size",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQDFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXF me",
      ],
    ] as const
  ) {
    assertEquals(
      await refused("ImportKeyPair", add(name, key)),
      "400 InvalidKey.Format",
      name,
    );
  }
  assertEquals(
    await refused("ImportKeyPair", { KeyName: "a", PublicKeyMaterial: "?" }),
    "400 InvalidKey.Format",
  );
});

Deno.test("Ec2Simulator creates key pairs and returns each private key once", async () => {
  const { send, refused } = open();
  const rsa = await send("CreateKeyPair", { KeyName: "rsa" });
  assertMatch(
    rsa.first("keyMaterial"),
    /^-----BEGIN RSA PRIVATE KEY-----\n[\w+/=\n]+\n-----END RSA PRIVATE KEY-----$/,
  );
  // SHA-1 of the private key, as EC2 computes it for keys that it creates.
  assertMatch(rsa.first("keyFingerprint"), /^(?:[0-9a-f]{2}:){19}[0-9a-f]{2}$/);
  const other = await send("CreateKeyPair", {
    KeyName: "ed",
    KeyType: "ed25519",
    "TagSpecification.1.ResourceType": "key-pair",
    "TagSpecification.1.Tag.1.Key": "a",
    "TagSpecification.1.Tag.1.Value": "b",
  });
  assertMatch(other.first("keyMaterial"), /^-----BEGIN OPENSSH PRIVATE KEY/);
  assertEquals(
    await refused("CreateKeyPair", { KeyName: "rsa" }),
    "400 InvalidKeyPair.Duplicate",
  );
  assertEquals(
    await refused("CreateKeyPair", { KeyName: "é" }),
    "400 InvalidParameterValue",
  );
  const listed = await send("DescribeKeyPairs");
  assertEquals(listed.all("keyName"), ["rsa", "ed"]);
  assert(!listed.xml.includes("PRIVATE KEY"));
  assertEquals(
    await refused("DescribeKeyPairs", { "KeyName.1": "x" }),
    "400 InvalidKeyPair.NotFound",
  );
  const gone = await send("DeleteKeyPair", { KeyName: "rsa" });
  assertEquals(gone.first("keyPairId"), rsa.first("keyPairId"));
  const again = await send("DeleteKeyPair", { KeyName: "rsa" });
  assertEquals([again.status, again.first("keyPairId")], [200, ""]);
  const byId = { KeyPairId: other.first("keyPairId") };
  assertEquals((await send("DeleteKeyPair", byId)).status, 200);
  assertEquals(
    await refused("DeleteKeyPair", byId),
    "400 InvalidKeyPair.NotFound",
  );
  assertEquals(await refused("DeleteKeyPair"), "400 MissingParameter");
});

// Tags, groups, addresses

Deno.test("Ec2Simulator tags all taggable resources", async () => {
  const { send, refused } = open({ nodes: 1 });
  const node = (await send("DescribeInstances")).first("instanceId");
  const volume = (await send("DescribeVolumes")).first("volumeId");
  await send("CreateTags", {
    "ResourceId.1": node,
    "ResourceId.2": volume,
    "Tag.1.Key": "a",
    "Tag.1.Value": "1",
    "Tag.2.Key": "b",
  });
  const tags = async (id: string) => {
    const response = await send("DescribeTags", {
      "Filter.1.Name": "resource-id",
      "Filter.1.Value.1": id,
    });
    return [
      ...response.xml.matchAll(/<key>(.*?)<\/key>\s*<value(?:\/>|>(.*?)<)/g),
    ]
      .map(([, key, value = ""]) => `${key}=${value}`);
  };
  assertEquals(await tags(node), ["Name=node-1", "env=prod", "a=1", "b="]);
  assertEquals(await tags(volume), ["a=1", "b="]);
  await send("DeleteTags", {
    "ResourceId.1": node,
    "Tag.1.Key": "a",
    "Tag.1.Value": "2",
    "Tag.2.Key": "b",
  });
  assertEquals(await tags(node), ["Name=node-1", "env=prod", "a=1"]);
  await send("DeleteTags", { "ResourceId.1": node });
  assertEquals(await tags(node), []);
  for (
    const [code, params] of [
      ["MissingParameter", { "ResourceId.1": node }],
      ["MissingParameter", { "Tag.1.Key": "a" }],
      ["InvalidParameterValue", {
        "ResourceId.1": node,
        "Tag.1.Key": "a",
        "Tag.2.Key": "a",
      }],
      ["InvalidID", { "ResourceId.1": "x-1", "Tag.1.Key": "a" }],
      ["InvalidVolume.NotFound", {
        "ResourceId.1": node,
        "ResourceId.2": "vol-0123456789abcdef0",
        "Tag.1.Key": "a",
      }],
    ] as const
  ) {
    assertEquals(
      await refused("CreateTags", params as unknown as Params),
      `400 ${code}`,
    );
  }
  // No resource is tagged if one id is unknown.
  assertEquals(await tags(node), []);
});

Deno.test("Ec2Simulator adds and removes rules of security groups", async () => {
  const { send, refused, run } = open();
  const made = await send("CreateSecurityGroup", {
    GroupName: "web",
    GroupDescription: "Web servers",
  });
  const GroupId = made.first("groupId");
  const create = { GroupName: "web", GroupDescription: "again" };
  assertEquals(
    await refused("CreateSecurityGroup", create),
    "400 InvalidGroup.Duplicate",
  );
  const rule = {
    GroupId,
    "IpPermissions.1.IpProtocol": "tcp",
    "IpPermissions.1.FromPort": 80,
    "IpPermissions.1.ToPort": 81,
    "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0",
    "IpPermissions.1.IpRanges.1.Description": "all",
    "IpPermissions.1.Ipv6Ranges.1.CidrIpv6": "::/0",
    "IpPermissions.1.Groups.1.GroupId": GroupId,
  };
  const added = await send("AuthorizeSecurityGroupIngress", rule);
  assertEquals(added.all("securityGroupRuleId").length, 3);
  assertEquals(
    await refused("AuthorizeSecurityGroupIngress", rule),
    "400 InvalidPermission.Duplicate",
  );
  for (
    const [code, params] of [
      ["MissingParameter", { GroupId }],
      ["InvalidParameterValue", {
        ...rule,
        "IpPermissions.1.IpRanges.1.CidrIp": "300.0.0.0/0",
      }],
      ["InvalidParameterValue", { ...rule, "IpPermissions.1.FromPort": 90 }],
      ["InvalidPermission.Malformed", {
        ...rule,
        "IpPermissions.1.IpProtocol": "unicorn",
      }],
      ["InvalidGroup.NotFound", { ...rule, GroupId: "sg-0123456789abcdef0" }],
    ] as const
  ) {
    assertEquals(
      await refused(
        "AuthorizeSecurityGroupIngress",
        params as unknown as Params,
      ),
      `400 ${code}`,
    );
  }
  const described = await send("DescribeSecurityGroups", {
    "GroupId.1": GroupId,
  });
  assertMatch(
    described.xml,
    /<ipPermissions>\s*<item>\s*<ipProtocol>tcp<\/ipProtocol>\s*<fromPort>80<\/fromPort>\s*<toPort>81<\/toPort>/,
  );
  assertEquals(described.all("description"), ["all"]);
  await send("AuthorizeSecurityGroupEgress", {
    GroupId,
    "IpPermissions.1.IpProtocol": "udp",
    "IpPermissions.1.FromPort": 53,
    "IpPermissions.1.ToPort": 53,
    "IpPermissions.1.IpRanges.1.CidrIp": "192.0.2.0/24",
  });
  assertEquals((await send("RevokeSecurityGroupIngress", rule)).status, 200);
  assertEquals(
    await refused("RevokeSecurityGroupIngress", rule),
    "400 InvalidPermission.NotFound",
  );
  await run({ "SecurityGroupId.1": GroupId });
  assertEquals(
    await refused("DeleteSecurityGroup", { GroupId }),
    "400 DependencyViolation",
  );
  assertEquals(
    await refused("DeleteSecurityGroup", { GroupName: "default" }),
    "400 CannotDelete",
  );
});

Deno.test("Ec2Simulator associates, moves and releases elastic addresses", async () => {
  const { send, refused, run } = open();
  const node = await run();
  const { ip, AllocationId } = await (async () => {
    const response = await send("AllocateAddress", { Domain: "vpc" });
    return {
      ip: response.first("publicIp"),
      AllocationId: response.first("allocationId"),
    };
  })();
  const own = (await send("DescribeInstances")).first("ipAddress");
  const AssociationId = (await send("AssociateAddress", {
    AllocationId,
    InstanceId: node,
  })).first("associationId");
  assertEquals((await send("DescribeInstances")).first("ipAddress"), ip);
  assertNotEquals(ip, own);
  assertEquals(
    await refused("ReleaseAddress", { AllocationId }),
    "400 InvalidIPAddress.InUse",
  );
  const other = await run();
  assertEquals(
    await refused("AssociateAddress", {
      AllocationId,
      InstanceId: other,
      AllowReassociation: false,
    }),
    "400 Resource.AlreadyAssociated",
  );
  const described = await send("DescribeAddresses", { "PublicIp.1": ip });
  assertEquals(described.first("instanceId"), node);
  assertEquals(
    (await send("DisassociateAddress", { AssociationId })).status,
    200,
  );
  // EC2 released the instance's own address when it got the elastic one.
  const one = { "InstanceId.1": node };
  assertEquals((await send("DescribeInstances", one)).all("ipAddress"), []);
  assertEquals(
    await refused("DisassociateAddress", { AssociationId }),
    "400 InvalidAssociationID.NotFound",
  );
  assertEquals((await send("ReleaseAddress", { AllocationId })).status, 200);
  assertEquals(
    await refused("ReleaseAddress", { AllocationId }),
    "400 InvalidAllocationID.NotFound",
  );
  for (let count = 0; count < 5; count++) await send("AllocateAddress");
  assertEquals(await refused("AllocateAddress"), "400 AddressLimitExceeded");
});

// Regions

Deno.test("Ec2Simulator gives each region its own zones, instance types and networks", async () => {
  const { send } = open();
  const regions = await send("DescribeRegions");
  const all = await send("DescribeRegions", { AllRegions: true });
  assertEquals(regions.all("regionName").length, 17);
  assertEquals(all.all("regionName").length, 34);
  for (const region of ["us-east-1", "eu-west-1", "cn-north-1"]) {
    const host = `ec2.${region}.amazonaws.com${
      region.startsWith("cn") ? ".cn" : ""
    }`;
    const zones = await send("DescribeAvailabilityZones", {}, { region, host });
    assertEquals(zones.all("zoneName")[0], `${region}a`);
    const subnets = await send("DescribeSubnets", {}, { region, host });
    assertEquals(subnets.all("availabilityZone"), zones.all("zoneName"));
  }
  const types = await send("DescribeInstanceTypes", { MaxResults: 100 });
  assertEquals(types.all("instanceType").length, 35);
  const one = await send("DescribeInstanceTypes", {
    "InstanceType.1": "i3.large",
  });
  assertEquals(one.first("sizeInMiB"), "15616");
  assertEquals(one.first("totalSizeInGB"), "475");
  assertEquals(
    (await send("DescribeInstanceTypes", { "InstanceType.1": "x" })).code,
    "InvalidInstanceType",
  );
  const offers = await send("DescribeInstanceTypeOfferings", {
    LocationType: "availability-zone",
    "Filter.1.Name": "instance-type",
    "Filter.1.Value.1": "g4dn.xlarge",
  });
  assertEquals(offers.all("location").length, 5);
  const limits = await send("DescribeAccountAttributes", {
    "AttributeName.1": "max-instances",
  });
  assertEquals(limits.all("attributeValue"), ["20"]);
});

Deno.test("Ec2Simulator gives each of many nodes its own addresses", async () => {
  // More nodes than the default subnets of the two zones can hold.
  const region = "us-west-1";
  const { send } = open({ nodes: 7000, region });
  const { xml } = await send("DescribeInstances", {}, { region });
  const own = [...xml.matchAll(/<privateIpAddress>([\d.]+)</g)]
    .map(([, ip]) => ip!);
  assertEquals(new Set(own).size, 7000);
  const ids = [...xml.matchAll(/<(?:instanceId|volumeId)>([\w-]+)</g)]
    .map(([, id]) => id!);
  // Each instance has one volume; the first one has a second volume.
  assertEquals(new Set(ids).size, 14_001);
  const networks = await send("DescribeVpcs", {}, { region });
  assertEquals(networks.all("isDefault"), ["true", "false"]);
});

Deno.test("Ec2Simulator.inventory() lists what exists in all regions, also hidden instances", async () => {
  const { simulator, send, image, refused } = open({
    nodes: 1,
    hiddenMs: 5000,
  });
  const before = simulator.inventory();
  const [seeded] = before.nodes;
  assert(seeded);
  assertEquals(seeded.name, "node-1");
  assertEquals(before.volumes.map(({ name }) => name), [undefined, "data-1"]);
  assertEquals(before.images.map(({ name }) => name), ["node-1-image"]);
  assertEquals(before.snapshots.map(({ name }) => name), [
    "backup-1",
    undefined,
  ]);
  assertEquals(before.keyPairs, [
    { id: "nephos", name: "nephos", isDestroyed: false },
  ]);
  const region = "eu-west-1";
  const created = await send("RunInstances", {
    ImageId: await image({ region }),
    MinCount: 1,
    MaxCount: 1,
    InstanceType: "t3.micro",
  }, { region });
  const id = created.first("instanceId");
  assertEquals(
    await refused("DescribeInstances", { "InstanceId.1": id }, { region }),
    "400 InvalidInstanceID.NotFound",
  );
  await send("TerminateInstances", { "InstanceId.1": seeded.id });
  assertEquals(simulator.inventory().nodes, [
    { ...seeded, isDestroyed: true },
    { id, name: undefined, isDestroyed: false },
  ]);
});

Deno.test("Ec2Simulator refuses all operations on hidden resources", async () => {
  const { simulator, send, refused, pass, image } = open({
    nodes: 1,
    hiddenMs: 5000,
  });
  const { nodes: [seeded], volumes } = simulator.inventory();
  const volume = volumes.find(({ name }) => name === "data-1");
  assert(seeded && volume);
  const ami = await image();
  const launched = await send("RunInstances", {
    ImageId: ami,
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
  });
  const instance = launched.first("instanceId");
  const zone = launched.first("availabilityZone");
  const created = await send("CreateVolume", {
    AvailabilityZone: zone,
    Size: 10,
  });
  const snapshot = await send("CreateSnapshot", { VolumeId: volume.id });
  const copy = await send("CreateImage", {
    InstanceId: seeded.id,
    Name: "hidden",
  });
  const address = (await send("AllocateAddress")).first("allocationId");
  const group = (await send("CreateSecurityGroup", {
    GroupName: "hidden",
    GroupDescription: "Hidden",
  })).first("groupId");
  assertEquals(
    await refused("CreateSecurityGroup", {
      GroupName: "hidden",
      GroupDescription: "Hidden",
    }),
    "400 InvalidGroup.Duplicate",
  );
  const ids = {
    instance,
    group,
    volume: created.first("volumeId"),
    snapshot: snapshot.first("snapshotId"),
    image: copy.first("imageId"),
  };
  const launch = { InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 };
  const newVolume = { AvailabilityZone: zone };
  const tag = { "Tag.1.Key": "a", "Tag.1.Value": "b" };
  const requests: readonly [string, Params, string][] = [
    ...[
      "DescribeInstances",
      "DescribeInstanceStatus",
      "StartInstances",
      "StopInstances",
      "RebootInstances",
      "TerminateInstances",
      "MonitorInstances",
      "UnmonitorInstances",
    ].map((action): [string, Params, string] => [
      action,
      { "InstanceId.1": instance },
      "InvalidInstanceID",
    ]),
    ["DescribeInstanceAttribute", {
      InstanceId: instance,
      Attribute: "instanceType",
    }, "InvalidInstanceID"],
    ["ModifyInstanceAttribute", {
      InstanceId: instance,
      "DisableApiStop.Value": true,
    }, "InvalidInstanceID"],
    ["GetConsoleOutput", { InstanceId: instance }, "InvalidInstanceID"],
    ["GetPasswordData", { InstanceId: instance }, "InvalidInstanceID"],
    ["CreateImage", { InstanceId: instance, Name: "two" }, "InvalidInstanceID"],
    ["CreateTags", { "ResourceId.1": instance, ...tag }, "InvalidInstanceID"],
    ["AttachVolume", {
      InstanceId: instance,
      VolumeId: volume.id,
      Device: "/dev/sdg",
    }, "InvalidInstanceID"],
    ["AssociateAddress", {
      AllocationId: address,
      InstanceId: instance,
    }, "InvalidInstanceID"],
    ["AssociateAddress", {
      AllocationId: address,
      NetworkInterfaceId: launched.first("networkInterfaceId"),
    }, "InvalidNetworkInterfaceID"],
    ["DescribeSecurityGroups", { "GroupId.1": group }, "InvalidGroup"],
    ["DescribeSecurityGroups", { "GroupName.1": "hidden" }, "InvalidGroup"],
    ["DeleteSecurityGroup", { GroupId: group }, "InvalidGroup"],
    ["AuthorizeSecurityGroupIngress", {
      GroupId: group,
      IpProtocol: "tcp",
      FromPort: 22,
      ToPort: 22,
      CidrIp: "0.0.0.0/0",
    }, "InvalidGroup"],
    ["RunInstances", {
      ImageId: ami,
      ...launch,
      "SecurityGroupId.1": group,
    }, "InvalidGroup"],
    ["CreateTags", { "ResourceId.1": group, ...tag }, "InvalidGroup"],
    ["DescribeVolumes", { "VolumeId.1": ids.volume }, "InvalidVolume"],
    ["DeleteVolume", { VolumeId: ids.volume }, "InvalidVolume"],
    ["ModifyVolume", { VolumeId: ids.volume, Size: 20 }, "InvalidVolume"],
    ["DetachVolume", { VolumeId: ids.volume }, "InvalidVolume"],
    ["CreateSnapshot", { VolumeId: ids.volume }, "InvalidVolume"],
    ["AttachVolume", {
      InstanceId: seeded.id,
      VolumeId: ids.volume,
      Device: "/dev/sdg",
    }, "InvalidVolume"],
    ["CreateTags", { "ResourceId.1": ids.volume, ...tag }, "InvalidVolume"],
    ["DescribeSnapshots", { "SnapshotId.1": ids.snapshot }, "InvalidSnapshot"],
    ["DeleteSnapshot", { SnapshotId: ids.snapshot }, "InvalidSnapshot"],
    ["CreateVolume", {
      ...newVolume,
      SnapshotId: ids.snapshot,
    }, "InvalidSnapshot"],
    ["CreateTags", { "ResourceId.1": ids.snapshot, ...tag }, "InvalidSnapshot"],
    ["DescribeImages", { "ImageId.1": ids.image }, "InvalidAMIID"],
    ["DeregisterImage", { ImageId: ids.image }, "InvalidAMIID"],
    ["RunInstances", { ImageId: ids.image, ...launch }, "InvalidAMIID"],
    ["CopyImage", {
      SourceImageId: ids.image,
      SourceRegion: "us-east-1",
      Name: "copy",
    }, "InvalidAMIID"],
    ["CreateTags", { "ResourceId.1": ids.image, ...tag }, "InvalidAMIID"],
  ];
  const expectHidden = async () => {
    for (const [action, params, code] of requests) {
      assertEquals(await refused(action, params), `400 ${code}.NotFound`);
    }
    for (
      const [action, element, params] of [
        ["DescribeInstances", "instanceId", {}],
        ["DescribeVolumes", "volumeId", {}],
        ["DescribeSnapshots", "snapshotId", { "Owner.1": "self" }],
        ["DescribeImages", "imageId", { "Owner.1": "self" }],
        ["DescribeSecurityGroups", "groupId", {}],
      ] as const
    ) {
      const found = (await send(action, params)).all(element);
      for (const id of Object.values(ids)) assert(!found.includes(id), id);
    }
  };
  await expectHidden();
  pass(4999);
  await expectHidden();
  pass(1);
  for (
    const [action, params] of [
      ["DescribeInstances", { "InstanceId.1": ids.instance }],
      ["DescribeVolumes", { "VolumeId.1": ids.volume }],
      ["DescribeSnapshots", { "SnapshotId.1": ids.snapshot }],
      ["DescribeImages", { "ImageId.1": ids.image }],
      ["DescribeSecurityGroups", { "GroupId.1": group }],
    ] as const
  ) assertEquals((await send(action, params)).status, 200, action);
});

Deno.test("Ec2Simulator lists what was true listLagMs ago if the request has no ids", async () => {
  const { simulator, send, pass, run, state } = open({ listLagMs: 3000 });
  const listed = async (params: Params = {}) =>
    /<instanceState>\s*<code>\d+<\/code>\s*<name>([\w-]+)/
      .exec((await send("DescribeInstances", params)).xml)?.[1];
  const id = await run({
    "TagSpecification.1.ResourceType": "instance",
    "TagSpecification.1.Tag.1.Key": "Name",
    "TagSpecification.1.Tag.1.Value": "web",
  });
  assertEquals(await state(id), "running");
  assertEquals(await listed(), undefined);
  assertEquals((await send("DescribeVolumes")).all("volumeId"), []);
  assertEquals((await send("DescribeTags")).all("value"), []);
  pass(1999);
  assertEquals(await listed(), undefined);
  pass(1);
  assertEquals(await listed(), "pending");
  const byName = { "Filter.1.Name": "tag:Name", "Filter.1.Value.1": "web" };
  assertEquals(await listed(byName), "pending");
  assertEquals((await send("DescribeVolumes")).all("volumeType").length, 1);
  assertEquals((await send("DescribeTags")).all("value"), ["web"]);
  pass(1000);
  assertEquals(await listed(), "running");
  await send("TerminateInstances", { "InstanceId.1": id });
  pass(500);
  assertEquals(await state(id), "terminated");
  assertEquals(await listed(), "running");
  assertEquals(simulator.inventory().nodes.map((it) => it.isDestroyed), [true]);
  pass(2500);
  assertEquals(await listed(), "shutting-down");
  pass(500);
  assertEquals(await listed(), "terminated");
});

Deno.test("Ec2Simulator lists what was true listLagMs ago in each region", async () => {
  const { send, pass } = open({ listLagMs: 3000 });
  const region = "eu-west-1";
  const groups = async () =>
    (await send("DescribeSecurityGroups", {}, { region })).all("groupName");
  assertEquals(await groups(), ["default"]);
  await send("CreateSecurityGroup", {
    GroupName: "web",
    GroupDescription: "Web servers",
  }, { region });
  assertEquals(await groups(), ["default"]);
  pass(3000);
  assertEquals(await groups(), ["default", "web"]);
});

Deno.test("Ec2Simulator shows the public address addressMs after an instance is running", async () => {
  const { send, pass, run, state } = open({ addressMs: 700 });
  const address = async (id: string) =>
    (await send("DescribeInstances", { "InstanceId.1": id }))
      .first("ipAddress");
  const id = await run();
  const expectLate = async () => {
    assertEquals(await state(id), "running");
    assertEquals(await address(id), "");
    pass(699);
    assertEquals(await address(id), "");
    pass(1);
    assertMatch(await address(id), /^\d/);
  };
  await expectLate();
  await send("StopInstances", { "InstanceId.1": id });
  pass(500);
  await send("StartInstances", { "InstanceId.1": id });
  assertEquals(await address(id), "");
  pass(1000);
  await expectLate();
});

Deno.test("Ec2Simulator refuses changes until busyMs after a change, but not the termination", async () => {
  const { simulator, send, refused, pass, run } = open({
    nodes: 1,
    busyMs: 400,
  });
  const [node] = simulator.inventory().nodes;
  const volume = simulator.inventory().volumes
    .find(({ name }) => name === "data-1");
  assert(node && volume);
  const id = await run();
  const instance = { "InstanceId.1": id };
  const state = "400 IncorrectInstanceState";
  assertEquals(await refused("StopInstances", instance), state);
  assertEquals(await refused("RebootInstances", instance), state);
  pass(400);
  assertEquals((await send("StopInstances", instance)).status, 200);
  pass(500);
  assertEquals(await refused("StartInstances", instance), state);
  pass(399);
  assertEquals(await refused("StartInstances", instance), state);
  const VolumeId = volume.id;
  await send("DetachVolume", { VolumeId });
  pass(500);
  const inUse = "400 VolumeInUse";
  assertEquals(await refused("DeleteVolume", { VolumeId }), inUse);
  const attachment = { VolumeId, InstanceId: node.id, Device: "/dev/sdg" };
  assertEquals(await refused("AttachVolume", attachment), inUse);
  await send("StartInstances", instance);
  pass(1000);
  assertEquals(
    await refused("AttachVolume", { ...attachment, InstanceId: id }),
    "400 IncorrectState",
  );
  assertEquals((await send("DeleteVolume", { VolumeId })).status, 200);
  assertEquals((await send("TerminateInstances", instance)).status, 200);
});

Deno.test("Ec2Simulator fails the operations that `fails` selects", async () => {
  const asked: string[] = [];
  const { simulator, send, pass, run, state, image } = open({
    nodes: 1,
    fails: ({ kind, name, id }) => asked.push(`${kind} ${name} ${id}`) > 0,
  });
  const volume = simulator.inventory().volumes
    .find(({ name }) => name === "data-1");
  const [node] = simulator.inventory().nodes;
  assert(volume && node);
  const id = await run();
  assertEquals(await state(id), "terminated");
  const failed = await send("DescribeInstances", { "InstanceId.1": id });
  assertMatch(
    failed.xml,
    /<stateReason>\s*<code>Server\.InternalError<\/code>/,
  );
  assertEquals(
    simulator.inventory().nodes.map(({ isDestroyed }) => isDestroyed),
    [false, true],
  );
  // The volume of the failed instance is gone, too.
  assertEquals(simulator.inventory().volumes.length, 2);
  const own = (await send("CreateImage", {
    InstanceId: node.id,
    Name: "failed",
  })).first("imageId");
  await send("StopInstances", { "InstanceId.1": node.id });
  pass(500);
  await send("StartInstances", { "InstanceId.1": node.id });
  const snapshot = (await send("CreateSnapshot", { VolumeId: volume.id }))
    .first("snapshotId");
  const created = (await send("CreateVolume", {
    AvailabilityZone: "us-east-1a",
    Size: 10,
  })).first("volumeId");
  const copy = (await send("CopyImage", {
    SourceImageId: await image(),
    SourceRegion: "us-east-1",
    Name: "copy",
  })).first("imageId");
  pass(1000);
  assertEquals(await state(node.id), "stopped");
  const status = async (action: string, params: Params, element = "status") =>
    (await send(action, params)).first(element);
  assertEquals(
    await status("DescribeSnapshots", { "SnapshotId.1": snapshot }),
    "error",
  );
  assertEquals(
    await status("DescribeVolumes", { "VolumeId.1": created }),
    "error",
  );
  for (const it of [own, copy]) {
    assertEquals(
      await status("DescribeImages", { "ImageId.1": it }, "imageState"),
      "failed",
    );
  }
  assertEquals(
    (await send("DeleteVolume", { VolumeId: created })).status,
    200,
  );
  assertEquals(asked.map((it) => it.replace(/ [\w-]+$/, "")), [
    "create RunInstances",
    "image CreateImage",
    "action StartInstances",
    "snapshot CreateSnapshot",
    "volume CreateVolume",
    "image CopyImage",
  ]);
});

Deno.test("Ec2Simulator rejects unknown options and invalid delays", () => {
  const create = (options: object) => () => new Ec2Simulator(options);
  assertThrows(
    create({ hideMs: 1 }),
    TypeError,
    'Ec2Simulator: unknown option "hideMs"',
  );
  assertThrows(create({ fails: true }), TypeError, "fails must be a function");
  for (const field of ["hiddenMs", "listLagMs", "addressMs", "busyMs"]) {
    for (const value of [-1, NaN, "5"]) {
      assertThrows(create({ [field]: value }), RangeError, field);
    }
  }
  new Ec2Simulator({ ...Ec2Simulator.realistic, nodes: 1 });
});
