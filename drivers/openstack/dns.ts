/**
 * OpenStack Designate: zones and record sets of any OpenStack cloud.
 *
 * ```ts
 * import { OpenStackDnsDriver } from "@nephos/nephos/drivers/openstack/dns";
 * import { OpenStackSimulator } from "@nephos/nephos/simulators/openstack";
 *
 * const { credentials, fetch } = new OpenStackSimulator();
 * const dns = new OpenStackDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({ name: "example.com" });
 * const change = await dns.setRecordSet(zone, {
 *   name: "www",
 *   type: "A",
 *   ttl: 300,
 *   data: ["192.0.2.1", "192.0.2.2"],
 * });
 * await dns.waitForChange(change);
 * for (const set of await dns.listRecordSets(zone)) {
 *   console.log(set.name, set.type, set.data);
 * }
 * ```
 *
 * @see {@link https://docs.openstack.org/api-ref/dns/ | DNS API of OpenStack}
 *
 * @module
 */

import {
  type CallOptions,
  CloudError,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  given,
  JsonKind,
  JsonResources,
  linkedPages,
  type Listing,
  type ListOptions,
  lookUp,
  mistake,
  NotFoundError,
  type Path,
  path,
  refuse,
  sequence,
  type SharedConnection,
  toId,
  toTime,
} from "../../core/mod.ts";
import {
  absoluteName,
  applyEach,
  type ChangeResult,
  type ChangeSupport,
  checkTtl,
  type CreateSecondaryZoneOptions,
  type CreateZoneOptions,
  dataKey,
  DnsDriver,
  hostName,
  nameInZone,
  type RecordData,
  type RecordSet,
  type RecordSetChange,
  type RecordSetFilter,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  type SecondaryZones,
  targetOf,
  type UpdateZoneOptions,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
  type ZoneUpdates,
} from "../../core/dns/mod.ts";
import {
  connectTo,
  DISPLAY_NAME,
  type OpenStackOptions,
  VARIABLES,
} from "./_connection.ts";
import { checkHolds, toContent, toData } from "./_dns_data.ts";

export type { OpenStackOptions } from "./_connection.ts";

/** Fields of a zone that only OpenStack has. */
export type OpenStackZoneExtra = {
  /** OpenStack's own word for the state, such as `"ACTIVE"`. */
  readonly status: string;
  /** The change that is in progress, such as `"UPDATE"`; `"NONE"` if none is. */
  readonly action: string;
  /** Mail address of the person who is responsible for the zone. */
  readonly email: string | undefined;
  /** Description for people. */
  readonly description: string | undefined;
  /** Serial number of the SOA record. */
  readonly serial: number | undefined;
  /** Servers that a secondary zone is copied from. */
  readonly primaries: readonly string[];
  /** Id of the project that the zone belongs to. */
  readonly projectId: string | undefined;
};

/**
 * A zone of OpenStack. Lists do not have its `nameServers`; `getZone()`,
 * `createZone()` and `updateZone()` request them.
 */
export type OpenStackZone = Zone<OpenStackZoneExtra>;

/** Fields of a record set that only OpenStack has. */
export type OpenStackRecordSetExtra = {
  /** OpenStack's own word for the state, such as `"PENDING"`. */
  readonly status: string;
  /** The change that is in progress, such as `"UPDATE"`; `"NONE"` if none is. */
  readonly action: string;
  /** Description for people. A change of values keeps it. */
  readonly description: string | undefined;
  /** Time of the last change, ISO 8601 in UTC. */
  readonly updatedAt: string | undefined;
};

/**
 * A record set of OpenStack. Its `ttl` is absent if it has that of the zone.
 */
export type OpenStackRecordSet = RecordSet<OpenStackRecordSetExtra>;

/** Options of `createZone()`. */
export interface OpenStackCreateZoneOptions extends CreateZoneOptions {
  /**
   * Mail address of the person who is responsible for the zone. Everybody can
   * read it in the SOA record.
   *
   * @default {"hostmaster" at the name of the zone}
   */
  readonly email?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options of `updateZone()`. */
export interface OpenStackUpdateZoneOptions extends UpdateZoneOptions {
  /** Mail address of the person who is responsible for the zone. */
  readonly email?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
}

const KINDS: Readonly<Record<string, Zone["kind"]>> = {
  PRIMARY: "primary",
  SECONDARY: "secondary",
};

const STATES: Readonly<Record<string, Zone["state"]>> = {
  ACTIVE: "active",
  PENDING: "pending",
  ERROR: "error",
};

// A mail address, and the name of a zone, that Designate accepts.
const EMAIL = /^[^\s@]+@[^\s@]+$/;
const ZONE_NAME =
  /^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))+$/;

const ZONES = new JsonKind("/zones", "zone", toZone, { singular: "" });
const EXPORTS = new JsonKind(
  "/zones/tasks/exports",
  "export",
  ({ id, status, message }: TaskJson) => ({ id: toId(id), status, message }),
  { singular: "" },
);

interface PageJson {
  readonly links?: { readonly next?: string };
}

// {"zones": [...], "links": {"next": "..."}}; the last page has no next link.
const PAGES = linkedPages<PageJson>(["marker"], ({ links }) => links?.next, {
  size: "limit",
  maxSize: 1000,
});

interface ZoneJson {
  id: string;
  name: string;
  type: string;
  status: string;
  action: string;
  email?: string | null;
  description?: string | null;
  ttl?: number | null;
  serial?: number | null;
  masters?: readonly string[];
  project_id?: string;
  created_at?: string | null;
}

interface RecordSetJson {
  id: string;
  name: string;
  zone_name: string;
  type: RecordType;
  ttl?: number | null;
  records: readonly string[];
  status: string;
  action: string;
  description?: string | null;
  updated_at?: string | null;
}

interface TaskJson {
  id: string;
  status: string;
  message?: string | null;
}

/** The record sets that a name and a type select. */
type Selection = Pick<RecordSetFilter, "name" | "type">;

/**
 * DNS driver for OpenStack Designate.
 *
 * Designate replaces whole record sets, and does not notice that another writer
 * has changed them since. Therefore `addRecord()` and `removeRecord()` read the
 * set again after a change. Changes are made one by one.
 *
 * Designate publishes changes in the background, usually within some seconds.
 * `waitForChange()` waits until all its name servers have them.
 *
 * The SOA record and the name servers of a zone belong to the operator of the
 * cloud, and cannot be changed.
 *
 * New record sets need the name of their zone. If you pass only the id of a zone,
 * its name costs one more request.
 */
export class OpenStackDnsDriver
  extends DnsDriver<OpenStackZone, OpenStackRecordSet>
  implements ZoneFiles, SecondaryZones, ZoneUpdates {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "openstack";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** Changes are made one by one, and read back. */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: false,
    adds: "readBack",
    maxChanges: Infinity,
  };
  readonly #api: JsonResources<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings, or the connection of another driver
   *   for OpenStack. Both drivers then share the token.
   * @throws {TypeError} If an option is missing or invalid.
   */
  constructor(options: OpenStackOptions | SharedConnection) {
    super();
    this.connection = connectTo(options, "dns", "OpenStackDnsDriver");
    this.#api = new JsonResources(this.connection, PAGES);
  }

  /** Lists the zones of the project, at most 1000 per page. */
  override listZones(options: ListOptions = {}): Listing<OpenStackZone> {
    return this.#api.listOf("listZones", ZONES, options);
  }

  /**
   * Creates a zone. It has a SOA record and NS records from the start.
   *
   * @param options Name of the zone, its TTL, and a mail address.
   * @returns The zone. Until OpenStack has published it, it is `"pending"`.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If the TTL is out of range.
   * @throws {ConflictError} If there is a zone with this name.
   * @throws {PermissionDeniedError} If the project has its quota of zones.
   */
  override async createZone(
    options: OpenStackCreateZoneOptions,
  ): Promise<OpenStackZone> {
    const operation = "createZone";
    const { ttl, description } = options;
    const name = checkZoneName(options.name, operation);
    checkTtl(ttl, operation);
    return await this.#create(operation, options, {
      name: `${name}.`,
      email: checkEmail(options.email, operation) ?? `hostmaster@${name}`,
      ttl,
      description,
    });
  }

  /**
   * Creates a zone that OpenStack copies from other name servers.
   *
   * @param options Name of the zone, and the addresses of the other servers.
   *   `ttl` is rejected, because the zone has the TTLs of the other servers.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a zone with this name.
   */
  async createSecondaryZone(
    options: CreateSecondaryZoneOptions,
  ): Promise<OpenStackZone> {
    const operation = "createSecondaryZone";
    const { primaries } = options;
    refuse(operation, DISPLAY_NAME, options, { ttl: "the primaries have it" });
    const name = checkZoneName(options.name, operation);
    if (!Array.isArray(primaries) || primaries.length === 0) {
      throw mistake(operation, "primaries", "a non-empty array", primaries);
    }
    return await this.#create(operation, options, {
      name: `${name}.`,
      type: "SECONDARY",
      masters: primaries,
    });
  }

  /**
   * Changes the TTL, the mail address or the description of a zone.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options The new values.
   * @returns The zone.
   * @throws {TypeError} If `email` is invalid.
   * @throws {RangeError} If the TTL is out of range.
   */
  async updateZone(
    zone: ZoneRef,
    options: OpenStackUpdateZoneOptions,
  ): Promise<OpenStackZone> {
    const operation = "updateZone";
    const { ttl, email, description, ...call } = options;
    checkTtl(ttl, operation);
    const data = { ttl, email: checkEmail(email, operation), description };
    const isChange = Object.values(data).some((value) => value !== undefined);
    const about = { provider: this.provider, operation };
    return await sequence(about, call, async ({ call, write }) => {
      const target = await this.resolve(operation, zone, call);
      if (!isChange) return await this.readZone(operation, target, call);
      const path = ZONES.at(target);
      const response = await this.#api.send(
        operation,
        "PATCH",
        path,
        call,
        data,
      );
      // Not around the request, which may fail at the login.
      const changed = await write(() =>
        Promise.resolve(response.read(ZONES.convertBody))
      );
      return await this.#withServers(operation, changed, call);
    });
  }

  /**
   * Returns the zone as the text of a zone file. OpenStack writes it in the
   * background.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Options of the call.
   * @returns The zone file.
   */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const about = { provider: this.provider, operation };
    return await sequence(about, options, async ({ call, write, poll }) => {
      const target = await this.resolve(operation, zone, call);
      const path = ZONES.at(target, "/tasks/export");
      const { id } = await this.#api.create(
        operation,
        path,
        EXPORTS.convertBody,
        call,
        undefined,
      );
      // Not around the request, which may fail at the login.
      await write(() => Promise.resolve());
      await poll((call) => this.#isExported(operation, id, call));
      const response = await this.connection.request<string>(
        EXPORTS.at(id, "/export"),
        { ...call, operation, headers: { accept: "text/dns" } },
      );
      const text = response.read(String);
      await this.#api.deleteOf(operation, EXPORTS, id, call);
      return text;
    });
  }

  /** Requests one zone, and its name servers. */
  protected override async readZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<OpenStackZone> {
    const zone = await this.#api.getOf(operation, ZONES, id, options);
    const nameServers = await this.#nameServers(operation, id, options);
    return { ...zone, nameServers };
  }

  /** Deletes a zone, and waits until it is gone. */
  protected override async removeZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    const about = { provider: this.provider, operation };
    await sequence(about, options, async ({ call, write, poll }) => {
      await this.#api.deleteOf(operation, ZONES, id, call);
      await write(() => Promise.resolve());
      await poll((call) => this.#isGone(operation, id, call));
    });
  }

  /** Requests the zone with the first of some names. */
  protected override async readZoneNamed(
    operation: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<OpenStackZone | undefined> {
    for (const name of names) {
      // Zones have at least two labels.
      if (!ZONE_NAME.test(name)) continue;
      const zones = await this.#api.listOf(operation, ZONES, options, {
        params: { name: `${name}.` },
        keep: (zone) => zone.name === name,
      });
      const [zone] = zones;
      if (zone) return await this.#withServers(operation, zone, options);
    }
    return undefined;
  }

  /** Checks what Designate cannot hold. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    checkHolds(set, operation);
    return set;
  }

  /** Lists record sets, at most 1000 per page. */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep = () => true }: RecordSetFilter,
    options: ListOptions,
  ): Listing<OpenStackRecordSet> {
    // A record set without values is served as if there were none.
    return this.#list(
      operation,
      zone,
      { name, type },
      options,
      (set) => set.data.length > 0 && keep(set),
    );
  }

  /** Makes changes, one after the other. */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    const { signal } = options;
    const about = { provider: this.provider, operation, signal };
    const mayCreate = changes.some((change) =>
      change.action === "create" ||
      change.action === "replace" && change.before === undefined
    );
    const named = zone.name || !mayCreate
      ? zone
      : await this.#api.getOf(operation, ZONES, zone.id, options);
    let isWritten = false;
    await applyEach(about, changes, async (change) => {
      const wasWritten = await this.#apply(operation, named, change, options);
      isWritten ||= wasWritten;
    });
    return isWritten ? { id: zone.id, state: "pending" } : { state: "done" };
  }

  /** Requests the zone: it is active again when its changes are published. */
  protected override async readChange(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<ChangeResult> {
    const zone = await this.#api.getOf(operation, ZONES, id, options);
    const { status, action } = zone.extra;
    if (status === "ERROR") {
      this.#fail(operation, `the zone ${zone.name} has the status ERROR`);
    }
    const isDone = status === "ACTIVE" && action === "NONE";
    return { id, state: isDone ? "done" : "pending" };
  }

  async #create(
    operation: string,
    options: CallOptions,
    data: Readonly<Record<string, unknown>>,
  ): Promise<OpenStackZone> {
    const about = { provider: this.provider, operation, creates: true };
    return await sequence(about, options, async ({ call, write }) => {
      const zone = await this.#api.createOf(operation, ZONES, call, data);
      await write(() => Promise.resolve(zone), "zone");
      return await this.#withServers(operation, zone, call);
    });
  }

  async #withServers(
    operation: string,
    zone: OpenStackZone,
    options: CallOptions,
  ): Promise<OpenStackZone> {
    const nameServers = await this.#nameServers(operation, zone.id, options);
    return { ...zone, nameServers };
  }

  async #nameServers(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<readonly string[]> {
    const servers = ZONES.at(id, "/nameservers");
    return await this.#api.get(operation, servers, toNameServers, options);
  }

  async #isGone(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<true | undefined> {
    try {
      const zone = await this.#api.getOf(operation, ZONES, id, options);
      if (zone.state === "error") {
        this.#fail(operation, "the zone cannot be deleted at present");
      }
      return undefined;
    } catch (error) {
      if (NotFoundError.is(error)) return true;
      throw error;
    }
  }

  async #isExported(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<true | undefined> {
    const task = await this.#api.getOf(operation, EXPORTS, id, options);
    if (task.status === "ERROR") this.#fail(operation, task.message);
    return task.status === "COMPLETE" ? true : undefined;
  }

  #list(
    operation: string,
    zone: ZoneTarget,
    { name, type }: Selection,
    options: ListOptions,
    keep?: (set: OpenStackRecordSet) => boolean,
  ): Listing<OpenStackRecordSet> {
    const params = { name: given(name, (name) => toFilter(name, zone)), type };
    const settings = { params, keep };
    return this.#api.list(
      operation,
      ZONES.at(zone, "/recordsets"),
      "recordsets",
      toRecordSet,
      options,
      settings,
    );
  }

  /** Makes a change; returns whether anything was written. */
  async #apply(
    operation: string,
    zone: ZoneTarget,
    change: RecordSetChange,
    options: CallOptions,
  ): Promise<boolean> {
    if (change.action === "create") {
      return await this.#createSet(operation, zone, change.after, options);
    }
    const known = (change.before as Partial<RecordSet> | undefined)?.id;
    const id = known ??
      (await this.#find(operation, zone, targetOf(change), options))?.id;
    if (id === undefined) {
      return change.action === "replace" &&
        await this.#createSet(operation, zone, change.after, options, true);
    }
    try {
      if (change.action === "replace") {
        await this.#replaceSet(operation, zone, id, change.after, options);
      } else {
        await this.#deleteSet(operation, zone, id, options);
      }
      return true;
    } catch (error) {
      // Another writer has deleted the record set.
      if (!NotFoundError.is(error)) throw error;
      if (change.action === "delete") return false;
      if (change.before !== undefined) throw this.conflict(operation, change);
      return await this.#createSet(
        operation,
        zone,
        change.after,
        options,
        true,
      );
    }
  }

  async #createSet(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: CallOptions,
    mayReplace = false,
  ): Promise<true> {
    const { name, type, ttl } = set;
    try {
      const sets = ZONES.at(zone, "/recordsets");
      await this.#api.create(operation, sets, toRecordSet, options, {
        name: toAbsolute(name, zone),
        type,
        ttl,
        records: toContents(set),
      });
      return true;
    } catch (error) {
      if (!ConflictError.is(error)) throw error;
      const found = await this.#find(operation, zone, set, options);
      // One without values is not listed, and exists all the same. Any other one
      // was created by another writer meanwhile.
      if (!found || found.data.length > 0 && !mayReplace) throw error;
      await this.#replaceSet(operation, zone, found.id, set, options);
      return true;
    }
  }

  async #replaceSet(
    operation: string,
    zone: ZoneTarget,
    id: string,
    set: RecordSetInput,
    options: CallOptions,
  ): Promise<void> {
    const path = setPath(zone, id);
    const response = await this.#api.send(operation, "PUT", path, options, {
      // Without a value, the TTL would stay as it is.
      ttl: set.ttl ?? null,
      records: toContents(set),
    });
    response.read((json) => toRecordSet(json as RecordSetJson));
  }

  async #deleteSet(
    operation: string,
    zone: ZoneTarget,
    id: string,
    options: CallOptions,
  ): Promise<void> {
    const path = setPath(zone, id);
    const response = await this.#api.send(operation, "DELETE", path, options);
    response.read((json) => toRecordSet(json as RecordSetJson));
  }

  /** Requests a record set, even one without values. */
  async #find(
    operation: string,
    zone: ZoneTarget,
    { name, type }: RecordSetKey,
    options: CallOptions,
  ): Promise<OpenStackRecordSet | undefined> {
    const isIt = (set: RecordSet) => set.name === name && set.type === type;
    const key = { name, type };
    const [set] = await this.#list(operation, zone, key, options, isIt);
    return set;
  }

  #fail(operation: string, reason: string | null | undefined): never {
    const { provider, displayName } = this;
    const said = reason ? `: ${reason}` : "";
    throw new CloudError(`${operation}: ${displayName} failed${said}`, {
      provider,
      operation,
    });
  }
}

function checkZoneName(name: string, operation: string): string {
  const checked = zoneName(name, { operation });
  if (ZONE_NAME.test(checked)) return checked;
  throw mistake(operation, "name", "a name of two or more labels", name);
}

function checkEmail(
  email: string | undefined,
  operation: string,
): string | undefined {
  if (email === undefined || EMAIL.test(email)) return email;
  throw mistake(operation, "email", "an address with one @", email);
}

/** Path of one record set. */
function setPath({ id }: ZoneTarget, recordSet: string): Path {
  return path`/zones/${{ zone: id }}/recordsets/${{ recordSet }}`;
}

function toAbsolute(name: string, zone: ZoneTarget): string {
  return `${absoluteName(name, zone.name)}.`;
}

/** Converts values. Designate keeps two notations of one value. */
function toValues(
  type: RecordType,
  records: readonly string[],
): readonly RecordData[] {
  const data = records.map((content) => toData(type, content));
  return [...new Map(data.map((value) => [dataKey(value), value])).values()];
}

/** Name to filter by; a star stands for the name of a zone that is unknown. */
function toFilter(name: string, zone: ZoneTarget): string | undefined {
  if (zone.name) return toAbsolute(name, zone);
  return name === "@" ? undefined : `${name}.*`;
}

function toContents({ type, data }: RecordSetInput): readonly string[] {
  return data.map((value: RecordData) => toContent(type, value));
}

function toNameServers(
  { nameservers }: { nameservers: readonly { hostname: string }[] },
): readonly string[] {
  return nameservers.map(({ hostname }) => hostName(hostname));
}

function toZone(json: ZoneJson): OpenStackZone {
  const { id, status, action, email, description, ttl, serial } = json;
  return {
    id,
    name: zoneName(json.name),
    kind: lookUp(KINDS, json.type) ?? "unknown",
    state: lookUp(STATES, status) ?? "unknown",
    ttl: ttl ?? undefined,
    nameServers: [],
    createdAt: toTime(json.created_at),
    extra: {
      status,
      action,
      email: email ?? undefined,
      description: description ?? undefined,
      serial: serial ?? undefined,
      primaries: json.masters ?? [],
      projectId: json.project_id,
    },
  };
}

function toRecordSet(json: RecordSetJson): OpenStackRecordSet {
  const { id, type, ttl, records, status, action } = json;
  return {
    id,
    name: nameInZone(json.name, json.zone_name),
    type,
    ttl: ttl ?? undefined,
    data: toValues(type, records),
    extra: {
      status,
      action,
      description: json.description ?? undefined,
      updatedAt: toTime(json.updated_at),
    },
  } as OpenStackRecordSet;
}
