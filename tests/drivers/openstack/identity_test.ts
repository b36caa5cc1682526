import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { InvalidCredsError, TimeoutError } from "../../../core/mod.ts";
import {
  OpenStackCloud,
  type OpenStackOptions,
} from "../../../drivers/openstack/_connection.ts";
import {
  AUTH_URL,
  COMPUTE_URL,
  CREDENTIALS,
  json,
  Keystone,
  type KeystoneSettings,
} from "./_keystone.ts";

function setUp(
  settings: KeystoneSettings = {},
  options: OpenStackOptions = {},
) {
  const keystone = new Keystone(settings);
  const cloud = new OpenStackCloud({
    ...CREDENTIALS,
    fetch: keystone.fetch,
    retry: { baseMs: 1, maxMs: 1 },
    ...options,
  }, "OpenStackNodeDriver");
  return { keystone, cloud, compute: cloud.connect("compute") };
}

/** The data of a login with these options. */
async function loginOf(options: OpenStackOptions): Promise<unknown> {
  const keystone = new Keystone();
  const { fetch } = keystone;
  const settings = { authUrl: AUTH_URL, fetch, ...options };
  const cloud = new OpenStackCloud(settings, "OpenStackNodeDriver");
  await cloud.connect("compute").request("/servers");
  return (keystone.logins[0] as { auth: unknown }).auth;
}

const USER = { username: "demo", password: "secret-1" };
const DEFAULT = { id: "default" };
const PASSWORD = (user: object) => ({
  methods: ["password"],
  password: { user: { ...user, password: "secret-1" } },
});

const logins: Record<string, [OpenStackOptions, unknown]> = {
  "a project by name": [{ ...USER, projectName: "web" }, {
    identity: PASSWORD({ name: "demo", domain: DEFAULT }),
    scope: { project: { name: "web", domain: DEFAULT } },
  }],
  "a project by id": [{ ...USER, projectId: "p1", projectName: "web" }, {
    identity: PASSWORD({ name: "demo", domain: DEFAULT }),
    scope: { project: { id: "p1" } },
  }],
  "domains by name": [{
    ...USER,
    userDomainName: "People",
    projectName: "web",
    projectDomainName: "Projects",
  }, {
    identity: PASSWORD({ name: "demo", domain: { name: "People" } }),
    scope: { project: { name: "web", domain: { name: "Projects" } } },
  }],
  "the domain of the user for the project": [{
    ...USER,
    userDomainId: "d1",
    projectName: "web",
  }, {
    identity: PASSWORD({ name: "demo", domain: { id: "d1" } }),
    scope: { project: { name: "web", domain: { id: "d1" } } },
  }],
  "the id of the user": [{
    userId: "u1",
    password: "secret-1",
    domainId: "d1",
  }, {
    identity: PASSWORD({ id: "u1" }),
    scope: { domain: { id: "d1" } },
  }],
  "a domain by name": [{ ...USER, domainName: "Sales" }, {
    identity: PASSWORD({ name: "demo", domain: DEFAULT }),
    scope: { domain: { name: "Sales" } },
  }],
  "the whole system": [{ ...USER, systemScope: "all" }, {
    identity: PASSWORD({ name: "demo", domain: DEFAULT }),
    scope: { system: { all: true } },
  }],
  "no scope": [USER, {
    identity: PASSWORD({ name: "demo", domain: DEFAULT }),
  }],
  "a token": [{ token: "secret-2", projectId: "p1" }, {
    identity: { methods: ["token"], token: { id: "secret-2" } },
    scope: { project: { id: "p1" } },
  }],
  "an application credential": [{
    applicationCredentialId: "a1",
    applicationCredentialSecret: "secret-3",
  }, {
    identity: {
      methods: ["application_credential"],
      application_credential: { id: "a1", secret: "secret-3" },
    },
  }],
  "an application credential by name": [{
    username: "demo",
    applicationCredentialName: "deploy",
    applicationCredentialSecret: "secret-3",
  }, {
    identity: {
      methods: ["application_credential"],
      application_credential: {
        name: "deploy",
        user: { name: "demo", domain: DEFAULT },
        secret: "secret-3",
      },
    },
  }],
};
for (const [what, [options, expected]] of Object.entries(logins)) {
  Deno.test(`OpenStackCloud logs in with ${what}`, async () => {
    assertEquals(await loginOf(options), expected);
  });
}

const urls: [string, OpenStackOptions["identityApiVersion"], string][] = [
  ["https://k.example:5000/v3", undefined, "https://k.example:5000/v3"],
  ["https://k.example:5000/v3/", undefined, "https://k.example:5000/v3"],
  ["https://k.example/identity", undefined, "https://k.example/identity/v3"],
  ["https://k.example/identity/v2.0", 3, "https://k.example/identity/v3"],
  ["https://k.example", "3", "https://k.example/v3"],
  ["https://k.example", 2, "https://k.example/v2.0"],
  ["https://k.example/v2.0", undefined, "https://k.example/v2.0"],
];
for (const [authUrl, identityApiVersion, expected] of urls) {
  Deno.test(`OpenStackCloud.identityUrl is ${expected} for ${authUrl} and version ${identityApiVersion}`, () => {
    const options = { ...USER, authUrl, identityApiVersion };
    assertEquals(new OpenStackCloud(options, "X").identityUrl, expected);
  });
}

Deno.test("OpenStackCloud knows the URL and the only region of a public cloud", () => {
  const urlFor = (options: OpenStackOptions) =>
    new OpenStackCloud({ ...USER, ...options }, "X").identityUrl;
  const elastx = "https://ops.elastx.cloud:5000/v3";
  assertEquals(urlFor({ profile: "elastx" }), elastx);
  assertEquals(
    urlFor({ profile: "otc", region: "eu-nl" }),
    "https://iam.eu-nl.otc.t-systems.com/v3",
  );
  assertEquals(urlFor({ profile: "elastx", authUrl: AUTH_URL }), AUTH_URL);
});

const mistakes: [OpenStackOptions, string][] = [
  [{ ...USER, profile: "nope" }, "profile must be"],
  [{ ...USER, profile: "otc" }, 'region must be "eu-de" or "eu-nl"'],
  [{ ...USER, authUrl: undefined }, "authUrl"],
  [{ ...USER, authUrl: "http://k.example/v3" }, "https://"],
  [{ ...USER, authUrl: "https://k.example/v3?key=secret-1" }, "https://"],
  [{ username: "demo" }, "password, token or applicationCredentialSecret"],
  [{ password: "secret-1" }, "username or userId is required"],
  [{ ...USER, token: "secret-2" }, "either password or token"],
  [
    { applicationCredentialSecret: "secret-3" },
    "applicationCredentialId or applicationCredentialName",
  ],
  [
    {
      applicationCredentialId: "a1",
      applicationCredentialSecret: "secret-3",
      projectId: "p1",
    },
    "has a project already; remove project options",
  ],
  [{ ...USER, projectId: "p1", systemScope: "all" }, "only one of"],
  [{ ...USER, projectId: "p1", domainId: "d1" }, "only one of"],
  [{ ...USER, systemScope: "some" as "all" }, 'systemScope must be "all"'],
  [{ ...USER, identityApiVersion: 4 }, "identityApiVersion must be 2 or 3"],
  [{ ...USER, interface: "private" as "public" }, "interface must be public"],
  [{ ...USER, username: 5 as never }, "username"],
  [{ ...USER, password: 5 as never }, "password must be a string"],
  [{ ...USER, region: "" }, "region"],
  [
    {
      identityApiVersion: 2,
      applicationCredentialId: "a1",
      applicationCredentialSecret: "secret-3",
    },
    "need version 3",
  ],
];
for (const [options, message] of mistakes) {
  Deno.test(`OpenStackCloud rejects ${JSON.stringify(options).replace(/secret/g, "s")}`, () => {
    const error = assertThrows(
      () =>
        new OpenStackCloud(
          { authUrl: AUTH_URL, ...options },
          "OpenStackNodeDriver",
        ),
      TypeError,
      message,
    );
    assert(error.message.startsWith("OpenStackNodeDriver: "), error.message);
    assertNotMatch(Deno.inspect(error), /secret-/);
  });
}

for (const microversion of ["2", undefined]) {
  Deno.test(`OpenStackCloud negotiates for the microversion ${microversion}`, async () => {
    const { compute, keystone } = setUp({}, { microversion });
    await compute.request("/servers");
    assertEquals(keystone.headers.get("openstack-api-version"), "compute 2.46");
  });
}

Deno.test("OpenStackCloud.connect() rejects a microversion that is none", () => {
  for (const microversion of ["3.1", "latest", "2.x", ""]) {
    assertThrows(
      () => setUp({}, { microversion }),
      TypeError,
      'OpenStackNodeDriver: microversion must be a version such as "2.79"',
    );
  }
});

Deno.test("OpenStackCloud reads the catalogue of Keystone v2", async () => {
  const keystone = new Keystone({
    login: () =>
      json({
        access: {
          token: {
            id: "token-1",
            issued_at: "2026-01-01T00:00:00Z",
            expires: "2026-01-02T00:00:00Z",
          },
          serviceCatalog: [{
            type: "compute",
            name: "nova",
            endpoints: [{ region: "north", publicURL: COMPUTE_URL }],
          }],
        },
      }),
  });
  const cloud = new OpenStackCloud({
    ...USER,
    authUrl: "https://keystone.example/v2.0",
    projectName: "web",
    fetch: keystone.fetch,
  }, "OpenStackNodeDriver");
  await cloud.connect("compute").request("/servers");
  assertEquals(keystone.logins, [{
    auth: {
      passwordCredentials: { username: "demo", password: "secret-1" },
      tenantName: "web",
    },
  }]);
  assertEquals(keystone.calls, [`GET ${COMPUTE_URL}/servers token-1`]);
});

Deno.test("OpenStackCloud logs in once for 50 calls at once", async () => {
  const { keystone, compute } = setUp();
  await Promise.all(
    Array.from({ length: 50 }, () => compute.request("/servers")),
  );
  assertEquals([keystone.logins.length, keystone.calls.length], [1, 50]);
  assertEquals(keystone.versions, 1);
});

Deno.test("OpenStackCloud logs in once for 50 calls at once whose token is refused, and for all services", async () => {
  const { keystone, cloud, compute } = setUp({
    endpoints: [
      ["compute", "north", COMPUTE_URL],
      ["image", "north", "https://glance.example"],
    ],
  });
  const image = cloud.connect("image");
  await compute.request("/servers");
  keystone.accepted = "token-2";
  await Promise.all(
    Array.from(
      { length: 50 },
      (_, n) => n % 2 ? compute.request("/servers") : image.request("/images"),
    ),
  );
  assertEquals(keystone.logins.length, 2);
  const accepted = keystone.calls.filter((call) => call.endsWith("token-2"));
  assertEquals(accepted.length, 50);
});

Deno.test("OpenStackCloud logs in once for 50 calls at once after the token has ended, before any is refused", async () => {
  const { keystone, cloud, compute } = setUp({
    tokenMs: (count) => count === 1 ? 1 : 3_600_000,
  });
  keystone.accepted = "token-2";
  assertEquals(await cloud.regions(new AbortController().signal), ["north"]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all(
    Array.from({ length: 50 }, () => compute.request("/servers")),
  );
  assertEquals([keystone.logins.length, keystone.calls.length], [2, 50]);
});

Deno.test("OpenStackCloud rejects 50 calls at once with InvalidCredsError if Keystone refuses another token", async () => {
  const refused = () =>
    json({ error: { code: 401, message: "The password canary-password" } }, {
      status: 401,
    });
  const { keystone, compute } = setUp({
    login: (count) => count > 1 ? refused() : undefined,
  });
  await compute.request("/servers");
  keystone.accepted = "token-2";
  const calls = await Promise.allSettled(
    Array.from(
      { length: 50 },
      () => compute.request("/servers", { method: "POST", data: {} }),
    ),
  );
  assertEquals(keystone.logins.length, 2);
  for (const call of calls) {
    assert(call.status === "rejected");
    assert(InvalidCredsError.is(call.reason), `${call.reason}`);
    assertEquals(call.reason.mayHaveBeenApplied, false);
    assertNotMatch(Deno.inspect(call.reason), /canary-password/);
  }
});

Deno.test("OpenStackCloud lets only the calls that wait for a login fail if it hangs", async () => {
  const { keystone, compute } = setUp({
    login: (count) => count === 2 ? new Promise<Response>(() => {}) : undefined,
  });
  await compute.request("/servers");
  keystone.accepted = "token-3";
  const waiting = [1, 2].map(() =>
    compute.request("/servers", { method: "POST", data: {}, timeoutMs: 50 })
  );
  for (const call of waiting) {
    const error = await assertRejects(() => call, TimeoutError);
    assertEquals(error.mayHaveBeenApplied, false);
  }
  assertEquals((await compute.request("/servers")).status, 200);
  assertEquals(keystone.logins.length, 3);
});

Deno.test("OpenStackCloud repeats a login if Keystone is unavailable", async () => {
  const { keystone, compute } = setUp({
    login: (count) =>
      count < 3 ? new Response(null, { status: 503 }) : undefined,
  });
  keystone.accepted = "token-3";
  assertEquals((await compute.request("/servers")).status, 200);
  assertEquals(keystone.logins.length, 3);
});
