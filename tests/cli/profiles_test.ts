/**
 * Accounts from a file, from variables and from options.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { nephos, type Setting } from "./_nephos.ts";

const SECRET = "5ecret-t0ken";
const PATH = "/home/me/.config/nephos/config.yaml";
const FILE = `
default: work
profiles:
  work:
    provider: linode
    credentials:
      token: { env: WORK_TOKEN }
  home:
    provider: linode
    credentials:
      token:
        command: [pass, show, linode/home]
    settings:
      baseUrl: https://linode.example/v4
  lab:
    provider: ec2
    credentials:
      accessKeyId: { env: LAB_KEY }
      secretAccessKey: { env: LAB_SECRET }
    settings: { region: eu-central-1 }
`;

/** Runs a command in an account whose token is SECRET. */
function run(args: string, setting: Setting = {}) {
  const simulator = new LinodeSimulator({ nodes: 1, token: SECRET });
  return nephos(args, {
    files: { [PATH]: FILE },
    env: { HOME: "/home/me", WORK_TOKEN: SECRET },
    fetch: simulator.fetch,
    ...setting,
  });
}

Deno.test("the default profile is used without any option", async () => {
  assertEquals((await run("nodes list -o name")).stdout, "node-1\n");
});

Deno.test("a profile can take its credentials from a program", async () => {
  const commands: (readonly string[])[] = [];
  const urls: string[] = [];
  const simulator = new LinodeSimulator({ nodes: 1, token: SECRET });
  const { stdout } = await run("nodes list --profile home -o name", {
    runProgram(command) {
      commands.push(command);
      return Promise.resolve(`${SECRET}\n`);
    },
    fetch(request) {
      urls.push(request.url);
      return simulator.fetch(request);
    },
  });
  assertEquals(stdout, "node-1\n");
  assertEquals(commands, [["pass", "show", "linode/home"]]);
  assertMatch(urls[0]!, /^https:\/\/linode\.example\/v4\//);
});

Deno.test("a program that fails shows nothing of its output", async () => {
  const { code, stderr } = await run("nodes list --profile home", {
    runProgram: () => Promise.reject(new Error(SECRET)),
  });
  assertEquals([code, stderr], [
    4,
    `error: ${PATH}: profiles.home.credentials.token: pass failed\n` +
    "hint: run it by hand to see why\n",
  ]);
});

Deno.test("a missing variable of a profile is named", async () => {
  const { code, stderr } = await run("nodes list", {
    env: { HOME: "/home/me" },
  });
  assertEquals([code, stderr], [
    4,
    `error: ${PATH}: profiles.work.credentials.token: the variable WORK_TOKEN is not set\n` +
    "hint: set WORK_TOKEN\n",
  ]);
});

Deno.test("options win over variables, and variables over the default", async () => {
  const env = { HOME: "/home/me", WORK_TOKEN: SECRET, NEPHOS_PROFILE: "lab" };
  const lab = await run("nodes list", { env });
  assertMatch(lab.stderr, /LAB_KEY is not set/);
  const work = await run("nodes list --profile work -o name", { env });
  assertEquals(work.stdout, "node-1\n");
  const provider = await run("nodes list", {
    env: { HOME: "/home/me", NEPHOS_PROVIDER: "hetzner" },
  });
  assertMatch(provider.stderr, /^error: hetzner: missing .* HCLOUD_TOKEN\n/);
});

Deno.test("NEPHOS_ENDPOINT is only for the provider of NEPHOS_PROVIDER", async () => {
  const hosts: string[] = [];
  const simulator = new LinodeSimulator({ token: SECRET });
  const list = (provider: string) =>
    nephos("nodes list --provider linode", {
      env: {
        LINODE_TOKEN: SECRET,
        NEPHOS_PROVIDER: provider,
        NEPHOS_ENDPOINT: "http://127.0.0.1:9/v4",
      },
      fetch(request) {
        hosts.push(new URL(request.url).host);
        return simulator.fetch(request);
      },
    });
  await list("linode");
  await list("hetzner");
  assertEquals(hosts, ["127.0.0.1:9", "api.linode.com"]);
});

Deno.test("the file can be JSON, and its path an option or a variable", async () => {
  const json = JSON.stringify({
    profiles: {
      one: {
        provider: "linode",
        credentials: { token: { env: "WORK_TOKEN" } },
      },
    },
  });
  const files = { "my.json": json };
  const env = { WORK_TOKEN: SECRET };
  // The only profile needs no default.
  const option = await run("nodes list -o name --config my.json", {
    files,
    env,
  });
  assertEquals(option.stdout, "node-1\n");
  const variable = await run("nodes list -o name", {
    files,
    env: { ...env, NEPHOS_CONFIG: "my.json" },
  });
  assertEquals(variable.stdout, "node-1\n");
  const missing = await run("nodes list --config other.json", { files, env });
  assertEquals([missing.code, missing.stderr], [
    2,
    'error: there is no file "other.json"\n' +
    "hint: check --config, or the variable NEPHOS_CONFIG\n",
  ]);
});

Deno.test("--simulate needs no credentials of the profile", async () => {
  const { code, stdout } = await run(
    "nodes list --profile lab --simulate -o name",
  );
  assertEquals([code, stdout.trim().split("\n").length], [0, 3]);
});

Deno.test("nephos fleet takes all profiles, or those that options name", async () => {
  const all = await run("fleet list --simulate -o json");
  const drivers = (
    text: string,
  ) => [
    ...new Set(JSON.parse(text).map((it: { driver: string }) => it.driver)),
  ];
  assertEquals(drivers(all.stdout), ["work", "home", "lab"]);
  const two = await run(
    "fleet list --profile lab --profile work --simulate -o json",
  );
  assertEquals(drivers(two.stdout), ["lab", "work"]);
  const none = await run("fleet list --simulate -o json", { files: {} });
  assertEquals(drivers(none.stdout).length, 8);
});

const INVALID: readonly (readonly [file: string, message: string])[] = [
  [
    `profiles: { a: { provider: linode, credentials: { token: ${SECRET} } } }`,
    "profiles.a.credentials.token must name a variable or a command, so that no secret is in the file",
  ],
  [
    `profiles: { a: { provider: linode, settings: { token: ${SECRET} } } }`,
    "profiles.a.settings.token belongs below credentials",
  ],
  [
    `profiles: { a: { provider: linode, token: ${SECRET} } }`,
    "profiles.a.token is unknown",
  ],
  [
    `profiles: { a: { provider: linode, credentials: { tokn: { env: X } } } }`,
    "profiles.a.credentials.tokn is unknown",
  ],
  [
    `profiles: { a: { provider: linode, credentials: { token: { command: pass show } } } }`,
    "profiles.a.credentials.token must name a variable or a command, so that no secret is in the file",
  ],
  [
    "profiles: { a: { provider: linod } }",
    'profiles.a: no provider has the id "linod"',
  ],
  ["profiles: { a: {} }", "profiles.a.provider is missing"],
  [
    "profiles: { a: { provider: linode } }\ndefault: b",
    "default must be the name of a profile, such as a",
  ],
  ["profiles: [a]", "profiles must be a mapping"],
  ["- a", "the file must be a mapping"],
];

for (const [file, message] of INVALID) {
  Deno.test(`an invalid file is refused: ${message}`, async () => {
    const { code, stderr } = await run("nodes list", {
      files: { [PATH]: file },
    });
    const [error, hint] = stderr.split("\n");
    assertEquals([code, error], [2, `error: ${PATH}: ${message}`]);
    assertMatch(hint!, /^hint: ./);
    assert(!stderr.includes(SECRET));
  });
}

Deno.test("an error of syntax does not quote the file", async () => {
  const { code, stderr } = await run("nodes list", {
    files: { [PATH]: `profiles:\n  a: {\n  token: ${SECRET}` },
  });
  assertEquals(code, 2);
  assert(!stderr.includes(SECRET), stderr);
});

Deno.test("a credential that no request can carry is named by its source", async () => {
  const env = { LINODE_TOKEN: "s3cr3t\ntoken" };
  const { code, stderr } = await nephos("nodes list -p linode", { env });
  assertEquals([code, stderr], [
    4,
    "error: linode: token contains characters that an HTTP header cannot carry\n" +
    "hint: check LINODE_TOKEN or LINODE_CLI_TOKEN\n",
  ]);
  const files = {
    "/.config/nephos/config.yaml": "profiles: { a: { provider: linode, " +
      "credentials: { token: { env: LINODE_TOKEN } } } }",
  };
  const profile = await nephos("nodes list", { env, files });
  assertEquals(
    profile.stderr.split("\n")[1],
    "hint: check /.config/nephos/config.yaml: profiles.a.credentials.token",
  );
});
