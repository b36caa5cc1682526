/**
 * Deployments over SSH to a server of OpenSSH, which stands for the nodes of a
 * simulator.
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

/** Defines a test that needs a server, and in which nothing may stay open. */
function test(name: string, fn: () => Promise<void>): void {
  testWith([], name, fn);
}

/** Defines a test that needs other programs, too. */
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

/** Defines a test that adds users, which root alone can. */
function rootTest(name: string, fn: () => Promise<void>): void {
  rootTestWith([], name, fn);
}

/** Defines a test that adds users, and needs other programs. */
function rootTestWith(
  commands: readonly string[],
  name: string,
  fn: () => Promise<void>,
): void {
  const all = ["useradd", "userdel", "chpasswd", ...commands];
  if (isRoot()) testWith(all, name, fn);
  else console.log(`SKIP ${name}: needs root, who can add users`);
}

type Options =
  & Partial<Omit<Parameters<NephoScaleNodeDriver["deployNode"]>[0], "via">>
  & { readonly deploy: Deployment };

/** An account whose nodes are all at one address. */
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

/** A server, a key that may log in, an account, and how to get in. */
async function setUp(options: SshdOptions = {}) {
  const sshd = await Sshd.start(options);
  const key = await sshd.keyPair();
  const access = {
    privateKey: key.privateKey,
    username: sshd.username,
    port: sshd.port,
    hostKey: await sshd.fingerprint(options.hostKeys?.[0]),
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

/** Waits until something holds, which it soon does. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const endsAt = performance.now() + 20_000;
  while (!await holds()) {
    assert(performance.now() < endsAt, "it did not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process is there; one that is dead and not yet buried is not. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return status !== "" && !/\) [ZX] /.test(status);
}

/** A script that never ends by itself, and tells its processes in a file. */
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

async function assertEnd(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await until(async () => !await isAlive(pid));
}

// What is left on the server

test("ssh() leaves a key, a file and what a script did, and nothing else", async () => {
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
  // The key that was added lets its holder in.
  await deploy({ deploy: HELLO }, { privateKey: other.privateKey });
});

test("NephoScaleNodeDriver.deployNode() logs in with the key that it created the node with", async () => {
  await using sshd = await Sshd.start();
  const { privateKey, publicKey } = await sshd.keyPair(["-t", "rsa"], false);
  const { credentials, fetch } = new NephoScaleSimulator({
    addresses: ["127.0.0.1"],
  });
  const keys = new Map<string, string>();
  const cloud = new NephoScaleNodeDriver({
    ...credentials,
    // As the provider would do it: the key that is asked for can log in.
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

test("ssh() adds a key once, after what is there, whatever the last line ends with", async () => {
  await using it = await setUp();
  const { sshd, deploy } = it;
  const keys = `${sshd.home}/.ssh/authorized_keys`;
  const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOne one@example.com";
  const two = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOn "two' $(id) \`id\` \\`;
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

test("ssh() writes files of any content, mode and name, and replaces what is there at once", async () => {
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
  // Who had it open still has the old one.
  assertEquals(await new Response(old.readable).text(), "old");
  assertEquals(
    (await sshd.files()).filter((name) => name.includes("nephos")),
    [],
  );
});

test("ssh() says why a file cannot be written, and leaves what is there", async () => {
  await using it = await setUp();
  const { sshd, failure } = it;
  await Deno.mkdir(`${sshd.home}/folder`);
  const error = await failure({ deploy: file(`${sshd.home}/folder`, "") });
  assertEquals(error.step, { kind: "file", name: `${sshd.home}/folder` });
  assertStringIncludes(error.message, `${sshd.home}/folder is a folder`);
  assertEquals(error.result?.exitStatus, 1);
  const other = await failure({ deploy: file("/dev/null/x/y", "") });
  assertMatch(other.message, /mkdir: .*\/dev\/null/);
  const owner = await failure({
    deploy: file(`${sshd.home}/owned`, "", { owner: "nobody-here:nor-there" }),
  });
  assertMatch(owner.message, /chown: invalid user/);
  assertEquals(await sshd.files(), ["folder/"]);
});

rootTest("ssh() gives a file to its owner", async () => {
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

test("ssh() keeps exit statuses and both streams, in any script", async () => {
  await using it = await setUp();
  const { deploy, sshd } = it;
  const { steps } = await deploy({
    deploy: [
      script("#!/usr/bin/env -S sh -e\necho $0 >&2; echo ä; false || exit 0"),
      // Characters in two chunks, and a last line that does not end.
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

test("ssh() fails with node, step and result where a script exits with 3, and keeps or destroys the node", async () => {
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
    assertEquals(
      error.message,
      `Cannot deployNode: step "setup": it exited with 3; node ${node.id} is ${
        onFailure === "destroy" ? "destroyed" : "kept"
      }`,
    );
    if (onFailure === "keep") assertEquals(await cloud.getNode(node), node);
    else await assertRejects(() => cloud.getNode(node), NotFoundError);
    assertEquals(await sshd.files(), []);
  }
});

test("ssh() gives the status that a shell gives where a signal ends a script", async () => {
  await using it = await setUp();
  const { result } = await it.failure({ deploy: script("kill -KILL $$") });
  assertEquals(
    [result?.exitStatus, result?.stdout, result?.stderr],
    [128 + 9, "", ""],
  );
});

test("ssh() keeps the beginning and the end of what a script prints without end", async () => {
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
  // A character may be cut in two, and its rest is left out.
  assert(Math.abs(size - kept - Number(cut)) < 32, `${size} ${kept} ${cut}`);
});

test("ssh() keeps a script that is to stay, in the home folder and by its name", async () => {
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
});

test("ssh() does not wait for what a script leaves running", async () => {
  await using it = await setUp();
  const pids = `${it.sshd.home}/pid`;
  const startedAt = performance.now();
  const { steps } = await it.deploy({
    // It holds both streams open.
    deploy: [script(`sleep 1000 & echo $! >${pids}; echo done`), HELLO],
  });
  assertLess(performance.now() - startedAt, 20_000);
  assertEquals(steps.map(({ stdout }) => stdout), ["done\n", "hello\n"]);
  const pid = Number(await Deno.readTextFile(pids));
  assert(await isAlive(pid), "a daemon was ended");
  Deno.kill(pid, "SIGKILL");
});

test("ssh() ends a script at its limit, with all its processes", async () => {
  await using it = await setUp();
  const { sshd, failure } = it;
  const pids = `${sshd.home}/pids`;
  const error = await failure({
    deploy: [
      script(endless(pids), { name: "endless", timeoutMs: 500 }),
      HELLO,
    ],
  });
  assertStringIncludes(
    error.message,
    'step "endless": it was ended after 500 ms; node',
  );
  const { result } = error;
  assertEquals([result?.exitStatus, result?.stdout], [undefined, "started\n"]);
  assert(result!.durationMs >= 500 && result!.durationMs < 10_000);
  await assertEnd(await readPids(pids));
  assertEquals(await sshd.files(), ["pids"]);
});

test("ssh() leaves a script alone that ends before its limit", async () => {
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
  test(`ssh() logs in with a key that is ${name}`, async () => {
    await using it = await setUp();
    const { privateKey } = await it.sshd.keyPair(args);
    const { steps } = await it.deploy({ deploy: HELLO }, {
      privateKey,
      passphrase,
    });
    assertEquals(steps[0]?.stdout, "hello\n");
  });
}

test("ssh() logs in with keys whose numbers are longer and shorter than most", async () => {
  await using it = await setUp();
  // A number of 256 bits has a byte more in every second key, and of 521 bits
  // one less.
  for (let count = 0; count < 8; count++) {
    const bits = ["256", "521"][count % 2]!;
    const { privateKey } = await it.sshd.keyPair(["-t", "ecdsa", "-b", bits]);
    const { steps } = await it.deploy({ deploy: HELLO }, { privateKey });
    assertEquals(steps[0]?.stdout, "hello\n");
  }
});

testWith(
  ["openssl"],
  "ssh() logs in with a key that is Ed25519 in PKCS#8",
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
  "ssh() logs in with a password, and as somebody else than root",
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
    assertStringIncludes(wrong.message, `it refuses ${username}, and takes `);
    assert(!Deno.inspect(wrong, { depth: 9 }).includes(password));
  },
);

rootTest(
  "ssh() logs in with a password where the server asks for it in dialog",
  async () => {
    await using it = await setUp({
      config: [
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication yes",
      ],
    });
    // Of several lines, the first one counts.
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
  "ssh() does as root what it is told to, where somebody else logs in",
  async () => {
    await using it = await setUp({ config: ["PasswordAuthentication yes"] });
    await using user = await addUser(it.sshd.directory, true);
    const { username, password } = user;
    const folder = `${it.sshd.directory}/only-root`;
    await Deno.mkdir(folder, { mode: 0o700 });
    const pids = `${it.sshd.directory}/pids`;
    const access = { privateKey: undefined, username, password, sudo: true };
    const { steps } = await it.deploy({
      deploy: [
        file(`${folder}/a/b`, "root's", { mode: 0o640 }),
        file(`${folder}/c`, "theirs", { owner: username }),
        script('printf "%s " "$(id -u)" "$@"; exit 0', { args: ["a  b", "'"] }),
      ],
    }, access);
    assertEquals(steps[2]?.stdout, "0 a  b ' ");
    const { uid, mode } = Deno.statSync(`${folder}/a/b`);
    assertEquals([uid, mode! & 0o7777], [0, 0o640]);
    assertNotEquals(Deno.statSync(`${folder}/c`).uid, 0);
    const error = await it.failure({
      deploy: script(endless(pids), { timeoutMs: 500 }),
    }, access);
    assertStringIncludes(error.message, "it was ended after 500 ms");
    await assertEnd(await readPids(pids));
  },
);

rootTestWith(
  ["sudo"],
  "ssh() says that somebody may not become root",
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
    assertMatch(empty.message, /it refuses \w+: the agent has no key; node/);
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
  const gone = await it.failure({ deploy: HELLO }, {
    privateKey: undefined,
    agent: `${it.sshd.directory}/nobody`,
  });
  assertMatch(gone.message, /it refuses \w+: .*(?:ENOENT|agent).*; node/);
});

test("ssh() refuses a key at once, and is not let in by trying again", async () => {
  await using it = await setUp();
  const { privateKey } = await it.sshd.keyPair(["-t", "ed25519"], false);
  const startedAt = performance.now();
  const error = await it.failure({ deploy: HELLO }, { privateKey });
  assertLess(performance.now() - startedAt, 3_000);
  assertMatch(
    error.message,
    /^Cannot deployNode: Cannot log in to 127\.0\.0\.1 port \d+: it refuses \w+, and takes publickey.*; node \d+ is kept$/,
  );
  assertEquals([error.step, error.steps], [undefined, []]);
  assertEquals(await it.sshd.connections(), 1);
});

test("ssh() tries other users where one is refused, each of them once", async () => {
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
  for (const name of names) {
    assertStringIncludes(error.message, `it refuses ${name}, and takes `);
  }
  assertEquals(await it.sshd.connections(), 5);
});

test("ssh() tries other users where one may run nothing, as root on many images", async () => {
  await using it = await setUp();
  const { sshd, key } = it;
  await Deno.writeTextFile(
    `${sshd.directory}/authorized_keys`,
    `command="echo 'Please login as the user \\"debian\\".'; exit 142" ${key.publicKey}\n`,
  );
  const error = await it.failure({ deploy: HELLO });
  assertStringIncludes(
    error.message,
    `it lets ${sshd.username} run nothing, and says "Please login as the user \\"debian\\"."`,
  );
  assertEquals(await sshd.connections(), 1);
});

// Host keys

test("ssh() knows a host by its key, by its fingerprint, or by one of several", async () => {
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

test("ssh() refuses a host that it does not know, at once, and sends it nothing", async () => {
  await using it = await setUp();
  await using other = await Sshd.start({ isStopped: true });
  const { failure, sshd } = it;
  const seen = await sshd.fingerprint();
  for (const hostKey of [await other.hostKey(), await other.fingerprint()]) {
    const startedAt = performance.now();
    const error = await failure({ deploy: HELLO }, { hostKey });
    assertLess(performance.now() - startedAt, 3_000);
    assertStringIncludes(
      error.message,
      `its host key is ${seen} (ssh-ed25519), not ${await other.fingerprint()}`,
    );
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
  assertStringIncludes(error.message, "it has no host key of the kind");
  assert(!/publickey/.test(await sshd.log()), await sshd.log());
});

test("ssh() refuses a host whose key has changed, after the first one was accepted", async () => {
  await using it = await setUp();
  const { sshd } = it;
  const { port } = sshd;
  const users = ["nephos-nobody", sshd.username];
  // The first user is refused by the first host, and the second one meets the
  // second.
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
    `its host key is ${await sshd
      .fingerprint()} (ssh-ed25519), not the one seen before, ${before} (ssh-ed25519)`,
  );
  assertEquals(relay.count, 2);
});

// The way there

test("ssh() waits for a server that comes up after five seconds", async () => {
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

test("ssh() tries again where the line breaks before it is ready, or nobody answers", async () => {
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
  const { steps } = await it.deploy({ deploy: HELLO }, {
    port: relay.port,
    connectTimeoutMs: 300,
  });
  assertEquals(steps[0]?.stdout, "hello\n");
  assertEquals(relay.count, 3);
});

test("ssh() gives up when the time is up, and says why there was no connection", async () => {
  await using it = await setUp({ isStopped: true });
  const error = await it.failure({ deploy: HELLO, timeoutMs: 600 });
  assertInstanceOf(error.cause, TimeoutError);
  assertMatch(
    error.message,
    /^Cannot deployNode: not done after 600 ms: Cannot connect to 127\.0\.0\.1 port \d+: .*ECONNREFUSED.*; node \d+ is kept$/,
  );
});

test("ssh() says that the line broke in the middle of a script, which is ended", async () => {
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
  assertStringIncludes(error.message, 'step "endless": the line broke');
  assertEquals(error.steps.map(({ name }) => name), ["hello"]);
  assertEquals(error.result, undefined);
  await assertEnd(alive);
  await until(async () => (await it.sshd.files()).join() === "pids");
});

test("ssh() says that the line broke where the server's own process is killed", async () => {
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

test("ssh() reaches a node by IPv6, and by the second of its addresses", async () => {
  await using it = await setUp({ host: "::1" });
  for (const addresses of [["::1"], ["127.0.0.1", "::1"]]) {
    const { deploy } = account(addresses);
    const { steps } = await deploy(ssh(it.access), { deploy: HELLO });
    assertEquals(steps[0]?.stdout, "hello\n");
  }
});

test("ssh() does not take a private address for a public one", async () => {
  await using it = await setUp();
  const error = await it.failure({ deploy: HELLO }, { interface: "public" });
  assertStringIncludes(error.message, "the node has no public address");
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
  ["creates", { phase: "creating" }],
  ["waits", { phase: "waiting" }],
  ["connects", { phase: "connecting" }],
  ["shakes hands", { phase: "connecting", via: () => "stall" }],
  ["adds a key", { phase: "running", name: "me@test" }],
  ["writes a file", { phase: "running", name: "/large" }],
  ["runs a script", { phase: "running", name: "endless" }],
];

for (const [name, { phase, name: step, via }] of PHASES) {
  /** Aborts in this phase, and tells how long it takes. */
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
        // In the middle of it, and not before.
        if (step === "endless") void readPids(pids).then(abort);
        else if (phase === "creating") abort();
        else setTimeout(abort, step === "/large" || via ? 30 : 2);
      },
    }, { port: relay.port });
    const error = await call.then(() => "resolved", (error) => error);
    const ms = performance.now() - abortedAt;
    assertStrictEquals(error, reason);
    if (step === "endless") await assertEnd(await readPids(pids));
    const isMade = phase !== "creating";
    assertEquals((await cloud.listNodes()).length, isMade ? 1 : 0);
    // What was on its way is taken away by the server.
    await until(async () =>
      !(await sshd.files()).some((name) => name.startsWith(".nephos"))
    );
    return ms;
  };

  test(`ssh() ends within 200 ms of an abort while it ${name}`, async () => {
    let ms = Infinity;
    // A machine that is busy may be late, but not each time.
    for (let turn = 0; turn < 3 && ms >= 200; turn++) ms = await abortedAfter();
    assertLess(ms, 200);
  });
}

test("ssh() ends a script, and what was uploaded, when the time of the deployment is up", async () => {
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
  assertMatch(
    error.message,
    /^Cannot deployNode: step "endless": not done after 1500 ms; node \d+ is destroyed$/,
  );
  await assertEnd(alive);
  await until(async () => (await it.sshd.files()).join() === "pids");
});

// Secrets

test("ssh() shows no password that the server repeats, nor in the error behind", async () => {
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

test("ssh() shows no key, passphrase or password in errors, events and itself", async () => {
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
          // What a step is called by its author is no secret of the login.
          !text.replaceAll(`/dev/null/${password}`, "").includes(secret),
          text,
        );
      }
    }
  }
});

test("ssh() finds a key that it cannot read before any node is created", async () => {
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
      [{ privateKey }, "it is encrypted, and there is no passphrase"],
      [
        { privateKey, passphrase: "no" },
        "it cannot be read with this passphrase",
      ],
      [{ privateKey: pem.privateKey }, "it is encrypted, and there is no"],
      [
        { privateKey: pem.privateKey, passphrase: "no" },
        "it cannot be read with this passphrase",
      ],
      [{ privateKey: pkcs8.privateKey }, "it is encrypted, and there is no"],
      [
        { privateKey: pkcs8.privateKey, passphrase: "no" },
        "it cannot be read with this passphrase",
      ],
      [{ privateKey: "canary" }, "it is not a private key"],
      [{ privateKey: it.key.publicKey }, "it is not a private key"],
      [
        { privateKey: it.key.privateKey.slice(0, 200) },
        "it is not a private key",
      ],
    ] as const
  ) {
    const error = await assertRejects(
      () => deploy({ deploy: HELLO }, options),
      TypeError,
      `Cannot use the privateKey: ${why}`,
    );
    assert(!Deno.inspect(error).includes("canary"));
    assertEquals(error.cause, undefined);
  }
  assertEquals(await cloud.listNodes(), []);
  assertEquals(await sshd.connections(), 0);
});

// Host keys of our own

/** NephoScale, if it took user data. */
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

test("ssh() knows the host by a key that it has made for it", async () => {
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
  // As cloud-init would do it.
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
  // Each node has a key of its own, so that the next one is a stranger.
  const error = await assertRejects(
    () => cloud.deployNode(options),
    DeploymentError,
    `its host key is ${await sshd.fingerprint()} (ssh-ed25519), not SHA256:`,
  );
  assertNotEquals(cloud.given[0], cloud.given[1]);
  assert(!Deno.inspect(error, { depth: 99 }).includes("PRIVATE KEY"));
  // What the caller gives goes along.
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
      const said = await run("cloud-init", ["schema", "--config-file", path]);
      assertMatch(said, /^Valid /);
    } finally {
      await Deno.remove(path);
    }
  },
);
