import { assertEquals, assertMatch } from "@std/assert";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { type Json, logIn } from "./_openstack.ts";

const DOMAIN = { id: "default" };

/** Creates a cloud, and functions that send requests to Keystone. */
function setUp(options?: ConstructorParameters<typeof OpenStackSimulator>[0]) {
  const simulator = new OpenStackSimulator(options);
  const { authUrl, password } = simulator.credentials;
  async function send(
    call: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; headers: Headers; body: Json }> {
    const [method = "", path = ""] = call.split(" ");
    const response = await simulator.fetch(
      new Request(new URL(path, authUrl), {
        method,
        headers: { "content-type": "application/json", ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }
  const authenticate = (
    methods: Readonly<Record<string, unknown>>,
    scope?: unknown,
  ) =>
    send("POST /v3/auth/tokens", {
      auth: { identity: { methods: Object.keys(methods), ...methods }, scope },
    });
  const user = { name: "demo", domain: DOMAIN, password };
  const scope = { project: { name: "demo", domain: DOMAIN } };
  return { simulator, send, authenticate, user, scope };
}

Deno.test("OpenStackSimulator issues tokens for each method of authentication", async () => {
  const { simulator, authenticate, user, scope } = setUp();
  const { id, secret } = simulator.applicationCredential;
  const first = await authenticate({ password: { user } }, scope);
  const token = first.headers.get("x-subject-token");
  const all = [
    first,
    await authenticate({
      password: { user: { ...user, domain: { name: "Default" } } },
    }),
    await authenticate({
      password: {
        user: { id: first.body.token.user.id, password: user.password },
      },
    }),
    await authenticate({ token: { id: token } }, scope),
    await authenticate({ application_credential: { id, secret } }),
  ];
  for (const { status, body, headers } of all) {
    assertEquals(
      [status, body.token.project.name, headers.get("vary")],
      [201, "demo", "X-Auth-Token"],
    );
    assertMatch(headers.get("x-subject-token") ?? "", /^\w{10,}$/);
    assertEquals(
      body.token.catalog.map(({ type }: Json) => type),
      ["identity", "compute", "image", "network", "volumev3", "dns"],
    );
  }
  const [{ endpoints }] = first.body.token.catalog;
  assertEquals(
    endpoints.map((it: Json) => [it.interface, it.region_id, it.url]),
    ["admin", "internal", "public"].map((it) => [
      it,
      "RegionOne",
      "https://keystone.openstack.example/v3",
    ]),
  );
});

Deno.test("OpenStackSimulator issues tokens for each scope", async () => {
  const { authenticate, user } = setUp();
  const scoped = async (scope?: unknown) =>
    (await authenticate({ password: { user } }, scope)).body.token;
  assertEquals((await scoped({ domain: DOMAIN })).domain.name, "Default");
  assertEquals((await scoped({ system: { all: true } })).system, { all: true });
  assertEquals((await scoped()).project.name, "demo");
  const { project, catalog, roles } = await scoped("unscoped");
  assertEquals([project, catalog, roles], [undefined, undefined, undefined]);
});

Deno.test("OpenStackSimulator refuses invalid credentials in the words of Keystone", async () => {
  const { authenticate, send, user, scope } = setUp();
  const required = "The request you have made requires authentication.";
  const refusals: [number, string, ReturnType<typeof authenticate>][] = [
    [
      401,
      required,
      authenticate({ password: { user: { ...user, password: "wrong" } } }),
    ],
    [
      401,
      required,
      authenticate({ password: { user: { ...user, name: "x" } } }),
    ],
    [
      401,
      required,
      authenticate({ password: { user } }, {
        project: { name: "x", domain: DOMAIN },
      }),
    ],
    [
      401,
      "Attempted to authenticate with an unsupported method.",
      authenticate({ magic: {} }),
    ],
    [
      404,
      "Could not recognize Fernet token",
      authenticate({ token: { id: "x" } }),
    ],
    [
      404,
      "Could not find Application Credential: x.",
      authenticate({ application_credential: { id: "x", secret: "x" } }),
    ],
    [
      400,
      "Expecting to find domain in user.",
      authenticate({ password: { user: { name: "demo", password: "x" } } }),
    ],
    [
      400,
      "Expecting to find domain in project.",
      authenticate({ password: { user } }, { project: { name: "demo" } }),
    ],
    [
      400,
      "Expecting to find auth in request body.",
      send("POST /v3/auth/tokens", {}),
    ],
    [
      400,
      "'identity' is a required property",
      send("POST /v3/auth/tokens", { auth: { scope } }),
    ],
  ];
  for (const [status, message, refusal] of refusals) {
    const { body: { error }, ...response } = await refusal;
    assertEquals([response.status, error.code], [status, status]);
    assertEquals(error.message.slice(0, message.length), message);
    assertEquals(
      response.headers.get("www-authenticate"),
      message === required
        ? 'Keystone uri="https://keystone.openstack.example/v3"'
        : null,
    );
  }
});

Deno.test("OpenStackSimulator ends tokens after their lifetime, or at once", async () => {
  const { compute, pass } = await logIn({ tokenMs: 1000 });
  pass(999);
  await compute.ok("GET /servers");
  pass(1);
  assertEquals((await compute.send("GET /servers")).status, 401);

  const other = await logIn();
  other.simulator.revokeTokens();
  const { status, headers, body } = await other.compute.send("GET /servers");
  assertEquals([status, body.error.title], [401, "Unauthorized"]);
  assertEquals(headers.get("openstack-api-version"), null);
});

Deno.test("OpenStackSimulator shows and revokes tokens", async () => {
  const { authenticate, send, user } = setUp();
  const create = async () =>
    (await authenticate({ password: { user } })).headers
      .get("x-subject-token") ?? "";
  const mine = { "x-auth-token": await create() };
  const both = { ...mine, "x-subject-token": await create() };
  const shown = await send("GET /v3/auth/tokens", undefined, both);
  assertEquals([shown.status, shown.body.token.user.name], [200, "demo"]);
  const projects = await send("GET /v3/auth/projects", undefined, mine);
  assertEquals(
    projects.body.projects.map((it: Json) => [it.name, it.enabled]),
    [["demo", true]],
  );
  assertEquals(
    (await send("DELETE /v3/auth/tokens", undefined, both)).status,
    204,
  );
  assertEquals(
    (await send("GET /v3/auth/tokens", undefined, both)).status,
    404,
  );
});

Deno.test("OpenStackSimulator issues tokens of version 2 of the API", async () => {
  const { send, user } = setUp();
  const passwordCredentials = { username: "demo", password: user.password };
  const { status, body } = await send("POST /v2.0/tokens", {
    auth: { passwordCredentials, tenantName: "demo" },
  });
  assertEquals([status, body.access.token.tenant.name], [200, "demo"]);
  const wrong = { ...passwordCredentials, password: "wrong" };
  assertEquals(
    (await send("POST /v2.0/tokens", { auth: { passwordCredentials: wrong } }))
      .status,
    401,
  );
});
