/**
 * State of Designate: zones, their record sets, and what is not published yet.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { bad, unknown, uuidIn, wholeSeconds } from "./_designate_requests.ts";
import type { Call, JsonObject, Occupied, Store } from "../kit/mod.ts";

export const NAME_SERVER = "ns1.example.net.";

export const DEFAULT_TTL = 3600;

/** A zone. */
export interface Zone extends Occupied {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly masters: readonly unknown[];
  readonly attributes: JsonObject;
  readonly created_at: string;
  readonly recordSets: Store<string, RecordSet>;
  email: string;
  description: string | null;
  ttl: number;
  serial: number;
  status: string;
  action: string;
  version: number;
  updated_at: string | null;
}

/** A record set. */
export interface RecordSet {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly created_at: string;
  /** Whether the name servers of the cloud are its values. */
  readonly isManaged: boolean;
  records: readonly string[];
  description: string | null;
  ttl: number | null;
  status: string;
  action: string;
  version: number;
  updated_at: string | null;
}

/** An export of a zone. */
export interface Export {
  readonly id: string;
  readonly zone: Zone;
  readonly created_at: string;
  updated_at: string | null;
  text: string | undefined;
}

/** The zones of a project. */
export interface Zones {
  readonly account: Account;
  readonly zones: Store<string, Zone>;
  readonly exports: Store<string, Export>;
}

/** What a new record set has. */
export interface NewSet {
  readonly name: string;
  readonly type: string;
  readonly records: readonly string[];
  readonly ttl?: number | null;
  readonly description?: string | null;
  readonly isManaged?: boolean;
}

export function addSet(account: Account, zone: Zone, set: NewSet): RecordSet {
  const hasRecords = set.records.length > 0 || set.type === "SOA";
  return zone.recordSets.add({
    id: account.takeId(),
    created_at: wholeSeconds(account),
    description: null,
    ttl: null,
    isManaged: false,
    status: hasRecords ? "PENDING" : "ACTIVE",
    action: hasRecords ? "CREATE" : "NONE",
    version: 1,
    updated_at: null,
    ...set,
  });
}

/** The records of a set; that of SOA changes with the zone. */
export function recordsOf(zone: Zone, set: RecordSet): readonly string[] {
  if (set.type !== "SOA") return set.records;
  const mail = `${zone.email.replace("@", ".")}.`;
  return [
    `${NAME_SERVER} ${mail} ${zone.serial} 3576 600 86400 ${DEFAULT_TTL}`,
  ];
}

/** Notes a change of a zone, which the name servers do not have yet. */
export function touch(account: Account, zone: Zone): void {
  const now = Math.floor(account.timeline.now / 1000);
  zone.serial = Math.max(zone.serial + 1, now);
  zone.status = "PENDING";
  if (zone.action !== "CREATE") zone.action = "UPDATE";
  zone.version++;
  zone.updated_at = wholeSeconds(account);
  publish(account, zone, account.settings.actionMs);
}

/** Publishes the changes of a zone after a while. */
export function publish(account: Account, zone: Zone, ms: number): void {
  const { id } = zone;
  const kind = zone.action === "CREATE" ? "create" : "action";
  const isFailure = account.settings.fails({ kind, name: "dns", id });
  account.timeline.begin(zone, ms, () => {
    const state = isFailure
      ? { status: "ERROR" }
      : { status: "ACTIVE", action: "NONE" };
    Object.assign(zone, state);
    for (const set of zone.recordSets.list) Object.assign(set, state);
  });
}

export function findZone(state: Zones, call: Call): Zone {
  const zone = state.zones.get(uuidIn(call, "zone", "zone_id"));
  if (zone) return zone;
  throw unknown("Zone", "zone_not_found");
}

export function requireLiving({ action }: Zone): void {
  if (action === "DELETE") throw bad("Can not update a deleting zone");
}
