/**
 * What reaches a provider when one deploys by cloud-init.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { parse } from "@std/yaml";
import type { CreateNodeOptions, Deployment } from "../../core/compute/mod.ts";
import { cloudInit, type CloudInitOptions } from "../../deploy/cloud_init.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";

/** User data, as `createNode()` takes it. */
export type UserData = CreateNodeOptions["userData"];

/** A cloud-config, as far as we write one. */
export interface CloudConfig {
  /** Keys that log in. */
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
  /** Whom to call. */
  readonly phone_home?: unknown;
}

/** Deploys to a simulator of DigitalOcean, and returns what it was sent. */
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

/** Deploys to a simulator of Linode, which takes bytes. */
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

/** Reads a cloud-config. */
export function configOf(userData: string): CloudConfig {
  if (!userData.startsWith("#cloud-config\n")) {
    throw new Error(`not a cloud-config: ${userData.slice(0, 32)}`);
  }
  return parse(userData) as CloudConfig;
}

/** What is in a file of a cloud-config. */
export function contentOf(
  { encoding, content }: NonNullable<CloudConfig["write_files"]>[number],
): Uint8Array<ArrayBuffer> {
  return encoding ? decodeBase64(content) : new TextEncoder().encode(content);
}

/** Texts that are easily mistaken for something else on their way. */
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
