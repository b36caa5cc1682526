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
  createDriverFromEnv,
  type DriverClass,
  type DriverClasses,
  getDriver,
  Provider,
  type ProviderId,
  registerDriver,
} from "../../drivers/registry.ts";
import * as nephos from "../../mod.ts";
import { CONFORMANCE } from "../_support/accounts.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";

/** A third-party driver. */
class ElsewhereNodeDriver extends NephoScaleNodeDriver {
  readonly region: string;
  constructor(options: NephoScaleOptions & { readonly region: string }) {
    super(options);
    this.region = options.region;
  }
}

/** Whether two types are the same; if not, the test does not compile. */
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

/** Returns an id that no other test uses. */
let ids = 0;
function newId(): string {
  return `elsewhere${++ids}`;
}

Deno.test("Provider has the id of every provider, under its name in upper case", () => {
  const files = [
    ...Deno.readDirSync(new URL("../conformance/", import.meta.url)),
  ].map(({ name }) => name);
  // A driver with the networks of a provider has the provider's id, and DNS has
  // a registry of its own.
  const ids = files.filter((name) => !/_(?:dns|network|test)\.ts$/.test(name))
    .map((name) => name.slice(0, -".ts".length));
  assertEquals(Object.values(Provider), ids.sort());
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
    const { settings, credentials } = CONFORMANCE[id].subject;
    const options = { ...settings, ...credentials } as never;
    assertEquals(new Driver(options).provider, id);
  }
  const Driver = await getDriver(Provider.NEPHOSCALE);
  holds<Same<typeof Driver, typeof NephoScaleNodeDriver>>();
  assertStrictEquals(Driver, NephoScaleNodeDriver);
  assertStrictEquals(await getDriver("nephoscale"), NephoScaleNodeDriver);
});

Deno.test("getDriver() returns the concrete type of the class", async () => {
  const NephoScale = await getDriver("nephoscale");
  const simulator = new NephoScaleSimulator({ nodes: 1 });
  const { credentials, fetch } = simulator;
  const cloud = new NephoScale({ ...credentials, fetch });
  const [node] = await cloud.listNodes();
  assert(node);
  // A provider-specific method, option and field.
  await cloud.renameNode(node, { name: "db", hostname: "db.example.com" });
  assertEquals((await cloud.getNode(node)).extra.hostname, "db.example.com");
  assertThrows(
    // @ts-expect-error: a password is required
    () => new NephoScale({ username: "me" }),
    TypeError,
    "password is required",
  );
});

Deno.test("getDriver() rejects with a TypeError that lists the known ids if the id is unknown", async () => {
  for (const id of NOT_PROVIDERS) {
    const error = await assertRejects(
      () => getDriver(id),
      TypeError,
      JSON.stringify(id),
    );
    assert(
      error.message.startsWith("getDriver: no driver has the id "),
      error.message,
    );
    assert(error.message.includes("nephoscale"), error.message);
  }
  for (const id of [undefined, null, 5, {}]) {
    await assertRejects(
      () => getDriver(id as unknown as string),
      TypeError,
      "getDriver: no driver has the id ",
    );
  }
});

Deno.test("createDriver() creates a typed driver in one step", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 2 });
  const { credentials, fetch } = simulator;
  const cloud = await createDriver("nephoscale", { ...credentials, fetch });
  holds<Same<typeof cloud, NephoScaleNodeDriver>>();
  assert(cloud instanceof NephoScaleNodeDriver);
  assertEquals((await cloud.listNodes()).length, 2);
  assertEquals((await cloud.listKeyPairs({ kind: "ssh" })).length, 1);
});

Deno.test("createDriver() rejects with a TypeError if the id or an option is invalid", async () => {
  for (const id of NOT_PROVIDERS) {
    await assertRejects(
      () => createDriver(id, CREDENTIALS as never),
      TypeError,
      "createDriver: no driver has the id ",
    );
  }
  await assertRejects(
    // @ts-expect-error: a password is required
    () => createDriver(Provider.NEPHOSCALE, { username: "me" }),
    TypeError,
    "NephoScaleNodeDriver: password is required",
  );
  await assertRejects(
    () =>
      createDriver("nephoscale", {
        ...CREDENTIALS,
        baseUrl: "http://x.example",
      }),
    TypeError,
    "NephoScaleNodeDriver: baseUrl must start with https://",
  );
});

Deno.test("createDriverFromEnv() creates a typed driver from the variables of its provider", async () => {
  const env: Record<string, string> = {};
  for (const id of Object.values(Provider)) {
    const { variables } = await getDriver(id);
    const { settings, credentials } = CONFORMANCE[id].subject;
    const options: object = { ...settings, ...credentials };
    for (const { option, names, isOptional } of variables) {
      // One optional variable may exclude another one.
      const isLeftOut = isOptional && !(option in options) &&
        option !== "baseUrl";
      if (isLeftOut) continue;
      // Every name works, so the last one does.
      env[names.at(-1)!] = Reflect.get(options, option) ??
        (option === "baseUrl" ? "https://api.example" : "t0ken");
    }
    const cloud: NodeDriver = await createDriverFromEnv(id, env);
    assertEquals(cloud.provider, id);
  }
  const cloud = await createDriverFromEnv("nephoscale", env);
  holds<Same<typeof cloud, NephoScaleNodeDriver>>();
  const ec2 = await createDriverFromEnv("ec2", env, { region: "us-east-1" });
  assertEquals(ec2.region, "us-east-1");
});

Deno.test("createDriverFromEnv() prefers options to variables", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 2 });
  const { credentials, fetch } = simulator;
  const env = { NEPHOSCALE_USERNAME: "wrong", NEPHOSCALE_PASSWORD: "wrong" };
  const cloud = await createDriverFromEnv("nephoscale", env, {
    ...credentials,
    fetch,
  });
  assertEquals((await cloud.listNodes()).length, 2);
});

Deno.test("createDriverFromEnv() names all missing variables and no value", async () => {
  const env = { AWS_ACCESS_KEY_ID: "canary", AWS_REGION: "", OTHER: {} };
  const error = await assertRejects(
    () => createDriverFromEnv("ec2", env),
    TypeError,
  );
  assertEquals(
    error.message,
    "fromEnv: missing environment variables: AWS_SECRET_ACCESS_KEY, " +
      "AWS_REGION or AWS_DEFAULT_REGION",
  );
  await assertRejects(
    () => createDriverFromEnv("nowhere", env),
    TypeError,
    'createDriverFromEnv: no driver has the id "nowhere"',
  );
});

Deno.test("createDriverFromEnv() rejects if the registered class has no variables", async () => {
  const id = newId();
  class Bare {}
  registerDriver(id, () => Promise.resolve(Bare as unknown as DriverClass));
  await assertRejects(
    () => createDriverFromEnv(id, {}),
    TypeError,
    `createDriverFromEnv: the driver "${id}" has no method fromEnv()`,
  );
});

Deno.test("registerDriver() adds a driver that getDriver() and createDriver() return with its type", async () => {
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
    // @ts-expect-error: a region is required
    CREDENTIALS,
  );

  // Without a type parameter it is any class of drivers.
  const Unknown = await getDriver(id);
  holds<Same<typeof Unknown, DriverClass>>();
  assertStrictEquals(Unknown as unknown, ElsewhereNodeDriver);
});

Deno.test("registerDriver() adds its id to the errors of getDriver()", async () => {
  const id = newId();
  await assertRejects(() => getDriver(id), TypeError, `"${id}"`);
  registerDriver(id, () => Promise.resolve(ElsewhereNodeDriver));
  await getDriver(id);
  await assertRejects(() => getDriver("nowhere"), TypeError, id);
});

Deno.test("registerDriver() loads nothing until the driver is needed", async () => {
  const id = newId();
  let loads = 0;
  registerDriver(id, () => {
    loads++;
    return Promise.resolve(ElsewhereNodeDriver);
  });
  await getDriver("nephoscale");
  await assertRejects(() => getDriver("nowhere"), TypeError);
  assertEquals(loads, 0);
  await getDriver(id);
  assertEquals(loads, 1);
});

Deno.test("getDriver() rejects with the error of the loader, and calls it again next time", async () => {
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

Deno.test("registerDriver() rejects an id that another driver has", async () => {
  const id = newId();
  const load = () => Promise.resolve(ElsewhereNodeDriver);
  registerDriver(id, load);
  for (const taken of ["nephoscale", id]) {
    assertThrows(
      () => registerDriver(taken, load),
      TypeError,
      "registerDriver: another driver has the id ",
    );
  }
  assertStrictEquals(await getDriver("nephoscale"), NephoScaleNodeDriver);
});

Deno.test("registerDriver() rejects an invalid id", async () => {
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
    assert(error.message.startsWith("registerDriver: id must consist of "));
    await assertRejects(() => getDriver(id), TypeError);
  }
});

Deno.test("registerDriver() accepts an id that is the name of an object's property", async () => {
  await assertRejects(() => getDriver("constructor"), TypeError);
  registerDriver("constructor", () => Promise.resolve(ElsewhereNodeDriver));
  assertStrictEquals(
    await getDriver<typeof ElsewhereNodeDriver>("constructor"),
    ElsewhereNodeDriver,
  );
});

Deno.test("mod.ts exports the registry and no driver", () => {
  for (
    const [name, value] of Object.entries({
      createDriver,
      createDriverFromEnv,
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
  // Types are exported too.
  const Driver: nephos.DriverClasses["nephoscale"] = NephoScaleNodeDriver;
  holds<Same<typeof Driver, DriverClasses["nephoscale"]>>();
});

Deno.test("README.md lists class, module and capabilities of each provider", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const rows = readme.split("\n").filter((line) => line.startsWith("| "))
    .map((line) =>
      line.split("|").slice(1, -1).map((cell) =>
        cell.trim().replaceAll("`", "").replace(/^\[(.*)\]\(.*\)$/, "$1")
      )
    );
  const head = rows.find(([first]) => first === "Capability") ?? [];
  for (const id of Object.values(Provider)) {
    const Driver = await getDriver(id);
    const driver: NodeDriver = Driver.prototype;
    const module = id === "ec2" ? "aws/ec2" : id;
    const row = rows.find((row) => row[2] === `drivers/${module}`) ?? [];
    assertEquals(row[1], Driver.name.replace(/^_/, ""), id);
    const column = head.indexOf(row[0] ?? "");
    assert(column > 0, id);
    for (const key of CAPABILITIES) {
      const cells = rows.find(([first]) => first === key) ?? [];
      const expected = supports(driver, key) ? "yes" : "no";
      assertEquals(cells[column], expected, `${id} ${key}`);
    }
  }
});
