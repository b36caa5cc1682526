/**
 * User data for cloud-init: combines the user data of the caller with a
 * cloud-config of a deployment transport, as parts of one MIME message.
 *
 * cloud-init merges the parts. Nothing here parses YAML, so that no YAML
 * library is needed. The added cloud-config may be JSON, which is YAML.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { checkUserData, type UserDataSupport } from "../core/compute/mod.ts";
import { secretLines } from "./_secrets.ts";

/** User data, as `createNode()` accepts it. */
export type UserData = string | Uint8Array<ArrayBuffer>;

// Format by prefix, in upper or lower case, longer prefixes first. cloud-init
// detects it in the same way.
const TYPES: readonly (readonly [string, string])[] = [
  ["#cloud-config-archive", "text/cloud-config-archive"],
  ["#cloud-config-jsonp", "text/cloud-config-jsonp"],
  ["## template: jinja", "text/jinja2"],
  ["#cloud-boothook", "text/cloud-boothook"],
  ["#cloud-config", "text/cloud-config"],
  ["#part-handler", "text/part-handler"],
  ["#include-once", "text/x-include-once-url"],
  ["#include", "text/x-include-url"],
  ["#!", "text/x-shellscript"],
];

/** User data to create a node with. */
export interface CombinedUserData {
  /** The user data. */
  readonly userData: UserData;
  /** Lines of the caller's user data that no message may show. */
  readonly secrets: readonly string[];
}

// cloud-init treats user data as MIME if this is anywhere in its first 4096
// bytes.
const IS_MIME = /mime-version:/i;
// Our lists are appended to those of the caller; other values of the caller
// win.
const MERGE_TYPE =
  "Merge-Type: list(append)+dict(no_replace,recurse_list)+str()\n";

/**
 * Appends a cloud-config to the user data of the caller, which may be in any
 * format of cloud-init: a cloud-config, a script, a list of URLs, a template, a
 * MIME message, or gzip of one of these.
 *
 * @param given User data of the caller, if any.
 * @param config The cloud-config, including its first line.
 * @param provider Name of the provider, for errors.
 * @param support Limits of the provider.
 * @returns User data to create the node with, and the secrets in `given`. The user
 *   data is a string if it fits. If it does not and the provider accepts bytes, it
 *   is the same string compressed by gzip.
 * @throws {TypeError} If `given` has a format that cloud-init does not know.
 * @throws {RangeError} If the result exceeds the limit of the provider.
 */
export async function addCloudConfig(
  given: UserData | undefined,
  config: string,
  provider: string,
  support: UserDataSupport,
): Promise<CombinedUserData> {
  const text = given === undefined ? "" : await toText(given);
  const userData = await fit(
    // A cloud-config that mentions MIME would be parsed as a MIME message.
    text.trim() || IS_MIME.test(config.slice(0, 4096))
      ? toMime([
        ...text.trim() ? [toPart(text)] : [],
        toPart(config, MERGE_TYPE),
      ])
      : config,
    provider,
    support,
  );
  return { userData, secrets: secretLines(text) };
}

/** Decodes the user data of the caller, and decompresses gzip. */
async function toText(given: UserData): Promise<string> {
  try {
    if (typeof given === "string") {
      if (/\p{Cs}/u.test(given)) throw new TypeError();
      // As TextDecoder does: after a byte order mark, cloud-init and the node do
      // not recognize the format.
      return given.replace(/^\ufeff/, "");
    }
    const isGzip = given[0] === 0x1f && given[1] === 0x8b;
    const bytes = isGzip
      ? await pipe(given, new DecompressionStream("gzip"))
      : given;
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Without the cause, which may quote the user data.
    throw new TypeError(
      "deployNode: userData must be valid Unicode text, or gzip of it",
    );
  }
}

/** Makes a part of the MIME message, with its headers. */
function toPart(text: string, headers = ""): string {
  // A MIME message becomes a part as it is: parts can be nested. The line at
  // the beginning of a message in a mailbox is no header, and is left out.
  const message = text.replace(/^From .*\r?\n/, "");
  const [head = ""] = message.split(/\r?\n\r?\n/, 1);
  if (/^[\w-]+:/.test(message) && IS_MIME.test(head)) return message;
  const start = text.trimStart().toLowerCase();
  const type = TYPES.find(([prefix]) => start.startsWith(prefix))?.[1];
  if (!type) {
    throw new TypeError(
      "deployNode: userData must be in a format that cloud-init knows; " +
        'begin it with "#cloud-config" or "#!"',
    );
  }
  // cloud-init corrupts characters beyond ASCII in a part that is not encoded,
  // and Python's MIME parser treats a lone CR as a line break.
  const isPlain = /^[\n\t\x20-\x7e]*$/.test(text);
  const body = isPlain
    ? text
    : encodeBase64(text).replace(/.{76}/g, (line) => `${line}\n`);
  return `Content-Type: ${type}; charset="utf-8"\n` +
    `Content-Transfer-Encoding: ${isPlain ? "7bit" : "base64"}\n` +
    `${headers}\n${body}`;
}

function toMime(parts: readonly string[]): string {
  // Deterministic, and absent from all parts.
  let boundary = "nephos";
  for (let i = 1; parts.some((part) => part.includes(`--${boundary}`)); i++) {
    boundary = `nephos-${i}`;
  }
  return `Content-Type: multipart/mixed; boundary="${boundary}"\n` +
    "MIME-Version: 1.0\n\n" +
    parts.map((part) => `--${boundary}\n${part}\n`).join("") +
    `--${boundary}--\n`;
}

async function fit(
  text: string,
  provider: string,
  support: UserDataSupport,
): Promise<UserData> {
  const bytes = new TextEncoder().encode(text);
  const userData = support.takesBytes && bytes.length > support.maxBytes
    ? await pipe(bytes, new CompressionStream("gzip"))
    : text;
  checkUserData(userData, "deployNode", provider, support);
  return userData;
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: GenericTransformStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough<Uint8Array>(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
