/**
 * Tests the programs that `ssh()` runs on a node, in several shells.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { file, script, sshKey } from "../../core/compute/mod.ts";
import {
  fileProgram,
  keyProgram,
  scriptProgram,
} from "../../deploy/_ssh_programs.ts";
import { needs } from "../_support/needs.ts";
import { run } from "../_support/sshd.ts";
import { until } from "../_support/until.ts";

/** Shells, and the arguments that make them behave as `/bin/sh`. */
const SHELLS: readonly (readonly [string, readonly string[]])[] = [
  ["dash", []],
  ["bash", ["--posix"]],
  ["busybox", ["sh"]],
];

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";

/**
 * Creates a directory and a runner for a shell. If the shell is busybox, its
 * `PATH` has only the tools of busybox.
 */
async function setUp(shell: string, args: readonly string[]) {
  const directory = await Deno.makeTempDir({ prefix: "nephos-sh-" });
  let path = Deno.env.get("PATH") ?? "";
  if (shell === "busybox") {
    path = `${directory}/bin`;
    await Deno.mkdir(path);
    await run("busybox", ["--install", "-s", path]);
  }
  const command = (await run("sh", ["-c", `command -v ${shell}`])).trim();
  const start = async (program: string) => {
    const file = `${directory}/program-${crypto.randomUUID()}`;
    await Deno.writeTextFile(file, program);
    return new Deno.Command(command, {
      args: [...args, file],
      clearEnv: true,
      env: { PATH: path, HOME: directory },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };
  return {
    directory,
    start,
    /** Runs a program, and keeps its standard input open until it ends. */
    async run(program: string) {
      const child = await start(program);
      const { code, stdout, stderr } = await child.output();
      await child.stdin.close().catch(() => {});
      const decoder = new TextDecoder();
      return [code, decoder.decode(stdout), decoder.decode(stderr)];
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(directory, { recursive: true });
    },
  };
}

for (const [shell, args] of SHELLS) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({
      ...needs(`${name} in ${shell}`, {
        commands: [shell],
        files: ["/proc/self/stat"],
      }),
      fn,
    });

  test("scriptProgram() passes arguments and returns output and exit status", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.directory}/a script`;
    const words = ["a b", `it's "$HOME"`, "", "ä\n\\", "-n"];
    for (const first of ["", "#!/bin/sh\n"]) {
      const text = `${first}printf '<%s>' "$@"; echo err >&2; exit 3`;
      await Deno.writeTextFile(upload, text, { mode: 0o700 });
      assertEquals(
        await it.run(
          scriptProgram(script(text, { args: words }), upload, false),
        ),
        [3, words.map((word) => `<${word}>`).join(""), "err\n"],
      );
    }
    const killed = "kill -KILL $$";
    await Deno.writeTextFile(upload, killed);
    assertEquals(
      await it.run(scriptProgram(script(killed), upload, false)),
      [137, "", ""],
    );
  });

  test("scriptProgram() kills all processes of the script when standard input closes", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.directory}/script`;
    const text = `trap '' TERM
sleep 1000 &
echo $$ $!
wait
sleep 1000
`;
    await Deno.writeTextFile(upload, text);
    const child = await it.start(scriptProgram(script(text), upload, false));
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const pids = new TextDecoder().decode(value).trim().split(" ").map(Number);
    assertEquals(pids.length, 2);
    const isAlive = async (pid: number) =>
      await Deno.readTextFile(`/proc/${pid}/stat`)
        .then((stat) => !/\) [ZX] /.test(stat), () => false);
    for (const pid of pids) assert(await isAlive(pid));
    await child.stdin.close();
    assertEquals((await reader.read()).done, true);
    await child.stderr.cancel();
    await child.status;
    // The kernel needs a moment to end a process that was killed.
    const isGone = async (pid: number) => !await isAlive(pid);
    for (const pid of pids) await until(() => isGone(pid));
  });

  test("fileProgram() writes the file and leaves no temporary file", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.directory}/upload`;
    await Deno.writeTextFile(upload, "content");
    const directory = `${it.directory}/it's a "directory"`;
    for (const mode of [0o600, 0o4755]) {
      const step = file(`${directory}/deep/$(id)`, "", { mode });
      assertEquals(await it.run(fileProgram(step, upload, false)), [0, "", ""]);
      const stat = await Deno.stat(step.path);
      assertEquals(stat.mode! & 0o7777, mode);
      assertEquals(await Deno.readTextFile(step.path), "content");
    }
    const [code, , stderr] = await it.run(
      fileProgram(file(`${directory}/deep`, ""), upload, false),
    );
    assertEquals([code, stderr], [1, `${directory}/deep is a directory\n`]);
    const names = [...Deno.readDirSync(`${directory}/deep`)].map((it) =>
      it.name
    );
    assertEquals(names, ["$(id)"]);
  });

  test("keyProgram() adds a key only once", async () => {
    await using it = await setUp(shell, args);
    const keys = `${it.directory}/.ssh/authorized_keys`;
    for (const key of [KEY, KEY, `${KEY} again`]) {
      assertEquals(await it.run(keyProgram(sshKey(key))), [0, "", ""]);
    }
    assertEquals(await Deno.readTextFile(keys), `${KEY}\n`);
    await Deno.writeTextFile(keys, `#${KEY}`);
    assertEquals(await it.run(keyProgram(sshKey(KEY))), [0, "", ""]);
    assertEquals(await Deno.readTextFile(keys), `#${KEY}\n${KEY}\n`);
    assertEquals(Deno.statSync(keys).mode! & 0o777, 0o600);
  });

  test("keyProgram() adds a key with options only once", async () => {
    await using it = await setUp(shell, args);
    const keys = `${it.directory}/.ssh/authorized_keys`;
    const from = String.raw`from="*.example.com,10.0.0.[12]",command="a \"^$"`;
    // The pattern of the first key must not match the second one.
    const lines = [
      `${from} ${KEY}`,
      `${from.replace("10.0", "1000")} ${KEY}`,
      KEY,
    ];
    for (const line of [...lines, ...lines]) {
      assertEquals(await it.run(keyProgram(sshKey(line))), [0, "", ""]);
    }
    assertEquals(await Deno.readTextFile(keys), `${lines.join("\n")}\n`);
  });
}
