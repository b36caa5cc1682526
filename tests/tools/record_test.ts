/**
 * `deno task record`, against simulators that are served on loopback.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type Fetch,
  InvalidCredsError,
  NotFoundError,
} from "../../core/mod.ts";
import {
  type CreateNodeOptions,
  type NodeDriver,
  supports,
  takesUserData,
} from "../../core/compute/mod.ts";
import { redact } from "../../core/redact.ts";
import {
  createDriverFromEnv,
  getDriver,
  Provider,
} from "../../drivers/registry.ts";
import { path, runDeno } from "../../tools/deno.ts";
import { record, type Surroundings } from "../../tools/record.ts";
import { openSimulated } from "../../tools/record/accounts.ts";
import type { Recorder } from "../../tools/record/recorder.ts";
import { planLife } from "../../tools/record/life.ts";
import { serve } from "../_support/serve.ts";

/** Changes a response of the simulator before the program gets it. */
type Change = (request: Request, respond: Fetch) => Promise<Response>;

/** A simulated account that stands for the real provider. */
interface Real {
  readonly driver: NodeDriver;
  /** Requests that the driver sent. */
  readonly recorder: Recorder;
  readonly env: Readonly<Record<string, string>>;
  readonly credentials: readonly string[];
  readonly fetch: Fetch;
  /** Path of the base URL. */
  readonly path: string;
  /** Where it logs in, if the login has a URL of its own. */
  readonly login?: Login | undefined;
}

/** The login of a provider, which tells the URLs of its services. */
interface Login {
  /** Environment variable of its URL. */
  readonly variable: string;
  /** Path of the login on a server that serves a simulator. */
  readonly path: string;
}

const LOGINS: Readonly<Record<string, Login>> = {
  openstack: { variable: "OS_AUTH_URL", path: "/identity/v3" },
  rackspace: { variable: "RS_AUTH_URL", path: "/identity/v2.0" },
};

async function openReal(provider: string): Promise<Real> {
  const { options: { region: _, authUrl: __, ...names } } = await openSimulated(
    provider,
  );
  const credentials = Object.fromEntries(
    Object.keys(names).map((name) => [name, `C4N4RY7${name}9EXAMPLE`]),
  );
  const login = LOGINS[provider];
  const { driver, recorder, options, fetch } = await openSimulated(
    provider,
    credentials,
    // The URLs of all services begin as that of the login does.
    login && { authUrl: `http://127.0.0.1${login.path}` },
  );
  const { variables } = await getDriver(provider) as unknown as {
    variables: readonly { option: string; names: readonly string[] }[];
  };
  const env = Object.fromEntries(
    variables.flatMap(({ option, names }) => {
      const value = options[option];
      return typeof value === "string" ? [[names[0]!, value]] : [];
    }),
  );
  const { pathname } = new URL(driver.connection.baseUrl);
  return {
    driver,
    recorder,
    env,
    credentials: Object.values(credentials),
    fetch,
    path: pathname.replace(/\/$/, ""),
    login,
  };
}

interface Recorded {
  readonly isRecorded: boolean;
  /** What was printed. */
  readonly output: string;
  /** Texts of the fixtures by name. */
  readonly files: ReadonlyMap<string, string>;
}

/** Records an account that is served on loopback. */
async function recordReal(
  provider: string,
  real: Real,
  {
    change = (request, respond) => respond(request),
    args = [],
    ...surroundings
  }: Partial<Surroundings> & {
    readonly change?: Change;
    readonly args?: readonly string[];
  } = {},
): Promise<Recorded> {
  // The simulator sees by the further arguments that a server calls it.
  await using server = serve((request, ...server: unknown[]) =>
    change(
      request,
      (request) => Reflect.apply(real.fetch, null, [request, ...server]),
    )
  );
  const folder = await Deno.makeTempDir({ prefix: "nephos-record-" });
  const lines: string[] = [];
  const { login } = real;
  const env = login
    ? { ...real.env, [login.variable]: server.url + login.path }
    : real.env;
  try {
    const isRecorded = await record([
      `--provider=${provider}`,
      ...login ? [] : [`--base-url=${server.url}${real.path}`],
      `--out=${folder}/out`,
      ...args,
    ], {
      env: (name) => env[name],
      say: (line) => lines.push(line),
      signal: new AbortController().signal,
      intervalMs: 10,
      ...surroundings,
    });
    const files = new Map<string, string>();
    for await (const { name } of Deno.readDir(`${folder}/out`)) {
      files.set(name, await Deno.readTextFile(`${folder}/out/${name}`));
    }
    return { isRecorded, output: lines.join("\n"), files };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Changes the bodies of some responses. */
function edit(
  isMeant: (request: Request) => boolean,
  change: (body: string) => string,
): Change {
  return async (request, respond) => {
    const isChanged = isMeant(request);
    const { status, headers, ...response } = await respond(request).then(
      async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }),
    );
    const text = isChanged ? change(response.text) : response.text;
    return new Response(status === 204 ? null : text, { status, headers });
  };
}

/** Lists the differences that were printed, without indentation. */
function differencesIn(output: string): string[] {
  const [, list = ""] = output.split("simulator differ:\n");
  return list.split("\n").map((line) => line.trim()).filter((line) => line);
}

/** A size that the simulator has; not all of a price list are. */
async function sizeOf({ driver }: Real): Promise<string> {
  const [node] = await driver.listNodes();
  return node?.sizeId ?? "";
}

const RSA_KEY = "ssh-ed25519 " +
  "AAAAC3NzaC1lZDI1NTE5AAAAIGVjwT9dHZ3BZ8bNrcLPrs3uJq5PYZbHqDkNPTmP7oqd";

/** Values that no file may contain. */
const CANARIES = {
  name: "c4n4ry-node",
  volume: "c4n4ry-volume",
  snapshot: "c4n4ry-snapshot",
  tag: "c4n4ry-tag",
  tagValue: "c4n4ry-value",
  keyPair: "c4n4ry-laptop",
  publicKey: RSA_KEY.split(" ")[1]!,
  comment: "c4n4ry-comment",
  userData: "#!/bin/sh\necho c4n4ry-user-data",
  ipv4: "51.77.12.",
  email: "anna.c4n4ry@posteo.test",
  token: "c4n4ry_v1_9f8e7d6c5b4a39281706f5e4d3c2b1a0",
  host: "www.c4n4ry.test",
  hostLabel: "db.c4n4ry.internal",
  label: "c4n4ry-label",
  labelValue: "c4n4ry label value",
  mapKey: "c4n4ryTeam",
  county: "Canaryshire",
  time: "2023-11-05T13:37",
  phone: "+49 30 9018 2040",
  street: "Canary Wharf 7",
  city: "C4naryville",
  uuid: "7c0ffee0-1234-4bad-8bad-5eca11ab1e00",
  mac: "0e:ca:11:ab:1e:99",
  fingerprint: "9e:8d:7c:6b:5a:49:38:27:16:05:f4:e3:d2:c1:b0:a9",
  password: "C4n4ry!pass",
  description: "The canary's own database",
  customer: "48213377",
  ipv6: "2a01:4f8:c4a4:77::1",
} as const;

const pem = (text: string) =>
  `-----BEGIN RSA PRIVATE KEY-----\n${
    btoa(text)
  }\n-----END RSA PRIVATE KEY-----\n`;

/** Fields that a provider might add to anything. */
const planted = (credentials: readonly string[]) => ({
  contact: {
    email: CANARIES.email,
    phone: CANARIES.phone,
    address_1: CANARIES.street,
    city: CANARIES.city,
    state: "active",
  },
  api_token: CANARIES.token,
  echo: `Bearer ${credentials.join(":")}`,
  encoded: credentials.map((text) => btoa(`user:${text}`)),
  console_url:
    `https://${CANARIES.host}/${CANARIES.hostLabel}?t=${CANARIES.token}`,
  reverse_dns: CANARIES.hostLabel,
  labels: { [CANARIES.label]: CANARIES.labelValue, state: CANARIES.county },
  settings: { [CANARIES.mapKey]: CANARIES.labelValue },
  agent_uuid: CANARIES.uuid,
  renewed_at: `${CANARIES.time}:00Z`,
  mac: CANARIES.mac,
  checksum: CANARIES.fingerprint,
  root_password: CANARIES.password,
  private_key: pem(CANARIES.token),
  authorized_keys: [`${RSA_KEY} ${CANARIES.comment}`],
  user_data: btoa(CANARIES.userData),
  description: CANARIES.description,
  customer: Number(CANARIES.customer),
  note: `Ask ${CANARIES.email} at ${CANARIES.ipv4}7`,
  gateway_v4: `${CANARIES.ipv4}1`,
  network_v6: `${CANARIES.ipv6}/64`,
});

/** Adds the fields to each record of a body. */
function plant(body: string, fields: object): string {
  const text = body.replace(
    /\b(?:203\.0\.113|198\.51\.100|192\.0\.2)\.(?=\d)/g,
    CANARIES.ipv4,
  );
  if (!text.startsWith("<")) {
    return JSON.stringify(JSON.parse(text, (_, value) => {
      // Images of the provider are the same for all customers.
      const isPublic = value?.public === true || value?.is_public === true ||
        value?.type === "system";
      if (isPublic) return value;
      const isRecord = typeof value?.id === "number" ||
        typeof value?.id === "string" || typeof value?.email === "string";
      return isRecord ? { ...fields, ...value } : value;
    }));
  }
  const toXml = (value: unknown): string =>
    typeof value === "object"
      ? Object.entries(value as object).map(([key, child]) => {
        const tag = /^\d+$/.test(key) ? "item" : key;
        return `<${tag}>${toXml(child)}</${tag}>`;
      }).join("")
      : String(value).replaceAll("&", "&amp;");
  return text.replaceAll("</item>", `${toXml(fields)}</item>`);
}

/** Lists the requests for what is the same for all customers. */
async function catalogsOf({ driver, recorder }: Real): Promise<Set<string>> {
  await driver.listSizes();
  await driver.listLocations();
  // Not every driver has it.
  await (driver as { listRegions?(): PromiseLike<unknown> }).listRegions?.();
  return new Set(recorder.exchanges.map(({ url }) => catalogOf(url)));
}

/** What a request asks for. */
function catalogOf(url: string): string {
  const { pathname, searchParams } = new URL(url);
  return `${pathname} ${searchParams.get("Action")}`;
}

/** Creates everything that has a name, in an account. */
async function plantInAccount({ driver }: Real, size: string): Promise<void> {
  const plan = await planLife(driver, { size });
  const key = supports(driver, "keyPairs") && await driver.importKeyPair({
    name: CANARIES.keyPair,
    publicKey: `${RSA_KEY} ${CANARIES.comment}`,
  });
  const create: CreateNodeOptions = {
    ...plan,
    name: CANARIES.name,
    ...key && { keyPairs: [key] },
    ...takesUserData(driver) && { userData: CANARIES.userData },
  };
  const tags = { [CANARIES.tag]: CANARIES.tagValue };
  const node = await driver.createNode({ ...create, tags })
    .catch((error) => {
      if (!(error instanceof TypeError)) throw error;
      return driver.createNode(create);
    });
  await driver.waitUntilRunning(node, { intervalMs: 10 });
  if (!supports(driver, "volumes")) return;
  const { locationId: location } = await driver.getNode(node);
  const volume = await driver.createVolume({
    name: CANARIES.volume,
    sizeGb: 20,
    location,
  });
  if (!supports(driver, "snapshots")) return;
  // The simulator hides a new volume for some milliseconds, as providers do.
  for (;;) {
    const hidden = await driver
      .createVolumeSnapshot(volume, { name: CANARIES.snapshot })
      .then(() => false, (error) => NotFoundError.is(error));
    if (!hidden) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (const provider of Object.values(Provider)) {
  Deno.test(`record writes nothing of an account at ${provider}`, async () => {
    const real = await openReal(provider);
    // These are the first lists: a driver may keep what they need, such as a
    // currency.
    const catalogs = await catalogsOf(real);
    const size = await sizeOf(real);
    await plantInAccount(real, size);
    const fields = planted(real.credentials);
    let sent = "";
    const { isRecorded, output, files } = await recordReal(provider, real, {
      args: ["--write", `--yes=${provider}`, `--size=${size}`],
      change: edit(({ url }) => !catalogs.has(catalogOf(url)), (body) => {
        const planted = body === "" ? "" : plant(body, fields);
        sent += planted;
        return planted;
      }),
    });
    assert(isRecorded, output);
    assertStringIncludes(output, "No node is left");
    // The provider did send them.
    for (const field of ["name", "ipv4", "email", "token", "mapKey"] as const) {
      assertStringIncludes(sent, CANARIES[field], field);
    }
    const secrets = [...Object.values(CANARIES), ...real.credentials];
    assert(files.size > 15, output);
    // Reserved values have the form of the private ones.
    assertMatch([...files.values()].join(""), /\b203\.0\.113\.\d/);
    for (const [name, text] of files) {
      assertEquals(redact(text, secrets), text, name);
      for (const canary of secrets) {
        assert(!text.includes(canary), `${name} contains ${canary}`);
      }
    }
    for (const canary of secrets) {
      assert(!output.includes(canary), `the output contains ${canary}`);
    }
  });

  Deno.test(`record writes fixtures that the driver of ${provider} reads`, async () => {
    const real = await openReal(provider);
    const { isRecorded, output, files } = await recordReal(provider, real);
    assert(isRecorded, output);
    assertStringIncludes(output, "The simulator sends what ");
    const [, list] = [...files].find(([name]) =>
      /^list_nodes\.\w+$/.test(name)
    )!;
    const type = list!.startsWith("<") ? "text/xml" : "application/json";
    const expected = await shapeOf(real.driver);
    const { url } = real.recorder.exchanges.at(-1)!;
    // A login gets its own response.
    const fetch: Fetch = async (request) =>
      catalogOf(request.url) === catalogOf(url)
        ? new Response(list, { headers: { "content-type": type } })
        : await real.fetch(request);
    const driver: NodeDriver = await createDriverFromEnv(
      provider as string,
      real.env,
      { fetch },
    );
    assertEquals(await shapeOf(driver), expected);
  });
}

/** What a fixture must keep of the nodes. */
async function shapeOf(driver: NodeDriver) {
  return (await driver.listNodes()).map((node) => ({
    state: node.state,
    sizeId: node.sizeId,
    locationId: node.locationId,
    publicIps: node.publicIps.length,
    privateIps: node.privateIps.length,
    tags: Object.keys(node.tags).length,
  }));
}

Deno.test("record reports precisely where a JSON provider differs", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output, files } = await recordReal("digitalocean", real, {
    change: async (request, respond) => {
      const { pathname } = new URL(request.url);
      const isList = pathname === "/v2/droplets";
      const response = await edit(() => isList, (body) => {
        const { droplets, ...rest } = JSON.parse(body);
        return JSON.stringify({
          ...rest,
          droplets: droplets.map((
            { vcpus: _, ...droplet }: Record<string, unknown>,
            i: number,
          ) => ({
            ...droplet,
            hibernation: { enabled: false },
            memory: String(droplet["memory"]),
            status: i === 0 ? "hibernating" : droplet["status"],
            created_at: "2024-05-06 07:08:09",
            size_slug: i === 0 ? null : droplet["size_slug"],
            ...i === 1 && { tags: undefined },
          })),
        });
      })(request, respond);
      if (isList) {
        response.headers.delete("ratelimit-limit");
        response.headers.set("content-type", "application/json");
      }
      response.headers.set("x-ratelimit-scope", "burst");
      return new Response(response.body, {
        status: pathname === "/v2/account" ? 203 : response.status,
        headers: response.headers,
      });
    },
  });
  assert(isRecorded, output);
  assertStringIncludes(
    files.get("list_nodes.json") ?? "",
    '"status": "hibernating"',
  );
  assertEquals(differencesIn(output), [
    "listNodes",
    "droplets[].memory: type is string, in the simulator number",
    'droplets[].status: has the word "hibernating", unknown to simulator and fixtures',
    "droplets[].created_at: form is time like 1970-01-01 00:00:00, in the simulator time like 1970-01-01T00:00:00Z",
    "droplets[].size_slug: may be null, but not in the simulator",
    "droplets[].tags: may be absent, but not in the simulator",
    "droplets[].hibernation: missing in the simulator (object)",
    "droplets[].vcpus: only in the simulator",
    "content-type: is application/json, in the simulator application/json;charset=utf-8",
    "getAccount",
    "status: is 203, in the simulator 200",
    "headers",
    "x-ratelimit-scope: missing in the simulator",
  ]);
});

Deno.test("record reports precisely where an XML provider differs", async () => {
  const real = await openReal("ec2");
  const { output } = await recordReal("ec2", real, {
    change: edit(
      () => true,
      (body) =>
        body.replaceAll("<name>running</name>", "<name>hibernating</name>")
          .replace(
            /<amiLaunchIndex>\d+<\/amiLaunchIndex>/g,
            "<bootMode>uefi</bootMode>",
          ),
    ),
  });
  const at = "reservationSet.item[].instancesSet.item[]";
  const expected = [
    `${at}.instanceState.name: has the word "hibernating", unknown to simulator and fixtures`,
    `${at}.bootMode: missing in the simulator (string)`,
    `${at}.amiLaunchIndex: only in the simulator`,
  ];
  assertEquals(differencesIn(output), [
    "listNodes",
    ...expected,
    "getNode",
    ...expected,
  ]);
});

Deno.test("record reports the size of pages", async () => {
  const real = await openReal("linode");
  const { output } = await recordReal("linode", real, {
    // A page of two items, whatever the driver requests.
    change: (request, respond) => {
      const url = new URL(request.url);
      if (!url.pathname.endsWith("/linode/instances")) return respond(request);
      url.searchParams.set("page_size", "25");
      return edit(() => true, (body) => {
        const page = Number(url.searchParams.get("page") ?? 1);
        const { data } = JSON.parse(body);
        return JSON.stringify({
          data: data.slice((page - 1) * 2, page * 2),
          page,
          pages: 2,
          results: 3,
        });
      })(
        new Request(request.url.replace(/page=\d+/, "page=1"), {
          headers: request.headers,
        }),
        respond,
      );
    },
  });
  assertEquals(differencesIn(output), [
    "listNodes",
    "page size: a full page has 2 items, in the simulator at least 3",
  ]);
});

Deno.test("record skips a method that is forbidden, and fails if another one fails", async () => {
  const real = await openReal("digitalocean");
  const refuse = (status: number): Change => (request, respond) =>
    new URL(request.url).pathname === "/v2/account"
      ? Promise.resolve(
        Response.json({ id: "no", message: "You shall not" }, { status }),
      )
      : respond(request);
  const forbidden = await recordReal("digitalocean", real, {
    change: refuse(403),
  });
  assert(forbidden.isRecorded);
  assertStringIncludes(forbidden.output, "  getAccount: failed; getAccount:");
  assertStringIncludes(
    forbidden.files.get("error_403_get_account.json") ?? "",
    '"message": "message-1"',
  );
  const broken = await recordReal("digitalocean", real, {
    change: refuse(418),
  });
  assert(!broken.isRecorded);
});

Deno.test("record removes the credentials from words that are public", async () => {
  const real = await openReal("digitalocean");
  const [token = ""] = real.credentials;
  const { isRecorded, files } = await recordReal("digitalocean", real, {
    change: edit(
      ({ url }) => url.includes("/v2/regions"),
      (body) => body.replaceAll("New York 1", `for ${token}`),
    ),
  });
  assert(isRecorded);
  const text = files.get("list_locations.json") ?? "";
  assertStringIncludes(text, '"for [redacted]"');
  assert(!text.includes(token));
});

Deno.test("record does not write a file in which something private is left", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output, files } = await recordReal("digitalocean", real, {
    // The name of a team is also the name of a field.
    change: edit(({ url }) => url.includes("/v2/account"), (body) => {
      const { account } = JSON.parse(body);
      const name = "c4n4ry_team";
      return JSON.stringify({
        account: { ...account, team: { name }, [name]: true },
      });
    }),
  });
  assert(!isRecorded);
  assert(!files.has("get_account.json"));
  assertStringIncludes(
    output,
    "get_account.json was not written: something private was left in it",
  );
});

Deno.test("record ends at once if the credentials are refused", async () => {
  const real = await openReal("linode");
  let requests = 0;
  await assertRejects(
    () =>
      recordReal("linode", real, {
        env: () => "another-token",
        change: (request, respond) => {
          requests++;
          return respond(request);
        },
      }),
    InvalidCredsError,
  );
  assertEquals(requests, 1);
});

Deno.test("record refuses --write without a terminal or --yes, before any request", async () => {
  const real = await openReal("linode");
  const change: Change = () => {
    throw new Error("unexpected request");
  };
  const cases: [readonly string[], string][] = [
    [
      ["--write"],
      "record: --write needs a terminal to ask you, or --yes=linode",
    ],
    [
      ["--write", "--yes=yes"],
      'record: --yes must be the id of the provider, linode, got "yes"',
    ],
  ];
  for (const [args, message] of cases) {
    await assertRejects(
      () => recordReal("linode", real, { args, change }),
      TypeError,
      message,
    );
  }
});

Deno.test("record refuses plain http: to another host", async () => {
  const real = await openReal("linode");
  await assertRejects(
    () =>
      recordReal("linode", real, { args: ["--base-url=http://192.0.2.1/v4"] }),
    TypeError,
    "baseUrl must start with https://",
  );
});

Deno.test("record asks twice before it creates a node", async () => {
  for (const answers of [["n"], ["y", "yes"], [null], ["y", null]]) {
    const real = await openReal("linode");
    const questions: string[] = [];
    let writes = 0;
    const { isRecorded, output } = await recordReal("linode", real, {
      args: ["--write"],
      ask: (question) => {
        questions.push(question);
        return answers[questions.length - 1] ?? null;
      },
      change: (request, respond) => {
        if (request.method !== "GET") writes++;
        return respond(request);
      },
    });
    assert(isRecorded);
    assertEquals(questions.length, answers.length);
    assertEquals(writes, 0);
    assertStringIncludes(output, "0.0075 USD per hour; at most 0.015 USD");
    assertStringIncludes(output, "Not agreed: no node is created");
  }
  const real = await openReal("linode");
  const answers = ["y", "linode"];
  const { output } = await recordReal("linode", real, {
    args: ["--write"],
    ask: () => answers.shift()!,
  });
  assertStringIncludes(output, "No node is left");
});

/** Names of the nodes that exist and that the program created. */
async function leftIn({ driver }: Real): Promise<string[]> {
  return (await driver.listNodes())
    .filter(({ state }) => state !== "terminated")
    .map(({ name }) => name).filter((name) => name.startsWith("nephos-"));
}

const WRITE = ["--write", "--yes=digitalocean"];

Deno.test("record writes what it read if there is no node to create", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output, files } = await recordReal("digitalocean", real, {
    args: [...WRITE, "--size=huge"],
  });
  assert(!isRecorded);
  assertStringIncludes(
    output,
    "failed: Error: record: found no node to create",
  );
  assert(files.has("list_nodes.json"));
});

Deno.test("record destroys the node if a later call fails", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output } = await recordReal("digitalocean", real, {
    args: WRITE,
    change: async (request, respond) =>
      /actions$/.test(request.url) && request.method === "POST"
        ? Response.json({ id: "no", message: "No." }, { status: 400 })
        : await respond(request),
  });
  assert(!isRecorded);
  assertStringIncludes(output, "failed: ValidationError: rebootNode:");
  assertStringIncludes(output, "No node is left");
  assertEquals(await leftIn(real), []);
});

Deno.test("record finds and destroys the node if the response with its id is lost", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output } = await recordReal("digitalocean", real, {
    args: WRITE,
    change: async (request, respond) => {
      const isCreate = request.method === "POST" &&
        request.url.endsWith("/v2/droplets");
      const response = await respond(request);
      return isCreate ? new Response('{"drop') : response;
    },
  });
  assert(!isRecorded);
  assertStringIncludes(output, "failed: MalformedResponseError: createNode:");
  assertStringIncludes(output, "No node is left");
  assertEquals(await leftIn(real), []);
});

Deno.test("record says what is left if the node cannot be destroyed", async () => {
  const real = await openReal("digitalocean");
  const { isRecorded, output } = await recordReal("digitalocean", real, {
    args: WRITE,
    change: async (request, respond) =>
      request.method === "DELETE"
        ? Response.json({ id: "forbidden", message: "No." }, { status: 403 })
        : await respond(request),
  });
  assert(!isRecorded);
  const [name] = await leftIn(real);
  assertEquals(name, /nephos-record-\w+/.exec(output)?.[0] + "-2");
  assertMatch(
    output,
    /MAY BE LEFT, AND COST MONEY: nephos-record-\w+ \(id \d+\): /,
  );
});

Deno.test({
  name: "record destroys the node when it is interrupted",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const real = await openReal("digitalocean");
    const folder = await Deno.makeTempDir({ prefix: "nephos-record-" });
    let isCreated = () => {};
    const created = new Promise<void>((resolve) => isCreated = resolve);
    await using server = serve(async (request, ...server: unknown[]) => {
      const response = await Reflect.apply(real.fetch, null, [
        request,
        ...server,
      ]);
      const { pathname } = new URL(request.url);
      if (pathname === "/v2/droplets" && request.method === "POST") isCreated();
      return response;
    });
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        `--config=${await import("../../tools/deno.ts").then((it) =>
          it.config()
        )}`,
        "-A",
        path("tools/record.ts"),
        "--provider=digitalocean",
        `--base-url=${server.url}`,
        `--out=${folder}/out`,
        ...WRITE,
      ],
      env: { ...real.env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    try {
      await created;
      child.kill("SIGINT");
      const { code, stdout, stderr } = await child.output();
      const output = new TextDecoder().decode(stdout) +
        new TextDecoder().decode(stderr);
      assertEquals(code, 1, output);
      assertStringIncludes(output, "Interrupted. A node that was created is");
      assertStringIncludes(output, "No node is left");
      assertEquals(await leftIn(real), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("record --help says that no real provider was seen", async () => {
  const { code, stdout } = await runDeno(
    ["run", "-A", path("tools/record.ts"), "--help"],
    { capture: true },
  );
  assertEquals(code, 0);
  assertStringIncludes(stdout, "tried against simulators only");
});

Deno.test("record reports a failure in one line", async () => {
  const { code, output } = await runDeno(
    ["run", "-A", path("tools/record.ts"), "--provider=nowhere"],
    { capture: true, env: { NO_COLOR: "1" } },
  );
  assertEquals(code, 1);
  assertMatch(
    output,
    /^TypeError: record: --provider must be one of .*, got "nowhere"\n$/,
  );
});
