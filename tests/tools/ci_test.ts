import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { path } from "../../tools/deno.ts";
import { PACKAGES } from "../_support/needs.ts";
import { PACKAGES as OPENSTACK_PACKAGES } from "../services/openstack.ts";

/** Packages that Debian with Node.js and npm has, or that tests install. */
const PRESENT = ["bash", "dash", "git", "npm", "passwd", "python3", "tar"];

/**
 * Runs .ci/run in a folder of its own. Every command that `.ci/run` starts is a
 * script that does what `tasks` says.
 */
async function runCi(
  tasks: Readonly<Record<string, string>>,
  { apt = "" } = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "nephos-ci-" });
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
  };
  try {
    for (const name of [".ci", "tools", "bin"]) {
      await Deno.mkdir(`${folder}/${name}`);
    }
    await write(".ci/run", await Deno.readTextFile(path(".ci/run")));
    await write("tools/deno.ts", 'export const DENO_VERSION = "7.8.9";\n');
    await write(
      "bin/npx",
      `#!/bin/sh
case "$*" in
${
        Object.entries(tasks).map(([args, script]) =>
          `"-y deno@7.8.9 task ${args}")\n${script}\n;;\n`
        ).join("")
      }*) echo "unexpected: $*"; exit 99;;
esac
`,
    );
    await write("bin/dpkg-query", "#!/bin/sh\nexit 1\n");
    await write("bin/apt-get", `#!/bin/sh\n${apt}\n`);
    const { code, stdout, stderr } = await new Deno.Command(
      `${folder}/.ci/run`,
      {
        env: {
          PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
          NEPHOS_POLICY_RC_D: `${folder}/policy-rc.d`,
        },
        stdin: "null",
      },
    ).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout).replace(/, \d+ s$/gm, ", 0 s"),
      stderr: decoder.decode(stderr),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const GOOD = {
  "test": 'echo "40 2" >"$NEPHOS_RESULTS"\nexit 1',
  "ok --without=tests": 'echo "5 0" >"$NEPHOS_RESULTS"',
  "mutate --changed --minutes=5": 'echo "36 0" >"$NEPHOS_RESULTS"',
  "test:openstack": 'echo "30 0" >"$NEPHOS_RESULTS"',
  "demo": "echo node-1",
};

Deno.test(".ci/run prints the limit, the time and the counts of each stage, and all counts last", async () => {
  const test = 'echo "40 0" >"$NEPHOS_RESULTS"';
  const { code, stdout } = await runCi({ ...GOOD, test });
  assertEquals(code, 0, stdout);
  assertEquals(
    stdout,
    `
== tests (limit 30m)
== tests: ok, 40 passed, 0 failed, 0 s

== checks (limit 3m)
== checks: ok, 5 passed, 0 failed, 0 s

== mutations (limit 8m)
== mutations: ok, 36 passed, 0 failed, 0 s

== openstack (limit 18m)
== openstack: ok, 30 passed, 0 failed, 0 s

== demo (limit 1m)
node-1
== demo: ok, 1 passed, 0 failed, 0 s

112 passed, 0 failed
`,
  );
});

Deno.test(".ci/run fails and names the stages that failed, after all stages", async () => {
  const { code, stdout } = await runCi({ ...GOOD, demo: "echo no; exit 3" });
  assertEquals(code, 1);
  assertMatch(stdout, /^== tests: FAILED, 40 passed, 2 failed, 0 s$/m);
  assertMatch(stdout, /^== demo: FAILED, 0 passed, 1 failed, 0 s$/m);
  assertStringIncludes(
    stdout,
    "\n\nFailed stages: tests demo\n\n111 passed, 3 failed\n",
  );
});

Deno.test(".ci/run says so if a stage reaches its limit", async () => {
  // The exit code of timeout(1).
  const { stdout } = await runCi({ ...GOOD, test: "exit 124" });
  assertMatch(
    stdout,
    /^== tests: FAILED \(timed out\), 0 passed, 1 failed, 0 s$/m,
  );
});

Deno.test(".ci/run does not count what a stage writes after its end", async () => {
  const late = `(sleep 1; echo "0 1" >"$NEPHOS_RESULTS") >/dev/null 2>&1 &
exit 124`;
  const demo = "sleep 2; echo node-1";
  const { stdout } = await runCi({ ...GOOD, "test:openstack": late, demo });
  assertMatch(
    stdout,
    /^== openstack: FAILED \(timed out\), 0 passed, 1 failed/m,
  );
  assertMatch(stdout, /^== demo: ok, 1 passed, 0 failed, 0 s$/m);
});

Deno.test(".ci/run shows the output of a demo that fails", async () => {
  const { stdout } = await runCi({ ...GOOD, demo: "echo no nodes; exit 3" });
  assertMatch(stdout, /^no nodes$/m);
});

for (
  const [what, tasks] of Object.entries({
    "counts nothing": { test: 'echo "0 0" >"$NEPHOS_RESULTS"' },
    "fails after it counted no failure": {
      test: 'echo "1 0" >"$NEPHOS_RESULTS"; exit 1',
    },
    "is killed before it counted": { test: "kill -KILL $$" },
    "prints nothing as a demo": { demo: ":" },
  })
) {
  Deno.test(`.ci/run counts a failure if a stage ${what}`, async () => {
    const test = 'echo "1 0" >"$NEPHOS_RESULTS"';
    const { code, stdout } = await runCi({ ...GOOD, test, ...tasks });
    assertEquals(code, 1, stdout);
    assertMatch(stdout, /\n\d+ passed, 1 failed\n$/);
  });
}

Deno.test(".ci/run says so and goes on if the packages cannot be installed", async () => {
  const { stdout, stderr } = await runCi(GOOD, { apt: "exit 100" });
  assertStringIncludes(stderr, "Could not install the Debian packages");
  assertStringIncludes(stdout, "82 passed, 2 failed");
});

Deno.test(".ci/run skips only OpenStack if its packages cannot be installed", async () => {
  const { stdout } = await runCi(GOOD, {
    apt: 'case "$*" in *python3-nova*) exit 100;; esac',
  });
  assertStringIncludes(
    stdout,
    "\nSKIP openstack: the Debian packages could not be installed\n",
  );
  assertStringIncludes(stdout, "\n82 passed, 2 failed\n");
});

Deno.test(".ci/run lets no server start while it installs packages", async () => {
  const { stdout } = await runCi(GOOD, {
    apt: '"$NEPHOS_POLICY_RC_D" mariadb start; echo "policy: $?"',
  });
  assertMatch(stdout, /^policy: 101\n/);
});

Deno.test(".ci/run installs the packages that needs() names", async () => {
  const script = await Deno.readTextFile(path(".ci/run"));
  const [, list = ""] = /^packages=\((.*)\)$/m.exec(script) ?? [];
  assertEquals(
    list.split(" "),
    [...new Set(Object.values(PACKAGES))].sort()
      .filter((name) => !PRESENT.includes(name)),
  );
});

Deno.test(".ci/run installs the packages of a real OpenStack", async () => {
  const script = await Deno.readTextFile(path(".ci/run"));
  const [, list = ""] = /^openstack_packages=\((.*)\)$/m.exec(script) ?? [];
  assertEquals(list.split(" "), OPENSTACK_PACKAGES);
});

Deno.test(".ci/run lets only the tests that read descriptions be skipped", async () => {
  const script = await Deno.readTextFile(path(".ci/run"));
  const [, list = ""] = /^may_skip=\(\n([^)]*)\)$/m.exec(script) ?? [];
  const readers: string[] = [];
  for await (const { name } of Deno.readDir(path("tests/interop"))) {
    const file = `tests/interop/${name}`;
    const text = await Deno.readTextFile(path(file));
    if (/needsReference\(|describedTest\(/.test(text)) readers.push(file);
  }
  assertEquals(list.trim().split(/\s+/), readers.sort());
});
