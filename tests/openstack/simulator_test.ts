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
