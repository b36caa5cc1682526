/**
 * What a hostile or broken answer does to the driver of EC2, and what becomes of
 * a create whose answer is lost.
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

const REGION = "us-east-1";
const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
// The newest Debian of the simulator.
const IMAGE = { id: "ami-0184b757333638052" };
const CREATE = { name: "web-1", size: "t3.micro", image: IMAGE };
const RETRY = { baseMs: 1, maxMs: 2 };

/** A driver whose requests meet faults, and one that looks past them. */
function open(
  plan: readonly Fault[] = [],
  options: Ec2SimulatorOptions = {},
) {
  const simulator = new Ec2Simulator({
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

/** A driver that always gets the same answer. */
function answered(
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

/** An answer to DescribeInstances with these elements in its only instance. */
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

/** Ten levels of ten references each: ten billion characters, if it grows. */
const BOMB = `<?xml version="1.0"?>\n<!DOCTYPE a [\n<!ENTITY e0 "lol">\n${
  Array.from(
    { length: 10 },
    (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`,
  ).join("\n")
}\n]>\n${WHOLE.replace("t3.micro", "&e10;").replace(/^.*\n/, "")}`;

/** Answers with status 200 that are none. */
const BAD: Readonly<Record<string, () => string>> = {
  "a DOCTYPE": () => WHOLE.replace("?>", "?>\n<!DOCTYPE a>"),
  "a DOCTYPE from elsewhere": () =>
    WHOLE.replace("?>", '?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
  "an entity bomb": () => BOMB,
  "an external entity": () =>
    `<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/">]>${
      instanceWith("<instanceType>&x;</instanceType>").replace(/^.*\n/, "")
    }`,
  "an unknown entity": () => instanceWith("<instanceType>&lol;</instanceType>"),
  "10 MB of nesting": () => "<a>".repeat(10 * MEGABYTE / 3),
  "10 MB of nesting that ends": () =>
    "<a>".repeat(10 * MEGABYTE / 7) + "</a>".repeat(10 * MEGABYTE / 7),
  "10 MB of nesting in an instance": () =>
    instanceWith("<a>".repeat(10 * MEGABYTE / 3)),
  "10 MB that is no element": () => "<".repeat(10 * MEGABYTE),
  "10 MB of an attribute": () => `<a b="${"c".repeat(10 * MEGABYTE)}`,
  "10 MB of a comment that does not end": () =>
    `<!--${"-".repeat(10 * MEGABYTE)}`,
  "10 MB of references that do not end": () =>
    instanceWith(`<instanceType>${"&#".repeat(5 * MEGABYTE)}</instanceType>`),
  "an end without a beginning": () => WHOLE.replace("<item>", "</item>"),
  "two roots": () => WHOLE + WHOLE.replace(/^.*\n/, ""),
  "text around the root": () => `${WHOLE}text`,
  "a wrong root": () =>
    WHOLE.replaceAll("DescribeInstancesResponse", "DescribeVolumesResponse"),
  "the root of nobody": () => "<a/>",
  "the root __proto__": () => "<__proto__><requestId>r</requestId></__proto__>",
  "an error with status 200": () =>
    "<Response><Errors><Error><Code>A</Code><Message>b</Message></Error></Errors><RequestID>r</RequestID></Response>",
  "HTML": () => "<!doctype html><title>Sign in</title><p>Sign in<br>",
  "XHTML": () => "<html><body><p>Sign in</p></body></html>",
  "JSON": () => '{"reservationSet": []}',
  "text": () => "fine",
  "nothing": () => "",
  "space": () => "\n",
  "zeros": () => "\0".repeat(100),
};

for (const [what, body] of Object.entries(BAD)) {
  Deno.test(`Ec2NodeDriver.listNodes() rejects with MalformedResponseError on ${what}`, async () => {
    const { driver, requests } = answered(body());
    const error = await assertRejects(
      async () => await driver.listNodes(),
      MalformedResponseError,
    );
    assertEquals(requests(), 1);
    assertEquals(error.provider, "ec2");
    assertEquals(error.operation, "listNodes");
    // What an error shows of such a body has an end as well.
    assert(error.message.length < 2000, `${error.message.length} in a message`);
    assertEquals(Object.hasOwn(Object.prototype, "requestId"), false);
  });

  Deno.test(`Ec2NodeDriver.createNode() says that it may have been applied on ${what}`, async () => {
    const { driver } = answered(body());
    const error = await assertRejects(
      async () => await driver.createNode(CREATE),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, true);
  });
}

Deno.test("Ec2NodeDriver.listNodes() rejects with MalformedResponseError wherever an answer ends", async () => {
  const steps = 40;
  for (let step = 0; step < steps; step++) {
    const end = Math.floor(WHOLE.length * step / steps);
    const { driver } = answered(WHOLE.slice(0, end));
    await assertRejects(
      async () => await driver.listNodes(),
      MalformedResponseError,
      undefined,
      `after ${end} characters`,
    );
  }
  const { driver } = answered(WHOLE);
  assertEquals((await driver.listNodes()).map(({ sizeId }) => sizeId), [
    "t3.micro",
  ]);
});

Deno.test("Ec2NodeDriver.listNodes() stops reading an answer that does not end", async () => {
  let chunks = 0;
  let isCancelled = false;
  const nested = new TextEncoder().encode("<a>".repeat(20_000));
  const { driver } = answered(
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
  // 60 kB each: no more than the limit, and what a stream reads ahead.
  assert(chunks < 22, `${chunks} chunks`);
});

Deno.test("Ec2NodeDriver takes __proto__ for data, as an element and as a tag", async () => {
  const { driver } = answered(
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
  assertEquals(Object.entries(node.extra.tags), [
    ["__proto__", "tag"],
    ["constructor", "maker"],
    ["Name", "web-1"],
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

Deno.test("Ec2NodeDriver reads what XML allows in place of what EC2 writes", async () => {
  const { driver } = answered(
    instanceWith(`
      <!-- a comment -->
      <instanceType ><![CDATA[t3.micro]]></instanceType >
      <tagSet><item><key>Name</key><value>a &amp; b &lt;c&gt; &#233; &#x1F600; <![CDATA[<d>]]></value></item></tagSet>`),
  );
  const [node] = await driver.listNodes();
  assertEquals([node?.name, node?.sizeId], ["a & b <c> é 😀 <d>", "t3.micro"]);
});

Deno.test("Ec2NodeDriver tells a gateway's HTML from an answer", async () => {
  const html = "<!doctype html><title>502 Bad Gateway</title><h1>502</h1><br>";
  for (const status of [500, 502, 503, 504]) {
    for (const body of [html, "", "<a>".repeat(MEGABYTE), BOMB]) {
      const { driver, requests } = answered(body, status, {
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
  // It was asked for with a token, so it is asked for again.
  const { driver, requests } = answered(html, 502, {
    ...RETRY,
    maxAttempts: 3,
  });
  const error = await assertRejects(
    () => driver.createNode(CREATE),
    ServiceUnavailableError,
  );
  assertEquals([error.mayHaveBeenApplied, requests()], [true, 3]);
});

Deno.test("Ec2NodeDriver lists everything past the failures of any page", async () => {
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

/** Ways to lose the answer to what was done. */
const LOST: Readonly<Record<string, readonly Fault[]>> = {
  "a reset": [faults.reset({ applied: true })],
  "two resets": [
    faults.reset({ applied: true }),
    faults.reset({ applied: true }),
  ],
  "a reset before it was done, and one after": [
    faults.reset(),
    faults.reset({ applied: true }),
  ],
  "a gateway": [faults.html(502, { applied: true })],
  "a failure": [faults.status(500, { applied: true })],
  "a reset in the middle of its body": [faults.resetBody(100)],
};

for (const [what, plan] of Object.entries(LOST)) {
  Deno.test(`Ec2NodeDriver.createNode() makes one node where its answer is lost by ${what}`, async () => {
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

Deno.test("Ec2NodeDriver.createNode() repeats itself with the token that it was given", async () => {
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
  // Nobody gets another node by the token of this one.
  const error = await assertRejects(
    () => driver.createNode({ ...CREATE, size: "t3.small", idempotencyKey }),
    CloudError,
  );
  assertEquals(
    (error as CloudError & { code?: string }).code,
    "IdempotentParameterMismatch",
  );
});

Deno.test("Ec2NodeDriver.createNode() gives each node a token of its own", async () => {
  const { driver, witness, sent } = open();
  await Promise.all(Array.from({ length: 5 }, () => driver.createNode(CREATE)));
  const tokens = sent.map((form) => form.get("ClientToken"));
  assertEquals(new Set(tokens).size, 5);
  assertEquals((await witness.listNodes()).length, 6);
});

Deno.test("Ec2NodeDriver makes one volume and one copy where an answer is lost", async () => {
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

Deno.test("Ec2NodeDriver does not repeat what has no token, and says that it may have been done", async () => {
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

Deno.test("Ec2NodeDriver.waitUntilRunning() waits for a node that EC2 does not know yet", async () => {
  const { driver, sent } = open([], { hiddenMs: 30 });
  const node = await driver.createNode(CREATE);
  const [running] = await driver.waitUntilRunning(node, { intervalMs: 5 });
  assertEquals([running?.id, running?.state], [node.id, "running"]);
  assert(sent.length > 2, `${sent.length} requests`);
});

Deno.test("Ec2NodeDriver sets its clock by a service that it differs from", async () => {
  for (
    const options of [
      { clockOffsetMs: -3_600_000 },
      { clockOffsetMs: 3_600_000 },
      // Which is what a wrong secret gets as well.
      { clockOffsetMs: 3_600_000, skewCode: "AuthFailure" },
    ] as const
  ) {
    const { driver, witness, sent } = open([], options);
    assertEquals((await driver.listNodes()).length, 1);
    assertEquals(sent.length, 2);
    // It knows from now on.
    await driver.listVolumes();
    assertEquals(sent.length, 3);
    // What was refused for its time was not done.
    const { id } = await witness.createNode(CREATE);
    assertEquals((await driver.getNode(id)).id, id);
  }
});

Deno.test("Ec2NodeDriver does not try for ever where time is of no help", async () => {
  const { driver, sent } = open([], {
    sessionToken: "token",
    sessionExpiresAt: 0,
  });
  const error = await driver.listNodes().then(() => undefined, (it) => it);
  assertInstanceOf(error, CloudError);
  assert(sent.length <= 2, `${sent.length} requests`);
});
