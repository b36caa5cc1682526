import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { CAPABILITIES, NodeDriver, supports } from "../../core/compute/mod.ts";
import {
  NephoScaleNodeDriver,
  type NephoScaleOptions,
} from "../../drivers/nephoscale.ts";
import {
  createDriver,
  type DriverClass,
  type DriverClasses,
  getDriver,
  Provider,
  type ProviderId,
  registerDriver,
} from "../../drivers/registry.ts";
import * as nephos from "../../mod.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";

/** A driver that lives elsewhere. */
class ElsewhereNodeDriver extends NephoScaleNodeDriver {
  readonly region: string;
  constructor(options: NephoScaleOptions & { readonly region: string }) {
    super(options);
    this.region = options.region;
  }
}

/** Whether two types are the same; a wrong answer does not compile. */
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;
function holds<_T extends true>(): void {}

const CREDENTIALS = { username: "me", password: "pä55" };
const NOT_PROVIDERS = [
  "",
  "nephos",
  "NEPHOSCALE",
  "NephoScale",
  "nephoscale ",
  "../drivers/nephoscale",
  "constructor",
  "__proto__",
  "toString",
];

/** An id that no other test has. */
let ids = 0;
function newId(): string {
  return `elsewhere${++ids}`;
}

Deno.test("Provider has every provider, its id in upper case", () => {
  assertEquals(Object.values(Provider), [
    "digitalocean",
    "ec2",
    "linode",
    "nephoscale",
  ]);
  for (const [name, id] of Object.entries(Provider)) {
    assertEquals(name, id.toUpperCase());
  }
  holds<Same<typeof Provider.NEPHOSCALE, "nephoscale">>();
  holds<Same<ProviderId, (typeof Provider)[keyof typeof Provider]>>();
});

Deno.test("getDriver() resolves to the class of each provider", async () => {
  for (const id of Object.values(Provider)) {
    const Driver = await getDriver(id);
    assert(Driver.prototype instanceof NodeDriver);
    const credentials = {
      ...CREDENTIALS,
      token: "t0ken",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "s3cr3t",
      region: "us-east-1",
    };
    assertEquals(new Driver(credentials).provider, id);
  }
  const Driver = await getDriver(Provider.NEPHOSCALE);
  holds<Same<typeof Driver, typeof NephoScaleNodeDriver>>();
  assertStrictEquals(Driver, NephoScaleNodeDriver);
  assertStrictEquals(await getDriver("nephoscale"), NephoScaleNodeDriver);
});

Deno.test("getDriver() knows what the class can do", async () => {
  const NephoScale = await getDriver("nephoscale");
  const simulator = new NephoScaleSimulator({ nodes: 1 });
  const { credentials, fetch } = simulator;
  const cloud = new NephoScale({ ...credentials, fetch });
  const [node] = await cloud.listNodes();
  assert(node);
  // A method, an option and a field that this provider alone has.
  await cloud.renameNode(node, { name: "db", hostname: "db.example.com" });
  assertEquals((await cloud.getNode(node)).extra.hostname, "db.example.com");
  // @ts-expect-error: a password is required
  assertThrows(() => new NephoScale({ username: "me" }), TypeError, "Cannot ");
});

Deno.test("getDriver() rejects with TypeError for an id that nobody has, and names those there are", async () => {
  for (const id of NOT_PROVIDERS) {
    const error = await assertRejects(
      () => getDriver(id),
      TypeError,
      JSON.stringify(id),
    );
    assert(error.message.startsWith("Cannot get a driver: "), error.message);
    assert(error.message.includes("nephoscale"), error.message);
  }
  for (const id of [undefined, null, 5, {}]) {
    await assertRejects(
      () => getDriver(id as unknown as string),
      TypeError,
      "Cannot get a driver: ",
    );
  }
});

Deno.test("createDriver() makes a typed driver in one step", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 2 });
  const { credentials, fetch } = simulator;
  const cloud = await createDriver("nephoscale", { ...credentials, fetch });
  holds<Same<typeof cloud, NephoScaleNodeDriver>>();
  assert(cloud instanceof NephoScaleNodeDriver);
  assertEquals((await cloud.listNodes()).length, 2);
  assertEquals((await cloud.listKeyPairs({ kind: "ssh" })).length, 1);
});

Deno.test("createDriver() rejects with TypeError for wrong ids and options", async () => {
  for (const id of NOT_PROVIDERS) {
    await assertRejects(
      () => createDriver(id, CREDENTIALS as never),
      TypeError,
      "Cannot get a driver: ",
    );
  }
  await assertRejects(
    // @ts-expect-error: a password is required
    () => createDriver(Provider.NEPHOSCALE, { username: "me" }),
    TypeError,
    "Cannot ",
  );
  await assertRejects(
    () =>
      createDriver("nephoscale", {
        ...CREDENTIALS,
        baseUrl: "http://x.example",
      }),
    TypeError,
    "Cannot ",
  );
});

Deno.test("registerDriver() adds a driver that getDriver() and createDriver() find, typed", async () => {
  const id = newId();
  registerDriver(id, () => Promise.resolve(ElsewhereNodeDriver));
  const Driver = await getDriver<typeof ElsewhereNodeDriver>(id);
  holds<Same<typeof Driver, typeof ElsewhereNodeDriver>>();
  assertStrictEquals(Driver, ElsewhereNodeDriver);

  const options = { ...CREDENTIALS, region: "north" };
  assertEquals(new Driver(options).region, "north");
  const cloud = await createDriver<typeof ElsewhereNodeDriver>(id, options);
  holds<Same<typeof cloud, ElsewhereNodeDriver>>();
  assertEquals(cloud.region, "north");
  await createDriver<typeof ElsewhereNodeDriver>(
    id,
    // @ts-expect-error: the class wants a region
    CREDENTIALS,
  );

  // Without its type it is just any driver.
  const Unknown = await getDriver(id);
  holds<Same<typeof Unknown, DriverClass>>();
  assertStrictEquals(Unknown as unknown, ElsewhereNodeDriver);
});

Deno.test("registerDriver() is known to getDriver() from where it is called, and to its messages", async () => {
  const id = newId();
  await assertRejects(() => getDriver(id), TypeError, `"${id}"`);
  registerDriver(id, () => Promise.resolve(ElsewhereNodeDriver));
  await getDriver(id);
  await assertRejects(() => getDriver("nobody"), TypeError, id);
});

Deno.test("registerDriver() loads nothing until somebody asks", async () => {
  const id = newId();
  let loads = 0;
  registerDriver(id, () => {
    loads++;
    return Promise.resolve(ElsewhereNodeDriver);
  });
  await getDriver("nephoscale");
  await assertRejects(() => getDriver("nobody"), TypeError);
  assertEquals(loads, 0);
  await getDriver(id);
  assertEquals(loads, 1);
});

Deno.test("getDriver() rejects as the loader does, and tries again next time", async () => {
  const id = newId();
  const reason = new Error("offline");
  let loads = 0;
  registerDriver(id, () => {
    if (++loads === 1) throw reason;
    return loads === 2
      ? Promise.reject(reason)
      : Promise.resolve(ElsewhereNodeDriver);
  });
  for (const _ of [1, 2]) {
    assertStrictEquals(await assertRejects(() => getDriver(id)), reason);
  }
  assertStrictEquals(
    await getDriver<typeof ElsewhereNodeDriver>(id),
    ElsewhereNodeDriver,
  );
});

Deno.test("registerDriver() refuses an id that is taken", async () => {
  const id = newId();
  const load = () => Promise.resolve(ElsewhereNodeDriver);
  registerDriver(id, load);
  for (const taken of ["nephoscale", id]) {
    assertThrows(
      () => registerDriver(taken, load),
      TypeError,
      "Cannot register a driver: ",
    );
  }
  assertStrictEquals(await getDriver("nephoscale"), NephoScaleNodeDriver);
});

Deno.test("registerDriver() refuses what is not an id", async () => {
  const load = () => Promise.resolve(ElsewhereNodeDriver);
  for (
    const id of [
      "",
      "Acme",
      "ac me",
      "ac-me",
      "ac_me",
      "9acme",
      "acme\n",
      "äcme",
      "__proto__",
      "../acme",
      "https://acme.example",
    ]
  ) {
    const error = assertThrows(
      () => registerDriver(id, load),
      TypeError,
      JSON.stringify(id),
    );
    assert(error.message.startsWith("Cannot register a driver: "));
    await assertRejects(() => getDriver(id), TypeError);
  }
});

Deno.test("a registered driver whose name an object has already is a driver like any other", async () => {
  await assertRejects(() => getDriver("constructor"), TypeError);
  registerDriver("constructor", () => Promise.resolve(ElsewhereNodeDriver));
  assertStrictEquals(
    await getDriver<typeof ElsewhereNodeDriver>("constructor"),
    ElsewhereNodeDriver,
  );
});

Deno.test("mod.ts has the registry and no driver", () => {
  for (
    const [name, value] of Object.entries({
      createDriver,
      getDriver,
      Provider,
      registerDriver,
    })
  ) {
    assertStrictEquals(nephos[name as keyof typeof nephos] as unknown, value);
  }
  for (const value of Object.values<unknown>(nephos)) {
    assert(
      value === NodeDriver ||
        !(typeof value === "function" && value.prototype instanceof NodeDriver),
    );
  }
  // The types are there, and are gone once it runs.
  const Driver: nephos.DriverClasses["nephoscale"] = NephoScaleNodeDriver;
  holds<Same<typeof Driver, DriverClasses["nephoscale"]>>();
});

Deno.test("README.md says which provider has which capability", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const rows = readme.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const head = rows.findIndex(([first]) => first === "Provider");
  const keys = rows[head]?.slice(3).map((key) => key.replaceAll("`", ""));
  assertEquals(keys, [...CAPABILITIES]);
  for (const id of Object.values(Provider)) {
    const row = rows.find(([, module]) => module === `\`drivers/${id}\``);
    const driver: NodeDriver = (await getDriver(id)).prototype;
    const has = CAPABILITIES.map((key) => supports(driver, key) ? "yes" : "no");
    assertEquals(row?.slice(3), has, id);
  }
});
