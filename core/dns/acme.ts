/**
 * Certificates: the DNS challenge of ACME (RFC 8555, section 8.4), with which
 * certificate authorities such as Let's Encrypt verify that you own a domain. It
 * is the only challenge for wildcards.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { type PollOptions, WAIT_MS } from "../calls.ts";
import { checkText, mistake } from "../check.ts";
import type { DnsDriver } from "./driver.ts";
import { fitRecordSet } from "./fit.ts";
import { zoneName } from "./names.ts";
import type { RecordOptions } from "./options.ts";
import {
  checkResolvers,
  type Resolve,
  type ServedOptions,
  waitUntilServed,
} from "./propagation.ts";
import type { ChangeResult, RecordSetInput } from "./records.ts";
import { within } from "./within.ts";

/** Options of {@linkcode dns01}. */
export interface Dns01Options
  extends Pick<ServedOptions, "delayMs" | "intervalMs"> {
  /**
   * TTL of the TXT record, in seconds. If the provider does not accept it, the
   * nearest TTL that it accepts. If there is such a record set already, it keeps
   * its TTL.
   *
   * @default {60}
   */
  readonly ttl?: number | undefined;
  /**
   * The resolvers that must have the value before the certificate authority looks
   * for it. With `[]`, the word of the provider is enough.
   *
   * @default {none if the provider tells when its name servers have a change; else
   *   DNS over HTTPS at Cloudflare and Google}
   */
  readonly resolve?: Resolve | readonly Resolve[] | undefined;
  /**
   * Returns the name that `_acme-challenge.<domain>` is a CNAME of, if it is one.
   * The value is added to that name.
   *
   * @default {no name is a CNAME}
   */
  readonly aliasOf?: ((name: string) => string | undefined) | undefined;
  /**
   * Delay before the value is verified at providers that replace whole record
   * sets, in milliseconds; see `RecordOptions`.
   *
   * @default {1000}
   */
  readonly settleMs?: number | undefined;
}

/** Options of the methods of {@linkcode Dns01}. */
export interface Dns01CallOptions extends PollOptions {
  /**
   * Checks once, instead of waiting. Use this option in edge functions, which
   * cannot run for minutes, and pass the record to `wait()` later.
   *
   * @default {false}
   */
  readonly once?: boolean | undefined;
}

/** A value that was added. It is plain data that survives JSON. */
export interface Dns01Record {
  /** The zone that has the value. */
  readonly zone: {
    /** Id of the zone at the provider. */
    readonly id: string;
    /** Name of the zone. */
    readonly name: string;
  };
  /** Absolute name: `"_acme-challenge.example.com"`. */
  readonly name: string;
  /** The value. */
  readonly value: string;
  /** The change of the provider. */
  readonly change: ChangeResult;
  /** Whether the name servers have the value. */
  readonly isServed: boolean;
}

/** Adds and removes the values of DNS challenges; see {@linkcode dns01}. */
export interface Dns01 {
  /**
   * Adds a value, and waits until the name servers have it. Other values of the
   * name stay. If the wait fails, the value stays, too, until you call `remove()`.
   *
   * @param domain The domain, such as `"example.com"` or `"*.example.com"`.
   * @param value The digest of the key authorization; see `dns01Value()`.
   * @param options Polling interval and time limit. The default time limit of the
   *   wait is 10 minutes.
   * @returns The value. With `once`, `isServed` may be `false`.
   * @throws {NotFoundError} If no zone of the account contains the domain.
   * @throws {TimeoutError} If the time limit is reached.
   */
  add(
    domain: string,
    value: string,
    options?: Dns01CallOptions,
  ): Promise<Dns01Record>;
  /**
   * Waits until the name servers have a value that was added before.
   *
   * @param record The result of `add()`.
   * @param options As for `add()`.
   * @returns The value. With `once`, `isServed` may be `false`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  wait(record: Dns01Record, options?: Dns01CallOptions): Promise<Dns01Record>;
  /**
   * Removes a value, and no other. If it is not there, nothing happens.
   *
   * @param domain The domain, as for `add()`.
   * @param value The value, as for `add()`.
   * @param options Options of the call.
   * @throws {NotFoundError} If no zone of the account contains the domain.
   */
  remove(domain: string, value: string, options?: PollOptions): Promise<void>;
}

/** Default of `ttl`. */
const TTL = 60;

/** SHA-256 in the alphabet of base64url, without padding. */
const DIGEST = /^[\w-]{43}$/;

/**
 * Answers the DNS challenges of a certificate authority. Any ACME client can call
 * the methods.
 *
 * A certificate for a domain and its wildcard needs two values of one name at the
 * same time. Other certificates, and other programs, may need further ones.
 * Therefore each value is added and removed on its own.
 *
 * ```ts
 * import type { DnsDriver } from "@nephos/nephos/dns";
 * import { dns01 } from "@nephos/nephos/dns/acme";
 *
 * async function answer(driver: DnsDriver, domain: string, value: string) {
 *   const challenges = dns01(driver);
 *   await challenges.add(domain, value);
 *   try {
 *     // Tell the certificate authority to look for the value.
 *   } finally {
 *     await challenges.remove(domain, value);
 *   }
 * }
 * ```
 *
 * @param driver The driver of the account with the zones.
 * @param options TTL, resolvers and delays.
 * @returns The methods.
 * @throws {TypeError} If an option is invalid.
 */
export function dns01(driver: DnsDriver, options: Dns01Options = {}): Dns01 {
  const { ttl = TTL, resolve, aliasOf, settleMs, ...waiting } = options;
  const operation = "dns01";
  if (resolve !== undefined) checkResolvers(resolve, operation);
  if (aliasOf !== undefined && typeof aliasOf !== "function") {
    throw mistake(operation, "aliasOf", "a function", aliasOf);
  }
  const toSet = (domain: string, value: string): RecordSetInput => {
    const name = zoneName(domain, { operation, field: "domain" });
    const challenge = `_acme-challenge.${name.replace(/^\*\./, "")}`;
    const owner = aliasOf?.(challenge) ?? challenge;
    const set: RecordSetInput = {
      name: `${zoneName(owner, { operation, field: "aliasOf" })}.`,
      type: "TXT",
      ttl,
      data: [checkValue(value, operation)],
    };
    return fitRecordSet(operation, driver, set, "adapt");
  };

  async function add(
    domain: string,
    value: string,
    options: Dns01CallOptions = {},
  ): Promise<Dns01Record> {
    const set = toSet(domain, value);
    return await within(driver, operation, options, async (call) => {
      const name = withoutDot(set.name);
      const { id, name: zone } = await driver.findZone(name, call);
      const recordOptions: RecordOptions = { ...call, settleMs };
      const change = await driver.addRecord(
        { id, name: zone },
        set,
        recordOptions,
      );
      const record = { zone: { id, name: zone }, name, value, change };
      const { once, intervalMs } = options;
      return await wait({ ...record, isServed: false }, {
        ...call,
        once,
        intervalMs,
      });
    });
  }

  async function wait(
    record: Dns01Record,
    options: Dns01CallOptions = {},
  ): Promise<Dns01Record> {
    const { name, value, change } = checkRecord(record, operation);
    const call = { ...waiting, ...given(options) };
    const startedAt = performance.now();
    const limitMs = options.timeoutMs ?? (options.once ? undefined : WAIT_MS);
    const latest = await driver.waitForChange(change, {
      ...call,
      timeoutMs: limitMs,
    });
    const leftMs = limitMs &&
      Math.max(1, Math.ceil(limitMs + startedAt - performance.now()));
    // A provider that does not tell says that each change is done.
    const tells = change.id !== undefined;
    const resolvers = resolve ?? (tells ? [] : undefined);
    if (latest.state === "pending") {
      return { ...record, change: latest, isServed: false };
    }
    const { isServed } = await waitUntilServed(
      { name, type: "TXT", data: [value] },
      { ...call, timeoutMs: leftMs, resolve: resolvers },
    );
    return { ...record, change: latest, isServed };
  }

  async function remove(
    domain: string,
    value: string,
    options: PollOptions = {},
  ): Promise<void> {
    const set = toSet(domain, value);
    await within(driver, operation, options, async (call) => {
      const { id, name } = await driver.findZone(withoutDot(set.name), call);
      await driver.removeRecord({ id, name }, set, { ...call, settleMs });
    });
  }

  return { add, wait, remove };
}

/**
 * Calculates the value of a DNS challenge, for ACME clients that do not.
 *
 * ```ts
 * import { dns01Value } from "@nephos/nephos/dns/acme";
 *
 * const token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
 * const thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
 * const value = await dns01Value(`${token}.${thumbprint}`);
 * console.log(value.length); // 43
 * ```
 *
 * @param keyAuthorization The token, a dot, and the thumbprint of the account key.
 * @returns Its SHA-256 digest in base64url.
 * @throws {TypeError} If the argument is not a string, or is empty.
 */
export async function dns01Value(keyAuthorization: string): Promise<string> {
  checkText(keyAuthorization, "dns01Value", "keyAuthorization");
  const bytes = new TextEncoder().encode(keyAuthorization);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return encodeBase64(digest).replace(/\+/g, "-").replace(/\//g, "_")
    .replace(/=+$/, "");
}

function checkValue(value: string, operation: string): string {
  if (typeof value === "string" && DIGEST.test(value)) return value;
  throw mistake(
    operation,
    "value",
    "the digest of the key authorization, as dns01Value() returns it",
    value,
  );
}

function checkRecord(record: Dns01Record, operation: string): Dns01Record {
  const { change, name, value } = Object(record) as Partial<Dns01Record>;
  if (Object(change) === change && name !== undefined && value !== undefined) {
    return record;
  }
  throw mistake(operation, "record", "the result of add()", record);
}

/** Options that are present. */
function given<O extends object>(options: O): Partial<O> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<O>;
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}
