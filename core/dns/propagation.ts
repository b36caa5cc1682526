/**
 * Propagation: whether resolvers have a record set, and waiting until they do.
 *
 * ```ts
 * import { dnsOverHttps, waitUntilServed } from "@nephos/nephos/dns/propagation";
 *
 * async function wait() {
 *   const set = { name: "www.example.com", type: "A", data: ["192.0.2.1"] } as const;
 *   await waitUntilServed(set);
 *   console.log(await dnsOverHttps()("www.example.com", "A"));
 * }
 * ```
 *
 * @module
 */

import { type PollOptions, toReason, WAIT_MS } from "../calls.ts";
import { checkNumber, mistake } from "../check.ts";
import { Connection } from "../connection.ts";
import { Deadline } from "../deadline.ts";
import { CloudError } from "../errors.ts";
import { joinFew, oneLine } from "../message.ts";
import type { CallOptions, ConnectionOptions } from "../options.ts";
import { type Failure, JsonResponse } from "../response.ts";
import { dataKey, keyOf, missingIn } from "./data.ts";
import { toNamedData } from "./generic_data.ts";
import { zoneName } from "./names.ts";
import {
  formatRecordData,
  isRecordType,
  normalizeRecordData,
  normalizeValues,
  parseRecordData,
  parseWords,
} from "./rdata.ts";
import type {
  RecordData,
  RecordSetFields,
  RecordSetInput,
  RecordType,
} from "./records.ts";

/**
 * Looks up a name. Resolves to the data of its records, in any order; an array of
 * strings is one TXT record. If the name has no such record, resolves to `[]`, or
 * rejects.
 *
 * In Deno, `(name) => Deno.resolveDns(name, "TXT")` is such a function for TXT
 * records, and `resolveTxt` of `node:dns/promises` is one in Node.js.
 *
 * @param name The absolute name, without the final dot.
 * @param type Type of the records.
 * @param options Cancels the look-up.
 * @returns The data of each record.
 */
export type Resolve = (
  name: string,
  type: RecordType,
  options?: CallOptions,
) => Promise<readonly RecordData[]>;

/** A record set to look up. */
export type ServedRecordSet = {
  readonly [T in RecordType]: Omit<RecordSetFields<T>, "ttl">;
}[RecordType];

/** Options of `waitUntilServed()`. The default time limit is 10 minutes. */
export interface ServedOptions extends PollOptions {
  /**
   * The resolvers that must have the record set.
   *
   * @default {DNS over HTTPS at Cloudflare and Google}
   */
  readonly resolve?: Resolve | readonly Resolve[] | undefined;
  /**
   * Delay before the first look-up, in milliseconds. If a resolver looks up a name
   * before the name servers have it, it remembers for minutes that the name does
   * not exist. With `once`, there is no delay.
   *
   * @default {0}
   */
  readonly delayMs?: number | undefined;
  /**
   * Looks up the name once, instead of waiting. Use this option in edge functions,
   * which cannot run for minutes.
   *
   * @default {false}
   */
  readonly once?: boolean | undefined;
}

/** Whether resolvers have a record set. */
export interface Served {
  /** Whether all resolvers have all values. */
  readonly isServed: boolean;
  /** What the resolvers lack, in words; empty if `isServed` is `true`. */
  readonly missing: readonly string[];
}

/** Options of `dnsOverHttps()`. */
export interface DnsOverHttpsOptions
  extends Omit<ConnectionOptions, "baseUrl"> {
  /**
   * URL of the resolver, which must offer the JSON format of Google and
   * Cloudflare.
   *
   * @default {"https://cloudflare-dns.com/dns-query"}
   */
  readonly url?: string | undefined;
}

/** Public resolvers with the JSON format. */
const CLOUDFLARE = "https://cloudflare-dns.com/dns-query";
const GOOGLE = "https://dns.google/resolve";

/** Numbers of the types, which a response contains. */
const NUMBERS: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  DNSKEY: 48,
  DHCID: 49,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  URI: 256,
  CAA: 257,
};

/** Status of a response (RFC 1035, section 4.1.1). */
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
const FAILURES: Readonly<Record<number, string>> = {
  1: "FORMERR",
  2: "SERVFAIL",
  4: "NOTIMP",
  5: "REFUSED",
};

interface AnswerJson {
  Status: number;
  Answer?: readonly { type: number; data: string }[];
}

class DohResponse<T> extends JsonResponse<T> {
  protected override failure({ error }: { error?: string }): Failure {
    return { reason: error };
  }
}

class DohConnection extends Connection {
  override readonly provider = "dns-over-https";
  override readonly displayName = "the resolver";
  protected override readonly responseClass = DohResponse;

  protected override addDefaultHeaders(headers: Headers): void {
    // Cloudflare sends the other format without it.
    headers.set("accept", "application/dns-json");
  }
}

/**
 * Creates a function that looks up names by DNS over HTTPS, in the JSON format of
 * public resolvers. It needs only `fetch`, so it works in edge functions.
 *
 * ```ts
 * import { dnsOverHttps } from "@nephos/nephos/dns/propagation";
 *
 * const resolve = dnsOverHttps({ url: "https://dns.google/resolve" });
 *
 * async function show() {
 *   for (const data of await resolve("example.com", "TXT")) console.log(data);
 * }
 * ```
 *
 * @param options URL of the resolver, and settings of the connection.
 * @returns The function. It rejects with a `CloudError` if the resolver fails.
 * @throws {TypeError} If `url` is invalid.
 */
export function dnsOverHttps(options: DnsOverHttpsOptions = {}): Resolve {
  const { url = CLOUDFLARE, ...settings } = options;
  const owner = "dnsOverHttps";
  const { origin, pathname = "/", search, hash, username }: Partial<URL> =
    URL.parse(url) ?? {};
  if (origin === undefined || search || hash || username) {
    throw mistake(owner, "url", "a URL without a query", url);
  }
  const connection = new DohConnection(origin, settings, owner);
  return async (name, type, call = {}) => {
    const operation = "resolve";
    const number = numberOf(type, operation);
    const response = await connection.request<AnswerJson>(pathname, {
      ...call,
      operation,
      params: { name: zoneName(name, { operation }), type: String(number) },
    });
    return response.read(({ Status: status, Answer: answer = [] }) => {
      if (status === NO_SUCH_NAME) return [];
      if (status !== NO_ERROR) {
        const reason = FAILURES[status] ?? `status ${Number(status)}`;
        throw new CloudError(
          `${operation}: the resolver could not look up ${oneLine(name)} ` +
            `(${reason})`,
          { provider: connection.provider, operation },
        );
      }
      // The CNAMEs that lead to the records are part of the answer.
      return answer.filter((record) => record.type === number)
        .map(({ data }) => toData(type, data));
    });
  };
}

/**
 * Waits until resolvers have a record set. They may have more values. Resolvers
 * that fail are asked again.
 *
 * @param set The absolute name, the type and the values.
 * @param options The resolvers, the polling interval and the time limit.
 * @returns Whether they have it. Without `once`, they do.
 * @throws {TypeError} If the record set or an option is invalid.
 * @throws {TimeoutError} If the time limit is reached.
 */
export async function waitUntilServed(
  set: ServedRecordSet,
  options: ServedOptions = {},
): Promise<Served> {
  const operation = "waitUntilServed";
  const wanted = checkSet(set, operation);
  const resolvers = checkResolvers(options.resolve, operation);
  const { once, delayMs = 0, intervalMs } = options;
  checkNumber(delayMs, operation, "delayMs", 0);
  checkNumber(intervalMs, operation, "intervalMs");
  let served: Served = { isServed: false, missing: [] };
  const look = async (call: CallOptions) => {
    const missing = await Promise.all(
      resolvers.map((resolve) => lookUp(resolve, wanted, call)),
    );
    served = {
      isServed: missing.every((it) => it === undefined),
      missing: [...new Set(missing.filter((it) => it !== undefined))],
    };
    return served;
  };
  const limited = {
    operation,
    describe: () =>
      `${keyOf(wanted)} is not served: ${joinFew(served.missing)}`,
  };
  const { signal, timeoutMs = WAIT_MS, headers, retry } = options;
  return await Deadline.run(
    { signal, timeoutMs },
    limited,
    async (deadline) => {
      const call = { headers, retry, signal: deadline.signal };
      if (once) return await deadline.race(look(call));
      await deadline.sleep(delayMs);
      return await deadline.poll(async () => {
        const { isServed } = await look(call);
        return isServed ? served : undefined;
      }, intervalMs);
    },
  );
}

/** Checks the options of a wait before anything is changed. */
export function checkResolvers(
  resolve: ServedOptions["resolve"],
  operation: string,
): readonly Resolve[] {
  if (resolve === undefined) {
    return [CLOUDFLARE, GOOGLE].map((url) => dnsOverHttps({ url }));
  }
  const resolvers: readonly unknown[] = Array.isArray(resolve)
    ? resolve
    : [resolve];
  if (resolvers.every((it): it is Resolve => typeof it === "function")) {
    return resolvers;
  }
  throw mistake(
    operation,
    "resolve",
    "a function or an array of them",
    resolve,
  );
}

/** Looks up a record set. Returns what the resolver lacks, in words. */
async function lookUp(
  resolve: Resolve,
  { name, type, data }: RecordSetInput,
  call: CallOptions,
): Promise<string | undefined> {
  let found: readonly RecordData[];
  try {
    found = await resolve(name, type, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    return oneLine(toReason(error));
  }
  const served = { data: found.map((it) => toUsual(type, it)) };
  const missing = missingIn(served as unknown as RecordSetInput, data);
  if (missing.length === 0) return undefined;
  const values = missing.map((it) =>
    oneLine(typeof it === "string" ? it : dataKey(it), 60)
  );
  return `a resolver lacks ${joinFew(values, 3)}`;
}

function checkSet(set: ServedRecordSet, operation: string): RecordSetInput {
  if (Object(set) !== set) {
    throw mistake(operation, "set", "a record set", set);
  }
  const { type } = set;
  return {
    name: zoneName(set.name, { operation, field: "name" }),
    type,
    data: normalizeValues(type, set.data, operation),
  } as RecordSetInput;
}

function numberOf(type: RecordType, operation: string): number {
  const number = NUMBERS[type] ?? Number(/^TYPE(\d+)$/.exec(type)?.[1]);
  if (isRecordType(type) && Number.isInteger(number)) return number;
  throw mistake(operation, "type", 'a type such as "A"', type);
}

/** Converts data of a response, which has the form of a zone file. */
function toData(type: RecordType, data: string): RecordData {
  if (type !== "TXT" && data.startsWith("\\# ")) return toGeneric(type, data);
  // Google sends the text of TXT records as it is, and others in quotes.
  const text = type === "TXT" && !/^"[^]*"$/.test(data)
    ? formatRecordData("TXT", data)
    : data;
  return parseRecordData(type, text);
}

/** Converts data in the form of RFC 3597, which Cloudflare sends for some types. */
function toGeneric(type: RecordType, data: string): RecordData {
  const place = { operation: "resolve", field: type };
  const bytes = parseRecordData("TYPE65535", data);
  const named = toNamedData(type, bytes, place);
  return named ? parseWords(named.type, named.words, [], place) : bytes;
}

/** Data of a resolver in its usual form, or as it is if it is invalid. */
function toUsual(type: RecordType, data: RecordData): RecordData {
  try {
    return normalizeRecordData(type, data);
  } catch {
    return data;
  }
}
