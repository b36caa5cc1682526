/**
 * Options from clouds.yaml: the examples of OpenStack's documentation, the order
 * of precedence, and errors that name the key and show no value.
 *
 * @see {@link https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html | Configuring OpenStack SDK Applications}
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  cloudOptions,
  type CloudSources,
  type OpenStackOptions,
} from "../../../drivers/openstack/clouds_yaml.ts";
import { OpenStackCloud } from "../../../drivers/openstack/_connection.ts";
import { Random } from "../../properties/_random.ts";
import { AUTH_URL, COMPUTE_URL, Keystone } from "./_keystone.ts";

const URL_V3 = "https://keystone.example.com:5000/v3";
const SECRET = "hunter2-s3cret";

/** A file with the cloud `mine`; `lines` are the lines of the cloud. */
function mine(...lines: readonly string[]): string {
  return ["clouds:", "  mine:", ...lines.map((it) => `    ${it}`), ""]
    .join("\n");
}

/** A file with the cloud `mine`, which has a user, a password and more. */
function withUser(...lines: readonly string[]): string {
  return mine(
    `auth: { auth_url: "${URL_V3}", username: me, password: "${SECRET}" }`,
    ...lines,
  );
}

const USER: OpenStackOptions = {
  authUrl: URL_V3,
  username: "me",
  password: SECRET,
};

// The examples of the page have the same keys, but other names.
const DOCUMENTED = `
clouds:
  vex:
    profile: https://vexxhost.com
    auth:
      username: ann@example.com
      password: XXXXXXXXX
      project_name: web
    region_name: ca-ymq-1
    dns_api_version: 1
  private:
    region_name: RegionOne
    auth:
      username: 'ann'
      password: XXXXXXX
      project_name: 'web'
      auth_url: 'https://private.example.com:5001/v2.0'
  infra:
    profile: rackspace
    auth:
      username: ann
      password: XXXXXXXX
      project_id: '610275'
    regions:
    - DFW
    - ORD
    - IAD
  split:
    profile: public
    auth:
      username: api-1
      project_name: web-1
    regions:
    - ams01
    - nyj01
  networks:
    profile: public
    auth:
      password: XXXXXXXXXXXXXXXXX
      username: api-1
      project_name: web-1
    regions:
    - name: ams01
      values:
        networks:
        - name: web-1-WAN
          routes_externally: true
    - name: nyj01
      values:
        interface: internal
  mfa:
    auth_type: "v3multifactor"
    auth_methods: [v3password, v3totp]
    auth: { auth_url: https://identity.example.com, username: ann }
`;

const SECURE = `
clouds:
  split:
    auth:
      password: XXXXXXXXXXXXXXXXX
`;

const PUBLIC = `
public-clouds:
  public:
    auth: { auth_url: "https://identity.example.com" }
    regions: [ams01, da01, nyj01]
    identity_api_version: "3"
`;

Deno.test("cloudOptions() reads the examples of OpenStack's documentation", () => {
  const read = (cloud: string, sources: CloudSources = {}) =>
    cloudOptions({
      cloudsYaml: DOCUMENTED,
      secureYaml: SECURE,
      cloudsPublicYaml: PUBLIC,
      cloud,
      ...sources,
    });
  assertEquals(read("vex"), {
    authUrl: "https://auth.vexxhost.net/v3",
    username: "ann@example.com",
    password: "XXXXXXXXX",
    projectName: "web",
    region: "ca-ymq-1",
  });
  assertEquals(read("private"), {
    authUrl: "https://private.example.com:5001/v2.0",
    username: "ann",
    password: "XXXXXXX",
    projectName: "web",
    region: "RegionOne",
  });
  assertEquals(read("infra"), {
    authUrl: "https://identity.api.rackspacecloud.com/v2.0",
    username: "ann",
    password: "XXXXXXXX",
    projectId: "610275",
    region: "DFW",
  });
  const split: OpenStackOptions = {
    authUrl: "https://identity.example.com",
    username: "api-1",
    password: "XXXXXXXXXXXXXXXXX",
    projectName: "web-1",
    identityApiVersion: 3,
    region: "ams01",
  };
  assertEquals(read("split"), split);
  assertEquals(read("networks"), split);
  assertEquals(read("networks", { region: "nyj01" }), {
    ...split,
    region: "nyj01",
    interface: "internal",
  });
  for (const cloud of ["vex", "private", "infra", "split", "networks"]) {
    assert(new OpenStackCloud(read(cloud), "OpenStackNodeDriver"));
  }
  assertThrows(
    () => read("mfa"),
    TypeError,
    "cloudOptions: clouds.yaml: clouds.mfa.auth_type must be",
  );
});

Deno.test("cloudOptions() reads an application credential as the dashboard writes it", () => {
  const cloudsYaml = mine(
    "auth:",
    `  auth_url: ${URL_V3}`,
    '  application_credential_id: "21dced0fd20347869b93710d2b98aae0"',
    `  application_credential_secret: "${SECRET}"`,
    'region_name: "RegionOne"',
    'interface: "public"',
    "identity_api_version: 3",
    'auth_type: "v3applicationcredential"',
  );
  const expected: OpenStackOptions = {
    authUrl: URL_V3,
    applicationCredentialId: "21dced0fd20347869b93710d2b98aae0",
    applicationCredentialSecret: SECRET,
    identityApiVersion: 3,
    region: "RegionOne",
    interface: "public",
  };
  assertEquals(cloudOptions({ cloudsYaml }), expected);
  const untyped = cloudsYaml.replace(/^.*auth_type.*\n/m, "");
  assert(untyped !== cloudsYaml);
  assertEquals(cloudOptions({ cloudsYaml: untyped }), expected);
});

const ENV = {
  OS_AUTH_URL: URL_V3,
  OS_USERNAME: "me",
  OS_PASSWORD: SECRET,
  OS_PROJECT_NAME: "demo",
  OS_USER_DOMAIN_NAME: "Users",
  OS_PROJECT_DOMAIN_ID: "projects",
  OS_REGION_NAME: "RegionOne",
  OS_ENDPOINT_TYPE: "internalURL",
  OS_IDENTITY_API_VERSION: "3",
  OS_COMPUTE_API_VERSION: "2.79",
  HOME: "/home/me",
};

Deno.test("cloudOptions() makes options that a driver logs in with", async () => {
  const keystone = new Keystone();
  const cloudsYaml = mine(
    "auth:",
    `  auth_url: ${AUTH_URL}`,
    "  username: me",
    "  project_name: web",
    "  domain_name: Users",
    "region_name: north",
    "interface: public",
    "identity_api_version: 3",
    'compute_api_version: "2.79"',
  );
  const secureYaml = mine(`auth: { password: "${SECRET}" }`);
  const { fetch } = keystone;
  const options = cloudOptions({ cloudsYaml, secureYaml, fetch });
  const cloud = new OpenStackCloud(options, "OpenStackNodeDriver");
  await cloud.connect("compute").request("/servers");
  const domain = { name: "Users" };
  assertEquals(keystone.logins, [{
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: "me", domain, password: SECRET } },
      },
      scope: { project: { name: "web", domain } },
    },
  }]);
  assertEquals(keystone.calls, [`GET ${COMPUTE_URL}/servers token-1`]);
  assertEquals(keystone.headers.get("openstack-api-version"), "compute 2.79");
});

Deno.test("cloudOptions() reads OS_* variables", () => {
  const expected: OpenStackOptions = {
    ...USER,
    userDomainName: "Users",
    projectName: "demo",
    projectDomainId: "projects",
    identityApiVersion: 3,
    region: "RegionOne",
    interface: "internal",
    microversion: "2.79",
  };
  assertEquals(cloudOptions({ env: ENV }), expected);
  // They are a cloud of their own beside those of a file.
  const cloudsYaml = withUser("region_name: RegionTwo");
  assertEquals(cloudOptions({ env: ENV, cloudsYaml }), expected);
  const { OS_REGION_NAME: _, ...env } = ENV;
  assertEquals(cloudOptions({ env, cloudsYaml, cloud: "mine" }), {
    ...USER,
    region: "RegionTwo",
  });
  assertEquals(
    cloudOptions({ env: { ...env, OS_CLOUD: "mine" }, cloudsYaml }),
    { ...USER, region: "RegionTwo" },
  );
  assertEquals(
    cloudOptions({
      env: { ...ENV, OS_CLOUD: "mine", OS_CLOUD_NAME: "shell" },
      cloudsYaml,
      cloud: "shell",
    }),
    expected,
  );
});

Deno.test("cloudOptions() ignores empty variables, and those of test frameworks", () => {
  const env = { OS_TEST_PATH: "x", OS_STDOUT_CAPTURE: "1", OS_PASSWORD: "" };
  assertEquals(cloudOptions({ env, cloudsYaml: withUser() }), USER);
});

Deno.test("cloudOptions() chooses the only cloud, and a region by OS_REGION_NAME", () => {
  const cloudsYaml = withUser("regions: [A, B]");
  assertEquals(cloudOptions({ cloudsYaml }).region, "A");
  const env = { OS_REGION_NAME: "B" };
  assertEquals(cloudOptions({ cloudsYaml, env }).region, "B");
  assertEquals(cloudOptions({ cloudsYaml, env, region: "A" }).region, "A");
});

Deno.test("cloudOptions() lets secure.yaml, values of regions and auth take precedence", () => {
  const options = cloudOptions({
    cloudsYaml: mine(
      "profile: base",
      "username: outside",
      "interface: internal",
      "auth: { username: inside, tenant_name: old, project_name: new }",
      "regions:",
      "- { name: A, values: { interface: admin, auth: { username: there } } }",
      "- { name: B }",
    ),
    secureYaml: mine("auth: { password: p, username: secure }"),
    cloudsPublicYaml:
      `public-clouds: { base: { auth: { auth_url: "${URL_V3}", username: z } } }`,
    region: "B",
  });
  const expected: OpenStackOptions = {
    authUrl: URL_V3,
    username: "secure",
    password: "p",
    projectName: "new",
    region: "B",
    interface: "internal",
  };
  assertEquals(options, expected);
});

Deno.test("cloudOptions() lets the values of a region replace those of the cloud", () => {
  const cloudsYaml = withUser(
    "interface: internal",
    "regions:",
    "- { name: A, values: { interface: admin, auth: { username: there } } }",
  );
  assertEquals(cloudOptions({ cloudsYaml }), {
    ...USER,
    username: "there",
    region: "A",
    interface: "admin",
  });
});

const READ: Readonly<Record<string, [lines: string[], OpenStackOptions]>> = {
  "keys with -": [
    ["region-name: A", "auth: { auth-url: u, user-name: n, pass-word: x }"],
    { authUrl: "u", username: "n", password: SECRET, region: "A" },
  ],
  "keys outside of auth": [
    ["auth_url: u", "username: n", "tenant_id: t"],
    { authUrl: "u", username: "n", password: SECRET, projectId: "t" },
  ],
  "one domain for user and project": [
    ["auth: { auth_url: u, domain_name: d, project_name: p }"],
    {
      authUrl: "u",
      userDomainName: "d",
      password: SECRET,
      projectName: "p",
      projectDomainName: "d",
    },
  ],
  "a default domain that the user's domain replaces": [
    [
      "auth: { auth_url: u, default_domain_id: d, user_domain_name: e }",
    ],
    { authUrl: "u", userDomainName: "e", password: SECRET },
  ],
  "a domain as the scope": [
    ["auth: { auth_url: u, domain_id: d }"],
    { authUrl: "u", password: SECRET, domainId: "d" },
  ],
  "the whole cloud as the scope": [
    ["auth: { auth_url: u, system_scope: all, user_id: i }"],
    { authUrl: "u", userId: "i", password: SECRET, systemScope: "all" },
  ],
  "a token": [
    ["auth_type: v3token", "auth: { auth_url: u, token: t }"],
    { authUrl: "u", token: "t", identityApiVersion: 3 },
  ],
  "v2password, where the tenant is the newer name": [
    [
      "auth_type: v2password",
      "auth: { auth_url: u, project_name: p, tenant_name: t }",
    ],
    {
      authUrl: "u",
      password: SECRET,
      projectName: "t",
      identityApiVersion: 2,
    },
  ],
  "several names in region_name": [
    ["auth_url: u", "region_name: A,B"],
    { authUrl: "u", password: SECRET, region: "A" },
  ],
  "endpoints": [
    [
      "auth_url: https://{region_name}.example.com",
      "region_name: A",
      "compute_endpoint: https://old.example.com",
      "compute_endpoint_override: https://{region_name}.example.com/v2.1",
      "block_storage_endpoint_override: https://b.example.com",
    ],
    {
      authUrl: "https://A.example.com",
      password: SECRET,
      region: "A",
      endpoints: {
        compute: "https://A.example.com/v2.1",
        "block-storage": "https://b.example.com",
      },
    },
  ],
  "a version of the API without microversions": [
    ["auth_url: u", "compute_api_version: 2", "identity_api_version: 2.0"],
    { authUrl: "u", password: SECRET, identityApiVersion: 2 },
  ],
  "the other version of the API without microversions": [
    ["auth_url: u", 'compute_api_version: "2.1"'],
    { authUrl: "u", password: SECRET },
  ],
  "a microversion": [
    [
      "auth_url: u",
      'compute_api_version: "2.1"',
      'compute_default_microversion: "2.90"',
    ],
    { authUrl: "u", password: SECRET, microversion: "2.90" },
  ],
  "a default that is true": [
    ["auth_url: u", "verify: true", "insecure: false", "cacert:"],
    { authUrl: "u", password: SECRET },
  ],
  "anchors and merge keys": [
    ["<<: &base { auth_url: u, region_name: A }", "region_name: B"],
    { authUrl: "u", password: SECRET, region: "B" },
  ],
  "an unknown profile beside an auth_url": [
    ["auth_url: u", "profile: elsewhere"],
    { authUrl: "u", password: SECRET },
  ],
  "the profile of a public cloud with one region": [
    ["profile: elastx"],
    {
      authUrl: "https://ops.elastx.cloud:5000/v3",
      password: SECRET,
      region: "se-sto",
    },
  ],
  "the profile of a public cloud by its web site": [
    ["profile: https://vexxhost.com/", "region_name: sjc1"],
    {
      authUrl: "https://auth.vexxhost.net/v3",
      password: SECRET,
      region: "sjc1",
    },
  ],
  "the profile of a public cloud with several regions": [
    ["cloud: ovh"],
    { authUrl: "https://auth.cloud.ovh.net/v3", password: SECRET },
  ],
  "the profile of a public cloud with an URL for each region": [
    ["profile: otc", "region_name: eu-nl"],
    {
      authUrl: "https://iam.eu-nl.otc.t-systems.com/v3",
      password: SECRET,
      region: "eu-nl",
    },
  ],
};

for (const [name, [lines, expected]] of Object.entries(READ)) {
  Deno.test(`cloudOptions() reads ${name}`, () => {
    const secureYaml = "token" in expected
      ? undefined
      : mine(`password: "${SECRET}"`);
    const cloudsYaml = mine(...lines);
    assertEquals(cloudOptions({ cloudsYaml, secureYaml }), expected);
  });
}

Deno.test("cloudOptions() leaves certificates to the caller's fetch", () => {
  const fetch = (request: Request) => globalThis.fetch(request);
  const cloudsYaml = withUser("verify: false", "cacert: /etc/ca.crt");
  assertEquals(cloudOptions({ cloudsYaml, fetch }), { ...USER, fetch });
});

Deno.test("cloudOptions() reads clouds with unusual names", () => {
  for (const name of ["__proto__", "constructor", "a: b", "1"]) {
    const cloudsYaml = withUser().replace("mine", JSON.stringify(name));
    assertEquals(cloudOptions({ cloudsYaml, cloud: name }), USER);
    assertThrows(
      () => cloudOptions({ cloudsYaml: withUser(), cloud: name }),
      TypeError,
      "cloud must be",
    );
  }
  assertEquals(({} as Record<string, unknown>)["auth"], undefined);
});

type Mistake = readonly [CloudSources | string, message: string];

const KEY = "cloudOptions: clouds.yaml: clouds.mine";
const QUOTES = "put quotes around it";

/** Sources, or the text of clouds.yaml, and the error. */
const MISTAKES: Readonly<Record<string, Mistake>> = {
  "no sources": [
    {},
    "cloudOptions: cloudsYaml or variables such as OS_AUTH_URL are required",
  ],
  "an empty file": [
    "",
    "cloudOptions: cloudsYaml or variables such as OS_AUTH_URL are required",
  ],
  "a file with a comment": [
    { cloudsYaml: "# nothing\n", env: { OS_CLOUD: "mine" } },
    "cloudOptions: cloudsYaml or variables such as OS_AUTH_URL are required",
  ],
  "no file": [
    { cloud: "mine" },
    'cloudOptions: cloud must be the name of a cloud in cloudsYaml, got "mine"',
  ],
  "a file that is no text": [
    { cloudsYaml: 1 as unknown as string },
    "cloudOptions: cloudsYaml must be the text of the file, got number 1",
  ],
  "an environment that is no object": [
    { env: "OS_CLOUD" as unknown as object },
    'cloudOptions: env must be an object, got "OS_CLOUD"',
  ],
  "a root that is a list": [
    `- ${SECRET}\n`,
    "cloudOptions: clouds.yaml must be a mapping, got list",
  ],
  "a root that is a string": [
    SECRET,
    "cloudOptions: clouds.yaml must be a mapping, got string",
  ],
  "clouds that are a list": [
    `clouds:\n- ${SECRET}\n`,
    "cloudOptions: clouds.yaml: clouds must be a mapping, got list",
  ],
  "a cloud that is a string": [
    `clouds: { mine: ${SECRET} }`,
    `${KEY} must be a mapping, got string`,
  ],
  "auth that is a string": [
    mine(`auth: ${SECRET}`),
    `${KEY}.auth must be a mapping, got string`,
  ],
  "several clouds without a choice": [
    { cloudsYaml: "clouds: { a: {}, b: {} }", secureYaml: "clouds: { c: {} }" },
    'cloudOptions: cloud must be "a", "b" or "c", got undefined',
  ],
  "a cloud that does not exist": [
    { cloudsYaml: "clouds: { a: {}, b: {} }", cloud: "x" },
    'cloudOptions: cloud must be "a" or "b", got "x"',
  ],
  "a cloud that does not exist beside damaged names": [
    {
      cloudsYaml: `clouds: { a: , ${SECRET}: x, "p: ${SECRET}": {}, b: [] }`,
      cloud: "x",
    },
    'cloudOptions: cloud must be "a", got "x"',
  ],
  "a cloud whose name is damaged": [
    `clouds: { "p: ${SECRET}": { auth: [] } }`,
    "cloudOptions: clouds.yaml: clouds[…].auth must be a mapping, got list",
  ],
  "a region that is not listed beside damaged names": [
    { cloudsYaml: withUser(`regions: ["p: ${SECRET}"]`), region: "x" },
    'cloudOptions: region must be a region of the cloud, got "x"',
  ],
  "a cloud of OS_CLOUD that does not exist": [
    { cloudsYaml: withUser(), env: { ...ENV, OS_CLOUD: "x" } },
    'cloudOptions: OS_CLOUD must be "mine" or "envvars", got "x"',
  ],
  "a cloud with the name of the variables": [
    { cloudsYaml: withUser(), env: { ...ENV, OS_CLOUD_NAME: "mine" } },
    'cloudOptions: the files contain a cloud "mine", which is the name for ' +
    "the OS_* variables; set OS_CLOUD_NAME",
  ],
  "a region that is not listed": [
    { cloudsYaml: withUser("regions: [A, { name: B }]"), region: "C" },
    'cloudOptions: region must be "A" or "B", got "C"',
  ],
  "a region of OS_REGION_NAME that is not listed": [
    { cloudsYaml: withUser("region_name: A"), env: { OS_REGION_NAME: "C" } },
    'cloudOptions: OS_REGION_NAME must be "A", got "C"',
  ],
  "regions that are no list": [
    withUser(`regions: ${SECRET}`),
    `${KEY}.regions must be a list`,
  ],
  "a region that is a number": [
    withUser("regions: [A, 1]"),
    `${KEY}.regions[1] must be a string, got number; ${QUOTES}`,
  ],
  "a region without a name": [
    withUser("regions: [{ values: {} }]"),
    `${KEY}.regions[0].name is required`,
  ],
  "values of a region that are a list": [
    withUser("regions: [{ name: A, values: [] }]"),
    `${KEY}.regions[0].values must be a mapping, got list`,
  ],
  "a password in the values of a region that is a number": [
    withUser("regions: [{ name: A, values: { auth: { password: 1 } } }]"),
    `${KEY}.regions[0].values.auth.password must be a string, got number; ` +
    QUOTES,
  ],
  "a missing auth_url": [
    mine("auth: { username: me, password: x }"),
    `${KEY}.auth.auth_url is required`,
  ],
  "a missing password": [
    mine("auth: { auth_url: u, username: me, password: }"),
    `${KEY}.auth.password is required`,
  ],
  "an empty password": [
    mine('auth: { auth_url: u, username: me, password: "" }'),
    `${KEY}.auth.password must not be empty`,
  ],
  "a missing token": [
    withUser("auth_type: token"),
    `${KEY}.auth.token is required`,
  ],
  "a missing secret of an application credential": [
    withUser("auth_type: v3applicationcredential"),
    `${KEY}.auth.application_credential_secret is required`,
  ],
  "a missing variable": [
    { env: { OS_AUTH_URL: "u" } },
    "cloudOptions: OS_PASSWORD is required",
  ],
  "a missing variable of the cloud that OS_CLOUD names": [
    { env: { OS_CLOUD: "envvars", OS_PASSWORD: "x" } },
    "cloudOptions: OS_AUTH_URL is required",
  ],
  "a password that is a number": [
    mine("auth: { auth_url: u, password: 8675309 }"),
    `${KEY}.auth.password must be a string, got number; ${QUOTES}`,
  ],
  "a password in secure.yaml that is a number": [
    { cloudsYaml: withUser(), secureYaml: mine("auth: { password: 8675309 }") },
    "cloudOptions: secure.yaml: clouds.mine.auth.password must be a string, " +
    `got number; ${QUOTES}`,
  ],
  "a password that is a date": [
    mine("auth: { auth_url: u, password: 2026-11-29 }"),
    `${KEY}.auth.password must be a string, got date; ${QUOTES}`,
  ],
  "a password that is a list": [
    mine(`auth: { auth_url: u, password: [${SECRET}] }`),
    `${KEY}.auth.password must be a string, got list`,
  ],
  "a user name that is a boolean": [
    mine("auth: { auth_url: u, password: x, username: true }"),
    `${KEY}.auth.username must be a string, got boolean; ${QUOTES}`,
  ],
  "a project id with a leading zero": [
    mine("auth: { auth_url: u, password: x, project_id: 0123 }"),
    `${KEY}.auth.project_id must be a string, got number; ${QUOTES}`,
  ],
  "a user name that is a boolean of YAML 1.1": [
    mine("auth:", "  auth_url: u", "  password: x", "  username: yes # really"),
    `${KEY}.auth.username must be a string, got boolean; ${QUOTES}`,
  ],
  "a password that is a number of YAML 1.1": [
    mine("auth: { auth_url: u, password: 12:34:56 }"),
    `${KEY}.auth.password must be a string, got number; ${QUOTES}`,
  ],
  "an auth_type that is not supported": [
    withUser(`auth_type: v3${SECRET}`),
    `${KEY}.auth_type must be "password", "v2password", "v3password", ` +
    '"token", "v2token", "v3token" or "v3applicationcredential"; others are ' +
    "not supported",
  ],
  "a trust": [
    mine(`auth: { auth_url: u, password: x, trust_id: ${SECRET} }`),
    `${KEY}.auth.trust_id is not supported`,
  ],
  "an interface that does not exist": [
    withUser(`interface: ${SECRET}`),
    `${KEY}.interface must be "public", "internal" or "admin"`,
  ],
  "a version of the identity API that does not exist": [
    withUser(`identity_api_version: ${SECRET}`),
    `${KEY}.identity_api_version must be 2 or 3`,
  ],
  "a microversion without quotes": [
    withUser("compute_api_version: 2.90"),
    `${KEY}.compute_api_version must be a string, got number; ${QUOTES}`,
  ],
  "a microversion that does not exist": [
    withUser(`compute_api_version: ${SECRET}`),
    `${KEY}.compute_api_version must be "2" or a version such as "2.79"`,
  ],
  "a URL with other braces": [
    withUser("compute_endpoint_override: https://{password}.example.com"),
    `${KEY}.compute_endpoint_override may contain {region_name}, but no ` +
    "other braces",
  ],
  "a URL for each region without a region": [
    mine("profile: otc", "auth: { username: me, password: x }"),
    `${KEY}.region_name is required, because each region has its own ` +
    "identity service",
  ],
  "a profile that does not exist": [
    {
      cloudsYaml: mine(`profile: ${SECRET}`),
      cloudsPublicYaml: "public-clouds: { own: {} }",
    },
    `${KEY}.profile must be "own", "binero", "catalyst", "citycloud", ` +
    '"elastx", "infomaniak", "infomaniak2", "leafcloud", "otc", "otc-swiss", ' +
    '"ovh", "ovh-us", "rackspace", "safespring", "switchcloud" or "vexxhost"',
  ],
  "profiles that are a list": [
    {
      cloudsYaml: withUser("profile: a"),
      cloudsPublicYaml: "public-clouds: []",
    },
    "cloudOptions: clouds-public.yaml: public-clouds must be a mapping, got list",
  ],
  "verify: false": [
    withUser("verify: false"),
    `${KEY}.verify is not supported by fetch; pass your own fetch, which ` +
    "does it",
  ],
  "insecure: true": [
    withUser("insecure: true"),
    `${KEY}.insecure is not supported by fetch; pass your own fetch, which ` +
    "does it",
  ],
  "a certificate": [
    { env: { ...ENV, OS_CACERT: "/etc/ca.crt" } },
    "cloudOptions: OS_CACERT is not supported by fetch; pass your own fetch, " +
    "which does it",
  ],
  "a key that occurs twice": [
    mine(`password: ${SECRET}`, "username: a", "username: b"),
    "cloudOptions: clouds.yaml is invalid YAML at line 5; " +
    "a key occurs twice",
  ],
  "a tab": [
    mine("auth:", `\tpassword: ${SECRET}`),
    "cloudOptions: clouds.yaml is invalid YAML at line 4",
  ],
  "an unclosed quote": [
    { cloudsYaml: withUser(), secureYaml: mine(`password: "${SECRET}`) },
    "cloudOptions: secure.yaml is invalid YAML at line 4",
  ],
  "an unknown alias": [
    mine(`password: *${SECRET}`),
    "cloudOptions: clouds.yaml is invalid YAML at line 3",
  ],
  "an unknown tag": [
    mine(`password: !${SECRET} x`),
    "cloudOptions: clouds.yaml is invalid YAML at line 3",
  ],
  "several documents": [
    `${withUser()}---\n${withUser()}`,
    "cloudOptions: clouds.yaml is invalid YAML",
  ],
  "a deep structure": [
    "[".repeat(100_000),
    "cloudOptions: clouds.yaml is invalid YAML",
  ],
  "a long file": [
    `# ${"x".repeat(262_144)}`,
    "cloudOptions: clouds.yaml has more than 262144 characters",
  ],
  "many aliases": [
    `a: &a {}\nb:\n${"- *a\n".repeat(1001)}`,
    "cloudOptions: clouds.yaml has more than 1000 aliases",
  ],
};

for (const [name, [sources, message]] of Object.entries(MISTAKES)) {
  Deno.test(`cloudOptions() rejects ${name}`, () => {
    const all = typeof sources === "string" ? { cloudsYaml: sources } : sources;
    const error = assertThrows(() => cloudOptions(all), TypeError);
    // The copies of @std/yaml count columns differently.
    assertEquals(error.message.replace(/, column \d+/, ""), message);
    assertEquals(error.cause, undefined);
    const text = `${error.stack} ${Deno.inspect(error)}`;
    assertFalse(text.includes(SECRET) || text.includes("8675309"), text);
  });
}

Deno.test("cloudOptions() accepts words that are strings because of their quotes", () => {
  const cloudsYaml = mine(
    "auth:",
    `  auth_url: ${URL_V3}`,
    "  username: 'yes' # password: no",
    '  password: "12:30"',
    "  project_name: on-call",
    "  # project_id: off",
    '  project_id: "off"',
  );
  assertEquals(cloudOptions({ cloudsYaml }), {
    authUrl: URL_V3,
    username: "yes",
    password: "12:30",
    projectName: "on-call",
    projectId: "off",
  });
});

const DAMAGES = [
  ...": , ? ! # % | > & * { } [ ] ' \" - ~ << *a &a !! @ 1 true".split(" "),
  " ",
  "\n",
  "\t",
  "  ",
];

Deno.test("cloudOptions() throws only TypeErrors without secrets for damaged files", () => {
  const text = `clouds:
  one:
    profile: own
    auth: &a
      auth_url: https://{region_name}.example.com
      username: "me"
      password: '${SECRET}'
    regions: [A, {name: B, values: {auth: {password: ${SECRET}}}}]
    compute_api_version: "2.79"
  two: { auth: { <<: *a, password: "${SECRET}" }, region_name: X }
`;
  let failures = 0;
  for (let seed = 1; seed <= 3000; seed++) {
    const random = new Random(seed);
    let cloudsYaml = text;
    for (let count = random.int(1, 3); count > 0; count--) {
      const start = random.int(0, cloudsYaml.length - 1);
      const end = start + (random.chance(0.5) ? random.int(0, 9) : 0);
      cloudsYaml = cloudsYaml.slice(0, start) + random.pick(DAMAGES) +
        cloudsYaml.slice(end);
    }
    const cloud = random.pick(["one", "two"]);
    try {
      cloudOptions({ cloudsYaml, cloud });
    } catch (error) {
      failures++;
      assertInstanceOf(error, TypeError, `seed ${seed}`);
      assertFalse(/hunter2|s3cret/.test(Deno.inspect(error)), `seed ${seed}`);
      assert(error.message.startsWith("cloudOptions: "), `seed ${seed}`);
    }
  }
  assert(failures > 1000 && failures < 3000, `${failures}`);
});

Deno.test("cloudOptions() is quick with a file that multiplies aliases", () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`,
  );
  const text = `l0: &l0 [x, x]\n${levels.join("\n")}\n${withUser()}`;
  assertEquals(cloudOptions({ cloudsYaml: text }), USER);
  assertStringIncludes(text, "*l29");
});
