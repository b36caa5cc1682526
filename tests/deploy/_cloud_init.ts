/**
 * Helpers for tests of `cloudInit()`: the user data that a provider receives.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { parse } from "@std/yaml";
import { assertEquals } from "@std/assert";
import type { CreateNodeOptions, Deployment } from "../../core/compute/mod.ts";
import { cloudInit, type CloudInitOptions } from "../../deploy/cloud_init.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";

/** User data, as `createNode()` accepts it. */
export type UserData = CreateNodeOptions["userData"];

/** The options of a cloud-config that `cloudInit()` uses. */
export interface CloudConfig {
  /** Authorized keys. */
  readonly ssh_authorized_keys?: readonly string[];
  /** Files. */
  readonly write_files?: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly encoding?: "b64";
    readonly content: string;
  }[];
  /** Commands. */
  readonly runcmd?: readonly string[];
  /** Settings of the phone-home request. */
  readonly phone_home?: unknown;
}

/** Deploys to the DigitalOcean simulator, and returns the user data sent. */
export async function userDataOf(
  deploy: Deployment,
  options: CloudInitOptions = {},
  userData?: UserData,
): Promise<string> {
  const { credentials, fetch } = new DigitalOceanSimulator({ createMs: 1 });
  let sent = "";
  const cloud = new DigitalOceanNodeDriver({
    ...credentials,
    fetch: async (request) => {
      if (request.method === "POST") {
        sent = (await request.clone().json()).user_data;
      }
      return await fetch(request);
    },
  });
  await cloud.deployNode({
    name: "web-1",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    userData,
    deploy,
    via: cloudInit(options),
    intervalMs: 1,
  });
  return sent;
}

const unexpected = () => Promise.reject(new Error("unexpected request"));

/** A driver that accepts user data of any length, and keeps it. */
class Recorder extends DigitalOceanNodeDriver {
  override readonly userDataSupport = { maxBytes: 1e9, takesBytes: false };
  userData: UserData;

  override createNode(options: CreateNodeOptions): Promise<never> {
    this.userData = options.userData;
    return Promise.reject(new Error("recorded"));
  }
}

/** Returns the user data of a deployment that may exceed every limit. */
export async function longUserDataOf(
  deploy: Deployment,
  options: CloudInitOptions = {},
): Promise<string> {
  const driver = new Recorder({ token: "t0ken", fetch: unexpected });
  await driver.deployNode({
    name: "web-1",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    deploy,
    via: cloudInit(options),
  }).catch(() => {});
  if (typeof driver.userData !== "string") throw new Error("no user data");
  return driver.userData;
}

/** Deploys to the Linode simulator, which accepts bytes as user data. */
export async function bytesOf(
  deploy: Deployment,
  userData?: UserData,
): Promise<Uint8Array<ArrayBuffer>> {
  const { credentials, fetch } = new LinodeSimulator({
    provisionMs: 1,
    bootMs: 1,
  });
  let sent = "";
  const cloud = new LinodeNodeDriver({
    ...credentials,
    fetch: async (request) => {
      if (request.method === "POST") {
        sent = (await request.clone().json()).metadata.user_data;
      }
      return await fetch(request);
    },
  });
  await cloud.deployNode({
    name: "web-1",
    size: "g6-nanode-1",
    image: "linode/debian12",
    location: "us-east",
    userData,
    deploy,
    via: cloudInit(),
    intervalMs: 1,
  });
  return decodeBase64(sent);
}

/** Reads a cloud-config, both as YAML and as JSON. */
export function configOf(userData: string): CloudConfig {
  const [line, json] = userData.split(/\n(.*)/s);
  if (line !== "#cloud-config") {
    throw new Error(`not a cloud-config: ${userData.slice(0, 32)}`);
  }
  const config = JSON.parse(json!);
  assertEquals(parse(userData), config);
  return config;
}

/** Returns the content of an entry of `write_files`. */
export function contentOf(
  { encoding, content }: NonNullable<CloudConfig["write_files"]>[number],
): Uint8Array<ArrayBuffer> {
  return encoding ? decodeBase64(content) : new TextEncoder().encode(content);
}

/** Strings that a YAML parser could misread, and other special cases. */
export const CONTENTS: readonly string[] = [
  "",
  "\n",
  " ",
  "yes",
  "no",
  "0600",
  "0o600",
  "1_000",
  "12:30:45",
  "2026-01-01",
  "2026-01-01 10:00:00",
  "null",
  "~",
  "=",
  "<<",
  "-",
  "?",
  "!!binary",
  "*a",
  "&a",
  "%YAML 1.1",
  "---\n",
  "...\n",
  "a: b",
  "a: b\n",
  "- a\n- b\n",
  "# comment",
  "a # b",
  "#cloud-config\nruncmd: [reboot]\n",
  "  indented\nless\n",
  "\n  indented\n",
  "trailing  \nspaces \n",
  "no end",
  "two\n\n\n",
  "tab\tand\n\ttab\n",
  "CR\r\nLF\r\n",
  "\r",
  "NUL\0",
  "bell\x07\x1b[31m\n",
  "\x7f\x85\x9f",
  "\ufeffBOM\n",
  "line\u2028paragraph\u2029",
  "soft\u00adhyphen\u200d",
  "wörld 日本 😀\n",
  "😀",
  "{{ jinja }}\n",
  "'single' \"double\" `back`\\\n",
  "x".repeat(10_000),
  `${"long line ".repeat(1000)}\n`,
  "MIME-Version: 1.0\n",
];

/** Characters with a meaning in YAML, JSON, Unicode or a shell, and borders. */
export const SPECIAL: readonly string[] = [
  ...Array.from({ length: 0x21 }, (_, code) => String.fromCodePoint(code)),
  ...`!"#$%&'()*+,-./0:;<=>?@A[\\]^_\`a{|}~`,
  ...[0x7f, 0x80, 0x84, 0x85, 0x86, 0x9f, 0xa0, 0xad, 0x300, 0x61c, 0x200b],
  ...[0x200d, 0x200e, 0x2028, 0x2029, 0x202e, 0x2060, 0x3000, 0xd7ff, 0xe000],
  ...[0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1f600, 0x1fffe],
  ...[0x1ffff, 0x20000, 0xe0001, 0xf0000, 0x10fffe, 0x10ffff],
].map((it) => typeof it === "number" ? String.fromCodePoint(it) : it);
