/**
 * Deployment steps: what is done to a new node, as plain data.
 *
 * @module
 */

import { checkNumber, checkText, choose } from "../check.ts";
import { kindOfKey } from "./public_key.ts";

/** Lets the holder of a key log in. */
export interface SshKeyStep {
  /** Which kind of step. */
  readonly kind: "sshKey";
  /** Name of the step. */
  readonly name: string;
  /** Public half of the key, as in `authorized_keys`. */
  readonly publicKey: string;
}

/** Writes a file. */
export interface FileStep {
  /** Which kind of step. */
  readonly kind: "file";
  /** Name of the step. */
  readonly name: string;
  /** Absolute path of the file; folders that are missing are made. */
  readonly path: string;
  /** What is in it; a text is written in UTF-8. */
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** Permissions, such as `0o600`. */
  readonly mode: number;
  /** Owner, such as `"www-data"` or `"www-data:www-data"`. */
  readonly owner?: string | undefined;
}

/** Runs a script. */
export interface ScriptStep {
  /** Which kind of step. */
  readonly kind: "script";
  /** Name of the step. */
  readonly name: string;
  /** The script; its first line may name an interpreter, such as `#!/bin/sh`. */
  readonly text: string;
  /** Arguments, which reach the script as they are. */
  readonly args: readonly string[];
  /** Time limit in milliseconds, after which the script is ended. */
  readonly timeoutMs?: number | undefined;
  /** Whether the script stays on the node when it is done. */
  readonly keep: boolean;
}

/** One thing to do to a node. */
export type DeploymentStep = SshKeyStep | FileStep | ScriptStep;

/** Steps in their order, in lists of any depth. */
export type Deployment = DeploymentStep | readonly Deployment[];

/** How a step went. */
export interface StepResult {
  /** Name of the step. */
  readonly name: string;
  /** What it ended with; `undefined` where something else ended it. */
  readonly exitStatus: number | undefined;
  /** What it printed on standard output. */
  readonly stdout: string;
  /** What it printed on standard error. */
  readonly stderr: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** A step without what is in it, which may be secret. */
export type StepSummary = Pick<DeploymentStep, "kind" | "name">;

/**
 * Lets the holder of a key log in, as the user that the deployment logs in as.
 *
 * @param publicKey Public half of the key, as in `authorized_keys`.
 * @returns The step.
 * @throws {TypeError} If it is not a line of a public key.
 */
export function sshKey(publicKey: string): SshKeyStep {
  const [line, type, base64 = "", comment] =
    PUBLIC_KEY.exec(`${publicKey}`.trim()) ?? [];
  if (!line || !type || kindOfKey(base64) !== type) {
    // It may be a private one, so it is not shown.
    throw new TypeError("Cannot add a key: it is not a line of a public key");
  }
  return { kind: "sshKey", name: comment ?? type, publicKey: line };
}

/** Options of {@linkcode file}. */
export interface FileOptions {
  /**
   * Permissions.
   *
   * @default {0o644}
   */
  readonly mode?: number | undefined;
  /**
   * Owner, such as `"www-data"` or `"www-data:www-data"`.
   *
   * @default {whoever logs in; root with `sudo`, and by cloud-init}
   */
  readonly owner?: string | undefined;
}

/**
 * Writes a file, or replaces it.
 *
 * @param path Absolute path of the file; folders that are missing are made.
 * @param content What is in it; a text is written in UTF-8.
 * @param options Permissions and owner.
 * @returns The step.
 * @throws {TypeError} If the path is not absolute, the content is half a text,
 *   or the owner is none.
 * @throws {RangeError} If the mode is not from 0 to 0o7777.
 */
export function file(
  path: string,
  content: string | Uint8Array<ArrayBuffer>,
  options: FileOptions = {},
): FileStep {
  const what = "write a file";
  const { mode = 0o644, owner } = options;
  if (!/^\/.*[^/]$/.test(checkText(path, what, "path"))) {
    throw new TypeError(`Cannot ${what}: "${path}" is not an absolute path`);
  }
  if (!isWhole(content) && !(content instanceof Uint8Array)) {
    throw new TypeError(`Cannot ${what}: its content is no text and no bytes`);
  }
  checkNumber("mode", mode, 0, 0o7777);
  if (owner !== undefined && !OWNER.test(owner)) {
    throw new TypeError(`Cannot ${what}: "${owner}" is not an owner`);
  }
  return { kind: "file", name: path, path, content, mode, owner };
}

/** Options of {@linkcode script}. */
export interface ScriptOptions {
  /**
   * Name of the step, for progress and errors.
   *
   * @default {"script"}
   */
  readonly name?: string | undefined;
  /** Arguments, which reach the script as they are. */
  readonly args?: readonly string[] | undefined;
  /**
   * Time limit in milliseconds, after which the script is ended.
   *
   * @default {that of the deployment}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the script stays on the node when it is done.
   *
   * @default {false}
   */
  readonly keep?: boolean | undefined;
}

/**
 * Runs a script; a deployment ends where one does not exit with 0.
 *
 * @param text The script; its first line may name an interpreter, such as
 *   `#!/usr/bin/env python3`, and without one `/bin/sh` runs it.
 * @param options Name, arguments and limits.
 * @returns The step.
 * @throws {TypeError} If the script is empty, an argument holds NUL, or there
 *   is half a character.
 * @throws {RangeError} If the limit is not from 1 to 2147483647 ms.
 */
export function script(text: string, options: ScriptOptions = {}): ScriptStep {
  const what = "run a script";
  const { name = "script", args = [], timeoutMs, keep = false } = options;
  if (!isWhole(text) || text.trim() === "") {
    throw new TypeError(`Cannot ${what}: it is empty, or no text`);
  }
  for (const arg of args) {
    if (!isWhole(arg) || arg.includes("\0")) {
      throw new TypeError(`Cannot ${what}: an argument is not a text`);
    }
  }
  checkText(name, what, "name");
  checkNumber("timeoutMs", timeoutMs);
  return { kind: "script", name, text, args: [...args], timeoutMs, keep };
}

/**
 * Puts steps into one list, in their order.
 *
 * ```ts
 * import { file, script, sshKey, steps } from "@nephos/nephos";
 *
 * const base = steps(
 *   sshKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com"),
 *   file("/etc/motd", "Hello\n"),
 * );
 * const web = steps(base, script("apt-get install -y nginx", { name: "nginx" }));
 * console.log(web.map(({ name }) => name)); // ["me@example.com", "/etc/motd", "nginx"]
 * ```
 *
 * @param parts Steps, and lists of them.
 * @returns The steps.
 * @throws {TypeError} If there is something else among them.
 */
export function steps(...parts: readonly Deployment[]): DeploymentStep[] {
  return parts.flatMap((part): readonly DeploymentStep[] => {
    if (isList(part)) return steps(...part);
    // Plain data may come from anywhere, and is checked here as well.
    const make = choose<(step: never) => DeploymentStep>(
      KINDS,
      part?.kind,
      "kind of step",
    );
    const step = make(part as never);
    return [{ ...step, name: checkText(part.name, "deploy", "name") }];
  });
}

const KINDS = {
  sshKey: ({ publicKey }: SshKeyStep) => sshKey(publicKey),
  file: ({ path, content, ...options }: FileStep) =>
    file(path, content, options),
  script: ({ text, ...options }: ScriptStep) => script(text, options),
};
const PUBLIC_KEY =
  /^((?:ssh|ecdsa|sk)-[\w@.-]+) ([A-Za-z\d+/]+={0,2})(?: +(\P{Cc}+))?$/u;
const OWNER = /^[\w.][\w.-]*(?::[\w.][\w.-]*)?$/;

/** Whether it is a text that UTF-8 has bytes for. */
function isWhole(text: unknown): text is string {
  return typeof text === "string" && !/\p{Cs}/u.test(text);
}

function isList(part: Deployment): part is readonly Deployment[] {
  return Array.isArray(part);
}
