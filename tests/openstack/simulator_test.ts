/**
 * The simulator responds as the real services do: the same calls to both have
 * the same statuses, keys and types of values.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Fetch } from "../../core/mod.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { credentials, needsCloud, uniqueName, until } from "./_cloud.ts";

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILdFLAhDcQimbnKxZI6G78ld2qH9hl60x+PJme6tJYCX me@example.com";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

// deno-lint-ignore no-explicit-any -- the shapes are what is compared
type Json = any;

/** A call to a service, as a line of the table: "GET compute /servers". */
interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Type of each value, by its place. */
  readonly shape: ReadonlyMap<string, string>;
}

/** Calls one cloud, and remembers how it responds. */
class Caller {
  readonly answers = new Map<string, Answer>();
  readonly #fetch: Fetch;
  #token = "";
  #endpoints: Record<string, string> = {};

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  async login(user: ReturnType<typeof credentials>): Promise<void> {
    this.#endpoints = { identity: user.authUrl };
    const domain = { id: "default" };
    const { username: name, password } = user;
    const { body, token } = await this.#send(
      "POST",
      "identity",
      "/auth/tokens",
      {
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { name, password, domain } },
          },
          scope: { project: { name: user.projectName, domain } },
        },
      },
    );
    this.#token = token!;
    for (const { type, endpoints } of body.token.catalog) {
      const { url } = endpoints.find((it: Json) => it.interface === "public");
      this.#endpoints[type] = url;
    }
    this.#endpoints["image"] += "/v2";
    this.#endpoints["network"] += "/v2.0";
    this.#endpoints["dns"] += "/v2";
  }

  /** Calls, and remembers the response under a name without ids. */
  async call(
    line: string,
    data?: unknown,
    microversion = "2.46",
    path?: string,
  ): Promise<Json> {
    const [method, service, pattern] = line.split(" ");
    const { status, body } = await this.#send(
      method!,
      service!,
      path ?? pattern!,
      data,
      service === "compute" ? microversion : undefined,
    );
    const name = `${line}${microversion === "2.46" ? "" : ` ${microversion}`}`;
    this.answers.set(name, { status, body, shape: shapeOf(body) });
    return body;
  }

  async #send(
    method: string,
    service: string,
    path: string,
    data: unknown,
    microversion?: string,
  ) {
    const endpoint = this.#endpoints[service];
    assert(endpoint, `no ${service}`);
    const response = await this.#fetch(
      new Request(`${endpoint}${path}`, {
        method,
        headers: {
          ...(this.#token && { "X-Auth-Token": this.#token }),
          ...(data !== undefined && { "Content-Type": "application/json" }),
          ...(microversion !== undefined && {
            "OpenStack-API-Version": `compute ${microversion}`,
          }),
        },
        body: data === undefined ? null : JSON.stringify(data),
      }),
    );
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
    return {
      status: response.status,
      body: isJson && text !== "" ? JSON.parse(text) : text,
      token: response.headers.get("X-Subject-Token"),
    };
  }
}

/** Lists the types of all values. All items of a list have one place. */
function shapeOf(body: Json): Map<string, string> {
  const types = new Map<string, Set<string>>();
  const visit = (value: Json, place: string): void => {
    const type = value === null
      ? "null"
      : Array.isArray(value)
      ? "array"
      : typeof value;
    types.set(place, (types.get(place) ?? new Set()).add(type));
    if (Array.isArray(value)) {
      for (const item of value) visit(item, `${place}[]`);
    } else if (type === "object") {
      for (const [key, item] of Object.entries(value)) {
        // Names of networks, and tags.
        const name = /\.(addresses|metadata)$/.test(place) ? "*" : key;
        visit(item, `${place}.${name}`);
      }
    }
  };
  visit(body, "");
  return new Map(
    [...types].map(([place, set]) => [place, [...set].sort().join("|")]),
  );
}

/** Walks through the same calls in any cloud. */
async function walk(caller: Caller): Promise<void> {
  const name = uniqueName();
  const { images } = await caller.call("GET image /images");
  const image = images.find((it: Json) => it.status === "active").id;
  await caller.call(
    "GET image /images/ID",
    undefined,
    "2.46",
    `/images/${image}`,
  );
  await caller.call(`GET image /images/${UNKNOWN}`);
  const { flavors } = await caller.call("GET compute /flavors");
  const flavor = flavors[0].id;
  const { networks } = await caller.call("GET network /networks");
  const network = networks.find((it: Json) => !it["router:external"]).id;
  for (const plural of ["subnets", "routers", "security-groups", "ports"]) {
    await caller.call(`GET network /${plural}`);
    await caller.call(`GET network /${plural}/${UNKNOWN}`);
  }
  await caller.call("GET compute /os-availability-zone");
  await caller.call("GET compute /limits");
  await caller.call("GET compute /servers", undefined, "2.999");
  await caller.call(`GET compute /servers/${UNKNOWN}`);
  await caller.call(`POST compute /servers/${UNKNOWN}/action`, {
    "os-stop": null,
  });
  await caller.call("POST compute /servers", { server: { name } }, "2.1");
  await caller.call("GET compute /os-keypairs/none");
  const keypair = { name, public_key: PUBLIC_KEY };
  await caller.call("POST compute /os-keypairs", { keypair });
  await caller.call("GET compute /os-keypairs");
  await caller.call(
    "GET compute /os-keypairs/ID",
    undefined,
    "2.46",
    `/os-keypairs/${name}`,
  );

  const created = await caller.call("POST compute /servers", {
    server: {
      name,
      imageRef: image,
      flavorRef: flavor,
      key_name: name,
      metadata: { a: "b" },
      networks: [{ uuid: network }],
    },
  });
  assert(created.server, JSON.stringify(created));
  const at = `/servers/${created.server.id}`;
  const get = (microversion?: string) =>
    caller.call("GET compute /servers/ID", undefined, microversion, at);
  await until(async () => (await get()).server.status === "ACTIVE");
  for (const microversion of ["2.1", "2.26", "2.47", "2.93"]) {
    await get(microversion);
    for (
      const list of [
        "servers",
        "servers/detail",
        "flavors/detail",
        "os-keypairs",
      ]
    ) {
      await caller.call(`GET compute /${list}`, undefined, microversion);
    }
  }
  const act = (action: string, data: unknown) =>
    caller.call(
      `POST compute /servers/ID/action ${action}`,
      { [action]: data },
      "2.46",
      `${at}/action`,
    );
  await act("os-start", null);
  await act("reboot", { type: "NONE" });
  await act("os-getConsoleOutput", { length: 5 });
  await act("confirmResize", null);
  await caller.call(
    "PUT compute /servers/ID",
    { server: { name } },
    "2.46",
    at,
  );

  const { volume } = await caller.call("POST volumev3 /volumes", {
    volume: { name, size: 1 },
  });
  const volumePath = `/volumes/${volume.id}`;
  await until(async () =>
    (await caller.call(
      "GET volumev3 /volumes/ID",
      undefined,
      "2.46",
      volumePath,
    ))
      .volume.status === "available"
  );
  await caller.call("GET volumev3 /volumes/detail");
  await caller.call("GET volumev3 /types");
  await caller.call(`GET volumev3 /volumes/${UNKNOWN}`);
  await caller.call(`GET volumev3 /snapshots/${UNKNOWN}`);
  await caller.call(
    "DELETE volumev3 /volumes/ID",
    undefined,
    "2.46",
    volumePath,
  );
  await caller.call("DELETE compute /servers/ID", undefined, "2.46", at);
  await caller.call(
    "DELETE compute /os-keypairs/ID",
    undefined,
    "2.46",
    `/os-keypairs/${name}`,
  );
}

/** Walks through the same calls to Designate in any cloud. */
async function walkDns(caller: Caller): Promise<void> {
  const name = `${uniqueName()}.example.`;
  const email = "hostmaster@example.net";
  await caller.call("GET dns /limits");
  await caller.call("GET dns /zones");
  await caller.call("GET dns /zones?limit=0");
  await caller.call("GET dns /zones?foo=1");
  await caller.call("GET dns /zones?sort_key=foo");
  await caller.call("GET dns /zones?marker=foo");
  await caller.call(`GET dns /zones?marker=${UNKNOWN}`);
  await caller.call(`GET dns /zones/${UNKNOWN}`);
  await caller.call("GET dns /zones/none");
  await caller.call("GET dns /none");
  await caller.call("POST dns /zones", { name });
  await caller.call(
    "POST dns /zones #2",
    { name, email: "a" },
    undefined,
    "/zones",
  );
  await caller.call(
    "POST dns /zones #3",
    { name, email, foo: 1 },
    undefined,
    "/zones",
  );
  await caller.call(
    "POST dns /zones #4",
    { name: "a.", email },
    undefined,
    "/zones",
  );
  const zone = { name, email, ttl: 600, description: "test" };
  const { id } = await caller.call(
    "POST dns /zones #5",
    zone,
    undefined,
    "/zones",
  );
  await caller.call("POST dns /zones #6", zone, undefined, "/zones");
  const at = `/zones/${id}`;
  const isActive = async () =>
    (await caller.call("GET dns /zones/ID", undefined, undefined, at))
      .status ===
      "ACTIVE";
  await until(isActive);
  await caller.call("PUT dns /zones/ID", {}, undefined, at);
  await caller.call("PATCH dns /zones/ID #1", { name }, undefined, at);
  await caller.call("PATCH dns /zones/ID #2", { ttl: 700 }, undefined, at);
  await caller.call(
    "GET dns /zones/ID/nameservers",
    undefined,
    undefined,
    `${at}/nameservers`,
  );
  const sets = `${at}/recordsets`;
  let number = 0;
  const post = (set: Json) =>
    caller.call(`POST dns /recordsets #${++number}`, set, undefined, sets);
  const text = (...records: readonly string[]) =>
    post({ name: `t${number}.${name}`, type: "TXT", records });
  const long = (length: number) => `"${"x".repeat(length)}"`;
  const set = await post({
    name: `www.${name}`,
    type: "A",
    records: ["192.0.2.1"],
  });
  await post({ name: `www.${name}`, type: "A", records: ["192.0.2.2"] });
  await post({ name: `www.${name}`, type: "CNAME", records: [name] });
  await post({ name, type: "CNAME", records: [`www.${name}`] });
  await post({ name: "www", type: "A", records: ["192.0.2.1"] });
  await post({ name: "www.other.", type: "A", records: ["192.0.2.1"] });
  await post({ name: `a.*.${name}`, type: "A", records: ["192.0.2.1"] });
  await post({ name: `a.${name}`, type: "A", records: ["192.0.2.300"] });
  await post({ name: `a.${name}`, type: "A", records: ["192.0.2.01"] });
  await post({ name: `a.${name}`, type: "A", records: [], foo: 1 });
  await post({ name: `empty.${name}`, type: "A", records: [] });
  await post({ name: `a.${name}`, type: "HTTPS", records: ["1 . alpn=h2"] });
  await post({ name: `a.${name}`, type: "SRV", records: ["1 2 3 a.example."] });
  await post({ name: `a.${name}`, type: "MX", records: ["01 a.example."] });
  await post({ name: `a.${name}`, type: "MX", records: ["10 a.example"] });
  await post({ name: `a.${name}`, type: "A", records: [], ttl: -1 });
  for (const records of [[long(253)], [long(254)], ['"a" "b"'], ["a b"]]) {
    await text(...records);
  }
  await text(`${long(253)} ${long(253)}`);
  await text(`${long(254)} ${long(2)}`);
  await text(`${"\\000".repeat(60)}`);
  await text('"a\\"b"', '"a"b"');
  for (
    const caa of [
      '0 issue "ca.example"',
      "0 issue ca.example",
      "0 issue ca.example; a=b",
      "2 issue ca.example",
      "0 issue ;",
      "0 iodef mailto:a@b.example",
      "0 iodef https://a.example/b",
      "0 iodef https://a.example",
      "0 other a",
    ]
  ) await post({ name: `caa${number}.${name}`, type: "CAA", records: [caa] });
  for (
    const naptr of [
      "1 2 S SIP+D2U !^.*$!sip:a@b! a.example.",
      "1 2 s SIP+D2U !^.*$!sip:a@b! a.example.",
      "1 2 S SIP+D2U !^.*$!sip:a@b! .",
      '1 2 "S" "SIP+D2U" "" a.example.',
    ]
  ) await post({ name: `n${number}.${name}`, type: "NAPTR", records: [naptr] });
  for (const sshfp of ["1 1 abcdef0123", "5 1 abcdef0123", "1 1 abc"]) {
    await post({ name: `s${number}.${name}`, type: "SSHFP", records: [sshfp] });
  }
  for (const cert of ["PKIX 1 RSASHA256 AAAA", "NONE 1 2 AAAA"]) {
    await post({ name: `c${number}.${name}`, type: "CERT", records: [cert] });
  }
  await caller.call("GET dns /recordsets", undefined, undefined, sets);
  await caller.call(
    "GET dns /recordsets?",
    undefined,
    undefined,
    `${sets}?limit=1`,
  );
  const own = `${sets}/${set.id}`;
  await caller.call("GET dns /recordsets/ID", undefined, undefined, own);
  await caller.call(`GET dns /recordsets/${UNKNOWN}`);
  await caller.call("PUT dns /recordsets/ID #1", { name }, undefined, own);
  await caller.call("PUT dns /recordsets/ID #2", { ttl: 60 }, undefined, own);
  const records = ["192.0.2.3"];
  await caller.call(
    "PUT dns /recordsets/ID #3",
    { records, ttl: null },
    undefined,
    own,
  );
  await caller.call(
    "PUT dns /recordsets/ID #4",
    { records: [] },
    undefined,
    own,
  );
  await caller.call("PATCH dns /recordsets/ID", { ttl: 60 }, undefined, own);
  await caller.call("DELETE dns /recordsets/ID #1", undefined, undefined, own);
  await caller.call("DELETE dns /recordsets/ID #2", undefined, undefined, own);
  const { recordsets } = await caller.call(
    "GET dns /recordsets?type=NS",
    undefined,
    undefined,
    `${sets}?type=NS`,
  );
  const managed = `${sets}/${recordsets[0].id}`;
  await caller.call("PUT dns /recordsets/NS", { ttl: 60 }, undefined, managed);
  await caller.call("DELETE dns /recordsets/NS", undefined, undefined, managed);
  await until(isActive);
  const task = await caller.call(
    "POST dns /zones/ID/tasks/export",
    undefined,
    undefined,
    `${at}/tasks/export`,
  );
  const file = `/zones/tasks/exports/${task.id}`;
  await until(async () =>
    (await caller.call(
      "GET dns /zones/tasks/exports/ID",
      undefined,
      undefined,
      file,
    ))
      .status === "COMPLETE"
  );
  await caller.call("GET dns export", undefined, undefined, `${file}/export`);
  await caller.call("DELETE dns exports/ID", undefined, undefined, file);
  await caller.call("DELETE dns /zones/ID", undefined, undefined, at);
  await caller.call("PATCH dns /zones/ID #3", { ttl: 60 }, undefined, at);
  await caller.call("DELETE dns /zones/ID #2", undefined, undefined, at);
  await until(async () =>
    (await caller.call("GET dns /zones/ID gone", undefined, undefined, at))
      .code ===
      404
  );
}

/** Whether a place is in items of a list that one of the clouds has empty. */
function isOfEmptyList(place: string, ...answers: Answer[]): boolean {
  return [...place.matchAll(/\[\]|\.\*/g)].some(({ 0: { length }, index }) => {
    const items = place.slice(0, index + length);
    return answers.some(({ shape }) => !shape.has(items));
  });
}

/** Compares the responses of two clouds. */
function differencesOf(real: Caller, simulated: Caller): string[] {
  const differences: string[] = [];
  for (const [name, one] of real.answers) {
    const other = simulated.answers.get(name)!;
    if (one.status !== other.status) {
      differences.push(
        `${name}: status ${one.status}, simulated ${other.status}`,
      );
      continue;
    }
    const places = new Set([...one.shape.keys(), ...other.shape.keys()]);
    for (const place of places) {
      const [a, b] = [one.shape.get(place), other.shape.get(place)];
      if (a === b || isOfEmptyList(place, one, other)) continue;
      // Two lists have different items, some of which lack a value.
      const isSimilar = place.includes("[]") &&
        a?.split("|").some((type) => b?.split("|").includes(type));
      if (!isSimilar) {
        differences.push(`${name}: ${place} is ${a}, simulated ${b}`);
      }
    }
  }
  return differences;
}

Deno.test({
  ...needsCloud("OpenStackSimulator responds as the real services do"),
  fn: async () => {
    const real = new Caller(fetch);
    await real.login(credentials());
    await walk(real);
    const simulator = new OpenStackSimulator();
    const simulated = new Caller(simulator.fetch);
    await simulated.login({
      ...credentials(),
      ...simulator.credentials,
    } as ReturnType<typeof credentials>);
    await walk(simulated);
    assert(real.answers.size > 50);
    assertEquals(differencesOf(real, simulated), []);
  },
});

Deno.test({
  ...needsCloud("OpenStackSimulator responds as the real Designate does"),
  fn: async () => {
    const real = new Caller(fetch);
    await real.login(credentials());
    await walkDns(real);
    // A deleted zone is there for a while.
    const simulator = new OpenStackSimulator({ actionMs: 1000 });
    const simulated = new Caller(simulator.fetch);
    await simulated.login({
      ...credentials(),
      ...simulator.credentials,
    } as ReturnType<typeof credentials>);
    await walkDns(simulated);
    assert(real.answers.size > 70, `${real.answers.size} calls`);
    assertEquals(differencesOf(real, simulated), []);
    console.log(`${real.answers.size} calls have the same responses`);
  },
});
