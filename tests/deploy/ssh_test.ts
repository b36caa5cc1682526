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

/** An account at which nothing may be asked for. */
function unasked() {
  const sent: string[] = [];
  const cloud = new NephoScaleNodeDriver({
    username: "me",
    password: "pä55",
    fetch: (request) => {
      sent.push(request.url);
      return Promise.reject(new Error("Nobody may ask"));
    },
  });
  return { cloud, sent };
}

Deno.test("ssh() takes what makes sense, and opens nothing", () => {
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
      { ...VALID, hostKey: "accept-new" },
      { ...VALID, hostKey: "inject" },
    ] as const satisfies SshOptions[]
  ) ssh(options);
});

Deno.test("ssh() has no default for the host key, and says what can be given", () => {
  for (
    const hostKey of [
      undefined,
      null,
      "",
      "yes",
      "accept",
      "ask",
      true,
      [],
      ["accept-new"],
      [FINGERPRINT, "inject"],
      "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
      "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
      "SHA256:short",
      "SHA256:" + "*".repeat(43),
      "ssh-ed25519",
      "ssh-ed25519 AAAA",
      `ssh-rsa ${HOST_KEY.split(" ")[1]}`,
      "sk-ssh-ed25519@openssh.com AAAA",
      5,
      {},
    ]
  ) {
    const error = assertThrows(
      () => ssh({ ...VALID, hostKey } as SshOptions),
      TypeError,
      undefined,
      Deno.inspect(hostKey),
    );
    assertEquals(
      error.message,
      'Cannot connect by SSH: the hostKey is not a fingerprint ("SHA256:…") ' +
        'or a public key, nor "inject", nor "accept-new"',
    );
  }
});

Deno.test("ssh() refuses what makes no sense, and shows no secret", () => {
  for (
    const [options, message] of [
      [{ password: undefined }, "there is no privateKey, no agent and no pass"],
      [{ password: "" }, "Cannot use the password"],
      [{ password: 5 }, "Cannot use the password"],
      [{ password: "canary\0" }, "Cannot use the password"],
      [{ privateKey: "" }, "Cannot use the privateKey"],
      [{ privateKey: {} }, "Cannot use the privateKey"],
      [{ passphrase: "" }, "Cannot use the passphrase"],
      [{ agent: "" }, "is not a path of an agent"],
      [{ username: "" }, "is not a username"],
      [{ username: "a\nb" }, "is not a username"],
      [{ alternateUsernames: ["a", ""] }, "is not a username"],
      [{ interface: "any of it" }, "is not a kind of interface"],
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
    ]
  ) assertThrows(() => ssh({ ...VALID, ...options }), RangeError);
});

Deno.test("ssh() shows nothing of itself", () => {
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

Deno.test("ssh() injects no host key where there is no user data, in types and before any request", async () => {
  const { cloud, sent } = unasked();
  const inject = { ...VALID, hostKey: "inject" } as const;
  const options = { name: "a", size: "5", image: "49", deploy: [] };
  const error = await rejection(
    // @ts-expect-error NephoScale takes no user data.
    cloud.deployNode({ ...options, via: ssh(inject) }),
  );
  assert(error instanceof TypeError);
  assertEquals(
    error.message,
    "Cannot connect by SSH: nephoscale takes no user data, so no hostKey can be injected",
  );
  assertEquals(sent, []);
  const takes = (_driver: NodeDriver & TakesUserData) => ssh(inject);
  assertEquals(typeof takes, "function");
});

Deno.test("ssh() shows no line of the host key that it injects where the provider quotes one", async () => {
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

Deno.test("ssh() finds a key that is none before any request", async () => {
  const { cloud, sent } = unasked();
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
    "Cannot use the privateKey: it is not a private key, of OpenSSH or in PEM",
  );
  assertEquals(sent, []);
});
