/**
 * The EC2 driver with hostile and broken responses, and with lost responses to
 * writes.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  CloudError,
  ConnectionError,
  type Fetch,
  MalformedResponseError,
  ServiceUnavailableError,
} from "../../../core/mod.ts";
import { Ec2NodeDriver } from "../../../drivers/aws/ec2.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../../simulators/aws/ec2.ts";
import { type Fault, faults, withFaults } from "../../../testing/faults.ts";
import { IMMEDIATE } from "../../_support/immediate.ts";

const REGION = "us-east-1";
const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
// The newest Debian of the simulator.
const IMAGE = { id: "ami-0184b757333638052" };
const CREATE = { name: "web-1", size: "t3.micro", image: IMAGE };
const RETRY = { baseMs: 1, maxMs: 2 };

/** Creates a driver with faults, and a driver without faults. */
function open(
  plan: readonly Fault[] = [],
  options: Ec2SimulatorOptions = {},
) {
  const simulator = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    nodes: 1,
    createMs: 5,
    actionMs: 2,
    ...options,
  });
  const sent: URLSearchParams[] = [];
  const flaky = withFaults(simulator.fetch, plan);
  const settings = { ...simulator.credentials, region: REGION, retry: RETRY };
  const driver = new Ec2NodeDriver({
    ...settings,
    async fetch(request) {
      sent.push(new URLSearchParams(await request.clone().text()));
      return await flaky(request);
    },
  });
  const witness = new Ec2NodeDriver({ ...settings, fetch: simulator.fetch });
  return { driver, witness, sent };
}

/** Creates a driver that always gets the same response. */
function withResponse(
  body: BodyInit,
  status = 200,
  retry: false | object = false,
  maxBodyBytes?: number,
) {
  let requests = 0;
  const fetch: Fetch = () => {
    requests++;
    return Promise.resolve(
      new Response(body, {
        status,
        headers: { "content-type": "text/xml;charset=UTF-8" },
      }),
    );
  };
  const driver = new Ec2NodeDriver({
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "secret",
    region: REGION,
    retry,
    maxBodyBytes,
    fetch,
  });
  return { driver, requests: () => requests };
}

/** A response of DescribeInstances with these elements in its only instance. */
const instanceWith = (elements: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="${NAMESPACE}">
  <requestId>r</requestId>
  <reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>
    <instanceId>i-0123456789abcdef0</instanceId>
    <instanceState><code>16</code><name>running</name></instanceState>
    ${elements}
  </item></instancesSet></item></reservationSet>
</DescribeInstancesResponse>`;

const WHOLE = instanceWith("<instanceType>t3.micro</instanceType>");
const MEGABYTE = 1 << 20;

/** Ten levels of ten references each: ten billion characters, if expanded. */
const BOMB = `<?xml version="1.0"?>\n<!DOCTYPE a [\n<!ENTITY e0 "lol">\n${
  Array.from(
    { length: 10 },
    (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`,
  ).join("\n")
}\n]>\n${WHOLE.replace("t3.micro", "&e10;").replace(/^.*\n/, "")}`;

/** Invalid responses with status 200. */
const BAD: Readonly<Record<string, () => string>> = {
  "a DOCTYPE": () => WHOLE.replace("?>", "?>\n<!DOCTYPE a>"),
  "an external DOCTYPE": () =>
    WHOLE.replace("?>", '?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
  "an entity bomb": () => BOMB,
  "an external entity": () =>
    `<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/">]>${
      instanceWith("<instanceType>&x;</instanceType>").replace(/^.*\n/, "")
    }`,
  "an unknown entity": () => instanceWith("<instanceType>&lol;</instanceType>"),
  "10 MB of nesting": () => "<a>".repeat(10 * MEGABYTE / 3),
  "10 MB of complete nesting": () =>
    "<a>".repeat(10 * MEGABYTE / 7) + "</a>".repeat(10 * MEGABYTE / 7),
  "10 MB of nesting in an instance": () =>
    instanceWith("<a>".repeat(10 * MEGABYTE / 3)),
  "10 MB of < characters": () => "<".repeat(10 * MEGABYTE),
  "an endless attribute of 10 MB": () => `<a b="${"c".repeat(10 * MEGABYTE)}`,
  "an endless comment of 10 MB": () => `<!--${"-".repeat(10 * MEGABYTE)}`,
  "endless references of 10 MB": () =>
    instanceWith(`<instanceType>${"&#".repeat(5 * MEGABYTE)}</instanceType>`),
  "an end tag without a start tag": () => WHOLE.replace("<item>", "</item>"),
  "two roots": () => WHOLE + WHOLE.replace(/^.*\n/, ""),
  "text around the root": () => `${WHOLE}text`,
  "a wrong root": () =>
    WHOLE.replaceAll("DescribeInstancesResponse", "DescribeVolumesResponse"),
  "an unknown root": () => "<a/>",
  "the root __proto__": () => "<__proto__><requestId>r</requestId></__proto__>",
  "an error with status 200": () =>
    "<Response><Errors><Error><Code>A</Code><Message>b</Message></Error></Errors><RequestID>r</RequestID></Response>",
  "HTML": () => "<!doctype html><title>Sign in</title><p>Sign in<br>",
  "XHTML": () => "<html><body><p>Sign in</p></body></html>",
  "JSON": () => '{"reservationSet": []}',
  "plain text": () => "fine",
  "an empty body": () => "",
  "white space": () => "\n",
  "zeros": () => "\0".repeat(100),
};

for (const [what, body] of Object.entries(BAD)) {
  Deno.test(`Ec2NodeDriver.listNodes() rejects with MalformedResponseError on ${what}`, async () => {
    const { driver, requests } = withResponse(body());
    const error = await assertRejects(
      async () => await driver.listNodes(),
      MalformedResponseError,
    );
    assertEquals(requests(), 1);
    assertEquals(error.provider, "ec2");
    assertEquals(error.operation, "listNodes");
    // The message must not contain the whole body.
    assert(error.message.length < 2000, `${error.message.length} in a message`);
    assertEquals(Object.hasOwn(Object.prototype, "requestId"), false);
  });

  Deno.test(`Ec2NodeDriver.createNode() sets mayHaveBeenApplied on ${what}`, async () => {
    const { driver } = withResponse(body());
    const error = await assertRejects(
      async () => await driver.createNode(CREATE),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, true);
  });
}

Deno.test("Ec2NodeDriver.listNodes() rejects with MalformedResponseError wherever the response is cut off", async () => {
  const steps = 40;
  for (let step = 0; step < steps; step++) {
    const end = Math.floor(WHOLE.length * step / steps);
    const { driver } = withResponse(WHOLE.slice(0, end));
    await assertRejects(
      async () => await driver.listNodes(),
      MalformedResponseError,
      undefined,
      `after ${end} characters`,
    );
  }
  const { driver } = withResponse(WHOLE);
  assertEquals((await driver.listNodes()).map(({ sizeId }) => sizeId), [
    "t3.micro",
  ]);
});

Deno.test("Ec2NodeDriver.listNodes() stops reading an endless response", async () => {
  let chunks = 0;
  let isCancelled = false;
  const nested = new TextEncoder().encode("<a>".repeat(20_000));
  const { driver } = withResponse(
    new ReadableStream({
      pull(controller) {
        chunks++;
        controller.enqueue(nested);
      },
      cancel() {
        isCancelled = true;
      },
    }),
    200,
    false,
    MEGABYTE,
  );
  await assertRejects(async () => await driver.listNodes(), CloudError);
  assert(isCancelled);
  // 60 kB each: the limit, and the chunks that a stream reads ahead.
  assert(chunks < 22, `${chunks} chunks`);
});

Deno.test("Ec2NodeDriver reads __proto__ as data, as an element and as a tag", async () => {
  const { driver } = withResponse(
    instanceWith(`
      <__proto__><polluted>yes</polluted></__proto__>
      <constructor><prototype><polluted>yes</polluted></prototype></constructor>
      <toString>yes</toString>
      <instanceType>t3.micro</instanceType>
      <tagSet>
        <item><key>__proto__</key><value>tag</value></item>
        <item><key>constructor</key><value>maker</value></item>
        <item><key>Name</key><value>web-1</value></item>
      </tagSet>`),
  );
  const [node] = await driver.listNodes();
  assert(node);
  assertEquals([node.name, node.sizeId], ["web-1", "t3.micro"]);
  assertEquals(Object.entries(node.tags), [
    ["__proto__", "tag"],
    ["constructor", "maker"],
  ]);
  assertEquals(
    JSON.parse(JSON.stringify(node)).name,
    "web-1",
  );
  assertEquals(
    (Object.prototype as { polluted?: unknown }).polluted,
    undefined,
  );
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  assert(!("polluted" in node) && !("polluted" in node.extra));
});

Deno.test("Ec2NodeDriver reads comments, CDATA and references", async () => {
  const { driver } = withResponse(
    instanceWith(`
      <!-- a comment -->
      <instanceType ><![CDATA[t3.micro]]></instanceType >
      <tagSet><item><key>Name</key><value>a &amp; b &lt;c&gt; &#233; &#x1F600; <![CDATA[<d>]]></value></item></tagSet>`),
  );
  const [node] = await driver.listNodes();
  assertEquals([node?.name, node?.sizeId], ["a & b <c> é 😀 <d>", "t3.micro"]);
});

Deno.test("Ec2NodeDriver rejects with ServiceUnavailableError on the HTML of a gateway", async () => {
  const html = "<!doctype html><title>502 Bad Gateway</title><h1>502</h1><br>";
  for (const status of [500, 502, 503, 504]) {
    for (const body of [html, "", "<a>".repeat(MEGABYTE), BOMB]) {
      const { driver, requests } = withResponse(body, status, {
        ...RETRY,
        maxAttempts: 3,
      });
      const error = await assertRejects(
        async () => await driver.listNodes(),
        ServiceUnavailableError,
      );
      assertEquals([error.status, requests()], [status, 3]);
    }
  }
  // The request has an idempotency key, so it is retried.
  const { driver, requests } = withResponse(html, 502, {
    ...RETRY,
    maxAttempts: 3,
  });
  const error = await assertRejects(
    () => driver.createNode(CREATE),
    ServiceUnavailableError,
  );
  assertEquals([error.mayHaveBeenApplied, requests()], [true, 3]);
});

Deno.test("Ec2NodeDriver.listNodes() lists all nodes if requests of pages fail", async () => {
  const plan = [
    faults.html(502),
    faults.status(503),
    faults.none(),
    faults.reset(),
    faults.none(),
    faults.resetBody(200),
  ];
  const { driver, witness } = open(plan, { nodes: 20, largestPage: 5 });
  const nodes = await driver.listNodes();
  assertEquals(nodes.length, 20);
  assertEquals(nodes, await witness.listNodes());
});

// Creates

/** Ways to lose the response to a request that was applied. */
const LOST: Readonly<Record<string, readonly Fault[]>> = {
  "a reset": [faults.reset({ applied: true })],
  "two resets": [
    faults.reset({ applied: true }),
    faults.reset({ applied: true }),
  ],
  "a reset before the request is applied, and one after": [
    faults.reset(),
    faults.reset({ applied: true }),
  ],
  "a gateway": [faults.html(502, { applied: true })],
  "a failure": [faults.status(500, { applied: true })],
  "a reset in the middle of its body": [faults.resetBody(100)],
};

for (const [what, plan] of Object.entries(LOST)) {
  Deno.test(`Ec2NodeDriver.createNode() creates one node if the response is lost by ${what}`, async () => {
    const { driver, witness, sent } = open(plan);
    const node = await driver.createNode(CREATE);
    assertEquals(sent.length, plan.length + 1);
    const [token, ...others] = new Set(
      sent.map((form) => form.get("ClientToken")),
    );
    assert(token);
    assertEquals(others, []);
    const nodes = await witness.listNodes({
      filters: { "tag:Name": CREATE.name },
    });
    assertEquals(nodes.map(({ id }) => id), [node.id]);
  });
}

Deno.test("Ec2NodeDriver.createNode() sends the caller's idempotency key in every attempt", async () => {
  const { driver, witness, sent } = open([faults.reset({ applied: true })]);
  const idempotencyKey = "mine";
  const one = await driver.createNode({ ...CREATE, idempotencyKey });
  const two = await driver.createNode({ ...CREATE, idempotencyKey });
  assertEquals(one.id, two.id);
  assertEquals(sent.map((form) => form.get("ClientToken")), [
    "mine",
    "mine",
    "mine",
  ]);
  assertEquals((await witness.listNodes()).length, 2);
  // The key cannot be used for a different node.
  const error = await assertRejects(
    () => driver.createNode({ ...CREATE, size: "t3.small", idempotencyKey }),
    CloudError,
  );
  assertEquals(
    (error as CloudError & { code?: string }).code,
    "IdempotentParameterMismatch",
  );
});

Deno.test("Ec2NodeDriver.createNode() rejects with the idempotency key if the node may exist, and returns the node if the key is passed again", async () => {
  const lost = Array.from({ length: 4 }, () => faults.reset({ applied: true }));
  const { driver, witness } = open(lost);
  const error = await assertRejects(
    () => driver.createNode(CREATE),
    ConnectionError,
  );
  const { idempotencyKey } = error;
  assert(idempotencyKey);
  const node = await driver.createNode({ ...CREATE, idempotencyKey });
  // The account had one node.
  const ids = (await witness.listNodes()).map(({ id }) => id);
  assertEquals([ids.length, ids.includes(node.id)], [2, true]);
  // A request that was refused has not created anything.
  const refused = await assertRejects(
    () => driver.createNode({ ...CREATE, size: "no-such-size" }),
    CloudError,
  );
  assertEquals(refused.idempotencyKey, undefined);
});

Deno.test("Ec2NodeDriver.createNode() sends a new idempotency key for each call", async () => {
  const { driver, witness, sent } = open();
  await Promise.all(Array.from({ length: 5 }, () => driver.createNode(CREATE)));
  const tokens = sent.map((form) => form.get("ClientToken"));
  assertEquals(new Set(tokens).size, 5);
  assertEquals((await witness.listNodes()).length, 6);
});

Deno.test("Ec2NodeDriver creates one volume and one copy of an image if a response is lost", async () => {
  const { driver, witness } = open([faults.reset({ applied: true })]);
  const volume = await driver.createVolume({
    name: "data-2",
    sizeGb: 10,
    location: "us-east-1a",
  });
  const volumes = await witness.listVolumes({
    filters: { "tag:Name": "data-2" },
  });
  assertEquals(volumes.map(({ id }) => id), [volume.id]);

  const other = open([faults.reset({ applied: true })]);
  const [image] = await other.witness.listImages();
  const copy = await other.driver.copyImage(image!, {
    location: REGION,
    name: "copy",
  });
  const images = await other.witness.listImages({ name: "copy" });
  assertEquals(images.map(({ id }) => id), [copy.id]);
});

Deno.test("Ec2NodeDriver.createVolumeSnapshot() is not retried if the response is lost, and sets mayHaveBeenApplied", async () => {
  const { driver, witness, sent } = open([faults.reset({ applied: true })]);
  const [volume] = await witness.listVolumes();
  const before = await witness.listVolumeSnapshots();
  const error = await assertRejects(
    () => driver.createVolumeSnapshot(volume!, { name: "backup" }),
    ConnectionError,
  );
  assertEquals([error.mayHaveBeenApplied, sent.length], [true, 1]);
  assertEquals((await witness.listVolumeSnapshots()).length, before.length + 1);
});

// Time

Deno.test("Ec2NodeDriver.waitUntilRunning() waits until EC2 knows a new node", async () => {
  const { driver, sent } = open([], { hiddenMs: 300 });
  const node = await driver.createNode(CREATE);
  const [running] = await driver.waitUntilRunning(node, { intervalMs: 5 });
  assertEquals([running?.id, running?.state], [node.id, "running"]);
  assert(sent.length > 2, `${sent.length} requests`);
});

Deno.test("Ec2NodeDriver corrects its clock if EC2 refuses the time of a request", async () => {
  for (
    const options of [
      { clockOffsetMs: -3_600_000 },
      { clockOffsetMs: 3_600_000 },
      // A wrong secret has the same code.
      { clockOffsetMs: 3_600_000, skewCode: "AuthFailure" },
    ] as const
  ) {
    const { driver, witness, sent } = open([], options);
    assertEquals((await driver.listNodes()).length, 1);
    assertEquals(sent.length, 2);
    // The next request is right at once.
    await driver.listVolumes();
    assertEquals(sent.length, 3);
    // Writes work as well.
    const { id } = await witness.createNode(CREATE);
    assertEquals((await driver.getNode(id)).id, id);
  }
});

Deno.test("Ec2NodeDriver sends no third request if a corrected clock does not help", async () => {
  const { driver, sent } = open([], {
    sessionToken: "token",
    sessionExpiresAt: 0,
  });
  const error = await driver.listNodes().then(
    () => undefined,
    (error) => error,
  );
  assertInstanceOf(error, CloudError);
  assert(sent.length <= 2, `${sent.length} requests`);
});
