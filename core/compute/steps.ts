/**
 * Deployment steps: changes to a new node, as plain data.
 *
 * @module
 */

import { checkNumber, checkText, mistake } from "../check.ts";
import { lookUp } from "../json.ts";
import { show } from "../message.ts";
import { formatPublicKey, kindOfKey, parsePublicKey } from "./public_key.ts";

/** Step: adds a public key to the authorized keys. */
export interface SshKeyStep {
  /** Kind of the step. */
  readonly kind: "sshKey";
  /** Name of the step. */
  readonly name: string;
  /** Public key, in the form of a line of `authorized_keys`. */
  readonly publicKey: string;
}

/** Step: writes a file. */
export interface FileStep {
  /** Kind of the step. */
  readonly kind: "file";
  /** Name of the step. */
  readonly name: string;
  /** Absolute path of the file. Missing folders are created. */
  readonly path: string;
  /** Content; a string is written in UTF-8. */
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** Permissions, such as `0o600`. */
  readonly mode: number;
  /** Owner, such as `"www-data"` or `"www-data:www-data"`. */
  readonly owner?: string | undefined;
}

/** Step: runs a script. */
export interface ScriptStep {
  /** Kind of the step. */
  readonly kind: "script";
  /** Name of the step. */
  readonly name: string;
  /** The script. Its first line may name an interpreter, such as `#!/bin/sh`. */
  readonly text: string;
  /** Arguments of the script; no shell interprets them. */
  readonly args: readonly string[];
  /** Time limit in milliseconds. A script that runs longer is terminated. */
  readonly timeoutMs?: number | undefined;
  /** Whether the file of the script stays on the node. */
  readonly keep: boolean;
}

/** A step of a deployment. */
export type DeploymentStep = SshKeyStep | FileStep | ScriptStep;

/** Steps in their order, in arrays of any depth. */
export type Deployment = DeploymentStep | readonly Deployment[];

/** Result of a step. */
export interface StepResult {
  /** Name of the step. */
  readonly name: string;
  /** Exit status; `undefined` if the step was killed or timed out. */
  readonly exitStatus: number | undefined;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
  /** Duration in milliseconds. */
  readonly durationMs: number;
}

/** A step without its content, which may be secret. */
export type StepSummary = Pick<DeploymentStep, "kind" | "name">;

/**
 * Adds a public key to the authorized keys of a user. With `ssh()`, this is the
 * user who logs in. With `cloudInit()`, this is the default user of the image.
 *
 * @param publicKey Public key: a line of `authorized_keys`, which may begin with
 *   options such as `no-pty`, or a key in the format of RFC 4716.
 * @returns The step.
 * @throws {TypeError} If `publicKey` is not a public key, or is more than one.
 */
export function sshKey(publicKey: string): SshKeyStep {
  const key = parsePublicKey(`${publicKey}`);
  if (!key || kindOfKey(key.base64) !== key.type) {
    // The value is not shown: the caller may have passed a private key.
    throw new TypeError(
      "sshKey: publicKey must be one line, as in authorized_keys",
    );
  }
  const name = (key.comment ?? key.type).replaceAll("\t", " ");
  return { kind: "sshKey", name, publicKey: formatPublicKey(key) };
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
   * @default {the user who logs in; root with `sudo` and with cloud-init}
   */
  readonly owner?: string | undefined;
}

/**
 * Writes a file. If the file exists, its content is lost.
 *
 * @param path Absolute path of the file. Missing folders are created.
 * @param content Content; a string is written in UTF-8.
 * @param options Permissions and owner.
 * @returns The step.
 * @throws {TypeError} If `path` is not absolute, `content` contains a lone
 *   surrogate, or `owner` is invalid.
 * @throws {RangeError} If `mode` is not from 0 to 0o7777.
 */
export function file(
  path: string,
  content: string | Uint8Array<ArrayBuffer>,
  options: FileOptions = {},
): FileStep {
  const { mode = 0o644, owner } = options;
  if (!/^\/.*[^/]$/.test(checkText(path, "file", "path"))) {
    throw mistake("file", "path", "the absolute path of a file", path);
  }
  if (!isWellFormed(content) && !(content instanceof Uint8Array)) {
    throw new TypeError(
      "file: content must be a string without lone surrogates, or a Uint8Array",
    );
  }
  checkNumber(mode, "file", "mode", 0, 0o7777);
  if (owner !== undefined && !OWNER.test(owner)) {
    throw mistake("file", "owner", '"user" or "user:group"', owner);
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
  /** Arguments of the script; no shell interprets them. */
  readonly args?: readonly string[] | undefined;
  /**
   * Time limit in milliseconds. A script that runs longer is terminated.
   *
   * @default {the time limit of the deployment}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the file of the script stays on the node.
   *
   * @default {false}
   */
  readonly keep?: boolean | undefined;
}

/**
 * Runs a script. If the exit status of the script is not 0, the deployment
 * fails.
 *
 * Line breaks of Windows (CRLF) become LF, and a byte order mark is removed:
 * with them, the node would not find the interpreter. Files are not changed.
 *
 * @param text The script. Its first line may name an interpreter, such as
 *   `#!/usr/bin/env python3`; the default is `/bin/sh`.
 * @param options Name, arguments and time limit.
 * @returns The step.
 * @throws {TypeError} If `text` is empty, an argument contains NUL, or `text`
 *   or an argument contains a lone surrogate.
 * @throws {RangeError} If `timeoutMs` is not from 1 to 2147483647.
 */
export function script(text: string, options: ScriptOptions = {}): ScriptStep {
  const { name = "script", args = [], timeoutMs, keep = false } = options;
  if (!isWellFormed(text) || text.trim() === "") {
    throw new TypeError("script: text must be a non-empty string");
  }
  for (const [index, arg] of args.entries()) {
    if (!isWellFormed(arg) || arg.includes("\0")) {
      throw new TypeError(
        `script: args[${index}] must be a string without NUL characters and ` +
          "lone surrogates",
      );
    }
  }
  checkText(name, "script", "name");
  checkNumber(timeoutMs, "script", "timeoutMs");
  return {
    kind: "script",
    name,
    text: text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n"),
    args: [...args],
    timeoutMs,
    keep,
  };
}

/**
 * Flattens steps into one array, in their order.
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
 * @param parts Steps, and arrays of steps.
 * @returns The steps.
 * @throws {TypeError} If a part is not a valid step.
 */
export function steps(...parts: readonly Deployment[]): DeploymentStep[] {
  return parts.flatMap((part): readonly DeploymentStep[] => {
    if (isList(part)) return steps(...part);
    // The caller may not have used sshKey(), file() or script(), so all fields
    // are checked again.
    const make = lookUp<(step: never) => DeploymentStep>(KINDS, part?.kind);
    if (!make) {
      // Not shown: the text of a script may contain secrets.
      const got = typeof part === "string" ? "a string" : show(part);
      throw new TypeError(
        "deployNode: deploy must be steps made by sshKey(), file() or " +
          `script(), got ${got}`,
      );
    }
    const step = make(part as never);
    const name = checkText(part.name, "deployNode", "deploy: name of a step");
    return [{ ...step, name }];
  });
}

const KINDS = {
  sshKey: ({ publicKey }: SshKeyStep) => sshKey(publicKey),
  file: ({ path, content, ...options }: FileStep) =>
    file(path, content, options),
  script: ({ text, ...options }: ScriptStep) => script(text, options),
};
const OWNER = /^[\w.][\w.-]*(?::[\w.][\w.-]*)?$/;

/** Whether a value is a string that UTF-8 can encode. */
function isWellFormed(text: unknown): text is string {
  return typeof text === "string" && !/\p{Cs}/u.test(text);
}

function isList(part: Deployment): part is readonly Deployment[] {
  return Array.isArray(part);
}
