/**
 * Tests deployments over SSH. The nodes of a simulator have the address of a
 * real OpenSSH server.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  AbortedError,
  CloudError,
  ConnectionError,
  NotFoundError,
  TimeoutError,
} from "../../core/mod.ts";
import {
  type Deployment,
  DeploymentError,
  type DeploymentPhase,
  type DeploymentProgress,
  file,
  script,
  sshKey,
} from "../../core/compute/mod.ts";
import { ssh, type SshOptions } from "../../deploy/ssh.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { needs } from "../_support/needs.ts";
import {
  addUser,
  freePort,
  isRoot,
  proxy,
  run,
  Sshd,
  SSHD_NEEDS,
  type SshdOptions,
} from "../_support/sshd.ts";
import { until } from "../_support/until.ts";

/** Defines a test that needs a server and fails if it leaks resources. */
function test(name: string, fn: () => Promise<void>): void {
  testWith([], name, fn);
}

/** Defines a test that also needs other commands. */
function testWith(
  commands: readonly string[],
  name: string,
  fn: () => Promise<void>,
): void {
  Deno.test({
    ...needs(name, {
      ...SSHD_NEEDS,
      commands: [...SSHD_NEEDS.commands, ...commands],
    }),
    sanitizeOps: true,
    sanitizeResources: true,
    fn,
  });
}

/** Defines a test that adds users and therefore needs root. */
function rootTest(name: string, fn: () => Promise<void>): void {
  rootTestWith([], name, fn);
}

/** Defines a test that adds users and also needs other commands. */
function rootTestWith(
  commands: readonly string[],
  name: string,
  fn: () => Promise<void>,
): void {
  const all = ["useradd", "userdel", "chpasswd", ...commands];
  if (isRoot()) testWith(all, name, fn);
  else console.log(`SKIP ${name}: needs root to add users`);
}

type Options =
  & Partial<Omit<Parameters<NephoScaleNodeDriver["deployNode"]>[0], "via">>
  & { readonly deploy: Deployment };

/** Creates a simulated account whose nodes all have the same addresses. */
function account(addresses: readonly string[] = ["127.0.0.1"]) {
  const simulator = new NephoScaleSimulator({
    addresses,
    createMs: 0,
    bootMs: 0,
  });
  const cloud = new NephoScaleNodeDriver({
    ...simulator.credentials,
    fetch: simulator.fetch,
  });
  return {
    cloud,
    deploy: (via: ReturnType<typeof ssh>, options: Options) =>
      cloud.deployNode({
        name: "web-1",
        size: "5",
        image: "49",
        intervalMs: 20,
        timeoutMs: 60_000,
        ...options,
        via,
      }),
  };
}

/** Starts a server, and creates a key that can log in and an account. */
async function setUp(options: SshdOptions = {}) {
  const sshd = await Sshd.start(options);
  const key = await sshd.keyPair();
  const access = {
    privateKey: key.privateKey,
    username: sshd.username,
    port: sshd.port,
    hostKey: await sshd.fingerprint(options.hostKeys?.[0]),
    // The servers of these tests do not boot.
    loginGraceMs: 0,
  } satisfies SshOptions;
  const { cloud, deploy } = account([sshd.host]);
  return {
    sshd,
    key,
    access,
    cloud,
    deploy: (options: Options, other: Partial<SshOptions> = {}) =>
      deploy(ssh({ ...access, ...other }), options),
    async failure(
      options: Options,
      other: Partial<SshOptions> = {},
    ): Promise<DeploymentError> {
      return await assertRejects(
        () => deploy(ssh({ ...access, ...other }), options),
        DeploymentError,
      );
    },
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
}

const HELLO = script("echo hello", { name: "hello" });

/** Whether a process is running. A zombie process is not. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return status !== "" && !/\) [ZX] /.test(status);
}

/** Writes a script that never ends and writes its process ids to a file. */
function endless(pids: string): string {
  return `#!/bin/sh
echo started
sleep 1000 &
child=$!
sh -c 'trap "" TERM; sleep 1000 & wait; sleep 1000' &
echo $$ $child $! >${pids}.part
mv ${pids}.part ${pids}
while :; do sleep 1000; done
`;
}

async function readPids(path: string): Promise<number[]> {
  await until(() => Deno.stat(path).then(() => true, () => false));
  const pids = (await Deno.readTextFile(path)).trim().split(/\s+/).map(Number);
  assertEquals(pids.length, 3);
  return pids;
}

/** Asserts that all processes end. */
async function assertEnd(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await until(async () => !await isAlive(pid));
}

// Keys and files

test("ssh() runs key, file and script steps and leaves no temporary files", async () => {
  await using it = await setUp();
  const { sshd, deploy, cloud } = it;
  const other = await sshd.keyPair(["-t", "ed25519"], false);
  const args = [`a "b" 'c'`, "$HOME `id`; exit 9 #", "", "ä\n\\\t*", "-n"];
  const events: DeploymentProgress[] = [];
  const { node, steps } = await deploy({
    deploy: [
      sshKey(other.publicKey),
      file(`${sshd.home}/etc/app/secret.conf`, "a=ä\n", { mode: 0o600 }),
      script(
        `#!/bin/sh\nprintf '<%s>' "$@" >"$HOME/args"\necho out\necho err >&2\n`,
        { name: "setup", args },
      ),
    ],
    onProgress: (event) => events.push(event),
  });
  assertEquals(await cloud.getNode(node), node);
  assertEquals(
    steps.map(({ durationMs: _, ...step }) => step),
    [
      { name: "me@test", exitStatus: 0, stdout: "", stderr: "" },
      {
        name: `${sshd.home}/etc/app/secret.conf`,
        exitStatus: 0,
        stdout: "",
        stderr: "",
      },
      { name: "setup", exitStatus: 0, stdout: "out\n", stderr: "err\n" },
    ],
  );
  assertEquals(await sshd.files(), [
    ".ssh/",
    ".ssh/authorized_keys",
    "args",
    "etc/",
    "etc/app/",
    "etc/app/secret.conf",
  ]);
  const read = (name: string) => Deno.readTextFile(`${sshd.home}/${name}`);
  assertEquals(await read(".ssh/authorized_keys"), `${other.publicKey}\n`);
  assertEquals(await read("etc/app/secret.conf"), "a=ä\n");
  assertEquals(await read("args"), args.map((arg) => `<${arg}>`).join(""));
  const modes = [".ssh", ".ssh/authorized_keys", "etc", "etc/app/secret.conf"]
    .map((name) => Deno.statSync(`${sshd.home}/${name}`).mode! & 0o7777);
  assertEquals(modes, [0o700, 0o600, 0o755, 0o600]);
  assertEquals(
    events.map(({ phase, step, result }) =>
      [phase, step?.kind, result?.exitStatus].join(" ").trim()
    ),
    [
      "creating",
      "waiting",
      "connecting",
      "running sshKey",
      "running sshKey 0",
      "running file",
      "running file 0",
      "running script",
      "running script 0",
    ],
  );
  assertEquals(await sshd.connections(), 1);
  // The key that was added can log in.
  await deploy({ deploy: HELLO }, { privateKey: other.privateKey });
});

test("NephoScaleNodeDriver.deployNode() logs in with the key pair of the node", async () => {
  await using sshd = await Sshd.start();
  const { privateKey, publicKey } = await sshd.keyPair(["-t", "rsa"], false);
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: ["127.0.0.1"],
  });
  const keys = new Map<string, string>();
  const cloud = new NephoScaleNodeDriver({
    ...credentials,
    // Authorizes the requested key, as the provider does.
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const form = request.method === "POST"
        ? new URLSearchParams(await request.clone().text())
        : undefined;
      const response = await fetch(request);
      if (form && pathname === "/key/sshrsa/") {
        const { data } = await response.clone().json();
        keys.set(`${data.id}`, form.get("public_key")!);
      } else if (form && pathname === "/server/cloud/") {
        await sshd.authorize(keys.get(form.get("server_key")!)!);
      }
      return response;
    },
  });
  const keyPair = await cloud.importKeyPair({ name: "me", publicKey });
  const { node, steps } = await cloud.deployNode({
    name: "web-1",
    size: "5",
    image: "49",
    keyPairs: [keyPair],
    intervalMs: 20,
    deploy: script('echo "$1 $HOME"', { args: ["home is"] }),
    via: ssh({
      privateKey,
      username: sshd.username,
      port: sshd.port,
      hostKey: "accept-new",
    }),
  });
  assertEquals([node.name, node.state, node.privateIps], [
    "web-1",
    "running",
    ["127.0.0.1"],
  ]);
  assertEquals(steps[0]?.stdout, `home is ${sshd.home}\n`);
});

test("ssh() adds a key only once and keeps existing keys, even if the last line has no line break", async () => {
  await using it = await setUp();
  const { sshd, deploy } = it;
  const keys = `${sshd.home}/.ssh/authorized_keys`;
  const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOne one@example.com";
  const two = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAITwo "two' $(id) \`id\` \\`;
  await Deno.mkdir(`${sshd.home}/.ssh`);
  await Deno.writeTextFile(keys, `# ${one}\ncommand="id" ${one}`);
  await deploy({
    deploy: [sshKey(one), sshKey(two), sshKey(one.replace("one@", "new@"))],
  });
  const expected = `# ${one}\ncommand="id" ${one}\n${one}\n${two}\n`;
  assertEquals(await Deno.readTextFile(keys), expected);
  await deploy({ deploy: [sshKey(two), sshKey(one)] });
  assertEquals(await Deno.readTextFile(keys), expected);
});

test("ssh() writes files of any content, mode and name and replaces existing files atomically", async () => {
  await using it = await setUp();
  const { sshd, deploy } = it;
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const large = new Uint8Array(600_000).map((_, index) =>
    bytes[index % 60_000]! ^ (index >> 8)
  );
  const files = [
    ["empty", "", 0o644],
    ["bytes", bytes, 0o400],
    ["large", large, 0o640],
    ["setuid", "x", 0o4755],
    ["nobody", "x", 0],
    [`a "b" 'c' $HOME \`id\` -x \\`, "odd\0\r\n", 0o666],
    ["-rf", "x", 0o644],
  ] as const;
  const target = `${sshd.home}/x y`;
  await Deno.mkdir(target);
  await Deno.writeTextFile(`${target}/large`, "old", { mode: 0o600 });
  const old = await Deno.open(`${target}/large`);
  await Deno.symlink("/etc/passwd", `${target}/empty`);
  await deploy({
    deploy: files.map(([name, content, mode]) =>
      file(`${target}/${name}`, content, { mode })
    ),
  });
  for (const [name, content, mode] of files) {
    const path = `${target}/${name}`;
    const stat = await Deno.lstat(path);
    assertEquals([stat.isFile, stat.mode! & 0o7777], [true, mode], name);
    if (!isRoot()) await Deno.chmod(path, 0o600);
    const expected = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    assertEquals(await Deno.readFile(path), expected, name);
  }
  // An open handle still reads the replaced file.
  assertEquals(await new Response(old.readable).text(), "old");
  assertEquals(
    (await sshd.files()).filter((name) => name.includes("nephos")),
    [],
  );
});

test("ssh() reports why a file cannot be written and keeps existing files", async () => {
  await using it = await setUp();
  const { sshd, failure } = it;
  await Deno.mkdir(`${sshd.home}/directory`);
  const error = await failure({ deploy: file(`${sshd.home}/directory`, "") });
  assertEquals(error.step, { kind: "file", name: `${sshd.home}/directory` });
  assertStringIncludes(error.message, `${sshd.home}/directory is a directory`);
  assertEquals(error.result?.exitStatus, 1);
  const other = await failure({ deploy: file("/dev/null/x/y", "") });
  assertMatch(other.message, /mkdir: .*\/dev\/null/);
  const owner = await failure({
    deploy: file(`${sshd.home}/owned`, "", { owner: "nobody-here:nor-there" }),
  });
  assertMatch(owner.message, /chown: invalid user/);
  assertEquals(await sshd.files(), ["directory/"]);
});

rootTest("ssh() sets the owner of a file", async () => {
  await using it = await setUp();
  await using user = await addUser(it.sshd.directory);
  const { username } = user;
  const uid = Number(await run("id", ["-u", username]));
  const gid = Number(
    await run("getent", ["group", "daemon"]).then((line) => line.split(":")[2]),
  );
  const path = (name: string) => `${it.sshd.home}/${name}`;
  await it.deploy({
    deploy: [
      file(path("a"), "a", { owner: username, mode: 0o4750 }),
      file(path("b"), "b", { owner: `${username}:daemon` }),
      file(path("c"), "c", { owner: "1:2" }),
    ],
  });
  const owners = ["a", "b", "c"].map((name) => {
    const { uid, gid, mode } = Deno.statSync(path(name));
    return [uid, gid, mode! & 0o7777];
  });
  assertEquals(owners, [[uid, 0, 0o4750], [uid, gid, 0o644], [1, 2, 0o644]]);
});

// Scripts

test("ssh() returns the exit status and both output streams of each script", async () => {
  await using it = await setUp();
  const { deploy, sshd } = it;
  const { steps } = await deploy({
    deploy: [
      script("#!/usr/bin/env -S sh -e\necho $0 >&2; echo ä; false || exit 0"),
      // A character in two chunks, and a last line without a line break.
      script("printf '\\342\\202'; sleep 0.2; printf '\\254'; printf x >&2"),
      script("cat; pwd >&2; echo $#; id -u", { name: "where" }),
      script("[ -t 0 ] || [ -t 1 ] || echo none", { name: "terminal" }),
    ],
  });
  assertEquals(steps.map(({ stdout }) => stdout), [
    "ä\n",
    "€",
    `0\n${Deno.uid()}\n`,
    "none\n",
  ]);
  assertMatch(steps[0]!.stderr, /\/\.nephos\.\w+\/\w+\n$/);
  assertEquals(steps[1]!.stderr, "x");
  assertEquals(await sshd.files(), []);
});

test("ssh() gets the exit status of every script if the event loop is busy", async () => {
  await using it = await setUp();
  // ssh2 emits "exit" in the tick in which it opens the channel. Bursts of work
  // let several packets arrive before the event loop reads them.
  const busy = setInterval(() => {
    const endsAt = performance.now() + 30;
    while (performance.now() < endsAt);
  }, 35);
  try {
    const deploy = ["a", "b", "c"].map((name) => script("true", { name }));
    for (let round = 0; round < 3; round++) {
      const deployed = await Promise.all(
        Array.from({ length: 6 }, () => it.deploy({ deploy })),
      );
      for (const { steps } of deployed) {
        assertEquals(steps.map(({ exitStatus }) => exitStatus), [0, 0, 0]);
      }
    }
  } finally {
    clearInterval(busy);
  }
});

test("ssh() rejects with the node, step and result, and keeps or destroys the node, if a script exits with 3", async () => {
  await using it = await setUp();
  const { failure, cloud, sshd } = it;
  for (const onFailure of ["keep", "destroy"] as const) {
    const error = await failure({
      onFailure,
      deploy: [
        script("echo first"),
        script("echo half; echo no >&2; exit 3", { name: "setup" }),
        script(`touch ${sshd.home}/never`),
      ],
    });
    const { node, step, steps, result } = error;
    assertEquals(step, { kind: "script", name: "setup" });
    assertEquals(
      [result?.name, result?.exitStatus, result?.stdout, result?.stderr],
      ["setup", 3, "half\n", "no\n"],
    );
    assertEquals(steps.map(({ exitStatus }) => exitStatus), [0, 3]);
    assertEquals(error.isDestroyed, onFailure === "destroy");
    assertStringIncludes(error.message, '"setup"');
    assertStringIncludes(error.message, "exited with status 3");
    if (onFailure === "keep") assertEquals(await cloud.getNode(node), node);
    else await assertRejects(() => cloud.getNode(node), NotFoundError);
    assertEquals(await sshd.files(), []);
  }
});

test("ssh() returns exit status 128 plus the signal number if a signal kills a script", async () => {
  await using it = await setUp();
  const { result } = await it.failure({ deploy: script("kill -KILL $$") });
  assertEquals(
    [result?.exitStatus, result?.stdout, result?.stderr],
    [128 + 9, "", ""],
  );
});

test("ssh() reports no exit status if a signal kills the shell of a script", async () => {
  await using it = await setUp();
  const error = await it.failure({
    deploy: script("kill -9 $PPID", { name: "suicide" }),
  });
  assertStringIncludes(error.message, '"suicide": killed by SIGKILL');
  assertEquals(error.result?.exitStatus, undefined);
});

test("ssh() runs a script that was written on Windows", async () => {
  await using it = await setUp();
  const { steps } = await it.deploy({
    deploy: [
      script("\ufeff#!/bin/sh -e\r\nif true; then\r\n  echo yes\r\nfi\r\n"),
      script("cat <<end\r\nfirst\r\nend\r\n"),
    ],
  });
  assertEquals(steps.map(({ stdout }) => stdout), ["yes\n", "first\n"]);
});

test("ssh() truncates long output in the middle", async () => {
  await using it = await setUp();
  const text = "echo begin; head -c 5000000 /dev/zero | tr '\\0' 'a'; " +
    "echo; echo end";
  const { steps } = await it.deploy({
    deploy: [
      script(`#!/bin/bash\n${text}; ( ${text} ) >&2`),
      script(
        "i=0; while [ $i -lt 200000 ]; do echo $i ääää; i=$((i+1)); done",
      ),
    ],
  });
  for (const output of [steps[0]!.stdout, steps[0]!.stderr]) {
    const bytes = new TextEncoder().encode(output).length;
    assert(bytes > 1_000_000 && bytes < 1_100_000, `${bytes}`);
    assertMatch(output, /^begin\n[^\0]*\n\[… \d+ bytes …\]\n[^\0]*\nend\n$/);
  }
  const { stdout } = steps[1]!;
  assertMatch(stdout, /^0 ääää\n1 ääää\n[^\ufffd]*\n199999 ääää\n$/);
  const [, cut] = /\[… (\d+) bytes …\]/.exec(stdout) ?? [];
  const whole = Array.from({ length: 200_000 }, (_, i) => `${i} ääää\n`);
  const size = new TextEncoder().encode(whole.join("")).length;
  const kept = new TextEncoder().encode(stdout).length;
  // Characters that were cut in two are left out.
  assert(Math.abs(size - kept - Number(cut)) < 32, `${size} ${kept} ${cut}`);
});

test("ssh() keeps a script in the home directory, named after the step, if keep is true", async () => {
  await using it = await setUp();
  const { sshd, deploy, failure } = it;
  const text = "#!/bin/sh\necho kept\n";
  await deploy({
    deploy: [
      script(text, { name: "set up: ../x/ä", keep: true }),
      script("true", { name: "gone" }),
    ],
  });
  const [kept = "", ...rest] = await sshd.files();
  assertEquals(rest, []);
  assertMatch(kept, /^nephos-set-up-..-x--[\da-f]{8}$/);
  assertEquals(await Deno.readTextFile(`${sshd.home}/${kept}`), text);
  assertEquals(Deno.statSync(`${sshd.home}/${kept}`).mode! & 0o7777, 0o700);
  await failure({ deploy: script("exit 1", { name: "bad", keep: true }) });
  assertEquals((await sshd.files()).length, 2);
  // File systems limit the length of a name.
  await deploy({
    deploy: script("true", { name: "x".repeat(300), keep: true }),
  });
  const [longest = ""] = (await sshd.files()).filter((it) => it.includes("xx"));
  assertMatch(longest, /^nephos-x{40}-[\da-f]{8}$/);
});

test("ssh() does not wait for background processes of a script", async () => {
  await using it = await setUp();
  const pids = `${it.sshd.home}/pid`;
  const startedAt = performance.now();
  const { steps } = await it.deploy({
    // The background process holds both output streams open.
    deploy: [script(`sleep 1000 & echo $! >${pids}; echo done`), HELLO],
  });
  assertLess(performance.now() - startedAt, 20_000);
  assertEquals(steps.map(({ stdout }) => stdout), ["done\n", "hello\n"]);
  const pid = Number(await Deno.readTextFile(pids));
  assert(await isAlive(pid), "the background process was killed");
  Deno.kill(pid, "SIGKILL");
});

test("ssh() kills a script and all its processes when it times out", async () => {
  await using it = await setUp();
  const { sshd, failure } = it;
  const pids = `${sshd.home}/pids`;
  const error = await failure({
    deploy: [
      script(endless(pids), { name: "endless", timeoutMs: 500 }),
      HELLO,
    ],
  });
  assertStringIncludes(error.message, '"endless": timed out after 500 ms');
  const { result } = error;
  assertEquals([result?.exitStatus, result?.stdout], [undefined, "started\n"]);
  assert(result!.durationMs >= 500 && result!.durationMs < 10_000);
  await assertEnd(await readPids(pids));
  assertEquals(await sshd.files(), ["pids"]);
});

test("ssh() returns the result of a script that ends before its timeout", async () => {
  await using it = await setUp();
  const { steps } = await it.deploy({
    deploy: script("echo quick", { timeoutMs: 60_000 }),
  });
  assertEquals(steps[0]?.stdout, "quick\n");
});

// Keys and passwords

const PHRASE = `o'pen "sesame" ä`;

for (
  const [name, args, passphrase] of [
    ["Ed25519", ["-t", "ed25519"]],
    ["RSA", ["-t", "rsa", "-b", "2048"]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["RSA in PKCS#8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
    ["ECDSA", ["-t", "ecdsa"]],
    ["ECDSA in PEM", ["-t", "ecdsa", "-b", "384", "-m", "PEM"]],
    ["ECDSA in PKCS#8", ["-t", "ecdsa", "-b", "521", "-m", "PKCS8"]],
    ["encrypted Ed25519", ["-t", "ed25519", "-N", PHRASE], PHRASE],
    ["encrypted RSA", ["-t", "rsa", "-N", PHRASE], PHRASE],
    ["encrypted RSA in PEM", ["-t", "rsa", "-m", "PEM", "-N", PHRASE], PHRASE],
    [
      "encrypted ECDSA in PKCS#8",
      ["-t", "ecdsa", "-m", "PKCS8", "-N", PHRASE],
      PHRASE,
    ],
  ] as readonly [string, string[], string?][]
) {
  test(`ssh() logs in with a private key: ${name}`, async () => {
    await using it = await setUp();
    const { privateKey } = await it.sshd.keyPair(args);
    const { steps } = await it.deploy({ deploy: HELLO }, {
      privateKey,
      passphrase,
    });
    assertEquals(steps[0]?.stdout, "hello\n");
  });
}

for (
  const [name, args] of [
    ["Ed25519", ["-t", "ed25519"]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["ECDSA in PKCS#8", ["-t", "ecdsa", "-m", "PKCS8"]],
    [
      "encrypted RSA in PEM",
      ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", PHRASE],
    ],
  ] as const
) {
  test(`ssh() logs in with a private key that is surrounded or reformatted: ${name}`, async () => {
    await using it = await setUp();
    const { privateKey } = await it.sshd.keyPair(args);
    for (
      const variant of [
        `${privateKey}\n \n`,
        privateKey.replaceAll("\n", "\r\n"),
        `\ufeff${privateKey}`,
        `\n\n${privateKey.trim()}`,
        privateKey.replaceAll("\n", "\n    "),
        privateKey.replaceAll("\n", "  \n"),
        `My key\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n` +
        `-----END EC PARAMETERS-----\n${privateKey}-- \nme\n`,
      ]
    ) {
      const { steps } = await it.deploy({ deploy: HELLO }, {
        privateKey: variant,
        passphrase: args.includes(PHRASE as never) ? PHRASE : undefined,
      });
      assertEquals(steps[0]?.stdout, "hello\n");
    }
  });
}

test("ssh() logs in with ECDSA keys whose private numbers have unusual lengths", async () => {
  await using it = await setUp();
  // In about half of all keys, the encoded number has an extra byte (256 bits)
  // or lacks one (521 bits).
  for (let count = 0; count < 8; count++) {
    const bits = ["256", "521"][count % 2]!;
    const { privateKey } = await it.sshd.keyPair(["-t", "ecdsa", "-b", bits]);
    const { steps } = await it.deploy({ deploy: HELLO }, { privateKey });
    assertEquals(steps[0]?.stdout, "hello\n");
  }
});

testWith(
  ["openssl"],
  "ssh() logs in with a private key: Ed25519 in PKCS#8",
  async () => {
    await using it = await setUp();
    const { sshd } = it;
    const path = `${sshd.directory}/pkcs8`;
    for (
      const [cipher, passphrase] of [[[], undefined], [
        ["-aes256", "-pass", "pass:open-sesame"],
        "open-sesame",
      ]] as const
    ) {
      await run("openssl", [
        "genpkey",
        "-algorithm",
        "ed25519",
        ...cipher,
        "-out",
        path,
      ]);
      const pass = passphrase ? ["-passin", `pass:${passphrase}`] : [];
      const der = await new Deno.Command("openssl", {
        args: ["pkey", "-in", path, ...pass, "-pubout", "-outform", "DER"],
      }).output();
      const type = "\0\0\0\x0bssh-ed25519\0\0\0\x20";
      const raw = String.fromCharCode(...der.stdout.slice(-32));
      await sshd.authorize(`ssh-ed25519 ${btoa(type + raw)}`);
      const { steps } = await it.deploy({ deploy: HELLO }, {
        privateKey: await Deno.readTextFile(path),
        passphrase,
      });
      assertEquals(steps[0]?.stdout, "hello\n");
    }
  },
);

rootTest(
  "ssh() logs in with a password as a user other than root",
  async () => {
    await using it = await setUp({ config: ["PasswordAuthentication yes"] });
    await using user = await addUser(it.sshd.directory);
    const { username, password, home } = user;
    const access = { privateKey: undefined, username, password };
    const { steps } = await it.deploy({
      deploy: [
        script("id -un"),
        file(`${home}/file`, "x"),
      ],
    }, access);
    assertEquals(steps[0]?.stdout, `${username}\n`);
    const denied = await it.failure(
      { deploy: file("/etc/nephos", "x") },
      access,
    );
    assertMatch(denied.message, /mktemp: .*Permission denied/);

    const wrong = await it.failure({ deploy: HELLO }, {
      ...access,
      password: `${password}x`,
    });
    assertStringIncludes(
      wrong.message,
      `as ${username}: permission denied (the server accepts `,
    );
    assert(!Deno.inspect(wrong, { depth: 9 }).includes(password));
  },
);

rootTest(
  "ssh() logs in with a password if the server uses keyboard-interactive authentication",
  async () => {
    await using it = await setUp({
      config: [
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication yes",
      ],
    });
    // sshd uses the first line for each keyword, so the default is removed.
    const config = `${it.sshd.directory}/config`;
    const text = await Deno.readTextFile(config);
    await it.sshd.stop();
    await Deno.writeTextFile(
      config,
      text.replace("KbdInteractiveAuthentication no\n", "")
        .replace("UsePAM no", "UsePAM yes"),
    );
    await it.sshd.start();
    await using user = await addUser(it.sshd.directory);
    const { username, password } = user;
    const { steps } = await it.deploy({ deploy: script("id -un") }, {
      privateKey: undefined,
      username,
      password,
    });
    assertEquals(steps[0]?.stdout, `${username}\n`);
  },
);

rootTestWith(
  ["sudo"],
  "ssh() writes files and runs scripts as root if sudo is true and another user logs in",
  async () => {
    await using it = await setUp({ config: ["PasswordAuthentication yes"] });
    await using user = await addUser(it.sshd.directory, true);
    const { username, password } = user;
    const directory = `${it.sshd.directory}/only-root`;
    await Deno.mkdir(directory, { mode: 0o700 });
    const pids = `${it.sshd.directory}/pids`;
    const access = { privateKey: undefined, username, password, sudo: true };
    const { steps } = await it.deploy({
      deploy: [
        file(`${directory}/a/b`, "root's", { mode: 0o640 }),
        file(`${directory}/c`, "theirs", { owner: username }),
        script('printf "%s " "$(id -u)" "$@"; exit 0', { args: ["a  b", "'"] }),
      ],
    }, access);
    assertEquals(steps[2]?.stdout, "0 a  b ' ");
    const { uid, mode } = Deno.statSync(`${directory}/a/b`);
    assertEquals([uid, mode! & 0o7777], [0, 0o640]);
    assertNotEquals(Deno.statSync(`${directory}/c`).uid, 0);
    const error = await it.failure({
      deploy: script(endless(pids), { timeoutMs: 500 }),
    }, access);
    assertStringIncludes(error.message, "timed out after 500 ms");
    await assertEnd(await readPids(pids));
  },
);

rootTestWith(
  ["sudo"],
  "ssh() reports the message of sudo if the user needs a password for it",
  async () => {
    await using it = await setUp({ config: ["PasswordAuthentication yes"] });
    await using user = await addUser(it.sshd.directory);
    const { username, password } = user;
    const error = await it.failure({ deploy: file("/etc/nephos", "") }, {
      privateKey: undefined,
      username,
      password,
      sudo: true,
    });
    assertMatch(error.message, /sudo: a password is required/);
  },
);

testWith(["ssh-agent", "ssh-add"], "ssh() logs in with an agent", async () => {
  await using it = await setUp();
  const agent = `${it.sshd.directory}/agent`;
  const child = new Deno.Command("ssh-agent", {
    args: ["-D", "-a", agent],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until(() => Deno.stat(agent).then(() => true, () => false));
    const empty = await it.failure({ deploy: HELLO }, {
      privateKey: undefined,
      agent,
    });
    assertMatch(
      empty.message,
      /could not log in to \S+ as \w+: the agent has no key;/,
    );
    await new Deno.Command("ssh-add", {
      args: ["-q", it.key.path],
      env: { SSH_AUTH_SOCK: agent },
    }).output();
    const { steps } = await it.deploy({ deploy: HELLO }, {
      privateKey: undefined,
      agent,
    });
    assertEquals(steps[0]?.stdout, "hello\n");
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
  // The server is not the reason, so the refusal is final.
  const gone = await it.failure({ deploy: HELLO, timeoutMs: 30_000 }, {
    privateKey: undefined,
    agent: `${it.sshd.directory}/missing`,
    loginGraceMs: undefined,
  });
  assertEquals(TimeoutError.is(gone.cause), false);
  assertMatch(gone.message, /could not log in .* as \w+: .*(?:ENOENT|agent)/);
});

test("ssh() rejects without another attempt if the server refuses the key and loginGraceMs is 0", async () => {
  await using it = await setUp();
  const { privateKey } = await it.sshd.keyPair(["-t", "ed25519"], false);
  const error = await it.failure({ deploy: HELLO }, { privateKey });
  assertMatch(
    error.message,
    /could not log in to 127\.0\.0\.1:\d+ as \w+: permission denied \(the server accepts publickey.*\)/,
  );
  assertEquals([error.step, error.steps], [undefined, []]);
  assertEquals(await it.sshd.connections(), 1);
});

test("ssh() tries each alternate user once if a user is refused", async () => {
  await using it = await setUp();
  const { username } = it.sshd;
  const names = ["nephos-nobody", "nephos-none"];
  const { steps } = await it.deploy({ deploy: HELLO }, {
    username: names[0]!,
    alternateUsernames: [names[1]!, username],
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  assertEquals(await it.sshd.connections(), 3);
  const error = await it.failure({ deploy: HELLO }, {
    username: names[0]!,
    alternateUsernames: [names[1]!],
  });
  const denied = "permission denied \\(the server accepts .+\\)";
  assertMatch(
    error.message,
    new RegExp(
      `could not log in to 127\\.0\\.0\\.1:\\d+ as ${names[0]}: ${denied}; ` +
        `as ${names[1]}: ${denied}`,
    ),
  );
  assertEquals(await it.sshd.connections(), 5);
});

test("ssh() repeats a refused login until the key is in place", async () => {
  await using it = await setUp();
  const { sshd } = it;
  const { privateKey, publicKey } = await sshd.keyPair(["-t", "rsa"], false);
  await using relay = proxy(sshd.port, async (count) => {
    if (count === 3) await sshd.authorize(publicKey);
  });
  const { steps } = await it.deploy({ deploy: HELLO }, {
    privateKey,
    port: relay.port,
    loginGraceMs: undefined,
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  assertEquals(relay.count, 3);
});

test("ssh() repeats a login if the user may not run commands yet", async () => {
  await using it = await setUp();
  const { sshd, key } = it;
  const keys = `${sshd.directory}/authorized_keys`;
  await Deno.writeTextFile(
    keys,
    `command="echo 'Read-only file system'; exit 1" ${key.publicKey}\n`,
  );
  await using relay = proxy(sshd.port, async (count) => {
    if (count === 3) await Deno.writeTextFile(keys, `${key.publicKey}\n`);
  });
  await it.deploy({ deploy: HELLO }, {
    port: relay.port,
    loginGraceMs: undefined,
  });
  assertEquals(relay.count, 3);
});

test("ssh() repeats refused logins if the refusal of one user is final, but not of another", async () => {
  await using it = await setUp();
  const { sshd, key } = it;
  const keys = `${sshd.directory}/authorized_keys`;
  await Deno.writeTextFile(
    keys,
    `command="echo 'Please login as the user debian'" ${key.publicKey}\n`,
  );
  await using relay = proxy(sshd.port, async (count) => {
    if (count === 3) await Deno.writeTextFile(keys, `${key.publicKey}\n`);
  });
  await it.deploy({ deploy: HELLO }, {
    alternateUsernames: ["nephos-nobody"],
    port: relay.port,
    loginGraceMs: undefined,
  });
  assertEquals(relay.count, 3);
});

test("ssh() repeats a refused login a few times within the grace period, and then rejects", async () => {
  await using it = await setUp();
  const { privateKey } = await it.sshd.keyPair(["-t", "ed25519"], false);
  const startedAt = performance.now();
  const error = await it.failure({ deploy: HELLO, intervalMs: 10 }, {
    privateKey,
    loginGraceMs: 3_000,
  });
  assert(performance.now() - startedAt >= 3_000);
  assertMatch(
    error.message,
    /could not log in to \S+ as \w+: permission denied \(the server accepts .+\)/,
  );
  // The delays double from 10 ms. At the pace of other attempts, which is one in
  // 100 ms, there would be about 20.
  const count = await it.sshd.connections();
  assert(count >= 2 && count <= 11, `${count} attempts`);
});

test("ssh() goes on with the next user if the server closes the connection after refusals", async () => {
  await using it = await setUp();
  await using relay = proxy(
    it.sshd.port,
    (count) => count === 3 ? "close" : undefined,
  );
  await it.deploy({ deploy: HELLO }, {
    port: relay.port,
    username: "nephos-nobody",
    alternateUsernames: ["nephos-none", it.sshd.username],
  });
  assertEquals(relay.count, 4);
});

test("ssh() reports the output of the server if a user may not run commands", async () => {
  await using it = await setUp();
  const { sshd, key } = it;
  await Deno.writeTextFile(
    `${sshd.directory}/authorized_keys`,
    `command="echo 'Please login as the user \\"debian\\".'; exit 142" ${key.publicKey}\n`,
  );
  // The server names another user, so the refusal is final.
  const error = await it.failure({ deploy: HELLO }, {
    loginGraceMs: undefined,
  });
  assertStringIncludes(
    error.message,
    `as ${sshd.username}: commands are not allowed; the server printed ` +
      `"Please login as the user \\"debian\\"."`,
  );
  assertEquals(await sshd.connections(), 1);
});

// Host keys

test("ssh() accepts a host by its public key, its fingerprint or a list of them", async () => {
  await using it = await setUp({ hostKeys: ["ed25519", "ecdsa", "rsa"] });
  const { sshd, deploy } = it;
  const foreign = "SHA256:" + "A".repeat(43);
  for (const type of ["ed25519", "ecdsa", "rsa"]) {
    const key = await sshd.hostKey(type);
    const fingerprint = await sshd.fingerprint(type);
    for (
      const hostKey of [
        key,
        `[127.0.0.1]:${sshd.port} ${key.split(" ").slice(0, 2).join(" ")}`,
        fingerprint,
        `${fingerprint}=`,
        // sshd and ssh-keygen write the padding of ECDSA keys, other tools may not.
        key.split(" ", 2).join(" ").replace(/=+$/, ""),
        key.replace(" ", "\t "),
        [foreign, fingerprint],
        [foreign, key],
      ]
    ) {
      const { steps } = await deploy({ deploy: HELLO }, { hostKey });
      assertEquals(steps[0]?.stdout, "hello\n");
    }
  }
  await deploy({ deploy: HELLO }, { hostKey: "accept-new" });
});

test("ssh() rejects at once without a login if the host key does not match", async () => {
  await using it = await setUp();
  await using other = await Sshd.start({ isStopped: true });
  const { failure, sshd } = it;
  const seen = await sshd.fingerprint();
  for (const hostKey of [await other.hostKey(), await other.fingerprint()]) {
    const startedAt = performance.now();
    const error = await failure({ deploy: HELLO }, { hostKey });
    // Further attempts would go on until the deployment times out.
    assertLess(performance.now() - startedAt, 15_000);
    assertStringIncludes(
      error.message,
      `host key mismatch: expected ${await other.fingerprint()}`,
    );
    assertStringIncludes(error.message, `, got ${seen} (ssh-ed25519)`);
  }
  const error = await failure({ deploy: HELLO }, {
    hostKey: await Sshd.start({ isStopped: true, hostKeys: ["rsa"] }).then(
      async (it) => {
        const key = await it.hostKey("rsa");
        await it[Symbol.asyncDispose]();
        return key;
      },
    ),
  });
  assertMatch(
    error.message,
    /could not connect to 127\.0\.0\.1:\d+ as \w+: the server has no host key of type ssh-rsa/,
  );
  assert(!/publickey/.test(await sshd.log()), await sshd.log());
});

test("ssh() rejects if the host key changes after accept-new has accepted one", async () => {
  await using it = await setUp();
  const { sshd } = it;
  const { port } = sshd;
  const users = ["nephos-nobody", sshd.username];
  // The login of the first user is refused. Before that of the second user, the
  // server gets a new host key.
  await using relay = proxy(port, async (count) => {
    if (count !== 2) return;
    await sshd.stop();
    await Deno.remove(`${sshd.directory}/host_ed25519`);
    await run("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-f",
      `${sshd.directory}/host_ed25519`,
    ]);
    await Deno.remove(`${sshd.directory}/log`);
    await sshd.start();
  });
  const before = await sshd.fingerprint();
  const error = await it.failure({ deploy: HELLO }, {
    hostKey: "accept-new",
    port: relay.port,
    username: users[0]!,
    alternateUsernames: [users[1]!],
  });
  assertStringIncludes(
    error.message,
    `host key changed from ${before} (ssh-ed25519) to ` +
      `${await sshd.fingerprint()} (ssh-ed25519)`,
  );
  assertEquals(relay.count, 2);
});

// Connections

test("ssh() connects to a server that starts after five seconds", async () => {
  await using it = await setUp({ isStopped: true });
  const timer = setTimeout(() => void it.sshd.start(), 5_000);
  try {
    const startedAt = performance.now();
    const { steps } = await it.deploy({ deploy: HELLO });
    const ms = performance.now() - startedAt;
    assert(ms > 4_900 && ms < 20_000, `${ms}`);
    assertEquals(steps[0]?.stdout, "hello\n");
  } finally {
    clearTimeout(timer);
  }
});

test("ssh() tries again if the connection closes or stalls before the login", async () => {
  await using it = await setUp();
  await using relay = proxy(it.sshd.port, (count) => {
    switch (count) {
      case 1:
        return "close";
      case 2:
        return "stall";
      default:
        return undefined;
    }
  });
  // The time limit of ssh2 itself is 20 seconds.
  const { steps } = await it.deploy({ deploy: HELLO, timeoutMs: 15_000 }, {
    port: relay.port,
    connectTimeoutMs: 300,
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  assertEquals(relay.count, 3);
});

test("ssh() reports the last connection failure when the deployment times out", async () => {
  await using it = await setUp({ isStopped: true });
  const error = await it.failure({ deploy: HELLO, timeoutMs: 600 });
  assertInstanceOf(error.cause, TimeoutError);
  assertMatch(
    error.message,
    /could not connect to 127\.0\.0\.1:\d+ as \w+: connection refused \(ECONNREFUSED\)/,
  );
});

test("ssh() reports a lost connection and leaves no process of the script if the connection closes", async () => {
  await using it = await setUp();
  await using relay = proxy(it.sshd.port);
  const pids = `${it.sshd.home}/pids`;
  const failure = it.failure({
    deploy: [HELLO, script(endless(pids), { name: "endless" })],
  }, { port: relay.port });
  const alive = await readPids(pids);
  relay.dropConnections();
  const error = await failure;
  assertInstanceOf(error.cause, ConnectionError);
  assertMatch(
    error.message,
    /"endless": connection to 127\.0\.0\.1:\d+ as \w+ lost: /,
  );
  assertEquals(error.steps.map(({ name }) => name), ["hello"]);
  assertEquals(error.result, undefined);
  await assertEnd(alive);
  await until(async () => (await it.sshd.files()).join() === "pids");
});

test("ssh() reports a lost connection if the server process is killed", async () => {
  await using it = await setUp();
  const { sshd } = it;
  const pids = `${sshd.home}/pids`;
  const failure = it.failure({ deploy: script(endless(pids)) });
  const alive = await readPids(pids);
  const children = await sshd.children();
  assertNotEquals(children, []);
  for (const pid of children) Deno.kill(pid, "SIGKILL");
  const error = await failure;
  assertInstanceOf(error.cause, ConnectionError);
  await assertEnd(alive);
});

test("ssh() connects over IPv6 and to the second address of a node", async () => {
  await using it = await setUp({ host: "::1" });
  for (const addresses of [["::1"], ["127.0.0.1", "::1"]]) {
    const { deploy } = account(addresses);
    const { steps } = await deploy(ssh(it.access), { deploy: HELLO });
    assertEquals(steps[0]?.stdout, "hello\n");
  }
});

test("ssh() connects to a public address that arrives after the node is running", async () => {
  await using it = await setUp();
  // The private address exists in this network, but no server listens there.
  const simulator = new NephoScaleSimulator({
    addresses: ["127.0.0.2"],
    createMs: 0,
    bootMs: 0,
  });
  let reads = 0;
  class LateAddressDriver extends NephoScaleNodeDriver {
    override async getNode(
      ...args: Parameters<NephoScaleNodeDriver["getNode"]>
    ) {
      const node = await super.getNode(...args);
      return { ...node, publicIps: ++reads < 3 ? [] : ["127.0.0.1"] };
    }
  }
  const cloud = new LateAddressDriver({
    ...simulator.credentials,
    fetch: simulator.fetch,
  });
  const { node, steps } = await cloud.deployNode({
    name: "web-1",
    size: "5",
    image: "49",
    intervalMs: 20,
    timeoutMs: 20_000,
    deploy: HELLO,
    via: ssh(it.access),
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  assertEquals([node.publicIps, node.privateIps], [["127.0.0.1"], [
    "127.0.0.2",
  ]]);
});

test("ssh() does not connect to a private address if interface is public", async () => {
  await using it = await setUp();
  const error = await it.failure({ deploy: HELLO, timeoutMs: 300 }, {
    interface: "public",
  });
  assertStringIncludes(
    error.message,
    "could not connect to web-1: the node has no public IP address",
  );
  await it.deploy({ deploy: HELLO }, { interface: "private" });
  assertEquals(await it.sshd.connections(), 1);
});

// Aborts

const PHASES: readonly (readonly [
  string,
  {
    readonly phase: DeploymentPhase;
    readonly name?: string;
    readonly via?: (count: number) => "stall" | undefined;
  },
])[] = [
  ["creates the node", { phase: "creating" }],
  ["waits for the node", { phase: "waiting" }],
  ["connects", { phase: "connecting" }],
  ["negotiates the connection", { phase: "connecting", via: () => "stall" }],
  ["adds a key", { phase: "running", name: "me@test" }],
  ["writes a file", { phase: "running", name: "/large" }],
  ["runs a script", { phase: "running", name: "endless" }],
];

for (const [name, { phase, name: step, via }] of PHASES) {
  /** Aborts in this phase, and measures how long the rejection takes. */
  const abortedAfter = async (): Promise<number> => {
    await using it = await setUp();
    const { sshd, cloud } = it;
    await using relay = proxy(sshd.port, via);
    const pids = `${sshd.home}/pids`;
    const controller = new AbortController();
    const reason = Object.freeze({ why: name });
    let abortedAt = Infinity;
    const abort = () => {
      abortedAt = performance.now();
      controller.abort(reason);
    };
    const large = new Uint8Array(4_000_000);
    const call = it.deploy({
      deploy: [
        sshKey(it.key.publicKey),
        { ...file(`${sshd.home}/large`, large), name: "/large" },
        script(endless(pids), { name: "endless" }),
      ],
      signal: controller.signal,
      onProgress(event) {
        if (event.phase !== phase || event.step?.name !== step) return;
        if (event.result) return;
        // Delays the abort until the operation is under way.
        if (step === "endless") void readPids(pids).then(abort);
        else if (phase === "creating") abort();
        else setTimeout(abort, step === "/large" || via ? 30 : 2);
      },
    }, { port: relay.port });
    const error = await call.then(() => "resolved", (error) => error);
    const ms = performance.now() - abortedAt;
    const isCreated = phase !== "creating";
    // Before the create is sent, the reason is all that there is to know.
    if (isCreated) assertInstanceOf(error, AbortedError);
    assertStrictEquals(isCreated ? error.cause : error, reason);
    if (step === "endless") await assertEnd(await readPids(pids));
    assertEquals((await cloud.listNodes()).length, isCreated ? 1 : 0);
    // The server removes the temporary directory.
    await until(async () =>
      !(await sshd.files()).some((name) => name.startsWith(".nephos"))
    );
    return ms;
  };

  test(`ssh() rejects within 200 ms after an abort while it ${name}`, async () => {
    let ms = Infinity;
    // A busy machine may exceed the limit once, but not three times.
    for (let turn = 0; turn < 3 && ms >= 200; turn++) ms = await abortedAfter();
    assertLess(ms, 200);
  });
}

test("ssh() kills the script and removes temporary files when the deployment times out", async () => {
  await using it = await setUp();
  const pids = `${it.sshd.home}/pids`;
  const failure = it.failure({
    deploy: script(endless(pids), { name: "endless" }),
    timeoutMs: 1_500,
    onFailure: "destroy",
  });
  const alive = await readPids(pids);
  const error = await failure;
  assertInstanceOf(error.cause, TimeoutError);
  assertEquals(error.isDestroyed, true);
  assertStringIncludes(error.message, '"endless"');
  await assertEnd(alive);
  await until(async () => (await it.sshd.files()).join() === "pids");
});

// Secrets

test("ssh() redacts the password in errors and their causes if the server prints it", async () => {
  const password = "canary-password";
  await using it = await setUp({
    config: [`ForceCommand echo the password ${password} is old`],
  });
  const error = await it.failure({ deploy: HELLO }, { password });
  assertStringIncludes(error.message, "the password [redacted] is old");
  assertInstanceOf(error.cause, CloudError);
  assertStringIncludes(error.cause.message, "the password [redacted] is old");
  const text = Deno.inspect(error, { depth: 9, showHidden: true });
  assert(!text.includes(password), text);
});

test("ssh() shows no key, passphrase or password in errors, progress events or its transport", async () => {
  await using it = await setUp();
  const { sshd, deploy } = it;
  const passphrase = "canary-phrase";
  const password = "canary-password";
  const { privateKey } = await sshd.keyPair(
    ["-t", "ed25519", "-N", passphrase],
  );
  const secrets = [passphrase, password, ...privateKey.split("\n").slice(1, 4)];
  const shown: unknown[] = [];
  const access = { privateKey, passphrase, password };
  const onProgress = (event: DeploymentProgress) => shown.push(event);
  const fail = async (options: Options, other: Partial<SshOptions> = {}) =>
    shown.push(
      await deploy({ onProgress, ...options }, { ...access, ...other })
        .catch((error) => error),
    );
  await fail({ deploy: HELLO });
  await fail({
    deploy: script(`printf %s ${passphrase} '${privateKey.trim()}' ${password}
exit 3`),
  });
  await fail({ deploy: file(`/dev/null/${password}`, password) });
  await fail({ deploy: HELLO }, { username: "nephos-nobody" });
  await fail({ deploy: HELLO }, { hostKey: "SHA256:" + "A".repeat(43) });
  await fail({ deploy: HELLO }, { passphrase: `${passphrase}x` });
  await fail({ deploy: HELLO }, { passphrase: undefined });
  await fail({ deploy: HELLO }, { privateKey: privateKey.slice(0, -60) });
  await fail({ deploy: HELLO, timeoutMs: 200 }, { port: freePort() });
  shown.push(ssh({ ...it.access, ...access }));
  for (const value of shown) {
    const texts = [
      Deno.inspect(value, {
        depth: 99,
        showHidden: true,
        strAbbreviateSize: 1e6,
        iterableLimit: 1e6,
      }),
      JSON.stringify(value) ?? "",
      String(value),
      ...(value instanceof Error ? [value.message, value.stack ?? ""] : []),
    ];
    for (const text of texts) {
      for (const secret of secrets) {
        assert(
          // The caller chose this name of a step, so it is not redacted.
          !text.replaceAll(`/dev/null/${password}`, "").includes(secret),
          text,
        );
      }
    }
  }
});

test("ssh() rejects before the node is created if the private key cannot be read", async () => {
  await using it = await setUp();
  const { sshd, cloud, deploy } = it;
  const { privateKey } = await sshd.keyPair(["-t", "ed25519", "-N", "canary"]);
  const pem = await sshd.keyPair(["-t", "rsa", "-m", "PEM", "-N", "canary"]);
  const pkcs8 = await sshd.keyPair([
    "-t",
    "rsa",
    "-m",
    "PKCS8",
    "-N",
    "canary",
  ]);
  for (
    const [options, why] of [
      [{ privateKey }, "is encrypted; passphrase is required"],
      [
        { privateKey, passphrase: "no" },
        "cannot be decrypted with this passphrase",
      ],
      [{ privateKey: pem.privateKey }, "is encrypted; passphrase is required"],
      [
        { privateKey: pem.privateKey, passphrase: "no" },
        "cannot be decrypted with this passphrase",
      ],
      [
        { privateKey: pkcs8.privateKey },
        "is encrypted; passphrase is required",
      ],
      [
        { privateKey: pkcs8.privateKey, passphrase: "no" },
        "cannot be decrypted with this passphrase",
      ],
      [
        { privateKey: "canary" },
        "must be a private key in OpenSSH or PEM format",
      ],
      [
        { privateKey: it.key.publicKey },
        "must be a private key in OpenSSH or PEM format",
      ],
      [
        { privateKey: it.key.privateKey.slice(0, 200) },
        "must be a private key in OpenSSH or PEM format",
      ],
    ] as const
  ) {
    const error = await assertRejects(
      () => deploy({ deploy: HELLO }, options),
      TypeError,
      `ssh: privateKey ${why}`,
    );
    assert(!Deno.inspect(error).includes("canary"));
    assertEquals(error.cause, undefined);
  }
  assertEquals(await cloud.listNodes(), []);
  assertEquals(await sshd.connections(), 0);
});

// Injected host keys

/** A NephoScale driver that accepts and records user data. */
class UserDataDriver extends NephoScaleNodeDriver {
  readonly userDataSupport = { maxBytes: 65_536, takesBytes: false };
  readonly given: string[] = [];

  override async createNode(
    { userData, ...options }: Parameters<NephoScaleNodeDriver["createNode"]>[0],
  ) {
    this.given.push(`${userData}`);
    return await super.createNode(options);
  }
}

test("ssh() generates a host key, injects it and accepts only that key", async () => {
  await using it = await setUp({ isStopped: true });
  const { sshd } = it;
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: ["127.0.0.1"],
    createMs: 0,
    bootMs: 0,
  });
  const cloud = new UserDataDriver({ ...credentials, fetch });
  const via = ssh({ ...it.access, hostKey: "inject" });
  const options = {
    name: "web-1",
    size: "5",
    image: "49",
    intervalMs: 20,
    timeoutMs: 60_000,
    deploy: HELLO,
    via,
  };
  // Installs the host key, as cloud-init does.
  const { steps } = await cloud.deployNode({
    ...options,
    async onProgress({ phase }) {
      if (phase !== "connecting") return;
      const [userData = ""] = cloud.given;
      assertMatch(userData, /^#cloud-config\n/);
      const { ssh_keys, ...rest } = JSON.parse(
        userData.slice("#cloud-config\n".length),
      );
      assertEquals(rest, { ssh_deletekeys: true });
      await Deno.writeTextFile(
        `${sshd.directory}/host_ed25519`,
        ssh_keys.ed25519_private,
      );
      await Deno.writeTextFile(
        `${sshd.directory}/host_ed25519.pub`,
        ssh_keys.ed25519_public,
      );
      await sshd.start();
    },
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  // Each node gets a key of its own, so the key of the first is not accepted.
  const error = await assertRejects(
    () => cloud.deployNode(options),
    DeploymentError,
    `got ${await sshd.fingerprint()} (ssh-ed25519)`,
  );
  assertNotEquals(cloud.given[0], cloud.given[1]);
  assert(!Deno.inspect(error, { depth: 99 }).includes("PRIVATE KEY"));
  // User data of the caller is kept.
  await assertRejects(
    () =>
      cloud.deployNode({
        ...options,
        userData: "#!/bin/sh\ntrue\n",
        timeoutMs: 5_000,
      }),
    DeploymentError,
  );
  assertStringIncludes(cloud.given[2]!, "#!/bin/sh\ntrue\n");
  assertStringIncludes(cloud.given[2]!, "ed25519_private");
});

testWith(
  ["cloud-init"],
  "cloud-init accepts the host key that ssh() injects",
  async () => {
    const { credentials, fetch } = new NephoScaleSimulator();
    const cloud = new UserDataDriver({ ...credentials, fetch });
    await assertRejects(() =>
      cloud.deployNode({
        name: "web-1",
        size: "5",
        image: "999",
        deploy: [],
        via: ssh({ password: "x", hostKey: "inject" }),
      })
    );
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, cloud.given[0]!);
      const output = await run("cloud-init", ["schema", "--config-file", path]);
      assertMatch(output, /^Valid /);
    } finally {
      await Deno.remove(path);
    }
  },
);
