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

/** A server that must not be asked. */
const nobody = () => Promise.reject(new Error("asked"));

function digitalocean(
  fetch: () => Promise<Response> = nobody,
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

Deno.test("cloudInit() writes keys and files as cloud-init has them", async () => {
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
ssh_authorized_keys:
  - ${KEY}
  - 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQExampl a: b # c'
write_files:
  - path: /etc/motd
    permissions: '0644'
    content: |
      Hello,
        wörld
  - path: /etc/secret
    permissions: '0600'
    encoding: b64
    content: AP8=
  - path: /usr/bin/x
    permissions: '0755'
    content: |
      #!/bin/sh
      echo x
`,
  );
});

Deno.test("cloudInit() sets modes itself that cloud-init does not", async () => {
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

Deno.test("cloudInit() has only those files written early that nothing hides or removes while the node boots", async () => {
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

Deno.test("cloudInit() keeps a file behind a script, and one with an owner, for its turn", async () => {
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
  Deno.test(`cloudInit() runs ${JSON.stringify([text, options])}`, async () => {
    const userData = await userDataOf(script(text, options));
    const { runcmd } = configOf(userData);
    assertEquals(runcmd?.[1], `nephos_step ${command}`);
  });
}

Deno.test("cloudInit() hands on any text", async () => {
  for (const content of CONTENTS) {
    const userData = await userDataOf(file("/a", content));
    if (content.startsWith("MIME")) {
      // Which cloud-init would take for a message.
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

Deno.test("cloudInit() writes text as text where all readers of YAML agree", async () => {
  const isPlain = async (content: string) => {
    const [written] = configOf(await userDataOf(file("/a", content)))
      .write_files!;
    return !written!.encoding;
  };
  for (
    const text of ["a b", "a\n", "ä 😀\n", "apt-get update", "#!/bin/sh\nx"]
  ) {
    assert(await isPlain(text), text);
  }
  for (const text of ["", "yes", "a b ", "\n", " a\n", "a\r\n", "a\0\n", "="]) {
    assert(!await isPlain(text), text);
  }
});

Deno.test("cloudInit() hands on any bytes", async () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const bytes of [new Uint8Array(), all, all.subarray(3, 5)]) {
    const userData = await userDataOf(file("/a", bytes));
    const [written] = configOf(userData).write_files!;
    assertEquals(written!.encoding, "b64");
    assertEquals(contentOf(written!), bytes.slice());
  }
});

Deno.test("cloudInit() refuses half a character, before any request", async () => {
  const cloud = digitalocean();
  const half = "s3cret\ud800";
  const via = cloudInit();
  const make = (deploy: Deployment, userData?: string) =>
    cloud.deployNode({ ...WEB, deploy, userData, via });
  const step = { name: "a" } as const;
  for (
    const deploy of [
      { ...step, kind: "file", path: "/a", content: half, mode: 0o644 },
      { ...step, kind: "script", text: half, args: [], keep: false },
      { ...step, kind: "script", text: "true", args: [half], keep: false },
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

Deno.test("cloudInit() has the node call when the steps have ended well", async () => {
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
    // Files alone may fail too, so they are looked for.
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

Deno.test("cloudInit() refuses whom a node cannot call, and does not show it", () => {
  for (
    const url of ["", "s3cret", "ftp://s3cret", "http://", "file:///s3cret"]
  ) {
    for (const phoneHome of [url, { url }]) {
      const error = assertThrows(() => cloudInit({ phoneHome }), TypeError);
      assert(!Deno.inspect(error).includes("s3cret"));
    }
  }
  for (const url of ["$s3cret", "$INSTANCE_ID.s3cret", "$INSTANCE_IDs3cret"]) {
    const error = assertThrows(
      () => cloudInit({ phoneHome: `https://example.com/${url}` }),
      TypeError,
    );
    assert(!Deno.inspect(error).includes("s3cret"));
  }
  cloudInit({
    phoneHome: "https://example.com/${INSTANCE_ID}.json?$INSTANCE_ID",
  });
  const url = "https://example.com";
  assertThrows(
    () => cloudInit({ phoneHome: { url, post: ["ip" as "fqdn"] } }),
    TypeError,
    '"ip" is not a field: pub_key_dsa,',
  );
  for (const tries of [0, -1, 1.5, 1001, NaN]) {
    assertThrows(() => cloudInit({ phoneHome: { url, tries } }), RangeError);
  }
});

Deno.test("cloudInit() leaves user data alone where there is nothing to do", async () => {
  for (const userData of [undefined, "anything"]) {
    const sent = await userDataOf([[], []], {}, userData);
    assertEquals(sent, userData);
  }
});

Deno.test("cloudInit() is one for many deployments", async () => {
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

// What the caller gave

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
  Deno.test(`cloudInit() puts ${JSON.stringify(text)} before its steps`, async () => {
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
ssh_authorized_keys:
  - ${KEY}

--nephos--
`,
      );
    }
  });
}

Deno.test("cloudInit() encodes parts that cloud-init would garble", async () => {
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

Deno.test("cloudInit() nests a message, and never ends a part too early", async () => {
  const first = await userDataOf(sshKey(KEY), {}, "#!/bin/sh\ntrue\n");
  const second = await userDataOf(sshKey(OTHER_KEY), {}, first);
  assertStringIncludes(second, 'boundary="nephos-1"');
  assertStringIncludes(second, `--nephos-1\n${first}\n--nephos-1\n`);
  const third = await userDataOf(sshKey(KEY), {}, second);
  assertStringIncludes(third, 'boundary="nephos-2"');
  // One that is not at the beginning is no message.
  await userDataOf(sshKey(KEY), {}, "#cloud-config\n# MIME-Version: 1.0\n");
});

Deno.test("cloudInit() takes blank user data for none", async () => {
  for (const blank of ["", "\n", new Uint8Array()]) {
    configOf(await userDataOf(sshKey(KEY), {}, blank));
  }
});

Deno.test("cloudInit() refuses user data that cloud-init does not know, and does not show it", async () => {
  const cloud = digitalocean();
  for (
    const userData of [
      "s3cret",
      '{"ignition": "s3cret"}',
      "Content-Type: text/s3cret\n\nMIME-Version: 1.0",
      new Uint8Array([0xff, 0xfe, 0]),
      // Cut off.
      (await gzip("#cloud-config\n# s3cret\n")).slice(0, 30),
    ]
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
      "Cannot merge the userData: ",
    );
    assert(!Deno.inspect(error).includes("s3cret"));
  }
});

// What the provider takes

Deno.test("cloudInit() refuses what is more than the provider takes, before any request", async () => {
  // Noise, which no gzip makes smaller.
  const deploy = ["/a", "/b"].map((path) =>
    file(path, crypto.getRandomValues(new Uint8Array(40_000)))
  );
  const options = { ...WEB, location: "us-east", deploy, via: cloudInit() };
  const linode = new LinodeNodeDriver({ token: "t0ken", fetch: nobody });
  for (
    const [call, maxBytes] of [
      [() => digitalocean().deployNode(options), 65_536],
      [() => linode.deployNode(options), 65_535],
    ] as const
  ) {
    const { message } = await assertRejects(call, RangeError);
    const [, bytes, limit] =
      /^Cannot use (\d+) as bytes of userData: not from 0 to (\d+)$/
        .exec(message) ?? [];
    assert(Number(bytes) > 80_000, message);
    assertEquals(Number(limit), maxBytes);
  }
});

Deno.test("cloudInit() sends text where it fits, else gzip where the provider takes it", async () => {
  const small = file("/a", "a b\n");
  assertEquals(
    new TextDecoder().decode(await bytesOf(small)),
    await userDataOf(small),
  );
  const large = file("/a", `${"long line ".repeat(10_000)}\n`);
  const bytes = await bytesOf(large);
  assertEquals([...bytes.subarray(0, 2)], [0x1f, 0x8b]);
  // The same each time: a clock in it would make it another.
  assertEquals(await bytesOf(large), bytes);
  const config = configOf(await gunzip(bytes));
  assertEquals(contentOf(config.write_files![0]!).length, 100_001);
  await assertRejects(() => userDataOf(large), RangeError);
});

Deno.test("cloudInit() refuses a provider without user data, before any request", async () => {
  const cloud = new NephoScaleNodeDriver({
    username: "u",
    password: "p",
    fetch: nobody,
  });
  await assertRejects(
    () =>
      cloud.deployNode({
        ...WEB,
        deploy: sshKey(KEY),
        // @ts-expect-error NephoScale takes no user data.
        via: cloudInit(),
      }),
    TypeError,
    "Cannot deploy by cloud-init: nephoscale takes no user data",
  );
});

Deno.test("cloudInit() shows neither contents nor user data when the provider refuses", async () => {
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

Deno.test("cloudInit() shows no line, no argument and no URL that a provider quotes", async () => {
  const url = "https://example.com/?token=canary-1";
  const deploy = steps(
    sshKey(KEY),
    file("/etc/app.conf", "[db]\n  password = canary-2\n"),
    script("true\ncurl -u me:canary-3 https://example.com\n", {
      args: ["canary-4", "nginx"],
    }),
  );
  for (
    const line of [
      `url: '${url}'`,
      "  password = canary-2",
      "curl -u me:canary-3 https://example.com",
      "/a 'canary-4' 'nginx' true",
    ]
  ) {
    const cloud = digitalocean(() =>
      Promise.resolve(
        Response.json({ id: "bad", message: `bad line: ${line}` }, {
          status: 422,
        }),
      )
    );
    const error = await assertRejects(
      () =>
        cloud.deployNode({
          ...WEB,
          deploy,
          via: cloudInit({ phoneHome: url }),
        }),
      ValidationError,
      "[redacted]",
    );
    assert(!Deno.inspect(error, { depth: 9 }).includes("canary"));
    // What is no secret can be read.
    if (line.includes("nginx")) assertStringIncludes(error.message, "nginx");
    assertStringIncludes(error.message, "Cannot createNode: bad line: ");
  }
});

Deno.test("deployNode() by cloudInit() resolves with a running node, and knows of no steps", async () => {
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
