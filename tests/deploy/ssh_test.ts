import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ValidationError } from "../../core/mod.ts";
import {
  file,
  type NodeDriver,
  type TakesUserData,
} from "../../core/compute/mod.ts";
import { ssh, type SshOptions } from "../../deploy/ssh.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { rejection } from "../core/_acme.ts";

const FINGERPRINT = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
const HOST_KEY = "ssh-ed25519 " +
  "AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXg";
const VALID: SshOptions = { password: "canary", hostKey: FINGERPRINT };

/** Creates a driver that records each request and rejects it. */
function rejectingDriver() {
  const sent: string[] = [];
  const cloud = new NephoScaleNodeDriver({
    username: "me",
    password: "pä55",
    fetch: (request) => {
      sent.push(request.url);
      return Promise.reject(new Error("unexpected request"));
    },
  });
  return { cloud, sent };
}

Deno.test("ssh() accepts all valid options without connecting", () => {
  for (
    const options of [
      VALID,
      { ...VALID, password: undefined, privateKey: "a\nb" },
      { ...VALID, password: undefined, agent: "/run/agent" },
      { ...VALID, privateKey: "a", passphrase: " ", agent: "/run/agent" },
      { ...VALID, username: "debian", alternateUsernames: ["ubuntu"] },
      { ...VALID, port: 65_535, connectTimeoutMs: 1, interface: "private" },
      { ...VALID, hostKey: `${FINGERPRINT}=` },
      { ...VALID, hostKey: `${HOST_KEY} root@web-1\n` },
      { ...VALID, hostKey: `web-1.example.com,203.0.113.1 ${HOST_KEY}` },
      { ...VALID, hostKey: [FINGERPRINT, HOST_KEY] },
      { ...VALID, hostKey: `web-1.example.com\t${HOST_KEY}  root@web-1` },
      { ...VALID, hostKey: "accept-new" },
      { ...VALID, loginGraceMs: 0 },
      { ...VALID, hostKey: "inject" },
    ] as const satisfies SshOptions[]
  ) ssh(options);
});

Deno.test("ssh() throws a TypeError that lists the valid values if hostKey is missing or invalid", () => {
  for (
    const [hostKey, got] of [
      [undefined, "undefined"],
      [null, "null"],
      ["", '""'],
      ["yes", '"yes"'],
      ["accept", '"accept"'],
      ["ask", '"ask"'],
      [true, "true"],
      [[], "an array"],
      [
        "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        '"MD5:16:27:ac:a5:76:28:2d:36:63:1',
      ],
      [
        "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        '"16:27:ac:a5:76:28:2d:36:63:1b:56',
      ],
      ["SHA256:short", '"SHA256:short"'],
      ["SHA256:" + "*".repeat(43), '"SHA256:*****'],
      ["ssh-ed25519", '"ssh-ed25519"'],
      ["ssh-ed25519 AAAA", '"ssh-ed25519 AAAA"'],
      [`@revoked ${HOST_KEY}`, '"@revoked ssh-ed25519 AAAAC3NzaC1'],
      [`@revoked web-1 ${HOST_KEY}`, '"@revoked web-1 ssh-ed25519 AAAA'],
      [`@cert-authority ${HOST_KEY}`, '"@cert-authority ssh-ed25519'],
      [`ssh-rsa ${HOST_KEY.split(" ")[1]}`, '"ssh-rsa AAAAC3NzaC1lZDI1'],
      ["sk-ssh-ed25519@openssh.com AAAA", '"sk-ssh-ed25519@openssh.com AAAA"'],
      [5, "number 5"],
      [{}, "an object"],
    ] as const
  ) {
    const error = assertThrows(
      () => ssh({ ...VALID, hostKey } as SshOptions),
      TypeError,
      undefined,
      Deno.inspect(hostKey),
    );
    assertStringIncludes(
      error.message,
      'ssh: hostKey must be a key, a fingerprint ("SHA256:…"), "inject" or ' +
        `"accept-new", got `,
    );
    assertStringIncludes(error.message, `got ${got}`);
  }
});

Deno.test("ssh() throws a TypeError that names the item if a list of host keys has an invalid item", () => {
  for (
    const [hostKey, message] of [
      [["accept-new"], "ssh: hostKey[0] must be a key or a fingerprint"],
      [[FINGERPRINT, "inject"], "ssh: hostKey[1] must be a key"],
      [[FINGERPRINT, ["a"]], "got an array"],
    ] as const
  ) {
    assertThrows(
      () => ssh({ ...VALID, hostKey } as unknown as SshOptions),
      TypeError,
      message,
    );
  }
});

Deno.test("ssh() throws an error that names the option and shows no secret if an option is invalid", () => {
  for (
    const [options, message] of [
      [
        { password: undefined },
        "ssh: privateKey, agent or password is required",
      ],
      [{ password: "" }, "ssh: password is required"],
      [{ password: 5 }, "password"],
      [{ password: "canary\0" }, "ssh: password contains a NUL character"],
      [{ privateKey: "" }, "privateKey"],
      [{ privateKey: {} }, "privateKey"],
      [{ passphrase: "" }, "passphrase"],
      [{ agent: "" }, "agent"],
      [{ username: "" }, "username"],
      [{ username: "a\nb" }, "username"],
      [
        { alternateUsernames: ["a", ""] },
        "ssh: alternateUsernames[1] must be a non-empty string",
      ],
      [
        { interface: "any" },
        'ssh: interface must be "public" or "private", got "any"',
      ],
    ] as const
  ) {
    const error = assertThrows(
      () => ssh({ ...VALID, ...options } as SshOptions),
      TypeError,
      message,
    );
    assert(!Deno.inspect(error).includes("canary"));
  }
  for (
    const options of [
      { port: 0 },
      { port: 65_536 },
      { port: 2.5 },
      { connectTimeoutMs: 0 },
      { connectTimeoutMs: NaN },
      { loginGraceMs: -1 },
    ]
  ) assertThrows(() => ssh({ ...VALID, ...options }), RangeError);
});

Deno.test("ssh() returns a transport that shows no credentials when inspected", () => {
  const via = ssh({
    ...VALID,
    privateKey: "canary",
    passphrase: "canary",
    agent: "/canary",
  });
  for (
    const text of [
      Deno.inspect(via, { showHidden: true, depth: 99 }),
      JSON.stringify(via),
      `${via}`,
      ...Reflect.ownKeys(via).map(String),
    ]
  ) assert(!text.includes("canary"), text);
});

Deno.test("ssh() rejects hostKey inject at compile time and before any request if the provider does not support user data", async () => {
  const { cloud, sent } = rejectingDriver();
  const inject = { ...VALID, hostKey: "inject" } as const;
  const options = { name: "a", size: "5", image: "49", deploy: [] };
  const error = await rejection(
    // @ts-expect-error NephoScale does not support user data.
    cloud.deployNode({ ...options, via: ssh(inject) }),
  );
  assert(error instanceof TypeError);
  assertEquals(
    error.message,
    'ssh: NephoScale does not support user data, which hostKey "inject" ' +
      'needs; use a key, a fingerprint or "accept-new"',
  );
  assertEquals(sent, []);
  const takes = (_driver: NodeDriver & TakesUserData) => ssh(inject);
  assertEquals(typeof takes, "function");
});

Deno.test("ssh() redacts the injected host key if the provider quotes its lines in an error", async () => {
  let lines: string[] = [];
  const cloud = new DigitalOceanNodeDriver({
    token: "t0ken",
    fetch: async (request) => {
      const { user_data } = await request.json();
      const { ssh_keys } = JSON.parse(user_data.split("\n")[1]);
      lines = ssh_keys.ed25519_private.split("\n").slice(1, 4);
      const message = `unexpected scalar ${lines.slice(0, 2).join("\\n")}`;
      return Response.json({ id: "bad", message }, { status: 422 });
    },
  });
  const error = await rejection(cloud.deployNode({
    name: "a",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    deploy: [],
    via: ssh({ ...VALID, hostKey: "inject" }),
  }));
  assert(error instanceof ValidationError);
  const text = Deno.inspect(error, { depth: 9 });
  assertStringIncludes(text, "unexpected scalar [redacted]");
  assertEquals(lines.length, 3);
  for (const line of lines) assert(!text.includes(line), text);
});

Deno.test("ssh() redacts lines of the user data that the injected host key is added to", async () => {
  const cloud = new DigitalOceanNodeDriver({
    token: "t0ken",
    fetch: () => {
      const message = "bad line: password=canary-1; size is not available";
      return Promise.resolve(
        Response.json({ id: "bad", message }, { status: 422 }),
      );
    },
  });
  const error = await rejection(cloud.deployNode({
    name: "a",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    userData: "#!/bin/sh\npassword=canary-1\navailable\n",
    deploy: [],
    via: ssh({ ...VALID, hostKey: "inject" }),
  }));
  assert(error instanceof ValidationError);
  assertStringIncludes(
    error.message,
    "bad line: [redacted]; size is not available",
  );
});

Deno.test("ssh() rejects an invalid privateKey before any request", async () => {
  const { cloud, sent } = rejectingDriver();
  const error = await rejection(cloud.deployNode({
    name: "a",
    size: "5",
    image: "49",
    deploy: file("/a", ""),
    via: ssh({ ...VALID, privateKey: "canary" }),
  }));
  assert(error instanceof TypeError);
  assertEquals(
    error.message,
    "ssh: privateKey must be a private key in OpenSSH or PEM format",
  );
  assertEquals(sent, []);
});
