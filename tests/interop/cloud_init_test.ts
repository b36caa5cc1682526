/**
 * Debian's cloud-init runs the user data of `cloudInit()`: it merges the parts,
 * writes the files, runs the commands as one script, and phones home.
 *
 * cloud-init and the steps write to a scratch directory only. For that, the
 * directory of the staged steps is replaced in the user data; nothing else in
 * it is changed.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import { file, script, sshKey, steps } from "../../core/compute/mod.ts";
import type { Deployment } from "../../core/compute/mod.ts";
import type { CloudInitOptions } from "../../deploy/cloud_init.ts";
import { path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import {
  bytesOf,
  type CloudConfig,
  CONTENTS,
  longUserDataOf,
  SPECIAL,
  type UserData,
  userDataOf,
} from "../deploy/_cloud_init.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";
const OTHER_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtherOn you@example.com";
const INSTANCE = "/var/lib/cloud/instance";
// Root: the steps set owners and enter root's home directory.
const NEEDS = {
  commands: ["cloud-init", PYTHON],
  python: ["cloudinit"],
  root: true,
};

// In the order of a boot.
const MODULES = ["write_files", "runcmd", "scripts_user", "phone_home"];

/** Result of a boot. */
interface Booted {
  /** The merged cloud-config. */
  readonly config: CloudConfig & Readonly<Record<string, unknown>>;
  /** Errors of the modules that failed. */
  readonly failures: readonly string[];
  /** Log messages with level WARNING or above. */
  readonly warnings: readonly string[];
  /** Output of the scripts, and of cloud-init. */
  readonly output: string;
}

/** A temporary directory, used as the disk of a new node. */
class Scratch implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(
      await Deno.makeTempDir({ prefix: "nephos-cloud-init-" }),
    );
  }

  /** Returns the path of a file in the directory. */
  at(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Boots with user data, and runs some modules of cloud-init. */
  async boot(
    userData: string | Uint8Array,
    modules = MODULES,
  ): Promise<Booted> {
    const seed = this.at("cloud/seed/nocloud");
    await Deno.mkdir(seed, { recursive: true });
    await Deno.writeTextFile(`${seed}/meta-data`, "instance-id: i-1\n");
    const moved = typeof userData === "string"
      ? new TextEncoder().encode(
        userData.replaceAll(INSTANCE, this.at("cloud/instance")),
      )
      : userData;
    await Deno.writeFile(`${seed}/user-data`, moved);
    const program = path("tests/interop/cloud_init.py");
    const { code, stdout, stderr } = await new Deno.Command(PYTHON, {
      args: [program, this.folder, ...modules],
      // cloud-init runs with a minimal environment.
      clearEnv: true,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      },
      cwd: "/",
    }).output();
    const output = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    assertEquals(code, 0, output);
    const result = JSON.parse(await this.read("result.json"));
    return { ...result, output };
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(this.at(name));
  }

  /** Lists the names in a directory; empty if it does not exist. */
  list(name: string): string[] {
    try {
      return [...Deno.readDirSync(this.at(name))].map(({ name }) => name)
        .sort();
    } catch {
      return [];
    }
  }

  mode(name: string): number {
    return Deno.statSync(this.at(name)).mode! & 0o7777;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Adds a test that needs cloud-init, with its own scratch directory. */
function booting(name: string, fn: (scratch: Scratch) => Promise<void>): void {
  Deno.test({
    ...needs(name, NEEDS),
    fn: async () => {
      await using scratch = await Scratch.make();
      await fn(scratch);
    },
  });
}

async function validate(config: string): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "nephos-cloud-init-" });
  try {
    await Deno.writeTextFile(path, config);
    const { stdout, stderr } = await new Deno.Command("cloud-init", {
      args: ["schema", "--config-file", path],
    }).output();
    return (new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr)).trim();
  } finally {
    await Deno.remove(path);
  }
}

const CONFIGS: readonly (readonly [Deployment, CloudInitOptions])[] = [
  [sshKey(KEY), {}],
  [CONTENTS.map((content, i) => file(`/etc/${i}`, content)).slice(0, -1), {}],
  [
    steps(
      sshKey(KEY),
      file("/a", new Uint8Array([0, 255]), { mode: 0o4755, owner: "nobody" }),
      script("true", { args: ["yes", "a\nb", "# : '"], timeoutMs: 1500 }),
      file("/b", "no", { mode: 0 }),
      script("#!/bin/sh\n", { keep: true, name: "it's: # a" }),
    ),
    {
      phoneHome: {
        url: "https://example.com/$INSTANCE_ID",
        post: ["pub_key_ed25519", "instance_id", "hostname", "fqdn"],
        tries: 3,
      },
    },
  ],
  [[], { phoneHome: "https://example.com/" }],
];

Deno.test({
  ...needs("cloud-init schema accepts the cloud-config of cloudInit()", NEEDS),
  fn: async () => {
    for (const [deploy, options] of CONFIGS) {
      const said = await validate(await userDataOf(deploy, options));
      assertStringIncludes(said, "Valid");
      assertFalse(/error|invalid|warning/i.test(said), said);
    }
    assertStringIncludes(
      await validate("#cloud-config\nwrite_files: [{}]\n"),
      "rror",
    );
  },
});

booting(
  "cloud-init writes each file of cloudInit() with its exact bytes and mode",
  async (scratch) => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const { failures, warnings, output } = await scratch.boot(
      await userDataOf([
        CONTENTS.map((content, i) => file(scratch.at(`deep/er/${i}`), content)),
        file(scratch.at("bytes"), all, { mode: 0o600 }),
        file(scratch.at("set-id"), "x", { mode: 0o4755 }),
        file(scratch.at("none"), "x", { mode: 0 }),
      ]),
    );
    assertEquals([failures, warnings], [[], []], output);
    for (const [i, content] of CONTENTS.entries()) {
      assertEquals(
        await Deno.readFile(scratch.at(`deep/er/${i}`)),
        new TextEncoder().encode(content),
      );
      assertEquals(scratch.mode(`deep/er/${i}`), 0o644);
    }
    assertEquals(await Deno.readFile(scratch.at("bytes")), all);
    assertEquals(
      ["bytes", "set-id", "none"].map((name) => scratch.mode(name)),
      [0o600, 0o4755, 0],
    );
  },
);

// Characters. Each string passes through JSON, PyYAML, the merged cloud-config,
// which cloud-init writes as YAML, and PyYAML again.

/** Every scalar value of the Basic Multilingual Plane, in groups of 256. */
function basicPlane(): string[] {
  return Array.from(
    { length: 256 },
    (_, row) =>
      Array.from(
        { length: 256 },
        (_, column) => String.fromCharCode(row << 8 | column),
      ),
  )
    .map((row) => row.filter((it) => !/\p{Cs}/u.test(it)))
    .filter((row) => row.length > 0)
    .map((row) => row.map((it) => `${it}x`).join(""));
}

/** Each special character alone, at both ends, doubled and between others. */
function inContexts(): string[] {
  return SPECIAL.flatMap((it) => [
    it,
    `${it}x`,
    `x${it}`,
    `x ${it} ${it}${it}\n${it}\n\n ${it}\t${it}\r\n${it}\\${it}"${it}:${it}`,
    // Beside each other special character.
    SPECIAL.map((other) => it + other).join("x"),
  ]);
}

/** Random strings, the same in each run. */
function randomStrings(count: number): string[] {
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  const character = () => {
    if (random(3) > 0) return SPECIAL[random(SPECIAL.length)]!;
    const code = random(0x110000);
    return code >> 11 === 0xd800 >> 11 ? "x" : String.fromCodePoint(code);
  };
  return Array.from(
    { length: count },
    () => Array.from({ length: random(60) }, character).join(""),
  );
}

const STRINGS: readonly (readonly [string, () => string[]])[] = [
  ["every character of the Basic Multilingual Plane", basicPlane],
  ["special characters in each context", inContexts],
  ["random strings", () => randomStrings(1000)],
  ["long lines and escapes that are not escapes", () => [
    "x".repeat(100_000),
    "word ".repeat(20_000),
    "\x85".repeat(10_000),
    "😀".repeat(10_000),
    `${"\t".repeat(5000)}x\n\t\ty`,
    '\\u2028 \\ud83d \\ud83d\\ude00 \\\\u0085 \\" \\/ \\x41 \\U0001F600',
    '{"content": "a", "content": "b"}',
    "a: 1\na: 2\n<<: *a\n",
  ]],
];

for (const [name, make] of STRINGS) {
  booting(
    `cloud-init reads the strings of cloudInit() unchanged: ${name}`,
    async (scratch) => {
      const strings = make();
      // An argument cannot contain NUL.
      const args = strings.map((it) => it.replaceAll("\0", ""));
      // A comment is one line, without control characters.
      const comments = strings
        .map((it) => `c${it.replaceAll(/[\p{Cc}]/gu, "")}`)
        .map((it) => it.trim());
      const key = KEY.slice(0, KEY.lastIndexOf(" "));
      const { config, warnings } = await scratch.boot(
        await longUserDataOf(
          steps(
            comments.map((it) => sshKey(`${key} ${it}`)),
            strings.map((it, i) => file(`/etc/${i}`, it)),
            script("true", { args }),
          ),
          {
            phoneHome: `https://example.com/${
              comments.join("/")
                .replaceAll("$", "%24")
            }`,
          },
        ),
        [],
      );
      assertEquals(warnings, []);
      assertEquals(
        config.write_files?.slice(0, strings.length).map((it) => it.content),
        strings,
      );
      assertEquals(
        config.ssh_authorized_keys,
        comments.map((it) => `${key} ${it}`),
      );
      assertEquals(
        config.runcmd?.[1]?.split(" sh ")[1]?.split(" ").slice(1).join(" "),
        args.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(" "),
      );
      assertEquals(
        (config.phone_home as { url: string }).url,
        `https://example.com/${comments.join("/").replaceAll("$", "%24")}`,
      );
    },
  );
}

booting(
  "cloud-init passes special characters of cloudInit() to files and arguments",
  async (scratch) => {
    const strings = [...inContexts(), ...randomStrings(50)];
    const args = strings.map((it) => it.replaceAll("\0", ""));
    const { failures, warnings, output } = await scratch.boot(
      await longUserDataOf(steps(
        strings.map((it, i) => file(scratch.at(`files/${i}`), it)),
        script(
          `#!/usr/bin/python3
import json, os, sys
args = [os.fsencode(arg).hex() for arg in sys.argv[2:]]
json.dump(args, open(sys.argv[1], "w"))
`,
          { args: [scratch.at("args"), ...args] },
        ),
      )),
    );
    assertEquals([failures, warnings], [[], []], output);
    for (const [i, content] of strings.entries()) {
      assertEquals(
        await Deno.readFile(scratch.at(`files/${i}`)),
        new TextEncoder().encode(content),
      );
    }
    assertEquals(
      JSON.parse(await scratch.read("args")),
      args.map((it) => encodeHex(it)),
    );
  },
);

booting(
  "cloud-init runs the steps of cloudInit() in order",
  async (scratch) => {
    const look = `printf '%s:' "$1" >>"$2"; cat "$3" >>"$2" 2>&1; true`;
    const seen = scratch.at("seen");
    const late = scratch.at("new/late");
    const args = [
      "",
      "it's",
      'a "b"',
      "$HOME `id` \\",
      "x\ny",
      "-n",
      "*",
      "yes",
    ];
    const userData = await userDataOf(steps(
      file(scratch.at("early"), "early\n"),
      script(look, { name: "first", args: ["1", seen, scratch.at("early")] }),
      script(look, { name: "second", args: ["2", seen, late] }),
      file(late, "late\n", { mode: 0o640, owner: "daemon:games" }),
      script(look, { name: "third", args: ["3", seen, late] }),
      file(late, "later\n"),
      script(look, { name: "fourth", args: ["4", seen, late] }),
      script(
        `#!/usr/bin/python3
import json, sys
json.dump(sys.argv[2:], open(sys.argv[1], "w"))
`,
        { name: "python", args: [scratch.at("args"), ...args], keep: true },
      ),
      script('printf "%s" "$HOME $PWD $# $1" >"$2"', {
        name: "home",
        args: ["ä", scratch.at("home")],
      }),
      file(scratch.at("owned"), "x", { owner: "daemon:games", mode: 0o6750 }),
    ));
    const { failures, warnings, output } = await scratch.boot(userData);
    assertEquals([failures, warnings], [[], []], output);
    assertEquals(
      (await scratch.read("seen")).replaceAll(scratch.folder, ""),
      "1:early\n2:cat: /new/late: No such file or directory\n3:late\n4:later\n",
    );
    assertEquals(JSON.parse(await scratch.read("args")), args);
    assertEquals(await scratch.read("home"), "/root /root 2 ä");
    assertEquals(scratch.mode("new"), 0o755);
    assertEquals(scratch.mode("new/late"), 0o644);
    assertEquals(scratch.mode("owned"), 0o6750);
    const { uid, gid } = Deno.statSync(scratch.at("owned"));
    assertEquals([uid, gid], [1, 60]);
    assertEquals(scratch.list("new"), ["late"]);
    // Only the script with `keep`.
    const [kept, ...others] = scratch.list("cloud/instance/nephos");
    assertEquals(others, []);
    assertStringIncludes(
      await scratch.read(`cloud/instance/nephos/${kept}`),
      "import json",
    );
    assertEquals(
      output.match(/(?<=nephos: ).*/g)?.map((line) =>
        line.replaceAll(scratch.folder, "")
      ),
      [
        "write_files",
        "/early",
        "first",
        "second",
        "/new/late",
        "third",
        "/new/late",
        "fourth",
        "python",
        "home",
        "/owned",
      ].map((name) => `step "${name}" started`),
    );
  },
);

/** Steps that fail, each with the message in cloud-init's log. */
const FAILURES: readonly (readonly [
  string,
  (scratch: Scratch) => Deployment,
])[] = [
  ['step "three" exited with 3', () => script("exit 3", { name: "three" })],
  [
    'step "slow" exited with 124',
    (scratch) =>
      script('sleep 600 & echo $! >"$1"; wait', {
        name: "slow",
        args: [scratch.at("pid")],
        timeoutMs: 300,
      }),
  ],
  [
    'step "cut" exited with 137',
    () => script("kill -9 $$", { name: "cut", timeoutMs: 60_000 }),
  ],
  [
    'step "no such interpreter" exited with 127',
    () => script("#!/no/such/interpreter\n", { name: "no such interpreter" }),
  ],
  [
    '/owned" exited with 1',
    (scratch) => file(scratch.at("owned"), "x", { owner: "nobody-at-all" }),
  ],
  [
    '/folder" exited with 1',
    (scratch) => [
      script('mkdir "$1"', { args: [scratch.at("folder")] }),
      file(scratch.at("folder"), "x"),
    ],
  ],
  // Written early by cloud-init, before the first step.
  ['step "write_files" exited with 1', () => file("/etc/apt", "x")],
];

for (const [trace, failing] of FAILURES) {
  booting(
    `cloud-init skips the remaining steps of cloudInit() after ${trace}`,
    async (scratch) => {
      const { failures, output } = await scratch.boot(
        await userDataOf(steps(
          failing(scratch),
          script('touch "$1"', { name: "after", args: [scratch.at("after")] }),
          file(scratch.at("after"), "x"),
        )),
      );
      // `cloud-init status` reports it as an error.
      assertStringIncludes(failures.join(), "1 failures (runcmd)");
      assertStringIncludes(
        output,
        `${trace}; the remaining steps are skipped\n`,
      );
      assertFalse(scratch.list("").includes("after"));
      assertEquals(scratch.list("cloud/instance/nephos"), []);
      for (const name of scratch.list("")) {
        assertFalse(name.startsWith(".nephos"));
      }
      if (scratch.list("").includes("pid")) {
        const pid = (await scratch.read("pid")).trim();
        // The child process of the script is killed too.
        const command = await Deno.readTextFile(`/proc/${pid}/cmdline`)
          .catch(() => "");
        assertEquals(command, "");
      }
    },
  );
}

booting(
  "cloud-init phones home only if all steps of cloudInit() succeed",
  async (scratch) => {
    const calls: string[] = [];
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const form = new URLSearchParams(await request.text());
        calls.push(
          `${new URL(request.url).pathname} ${form.get("instance_id")}`,
        );
        return new Response();
      },
    );
    try {
      const phoneHome = {
        url: `http://127.0.0.1:${server.addr.port}/$INSTANCE_ID`,
        post: ["instance_id"],
        tries: 1,
      } as const;
      for (
        const deploy of [script("false"), file(scratch.folder, "not a folder")]
      ) {
        await using failing = await Scratch.make();
        const userData = await userDataOf(deploy, { phoneHome });
        const { failures } = await failing.boot(userData);
        assert(failures.length > 0);
      }
      assertEquals(calls, []);
      const userData = await userDataOf(script("true"), { phoneHome });
      const { failures, warnings } = await scratch.boot(userData);
      assertEquals(failures, []);
      assertEquals(warnings.filter((line) => !line.includes("ssh_host")), []);
      assertEquals(calls, ["/i-1 i-1"]);
    } finally {
      await server.shutdown();
    }
  },
);

// User data of the caller

const DEPLOY = steps(
  sshKey(KEY),
  file("/etc/nephos/a", "a b\n"),
  script("echo ours"),
);

/** User data of the caller, which sets the same options in several formats. */
const GIVEN: readonly (readonly [string, string])[] = [
  [
    "a cloud-config",
    `#cloud-config
hostname: näme
ssh_authorized_keys: ["${OTHER_KEY}"]
write_files: [{path: /theirs, content: theirs}]
runcmd: [[echo, theirs]]
`,
  ],
  [
    "an archive",
    `#cloud-config-archive
- type: text/cloud-config
  content: |
    hostname: näme
    ssh_authorized_keys: ["${OTHER_KEY}"]
- |
  #cloud-config
  write_files: [{path: /theirs, content: theirs}]
  runcmd: [[echo, theirs]]
`,
  ],
  [
    "a template",
    `## template: jinja
#cloud-config
hostname: {{ "nä" + "me" }}
ssh_authorized_keys: ["${OTHER_KEY}"]
write_files: [{path: /theirs, content: theirs}]
runcmd: [[echo, theirs]]
`,
  ],
];

function toMessage(text: string): string {
  return `MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="=-="\r
\r
--=-=\r
Content-Type: text/plain; charset="utf-8"\r
Content-Transfer-Encoding: base64\r
\r
${encodeBase64(text)}\r
--=-=--\r
`;
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function assertMerged({ config, failures, warnings }: Booted): void {
  assertEquals([failures, warnings], [[], []]);
  assertEquals(config["hostname"], "näme");
  assertEquals(config.ssh_authorized_keys, [OTHER_KEY, KEY]);
  assertEquals(config.write_files?.slice(0, 2).map(({ path }) => path), [
    "/theirs",
    "/etc/nephos/a",
  ]);
  const [theirs, prelude, ours] = config.runcmd!;
  assertEquals(theirs as unknown, ["echo", "theirs"]);
  assertStringIncludes(prelude!, "nephos_step() {");
  assertStringIncludes(ours!, "nephos_step 'script' sh ");
}

for (const [name, text] of GIVEN) {
  for (
    const [how, given] of [
      ["", (): UserData => text],
      [" with CRLF", (): UserData => text.replaceAll("\n", "\r\n")],
      [" compressed by gzip", (): Promise<UserData> => gzip(text)],
      [" in a MIME message", (): UserData => toMessage(text)],
      [
        " in a MIME message of a mailbox",
        (): UserData => `From me Sat Nov 28 09:00:00 2026\n${toMessage(text)}`,
      ],
    ] as const
  ) {
    booting(
      `cloud-init appends the steps of cloudInit() to ${name}${how}`,
      async (scratch) => {
        const userData = await given();
        assertMerged(
          await scratch.boot(await userDataOf(DEPLOY, {}, userData), []),
        );
      },
    );
  }
}

booting(
  "cloud-init merges the steps of two cloudInit() if one is the user data of the other",
  async (scratch) => {
    const inner = await userDataOf(
      sshKey(OTHER_KEY),
      {},
      "#!/bin/sh\n# first\n",
    );
    const { config, warnings } = await scratch.boot(
      await userDataOf(sshKey(KEY), {}, inner),
      [],
    );
    assertEquals(warnings, []);
    assertEquals(config.ssh_authorized_keys, [OTHER_KEY, KEY]);
    const [part] = scratch.list("cloud/instance/scripts");
    assertEquals(
      await scratch.read(`cloud/instance/scripts/${part}`),
      "#!/bin/sh\n# first\n",
    );
  },
);

booting(
  "cloud-init runs a script in userData before the steps of cloudInit()",
  async (scratch) => {
    const { failures, warnings, output } = await scratch.boot(
      await userDataOf(
        script("echo ours"),
        {},
        "#!/bin/sh\necho 'theirs: ä'\n",
      ),
    );
    assertEquals([failures, warnings], [[], []]);
    assertEquals(
      output.split("\n").filter((line) => !line.startsWith("nephos: ")),
      ["theirs: ä", "ours", ""],
    );
  },
);

booting(
  "cloud-init runs the steps of cloudInit() even if runcmd in userData changes the shell",
  async (scratch) => {
    const given =
      "#cloud-config\nruncmd: [set -eu, umask 077, cd /tmp, 'true; false || :']\n";
    const run = (place: Scratch, text: string) =>
      userDataOf(
        [
          script(text),
          file(place.at("new/file"), "a b", { owner: "daemon" }),
        ],
        {},
        given,
      );
    const { failures, output } = await scratch.boot(
      await run(scratch, "pwd; umask"),
    );
    assertEquals(failures, [], output);
    assertStringIncludes(output, "\n/root\n0022\n");
    assertEquals(scratch.mode("new"), 0o755);
    await using other = await Scratch.make();
    const failed = await other.boot(await run(other, "exit 3"));
    assertStringIncludes(failed.output, 'step "script" exited with 3');
  },
);

booting(
  "cloud-init merges an included cloud-config before the steps of cloudInit()",
  async (scratch) => {
    const [[, text] = ["", ""]] = GIVEN;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(text),
    );
    try {
      const userData = `#include\nhttp://127.0.0.1:${server.addr.port}/\n`;
      assertMerged(
        await scratch.boot(await userDataOf(DEPLOY, {}, userData), []),
      );
    } finally {
      await server.shutdown();
    }
  },
);

booting(
  "cloud-init reads user data that cloudInit() compressed by gzip",
  async (scratch) => {
    const content = `${"long line ".repeat(20_000)}\n`;
    const { failures, warnings } = await scratch.boot(
      await bytesOf(
        file(scratch.at("long"), content),
        "#!/bin/sh\n# A script of the caller.\n",
      ),
    );
    assertEquals([failures, warnings], [[], []]);
    assertEquals(await scratch.read("long"), content);
  },
);
