/**
 * Context of the conformance checks of DNS drivers.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Fetch } from "../../core/mod.ts";
import type {
  DnsDriver,
  RecordData,
  RecordSet,
  RecordSetInput,
  RecordSetKey,
  Zone,
} from "../../core/dns/mod.ts";
import { CallContext } from "../context.ts";
import { createDriver } from "../subject.ts";
import type { DnsSubject } from "./subject.ts";

/** Options of `addRecord()` and `removeRecord()`, without a long delay. */
export const QUICK = { settleMs: 2 } as const;

/** A new zone, and a driver for it. */
export interface NewZone {
  /** Driver under test. */
  readonly driver: DnsDriver;
  /** The zone. */
  readonly zone: Zone;
  /** Requests that the driver has sent since the zone was created. */
  readonly sent: Request[];
  /** Creates another driver for the same account, whose requests are delayed. */
  another(): DnsDriver;
}

/** The DNS driver under test and its calls. */
export class DnsContext extends CallContext<DnsDriver, DnsSubject> {
  /** Creates a simulator and a zone. */
  async openZone(): Promise<NewZone> {
    const { driver, sent, fetch } = this.open();
    const zone = await driver.createZone(this.options.create);
    (sent as Request[]).length = 0;
    const another = () => createDriver(this.options, { fetch: delayed(fetch) });
    return { driver, zone, sent: sent as Request[], another };
  }

  /** A record set with an address. */
  address(name: string, ...data: readonly string[]): RecordSetInput {
    return { name, type: "A", ttl: this.options.ttl, data };
  }
}

/** Reads a record set, or `undefined` if it does not exist. */
export async function find(
  { driver, zone }: Pick<NewZone, "driver" | "zone">,
  { name, type }: RecordSetKey,
): Promise<RecordSet | undefined> {
  const sets = await driver.listRecordSets(zone);
  return sets.find((set) => set.name === name && set.type === type);
}

/** Compares two record sets, whose values may be in any order. */
export function assertSameSet(
  actual: RecordSetInput | undefined,
  { name, type, ttl, data }: RecordSetInput,
): void {
  assertEquals(
    actual && {
      name: actual.name,
      type: actual.type,
      ttl: actual.ttl,
      data: sorted(actual.data),
    },
    { name, type, ttl, data: sorted(data) },
  );
}

/** Sorts values, which a provider may return in any order. */
export function sorted(data: readonly RecordData[]): string[] {
  return data.map((value) => JSON.stringify(value, withSortedKeys)).sort();
}

function withSortedKeys(_key: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value;
}

/** Delays requests and responses, so that writers overlap. */
function delayed(fetch: Fetch): Fetch {
  const pause = () =>
    new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
  return async (request) => {
    await pause();
    const response = await fetch(request);
    await pause();
    return response;
  };
}
