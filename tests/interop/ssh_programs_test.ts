/**
 * What `ssh()` has a node do, in the shells that nodes have.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { file, script, sshKey } from "../../core/compute/mod.ts";
import { addKey, placeFile, runScript } from "../../deploy/_ssh_programs.ts";
import { needs } from "../_support/needs.ts";
import { run } from "../_support/sshd.ts";

/** Shells, and how `/bin/sh` is one of them. */
const SHELLS: readonly (readonly [string, readonly string[]])[] = [
  ["dash", []],
  ["bash", ["--posix"]],
  ["busybox", ["sh"]],
];

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";

/** A folder, and a shell that finds nothing but its own tools, if it has any. */
async function setUp(shell: string, args: readonly string[]) {
  const folder = await Deno.makeTempDir({ prefix: "nephos-sh-" });
  let path = Deno.env.get("PATH") ?? "";
  if (shell === "busybox") {
    path = `${folder}/bin`;
    await Deno.mkdir(path);
    await run("busybox", ["--install", "-s", path]);
  }
  const command = (await run("sh", ["-c", `command -v ${shell}`])).trim();
  const start = async (program: string) => {
    const file = `${folder}/program-${crypto.randomUUID()}`;
    await Deno.writeTextFile(file, program);
    return new Deno.Command(command, {
      args: [...args, file],
      clearEnv: true,
      env: { PATH: path, HOME: folder },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };
  return {
    folder,
    start,
    /** Runs a program whose standard input is open until it ends. */
    async run(program: string) {
      const child = await start(program);
      const { code, stdout, stderr } = await child.output();
      await child.stdin.close().catch(() => {});
      const decoder = new TextDecoder();
      return [code, decoder.decode(stdout), decoder.decode(stderr)];
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
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

  test("runScript() keeps the arguments, the streams and the status", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.folder}/a script`;
    const words = ["a b", `it's "$HOME"`, "", "ä\n\\", "-n"];
    for (const first of ["", "#!/bin/sh\n"]) {
      const text = `${first}printf '<%s>' "$@"; echo err >&2; exit 3`;
      await Deno.writeTextFile(upload, text, { mode: 0o700 });
      assertEquals(
        await it.run(runScript(script(text, { args: words }), upload, false)),
        [3, words.map((word) => `<${word}>`).join(""), "err\n"],
      );
    }
    const killed = "kill -KILL $$";
    await Deno.writeTextFile(upload, killed);
    assertEquals(
      await it.run(runScript(script(killed), upload, false)),
      [137, "", ""],
    );
  });

  test("runScript() ends all processes when its input ends", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.folder}/script`;
    const text = `trap '' TERM
sleep 1000 &
echo $$ $!
wait
sleep 1000
`;
    await Deno.writeTextFile(upload, text);
    const child = await it.start(runScript(script(text), upload, false));
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
    for (const pid of pids) assert(!await isAlive(pid), `${pid}`);
  });

  test("placeFile() puts a file in its place, and leaves no other", async () => {
    await using it = await setUp(shell, args);
    const upload = `${it.folder}/upload`;
    await Deno.writeTextFile(upload, "content");
    const folder = `${it.folder}/it's a "folder"`;
    for (const mode of [0o600, 0o4755]) {
      const step = file(`${folder}/deep/$(id)`, "", { mode });
      assertEquals(await it.run(placeFile(step, upload, false)), [0, "", ""]);
      const stat = await Deno.stat(step.path);
      assertEquals(stat.mode! & 0o7777, mode);
      assertEquals(await Deno.readTextFile(step.path), "content");
    }
    const [code, , stderr] = await it.run(
      placeFile(file(`${folder}/deep`, ""), upload, false),
    );
    assertEquals([code, stderr], [1, `${folder}/deep is a folder\n`]);
    const names = [...Deno.readDirSync(`${folder}/deep`)].map((it) => it.name);
    assertEquals(names, ["$(id)"]);
  });

  test("addKey() adds a key once", async () => {
    await using it = await setUp(shell, args);
    const keys = `${it.folder}/.ssh/authorized_keys`;
    for (const key of [KEY, KEY, `${KEY} again`]) {
      assertEquals(await it.run(addKey(sshKey(key))), [0, "", ""]);
    }
    assertEquals(await Deno.readTextFile(keys), `${KEY}\n`);
    await Deno.writeTextFile(keys, `#${KEY}`);
    assertEquals(await it.run(addKey(sshKey(KEY))), [0, "", ""]);
    assertEquals(await Deno.readTextFile(keys), `#${KEY}\n${KEY}\n`);
    assertEquals(Deno.statSync(keys).mode! & 0o777, 0o600);
  });
}
