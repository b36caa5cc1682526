/**
 * `cloudOptions()` and openstacksdk, which OpenStack's command line tools use,
 * read the same credentials from the same files and variables.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { given } from "../../core/mod.ts";
import {
  cloudOptions,
  type CloudSources,
} from "../../drivers/openstack/clouds_yaml.ts";
import { path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";

/** What openstacksdk read; `error` is the class of its error. */
interface TheirConfig {
  readonly error?: string;
  readonly auth: Readonly<Record<string, string>>;
  readonly auth_type: string;
  readonly region_name: string | null;
  readonly interface: string;
  readonly identity_api_version: string | null;
  readonly compute_endpoint_override: string | null;
}

const FILE = `
clouds:
  password:
    auth:
      auth_url: https://keystone.example.com:5000/v3
      username: ann
      password: 'yes, "quoted": #1'
      project_name: web
      user_domain_name: Users
      project_domain_name: Projects
    region_name: RegionOne
    identity_api_version: 3
    interface: internal
  ids:
    auth:
      auth-url: https://keystone.example.com:5000/v3
      user-id: u1
      password: p
      project-id: p1
    identity_api_version: '3'
  outside:
    auth_url: https://keystone.example.com/identity
    username: ann
    password: p
    auth: {}
    tenant_name: web
    domain_id: default
    endpoint_type: admin
  mixed:
    auth: { auth_url: https://a.example.com, username: in, password: p }
    username: out
    auth_plugin: v3password
  tenants:
    auth: { auth_url: https://a.example.com, username: a, password: p,
            tenant_name: old, project_name: new, tenant_id: t1 }
  v2:
    auth_type: v2password
    auth: { auth_url: https://a.example.com/v2.0, username: a, password: p,
            tenant_name: web }
  domain:
    auth: { auth_url: https://a.example.com, username: a, password: p,
            domain_name: d }
  shared_domain:
    auth: { auth_url: https://a.example.com, username: a, password: p,
            project_name: w, domain_name: d }
  system:
    auth: { auth_url: https://a.example.com, username: a, password: p,
            system_scope: all }
  application:
    auth_type: v3applicationcredential
    auth: { auth_url: https://a.example.com, application_credential_id: i,
            application_credential_secret: s }
  application_name:
    auth_type: v3applicationcredential
    auth: { auth_url: https://a.example.com, application_credential_name: n,
            application_credential_secret: s, user_id: u1 }
  token:
    auth_type: token
    auth: { auth_url: https://a.example.com, token: t, project_id: p1 }
  regions:
    auth: { auth_url: 'https://{region_name}.example.com', username: a,
            password: p }
    compute_endpoint_override: 'https://nova.{region_name}.example.com'
    regions:
    - A
    - name: B
      values: { interface: internal, auth: { username: b } }
    - name: C
  profile:
    profile: own
    auth: { username: a, password: p }
  old_profile:
    cloud: own
    auth: { username: a, password: p, auth_url: https://b.example.com }
    region_name: B
  elastx:
    profile: elastx
    auth: { username: a, password: p }
  split:
    auth: { auth_url: https://a.example.com, username: a, project_name: w }
    interface: internal
  anchors:
    auth: &auth { auth_url: https://a.example.com, username: a, password: p }
  aliases:
    auth: { <<: *auth, username: b }
  'with space':
    auth: *auth
`;

const SECURE = `
clouds:
  split: { auth: { password: p, username: b }, interface: admin }
  secret: { auth: { auth_url: https://s.example.com, username: a, password: p } }
`;

const PUBLIC = `
public-clouds:
  own:
    auth: { auth_url: 'https://{region_name}.own.example.com', username: z }
    identity_api_version: '3'
    regions: [A, B]
`;

const FILES: CloudSources = {
  cloudsYaml: FILE,
  secureYaml: SECURE,
  cloudsPublicYaml: PUBLIC,
};

const ENV = {
  OS_AUTH_URL: "https://env.example.com/v3",
  OS_USERNAME: "ann",
  OS_PASSWORD: "12345",
  OS_PROJECT_NAME: "web",
  OS_USER_DOMAIN_NAME: "Users",
  OS_PROJECT_DOMAIN_ID: "default",
  OS_IDENTITY_API_VERSION: "3",
  OS_INTERFACE: "internal",
};

const ONE = `clouds: { one: { auth: { auth_url: https://one.example.com,
  username: a, password: p }, regions: [A, B] } }`;

const names = [...FILE.matchAll(/^ {2}(?:'(.*)'|(\w+)):$/gm)]
  .map(([, quoted, plain]) => quoted ?? plain ?? "");

const CASES: readonly CloudSources[] = [
  ...[...names, "secret"].map((cloud) => ({ ...FILES, cloud })),
  ...["A", "B", "C"].map((region) => ({ ...FILES, cloud: "regions", region })),
  { ...FILES, cloud: "profile", region: "B" },
  { cloudsYaml: ONE },
  { cloudsYaml: ONE, region: "B" },
  { cloudsYaml: ONE, env: { OS_REGION_NAME: "B" } },
  { cloudsYaml: ONE, env: { OS_TEST_TIMEOUT: "5" } },
  { env: ENV },
  { env: { ...ENV, OS_REGION_NAME: "RegionOne" } },
  { env: { ...ENV, OS_ENDPOINT_TYPE: "admin" } },
  { cloudsYaml: ONE, env: ENV },
  { cloudsYaml: ONE, env: ENV, cloud: "one" },
  { cloudsYaml: ONE, env: ENV, cloud: "envvars" },
  { cloudsYaml: ONE, env: { ...ENV, OS_CLOUD: "one" } },
  { cloudsYaml: ONE, env: { ...ENV, OS_CLOUD: "one" }, cloud: "envvars" },
  { cloudsYaml: ONE, env: { ...ENV, OS_CLOUD_NAME: "shell" }, cloud: "shell" },
  {
    env: {
      OS_AUTH_URL: "https://env.example.com/v3",
      OS_AUTH_TYPE: "v3applicationcredential",
      OS_APPLICATION_CREDENTIAL_ID: "i",
      OS_APPLICATION_CREDENTIAL_SECRET: "s",
    },
  },
];

/** Both refuse them. */
const MISTAKES: readonly CloudSources[] = [
  { ...FILES, cloud: "absent" },
  { ...FILES, env: { OS_CLOUD: "absent" } },
  { ...FILES, cloud: "regions", region: "D" },
  { ...FILES },
  { cloudsYaml: ONE, env: { ...ENV, OS_CLOUD_NAME: "one" } },
  { cloudsYaml: ONE.replace("{ one", "{ one: {}, one") + "}", cloud: "two" },
  { cloudsYaml: "- list" },
  { cloudsYaml: "clouds: [" },
  { cloudsYaml: ONE.replace("regions:", "auth_type: nothing, regions:") },
  { cloudsYaml: ONE.replace("[A, B]", "[{ values: {} }]") },
];

Deno.test({
  ...needs("cloudOptions() and openstacksdk read the same credentials", {
    python: ["openstack.config"],
  }),
  fn: async () => {
    assert(names.length > 18, names.join());
    const all = [...CASES, ...MISTAKES];
    const configs = await runPython<TheirConfig[]>(
      [path("tests/interop/clouds_yaml.py")],
      all,
    );
    assertEquals(configs.length, all.length);
    for (const [index, sources] of CASES.entries()) {
      const theirs = configs[index]!;
      const { cloud, region, env } = sources;
      const name = JSON.stringify({ cloud, region, env });
      assertEquals(theirs.error, undefined, name);
      assertEquals(toConfig(sources, theirs), withVersion(theirs), name);
    }
    for (const [index, sources] of MISTAKES.entries()) {
      const { error } = configs[CASES.length + index]!;
      assert(error !== undefined, JSON.stringify(sources));
      assertThrows(() => cloudOptions(sources), TypeError, "cloudOptions: ");
    }
  },
});

const WORDS = [
  ..."yes Yes YES no on Off OFF true TRUE False y n null ~ 0 7 0123 0899 089"
    .split(" "),
  ..."-1 +1 1_000 0x1F 0o17 0b11 1.5 1. .5 1e5 1.5e+5 .inf .NaN".split(" "),
  ..."12:30 1:2:3 190:20:30.15 12:99 2026-11-29 2026-11-29T10:00:00Z".split(
    " ",
  ),
  ..."abc a:b 1a 1.2.3 v1 1-2 yes-no".split(" "),
];

Deno.test({
  ...needs("cloudOptions() rejects what openstacksdk reads as another type", {
    python: ["openstack.config"],
  }),
  fn: async () => {
    const program = "import json, sys, yaml; json.dump([type(yaml.safe_load(" +
      "'{a: ' + word + ' }')['a']).__name__ for word in json.load(sys.stdin)], " +
      "sys.stdout)";
    const types = await runPython<string[]>(["-c", program], WORDS);
    assertEquals(types.length, WORDS.length);
    const accepted = WORDS.filter((word) => {
      const text = ONE.replace("username: a", `username: ${word} `);
      assert(text !== ONE);
      try {
        return cloudOptions({ cloudsYaml: text }).username !== undefined;
      } catch (error) {
        assertInstanceOf(error, TypeError);
        return false;
      }
    });
    const wrong = accepted.filter((word) =>
      types[WORDS.indexOf(word)] !== "str"
    );
    assertEquals(wrong, []);
    assert(accepted.includes("abc") && accepted.length < WORDS.length / 2);
  },
});

/** Our options under the names of openstacksdk. */
function toConfig(
  sources: CloudSources,
  { auth_type }: TheirConfig,
): TheirConfig {
  const {
    region = "",
    endpoints,
    interface: ours = "public",
    identityApiVersion,
    ...credentials
  } = cloudOptions(sources);
  const project = auth_type === "v2password" ? "tenant_" : "project_";
  const toKey = (option: string) =>
    option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      .replace(/^project_/, project);
  const auth = Object.fromEntries(
    Object.entries(credentials).map(([option, value]) => [
      toKey(option),
      String(value),
    ]),
  );
  return withVersion({
    auth,
    auth_type,
    region_name: region,
    interface: ours,
    identity_api_version: given(identityApiVersion, String) ?? null,
    compute_endpoint_override: endpoints?.["compute"] ?? null,
  });
}

/** The version may also be a part of the type or of the URL. */
function withVersion(config: TheirConfig): TheirConfig {
  const { identity_api_version, auth_type, auth } = config;
  const [, version = "3"] = /^v(\d)/.exec(auth_type) ??
    /\/v(\d)(?:\.0)?\/?$/.exec(auth["auth_url"] ?? "") ?? [];
  return { ...config, identity_api_version: identity_api_version ?? version };
}

/** Runs Python with JSON as its input and its output. */
async function runPython<T>(
  args: readonly string[],
  input: unknown,
): Promise<T> {
  const child = new Deno.Command(PYTHON, {
    args: [...args],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}
