import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ValidationError } from "../../core/mod.ts";
import {
  type Deployment,
  type DeploymentStep,
  file,
  script,
  type ScriptOptions,
  sshKey,
  steps,
} from "../../core/compute/mod.ts";
import { cloudInit } from "../../deploy/cloud_init.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import {
  bytesOf,
  configOf,
  contentOf,
  CONTENTS,
  userDataOf,
} from "./_cloud_init.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";
const OTHER_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQExampl a: b # c";
const STAGE = "/var/lib/cloud/instance/nephos/steps";
const WEB = {
  name: "web-1",
  size: "s-1vcpu-1gb",
  image: "debian-12-x64",
  intervalMs: 1,
};

/** A `fetch` for tests that must not send a request. */
const noRequest = () => Promise.reject(new Error("unexpected request"));

function digitalocean(
  fetch: () => Promise<Response> = noRequest,
): DigitalOceanNodeDriver {
  return new DigitalOceanNodeDriver({ token: "t0ken", fetch });
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("cloudInit() sends keys and files as a cloud-config in JSON", async () => {
  const userData = await userDataOf([
    sshKey(KEY),
    file("/etc/motd", "Hello,\n  wörld\n"),
    sshKey(OTHER_KEY),
    file("/etc/secret", new Uint8Array([0, 255]), { mode: 0o600 }),
    file("/usr/bin/x", "#!/bin/sh\necho x\n", { mode: 0o755 }),
  ]);
  assertEquals(
    userData,
    `#cloud-config
{
 "ssh_authorized_keys": [
  "${KEY}",
  "${OTHER_KEY}"
 ],
 "write_files": [
  {
   "path": "/etc/motd",
   "permissions": "0644",
   "content": "Hello,\\n  wörld\\n"
  },
  {
   "path": "/etc/secret",
   "permissions": "0600",
   "encoding": "b64",
   "content": "AP8="
  },
  {
   "path": "/usr/bin/x",
   "permissions": "0755",
   "content": "#!/bin/sh\\necho x\\n"
  }
 ]
}
`,
  );
});

Deno.test("cloudInit() escapes the characters that YAML parsers refuse or change", async () => {
  const escaped = "\0\b\x1f\x7f\x80\x85\x9f\u2028\u2029\ufeff\ufffe\uffff";
  const raw = "\xa0é日\ud7ff\ue000\ufffd😀\u{1fffe}\u{10ffff}";
  const text = `a ${escaped} ${raw} b`;
  const userData = await userDataOf([
    file("/etc/a", text),
    script("true", { args: [text.slice(3)] }),
  ]);
  for (const character of escaped) {
    assert(!userData.includes(character), JSON.stringify(character));
  }
  for (const character of raw) assertStringIncludes(userData, character);
  const { write_files, runcmd } = configOf(userData);
  assertEquals(write_files?.[0]?.content, text);
  assertStringIncludes(runcmd![1]!, ` '${text.slice(3)}'`);
});

Deno.test("cloudInit() writes a file by a command if cloud-init cannot set its mode", async () => {
  for (const mode of [0, 0o1777, 0o4755]) {
    const { runcmd } = configOf(
      await userDataOf(file("/etc/a", "b c", { mode })),
    );
    const octal = mode.toString(8).padStart(4, "0");
    assertEquals(
      runcmd?.[1],
      `nephos_step '/etc/a' nephos_put '${octal}' '0:0' '${STAGE}/0' '/etc/a'`,
    );
  }
});

Deno.test("cloudInit() writes a file early only if its directory is safe during boot", async () => {
  for (const path of ["/etc/a", "/opt/a/b", "/root/.a", "/usr/lib/..a/b"]) {
    const { write_files, runcmd } = configOf(
      await userDataOf(file(path, "a b")),
    );
    assertEquals(write_files?.map(({ path }) => path), [path]);
    assertEquals(runcmd, undefined);
  }
  for (
    const path of [
      "/a",
      "/etcetera/a",
      "/home/me/a",
      "/mnt/a",
      "/run/a",
      "/srv/etc/a",
      "/tmp/a",
      "/var/www/html/index.html",
      "/etc/../tmp/a",
      "/usr/a/../../run/b",
      "/opt/..",
      "//etc/a",
    ]
  ) {
    const { write_files, runcmd } = configOf(
      await userDataOf(file(path, "a b")),
    );
    assertEquals(write_files?.map(({ path }) => path), [
      `${STAGE}/0`,
      `${STAGE}/staged`,
    ]);
    assertEquals(
      runcmd?.[1],
      `nephos_step '${path}' nephos_put '0644' '0:0' '${STAGE}/0' '${path}'`,
    );
  }
});

Deno.test("cloudInit() writes a file by a command if it follows a script or has an owner", async () => {
  const config = configOf(
    await userDataOf([
      file("/etc/a", "a\n"),
      file("/etc/b", "b\n", { owner: "www-data:adm", mode: 0o600 }),
      file("/etc/c", "c\n"),
      script("#!/bin/sh\necho\n", { name: "it's" }),
      file("/etc/d's", "d\n"),
    ]),
  );
  assertEquals(
    config.write_files?.map(({ path, permissions }) => [path, permissions]),
    [
      ["/etc/a", "0644"],
      [`${STAGE}/1`, "0600"],
      [`${STAGE}/2`, "0600"],
      [`${STAGE}/3`, "0700"],
      [`${STAGE}/4`, "0600"],
      [`${STAGE}/staged`, "0600"],
    ],
  );
  const [prelude, ...lines] = config.runcmd!;
  assertMatch(prelude!, /^nephos_step\(\) \{\n/);
  assertEquals(lines, [
    `nephos_step '/etc/b' nephos_put '0600' 'www-data:adm' '${STAGE}/1' '/etc/b'`,
    `nephos_step '/etc/c' nephos_put '0644' '0:0' '${STAGE}/2' '/etc/c'`,
    `nephos_step 'it'\\''s' ${STAGE}/3`,
    `nephos_step '/etc/d'\\''s' nephos_put '0644' '0:0' '${STAGE}/4' '/etc/d'\\''s'`,
    `rm -rf ${STAGE}`,
  ]);
});

const COMMANDS: readonly (readonly [string, ScriptOptions, string])[] = [
  ["#!/bin/sh\n", {}, `'script' ${STAGE}/0`],
  ["true", {}, `'script' sh ${STAGE}/0`],
  [" #!/bin/sh\n", { name: "a" }, `'a' sh ${STAGE}/0`],
  [
    "true",
    { args: ["", "it's", 'a "b"', "$HOME `id`", "x\ny", "yes", "ä"] },
    `'script' sh ${STAGE}/0 '' 'it'\\''s' 'a "b"' '$HOME \`id\`' 'x\ny' 'yes' 'ä'`,
  ],
  [
    "true",
    { timeoutMs: 1500 },
    `'script' timeout -k 5 1.5 sh ${STAGE}/0`,
  ],
  [
    "#!/bin/sh\n",
    { timeoutMs: 60_000, keep: true },
    "'script' timeout -k 5 60 /var/lib/cloud/instance/nephos/0",
  ],
];

for (const [text, options, command] of COMMANDS) {
  Deno.test(`cloudInit() renders the command of script ${JSON.stringify([text, options])}`, async () => {
    const userData = await userDataOf(script(text, options));
    const { runcmd } = configOf(userData);
    assertEquals(runcmd?.[1], `nephos_step ${command}`);
  });
}

Deno.test("cloudInit() preserves the content of files with text", async () => {
  for (const content of CONTENTS) {
    const userData = await userDataOf(file("/a", content));
    if (content.startsWith("MIME")) {
      // cloud-init would parse the cloud-config as a MIME message.
      assertStringIncludes(userData, "multipart/mixed");
      assertStringIncludes(userData, "Content-Transfer-Encoding: 7bit");
      continue;
    }
    const [written] = configOf(userData).write_files!;
    assertEquals(
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        contentOf(written!),
      ),
      content,
    );
  }
});

Deno.test("cloudInit() sends text without base64", async () => {
  for (const content of CONTENTS) {
    if (content.startsWith("MIME")) continue;
    const [written] = configOf(await userDataOf(file("/a", content)))
      .write_files!;
    assertEquals([written!.encoding, written!.content], [undefined, content]);
  }
});

Deno.test("cloudInit() preserves the content of files with bytes", async () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const bytes of [new Uint8Array(), all, all.subarray(3, 5)]) {
    const userData = await userDataOf(file("/a", bytes));
    const [written] = configOf(userData).write_files!;
    assertEquals(written!.encoding, "b64");
    assertEquals(contentOf(written!), bytes.slice());
  }
});

Deno.test("cloudInit() throws before any request if a string has a lone surrogate", async () => {
  const cloud = digitalocean();
  const half = "s3cret\ud83d";
  const via = cloudInit();
  const make = (deploy: Deployment, userData?: string) =>
    cloud.deployNode({ ...WEB, deploy, userData, via });
  const step = { name: "a" } as const;
  for (
    const deploy of [
      { ...step, kind: "file", path: "/a", content: half, mode: 0o644 },
      { ...step, kind: "script", text: half, args: [], keep: false },
      { ...step, kind: "script", text: "true", args: [half], keep: false },
      { ...step, kind: "sshKey", publicKey: `${KEY} ${half}` },
      undefined,
    ] as const
  ) {
    const error = await assertRejects(
      () =>
        deploy
          ? make(deploy)
          : make(script("true"), `#cloud-config\n# ${half}`),
      TypeError,
    );
    assert(!Deno.inspect(error).includes("s3cret"));
  }
});

Deno.test("cloudInit() adds phone_home, and a command that prevents it when a step fails", async () => {
  const url = "https://example.com/$INSTANCE_ID";
  for (
    const [phoneHome, expected] of [
      [url, { url, post: "all", tries: 10 }],
      [{ url }, { url, post: "all", tries: 10 }],
      [
        { url, post: ["hostname", "instance_id"], tries: 3 },
        { url, post: ["hostname", "instance_id"], tries: 3 },
      ],
    ] as const
  ) {
    // Files can fail too, so there is a command that checks for them.
    for (const deploy of [[], sshKey(KEY), file("/a", "b c"), script("true")]) {
      const { phone_home, runcmd } = configOf(
        await userDataOf(deploy, { phoneHome }),
      );
      assertEquals(phone_home, expected);
      assertStringIncludes(runcmd![0]!, "sem/config_phone_home");
    }
  }
  const { phone_home, runcmd } = configOf(await userDataOf(script("true")));
  assertEquals(phone_home, undefined);
  assert(!runcmd![0]!.includes("phone_home"));
});

Deno.test("cloudInit() throws without showing the URL if phoneHome is invalid", () => {
  const kind = "must be an http:// or https:// URL, got";
  const dollar = 'must contain no "$" except in "$INSTANCE_ID"; ' +
    'write "%24" instead';
  const cases: readonly (readonly [unknown, string])[] = [
    ["ftp://s3cret", `${kind} "ftp://..."`],
    ["file:///s3cret", `${kind} "file://..."`],
    ["", `${kind} a string without a scheme`],
    ["s3cret", `${kind} a string without a scheme`],
    ["https:s3cret", `${kind} a string without a scheme`],
    [" https://s3cret", `${kind} a string without a scheme`],
    [7, `${kind} number`],
    ["http://", 'must be a valid URL, got "http://..."'],
    ["HTTPS://s3cret:x", 'must be a valid URL, got "HTTPS://..."'],
    ["https://s3cret/\n", 'must be a valid URL, got "https://..."'],
    ["https://s3cret/\ud83d", 'must be a valid URL, got "https://..."'],
    ["https://example.com/$s3cret", dollar],
    ["https://example.com/$INSTANCE_ID.s3cret", dollar],
    ["https://example.com/$INSTANCE_IDs3cret", dollar],
    ["https://example.com/${s3cret}", dollar],
  ];
  for (const [url, message] of cases) {
    const forms: [string, unknown][] = [["phoneHome.url", { url }]];
    if (typeof url === "string") forms.push(["phoneHome", url]);
    for (const [field, phoneHome] of forms) {
      const error = assertThrows(
        () => cloudInit({ phoneHome: phoneHome as string }),
        TypeError,
      );
      assertEquals(error.message, `cloudInit: ${field} ${message}`);
      assert(!Deno.inspect(error).includes("s3cret"));
    }
  }
  cloudInit({
    phoneHome: "https://example.com/${INSTANCE_ID}.json?$INSTANCE_ID",
  });
  const url = "https://example.com";
  assertThrows(
    () => cloudInit({ phoneHome: { url, post: ["ip" as "fqdn"] } }),
    TypeError,
    'cloudInit: phoneHome.post must be "pub_key_dsa", "pub_key_rsa", ',
  );
  for (const tries of [0, -1, 1.5, 1001, NaN]) {
    assertThrows(() => cloudInit({ phoneHome: { url, tries } }), RangeError);
  }
});

Deno.test("cloudInit() sends the user data unchanged if there are no steps", async () => {
  for (const userData of [undefined, "anything"]) {
    const sent = await userDataOf([[], []], {}, userData);
    assertEquals(sent, userData);
  }
});

Deno.test("cloudInit() returns a transport that can be used by several deployments at once", async () => {
  const via = cloudInit();
  const sent: string[] = [];
  const { credentials, fetch } = new DigitalOceanSimulator({ createMs: 1 });
  const cloud = new DigitalOceanNodeDriver({
    ...credentials,
    fetch: async (request) => {
      if (request.method === "POST") {
        sent.push((await request.clone().json()).user_data);
      }
      return await fetch(request);
    },
  });
  await Promise.all(
    ["a b", "c d"].map((text) =>
      cloud.deployNode({ ...WEB, deploy: file("/a", text), via })
    ),
  );
  assertEquals(
    sent.map((text) => configOf(text).write_files?.[0]?.content).sort(),
    ["a b", "c d"],
  );
});

// User data of the caller

const TYPES: readonly (readonly [string, string])[] = [
  ["#cloud-config\npackages: [nginx]\n", "text/cloud-config"],
  ["#CLOUD-CONFIG\n{}\n", "text/cloud-config"],
  ["\n  #cloud-config\n{}\n", "text/cloud-config"],
  ["#cloud-config-archive\n- a\n", "text/cloud-config-archive"],
  ["#cloud-config-jsonp\n[]\n", "text/cloud-config-jsonp"],
  ["#cloud-boothook\n#!/bin/sh\n", "text/cloud-boothook"],
  ["#part-handler\n", "text/part-handler"],
  ["#include\nhttps://example.com\n", "text/x-include-url"],
  ["#include-once\nhttps://example.com\n", "text/x-include-once-url"],
  ["#!/bin/sh\ntrue\n", "text/x-shellscript"],
  ["## template: jinja\n#cloud-config\n", "text/jinja2"],
];

for (const [text, type] of TYPES) {
  Deno.test(`cloudInit() appends its cloud-config as a part if the user data is ${JSON.stringify(text)}`, async () => {
    const given = [text, new TextEncoder().encode(text), await gzip(text)];
    for (const userData of given) {
      assertEquals(
        await userDataOf(sshKey(KEY), {}, userData),
        `Content-Type: multipart/mixed; boundary="nephos"
MIME-Version: 1.0

--nephos
Content-Type: ${type}; charset="utf-8"
Content-Transfer-Encoding: 7bit

${text}
--nephos
Content-Type: text/cloud-config; charset="utf-8"
Content-Transfer-Encoding: 7bit
Merge-Type: list(append)+dict(no_replace,recurse_list)+str()

#cloud-config
{
 "ssh_authorized_keys": [
  "${KEY}"
 ]
}

--nephos--
`,
      );
    }
  });
}

Deno.test("cloudInit() sends a part in base64 if it has a CR or a character beyond ASCII", async () => {
  for (const text of ["#cloud-config\n# ä\n", "#!/bin/sh\r\ntrue\r\n"]) {
    const sent = await userDataOf(sshKey(KEY), {}, text);
    assertMatch(sent, /Encoding: base64\n\n[\w+/]+=*\n--nephos\n/);
  }
  const sent = await userDataOf(
    sshKey(KEY),
    {},
    `#cloud-config\n# ${"ä".repeat(100)}\n`,
  );
  for (const line of sent.split("\n")) assert(line.length <= 78);
});

Deno.test("cloudInit() nests a MIME message, with a boundary that is in no part", async () => {
  const first = await userDataOf(sshKey(KEY), {}, "#!/bin/sh\ntrue\n");
  const second = await userDataOf(sshKey(OTHER_KEY), {}, first);
  assertStringIncludes(second, 'boundary="nephos-1"');
  assertStringIncludes(second, `--nephos-1\n${first}\n--nephos-1\n`);
  const third = await userDataOf(sshKey(KEY), {}, second);
  assertStringIncludes(third, 'boundary="nephos-2"');
  // A message in a mailbox begins with a line that is no header.
  for (const end of ["\n", "\r\n"]) {
    const line = `From me@example.com Sat Nov 28 09:00:00 2026${end}`;
    const mailed = await userDataOf(sshKey(OTHER_KEY), {}, line + first);
    assertEquals(mailed, second);
  }
  // A header elsewhere does not make it a MIME message.
  await userDataOf(sshKey(KEY), {}, "#cloud-config\n# MIME-Version: 1.0\n");
});

Deno.test("cloudInit() removes a byte order mark before user data", async () => {
  const text = "#!/bin/sh\ntrue\n";
  const expected = await userDataOf(sshKey(KEY), {}, text);
  const marked = `\ufeff${text}`;
  for (
    const given of [
      marked,
      new TextEncoder().encode(marked),
      await gzip(marked),
    ]
  ) assertEquals(await userDataOf(sshKey(KEY), {}, given), expected);
});

Deno.test("cloudInit() ignores blank user data", async () => {
  for (const blank of ["", "\n", new Uint8Array()]) {
    configOf(await userDataOf(sshKey(KEY), {}, blank));
  }
});

Deno.test("cloudInit() throws without showing the user data if its format is unknown", async () => {
  const cloud = digitalocean();
  const format = "deployNode: userData must be in a format that cloud-init " +
    'knows; begin it with "#cloud-config" or "#!"';
  const text = "deployNode: userData must be valid Unicode text, or gzip of it";
  for (
    const [userData, message] of [
      ["s3cret", format],
      ['{"ignition": "s3cret"}', format],
      ["Content-Type: text/s3cret\n\nMIME-Version: 1.0", format],
      ["#cloud-config\n# s3cret\ud83d\n", text],
      [new Uint8Array([0xff, 0xfe, 0]), text],
      [new TextEncoder().encode("#!s3cret\n\xff").slice(0, -1), text],
      // Latin-1.
      [Uint8Array.from("#!/bin/sh\n\xff", (it) => it.charCodeAt(0)), text],
      // Incomplete gzip.
      [(await gzip("#cloud-config\n# s3cret\n")).slice(0, 30), text],
    ] as const
  ) {
    const error = await assertRejects(
      () =>
        cloud.deployNode({
          ...WEB,
          deploy: sshKey(KEY),
          userData,
          via: cloudInit(),
        }),
      TypeError,
    );
    assertEquals(error.message, message);
    assert(!Deno.inspect(error).includes("s3cret"));
  }
});

// Limits of the provider

Deno.test("cloudInit() throws before any request if the user data exceeds the limit", async () => {
  // Random bytes, which gzip cannot compress.
  const deploy = ["/a", "/b"].map((path) =>
    file(path, crypto.getRandomValues(new Uint8Array(40_000)))
  );
  const phases: string[] = [];
  const options = {
    ...WEB,
    location: "us-east",
    deploy,
    via: cloudInit(),
    onProgress: ({ phase }: { phase: string }) => phases.push(phase),
  };
  const linode = new LinodeNodeDriver({ token: "t0ken", fetch: noRequest });
  for (
    const [call, maxBytes] of [
      [() => digitalocean().deployNode(options), 65_536],
      [() => linode.deployNode(options), 65_535],
    ] as const
  ) {
    const { message } = await assertRejects(call, RangeError);
    const [, bytes, limit] =
      /^deployNode: userData is (\d+) bytes; \w+ accepts at most (\d+)$/
        .exec(message) ?? [];
    assert(Number(bytes) > 80_000, message);
    assertEquals(Number(limit), maxBytes);
    // The transport has rejected it, before createNode() was called.
    assertEquals(phases, []);
  }
});

Deno.test("cloudInit() sends gzip only if the text is too long and the provider accepts bytes", async () => {
  const small = file("/a", "a b\n");
  assertEquals(
    new TextDecoder().decode(await bytesOf(small)),
    await userDataOf(small),
  );
  const large = file("/a", `${"long line ".repeat(10_000)}\n`);
  const bytes = await bytesOf(large);
  assertEquals([...bytes.subarray(0, 2)], [0x1f, 0x8b]);
  // Deterministic: the gzip header has no timestamp.
  assertEquals(await bytesOf(large), bytes);
  // The limit is one of bytes, not of characters.
  const wide = await bytesOf(file("/a", "ä".repeat(33_000)));
  assertEquals([...wide.subarray(0, 2)], [0x1f, 0x8b]);
  const config = configOf(await gunzip(bytes));
  assertEquals(contentOf(config.write_files![0]!).length, 100_001);
  await assertRejects(() => userDataOf(large), RangeError);
});

Deno.test("cloudInit() throws before any request if the provider has no user data", async () => {
  const cloud = new NephoScaleNodeDriver({
    username: "u",
    password: "p",
    fetch: noRequest,
  });
  await assertRejects(
    () =>
      cloud.deployNode({
        ...WEB,
        deploy: sshKey(KEY),
        // @ts-expect-error NephoScale does not support user data.
        via: cloudInit(),
      }),
    TypeError,
    "deployNode: NephoScale does not support user data; use ssh()",
  );
});

Deno.test("cloudInit() redacts files and user data if the provider quotes the user data", async () => {
  const secret = "s3cret-s3cret";
  const cloud = new DigitalOceanNodeDriver({
    token: "t0ken",
    fetch: async (request) => {
      const { user_data } = await request.json();
      const message = `bad user_data: ${user_data}`;
      return Response.json({ id: "x", message }, { status: 422 });
    },
  });
  for (
    const [userData, deploy] of [
      [undefined, file("/a", `${secret} a\n`)],
      [`#!/bin/sh\n# ${secret}\n`, sshKey(KEY)],
    ] as const
  ) {
    const error = await assertRejects(
      () => cloud.deployNode({ ...WEB, userData, deploy, via: cloudInit() }),
    );
    assertStringIncludes(String(error), "bad user_data: ");
    assert(!Deno.inspect(error).includes(secret));
  }
});

Deno.test("cloudInit() redacts lines, arguments and URLs if the provider quotes one of them", async () => {
  const url = "https://example.com/?token=canary-1";
  const deploy = steps(
    sshKey(KEY),
    file("/etc/app.conf", '[db]\n  password = "canary-2"\n'),
    script("true\ncurl -u 'me:canary-3\\\x7f' https://example.com\n", {
      args: ['"canary-4"', "nginx"],
    }),
  );
  const sent = (await userDataOf(deploy, { phoneHome: url })).split("\n");
  const lineOf = (canary: string) => sent.find((it) => it.includes(canary))!;
  const quotes = [
    `url: '${url}'`,
    '  password = "canary-2"',
    "curl -u 'me:canary-3\\\x7f' https://example.com",
    `/a '"canary-4"' 'nginx' true`,
    // Lines of the user data, where strings are escaped.
    ...["canary-1", "canary-2", "canary-3", "canary-4"].map(lineOf),
  ];
  for (const quote of quotes) {
    const message = `bad line: ${quote}`;
    for (
      const body of [
        JSON.stringify({ id: "bad", message }),
        // Not JSON, so that it is read as text.
        JSON.stringify({ id: "bad", message }).slice(0, -1),
        message,
      ]
    ) {
      const cloud = digitalocean(() =>
        Promise.resolve(new Response(body, { status: 422 }))
      );
      const error = await assertRejects(
        () =>
          cloud.deployNode({
            ...WEB,
            deploy,
            via: cloudInit({ phoneHome: url }),
          }),
        ValidationError,
      );
      const shown = Deno.inspect(error, { depth: 9, strAbbreviateSize: 1e6 });
      assert(!shown.includes("canary"), shown);
      if (!body.endsWith("}")) continue;
      assertStringIncludes(error.message, "[redacted]");
      // What is no secret can be read, except in a line of the user data.
      if (quote.startsWith("/a ")) {
        assertStringIncludes(error.message, "nginx");
      }
      assertStringIncludes(
        error.message,
        'createNode: DigitalOcean refused: "bad line: ',
      );
    }
  }
});

Deno.test("cloudInit() redacts one line of the user data of the caller", async () => {
  const text = "#!/bin/sh\r\n  curl -u me:canary-1 https://example.com\r\n";
  const message = "line 2: curl -u me:canary-1 https://example.com";
  for (
    const userData of [text, new TextEncoder().encode(text), await gzip(text)]
  ) {
    const cloud = digitalocean(() =>
      Promise.resolve(Response.json({ id: "bad", message }, { status: 422 }))
    );
    const error = await assertRejects(
      () =>
        cloud.deployNode({
          ...WEB,
          userData,
          deploy: sshKey(KEY),
          via: cloudInit(),
        }),
      ValidationError,
    );
    assertStringIncludes(error.message, "line 2: [redacted]");
    assert(!Deno.inspect(error, { depth: 9 }).includes("canary"));
  }
});

Deno.test("cloudInit() does not redact ordinary words, which a message may need", async () => {
  const words = ["location", "available", "Configuration", "LOCATION", "web-1"];
  const message = `Configuration: location us-east is not available`;
  const cloud = digitalocean(() =>
    Promise.resolve(Response.json({ id: "bad", message }, { status: 422 }))
  );
  const error = await assertRejects(
    () =>
      cloud.deployNode({
        ...WEB,
        deploy: [
          script("location\navailable\n", { args: words }),
          file("/etc/a", "Configuration:\nnot available\nlocation us-east\n"),
        ],
        via: cloudInit(),
      }),
    ValidationError,
  );
  assertStringIncludes(error.message, "is not available");
  assertStringIncludes(error.message, "Configuration: ");
});

Deno.test("deployNode() with cloudInit() resolves without step results when the node runs", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({ createMs: 1 });
  const cloud = new DigitalOceanNodeDriver({ ...credentials, fetch });
  const phases: string[] = [];
  const deploy: readonly DeploymentStep[] = steps(sshKey(KEY), script("true"));
  const { node, steps: results } = await cloud.deployNode({
    ...WEB,
    deploy,
    via: cloudInit(),
    onProgress: ({ phase }) => phases.push(phase),
  });
  assertEquals(node.state, "running");
  assertEquals(results, []);
  assertEquals(phases, ["creating", "waiting"]);
});
