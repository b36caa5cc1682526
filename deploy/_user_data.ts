/**
 * User data as cloud-init reads it: what the caller gave, and a cloud-config of
 * ours beside it.
 *
 * A transport adds what it needs before the node is created. A cloud-config may
 * be JSON, which is YAML, so that takes no library.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { checkUserData, type UserDataSupport } from "../core/compute/mod.ts";

/** User data, as `createNode()` takes it. */
export type UserData = string | Uint8Array<ArrayBuffer>;

// By the beginning, in any case, the longest first: as cloud-init tells them.
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

// What cloud-init takes for MIME, wherever it stands.
const IS_MIME = /mime-version:/i;
// Lists of ours go behind those of the caller, and all else of his stays.
const MERGE_TYPE =
  "Merge-Type: list(append)+dict(no_replace,recurse_list)+str()\n";

const WHAT = "merge the userData";

/**
 * Adds a cloud-config to what the caller gave, if anything: a cloud-config, to
 * whose lists those of ours are appended; a script; a list of URLs; a template;
 * parts in MIME; any of them after gzip.
 *
 * @param given What the caller gave.
 * @param config The cloud-config, with its first line.
 * @param support What the provider takes.
 * @returns What to create the node with: text where that fits, and otherwise,
 *   where the provider takes bytes, the same after gzip.
 * @throws {TypeError} If cloud-init would not know what the caller gave.
 * @throws {RangeError} If it is more than the provider takes.
 */
export async function addCloudConfig(
  given: UserData | undefined,
  config: string,
  support: UserDataSupport,
): Promise<UserData> {
  const text = given === undefined ? "" : await toText(given);
  return await fit(
    // A text that speaks of MIME would be taken for it.
    text.trim() || IS_MIME.test(config.slice(0, 4096))
      ? toMime([
        ...text.trim() ? [toPart(text)] : [],
        toPart(config, MERGE_TYPE),
      ])
      : config,
    support,
  );
}

/** Reads what the caller gave, by way of gzip if need be. */
async function toText(given: UserData): Promise<string> {
  try {
    if (typeof given === "string") {
      if (/\p{Cs}/u.test(given)) throw new TypeError();
      return given;
    }
    const isGzip = given[0] === 0x1f && given[1] === 0x8b;
    const bytes = isGzip
      ? await pipe(given, new DecompressionStream("gzip"))
      : given;
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    // The cause might show some of it.
    throw new TypeError(`Cannot ${WHAT}: it is no text, and no gzip of one`);
  }
}

/** Makes a part of a message, headers and all. */
function toPart(text: string, headers = ""): string {
  // A message is a part as it is, of whatever parts it has itself.
  if (/^[\w-]+:/.test(text) && IS_MIME.test(text.split(/\r?\n\r?\n/, 1)[0]!)) {
    return text;
  }
  const start = text.trimStart().toLowerCase();
  const type = TYPES.find(([prefix]) => start.startsWith(prefix))?.[1];
  if (!type) {
    throw new TypeError(`Cannot ${WHAT}: cloud-init does not know what it is`);
  }
  // cloud-init garbles what is beyond ASCII in a part, unless it is encoded,
  // and its parser of messages ends lines at a lone CR too.
  const isPlain = /^[\n\t\x20-\x7e]*$/.test(text);
  const body = isPlain
    ? text
    : encodeBase64(text).replace(/.{76}/g, (line) => `${line}\n`);
  return `Content-Type: ${type}; charset="utf-8"\n` +
    `Content-Transfer-Encoding: ${isPlain ? "7bit" : "base64"}\n` +
    `${headers}\n${body}`;
}

function toMime(parts: readonly string[]): string {
  // The same for the same parts, and in none of them.
  let boundary = "nephos";
  for (let i = 1; parts.some((part) => part.includes(`--${boundary}`)); i++) {
    boundary = `nephos-${i}`;
  }
  return `Content-Type: multipart/mixed; boundary="${boundary}"\n` +
    "MIME-Version: 1.0\n\n" +
    parts.map((part) => `--${boundary}\n${part}\n`).join("") +
    `--${boundary}--\n`;
}

async function fit(text: string, support: UserDataSupport): Promise<UserData> {
  const bytes = new TextEncoder().encode(text);
  const userData = support.takesBytes && bytes.length > support.maxBytes
    ? await pipe(bytes, new CompressionStream("gzip"))
    : text;
  checkUserData(userData, support);
  return userData;
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: GenericTransformStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough<Uint8Array>(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
