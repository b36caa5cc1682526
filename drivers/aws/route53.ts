/**
 * Amazon Route 53: public and private zones of AWS.
 *
 * ```ts
 * import { Route53DnsDriver } from "@nephos/nephos/drivers/aws/route53";
 * import { Route53Simulator } from "@nephos/nephos/simulators/aws/route53";
 *
 * const { credentials, fetch } = new Route53Simulator();
 * const dns = new Route53DnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({ name: "example.com" });
 * const change = await dns.setRecordSet(zone, {
 *   name: "@",
 *   type: "MX",
 *   ttl: 300,
 *   data: [{ preference: 10, host: "mx1.example.com" }],
 * });
 * await dns.waitForChange(change, { intervalMs: 20 });
 * for (const set of await dns.listRecordSets(zone)) {
 *   console.log(set.name, set.type, set.data);
 * }
 * ```
 *
 * @see {@link https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html | Amazon Route 53 API reference}
 *
 * @module
 */

import {
  ApiError,
  type ApiErrorOptions,
  type CallOptions,
  checkText,
  CloudError,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  given,
  linkedPages,
  type Listing,
  type ListOptions,
  mistake,
  type Paging,
  Path,
  path,
  refuse,
  type RequestOptions,
  sequence,
  type XmlElement,
} from "../../core/mod.ts";
import {
  absoluteName,
  type ChangeResult,
  type ChangeSupport,
  checkTypeIn,
  checkZoneName,
  type CreateZoneOptions,
  DnsDriver,
  isUnchanged,
  keyOf,
  nameInZone,
  type RecordSet,
  type RecordSetChange,
  RecordSetConflictError,
  type RecordSetFilter,
  type RecordSetInput,
  type RecordSetKey,
  relativeName,
  targetOf,
  type ZoneRef,
  type ZoneTarget,
} from "../../core/dns/mod.ts";
import {
  DISPLAY_NAME,
  INVALID_BATCH,
  Route53Connection,
  type Route53Options,
  VARIABLES,
} from "./_route53_connection.ts";
import {
  type BatchStep,
  checkBatch,
  checkInput,
  checkValues,
  DEFAULT_TTL,
  MAX_BATCH,
  type Route53RecordSetInput,
  shareOf,
  toBatch,
  toBatches,
  toSend,
  TYPES,
} from "./_route53_forms.ts";
import {
  childOf,
  isSpecial,
  OCTAL,
  type Route53RecordSet,
  type Route53RecordSetExtra,
  type Route53Vpc,
  type Route53Zone,
  toBareId,
  toChange,
  toRecordSet,
  toZone,
} from "./_route53_records.ts";

export type { AwsCredentials, AwsCredentialsSource } from "./_connection.ts";
export type { Route53Options, Route53Settings } from "./_route53_connection.ts";
export type { Route53RecordSetInput } from "./_route53_forms.ts";
export type {
  Route53Alias,
  Route53RecordSet,
  Route53RecordSetExtra,
  Route53Routing,
  Route53Vpc,
  Route53Zone,
  Route53ZoneExtra,
} from "./_route53_records.ts";

/** Options of `createZone()`. */
export interface Route53CreateZoneOptions extends CreateZoneOptions {
  /**
   * Idempotency key, at most 128 characters: `CallerReference` of Route 53. If a
   * zone was created with it, that zone is returned. Use each key for one zone
   * only, even after the zone was deleted.
   *
   * @default {a random key}
   */
  readonly idempotencyKey?: string | undefined;
  /** A comment on the zone, at most 256 characters. */
  readonly comment?: string | undefined;
  /**
   * Makes the zone private: it is served only in this VPC.
   *
   * @default {the zone is public}
   */
  readonly vpc?: Route53Vpc | undefined;
  /**
   * Id of a reusable delegation set, whose name servers the zone gets.
   *
   * @default {four name servers that Route 53 chooses}
   */
  readonly delegationSetId?: string | undefined;
  /**
   * Whether the account may have another public zone with this name, which Route
   * 53 allows. Without this option, a request finds out whether there is one.
   *
   * @default {false}
   */
  readonly allowSameName?: boolean | undefined;
}

const API = "/2013-04-01";
const ZONES = `${API}/hostedzone`;
const MAX_ZONES_PAGE = 100;
const MAX_SETS_PAGE = 300;
const MAX_REFERENCE = 128;
const MAX_COMMENT = 256;

/** How often changes are tried if other writers change the same record sets. */
const MAX_ATTEMPTS = 5;

const ZONE_PAGES: Paging<XmlElement> = linkedPages(
  ["marker"],
  (body) => isTruncated(body) && { marker: body.textAt("NextMarker") },
  { size: "maxitems", maxSize: MAX_ZONES_PAGE },
);

const ZONES_BY_NAME: Paging<XmlElement> = linkedPages(
  ["dnsname", "hostedzoneid"],
  (body) =>
    isTruncated(body) && {
      dnsname: body.textAt("NextDNSName"),
      hostedzoneid: body.textAt("NextHostedZoneId"),
    },
  { size: "maxitems", maxSize: MAX_ZONES_PAGE },
);

/**
 * Driver for Amazon Route 53.
 *
 * All changes of a call are made in one request, or none of them. Route 53 deletes
 * a record set only if the request repeats it exactly. Therefore this driver
 * replaces a record set by deleting what it has read and creating the new one in
 * one batch: what another writer has changed since is never overwritten.
 *
 * Aliases and record sets with a routing policy are listed like all others, but
 * `setRecordSet()`, `addRecord()` and `removeRecord()` reject their names. Write
 * them with `upsertRecordSet()`, and delete them by passing a record set that was
 * listed.
 *
 * Route 53 accepts five requests per second from an account.
 */
export class Route53DnsDriver extends DnsDriver<Route53Zone, Route53RecordSet> {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "route53";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /**
   * All changes of a call are made, or none. A replacement takes two of the 1000
   * elements that Route 53 accepts in a batch.
   */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: true,
    adds: "compare",
    maxChanges: MAX_BATCH / 2,
    shareOf: (change) => shareOf(toLikelySteps(change)),
  };
  /** Names of record sets are absolute in the API. */
  protected override readonly needsZoneName = true;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings.
   * @throws {TypeError} If a key, `partition` or `baseUrl` is invalid.
   */
  constructor(options: Route53Options) {
    super();
    this.connection = new Route53Connection(options, "Route53DnsDriver");
  }

  /** Lists the zones of the account, 100 to a page and without `nameServers`. */
  override listZones(options: ListOptions = {}): Listing<Route53Zone> {
    return this.connection.list(ZONES, {
      items: (body: XmlElement) => zonesIn(body, "ListHostedZonesResponse"),
      convert: (zone: XmlElement) => toZone(zone),
      pages: ZONE_PAGES,
    }, { ...options, operation: "listZones" });
  }

  /**
   * Gets one zone, with its name servers. A name costs one more request.
   *
   * @param zone The zone, its id, or `{ name }`. If several zones have the same
   *   name, the public one is meant.
   * @param options Options of the call.
   * @returns The zone.
   * @throws {NotFoundError} If there is no such zone.
   * @throws {ConflictError} If several zones have the name, and none or several of
   *   them are public.
   */
  override async getZone(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<Route53Zone> {
    const operation = "getZone";
    const about = { provider: this.provider, operation };
    return await sequence(about, options, async ({ call }) => {
      const found = await super.getZone(zone, call);
      // A look-up by name does not tell the name servers.
      return found.nameServers.length + found.extra.vpcs.length > 0
        ? found
        : await this.readZone(operation, found, call);
    });
  }

  /**
   * Creates a zone with a SOA record and, unless it is private, the NS records of
   * four name servers. Route 53 charges for each zone.
   *
   * @param options Name of the zone, and what only Route 53 has. `ttl` is
   *   rejected, because zones have none.
   * @returns The zone. Wait for `extra.change` until all name servers serve it.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a public zone with this name, or
   *   `idempotencyKey` was used for another zone.
   */
  override async createZone(
    options: Route53CreateZoneOptions,
  ): Promise<Route53Zone> {
    const operation = "createZone";
    refuse(operation, DISPLAY_NAME, options, { ttl: "set it on record sets" });
    const { idempotencyKey, vpc, allowSameName = false, comment } = options;
    const name = checkZoneName(options.name, operation);
    const reference = idempotencyKey === undefined
      ? crypto.randomUUID()
      : checkLength(idempotencyKey, operation, "idempotencyKey", MAX_REFERENCE);
    const CreateHostedZoneRequest = {
      Name: toWireName(name),
      VPC: vpc && toVpc(vpc, operation),
      CallerReference: reference,
      HostedZoneConfig: {
        Comment: given(
          comment,
          (it) => checkLength(it, operation, "comment", MAX_COMMENT),
        ),
        PrivateZone: vpc !== undefined,
      },
      DelegationSetId: given(
        options.delegationSetId,
        (id) => toBareId(checkText(id, operation, "delegationSetId")),
      ),
    };
    const about = { provider: this.provider, operation, creates: true };
    return await sequence(about, options, async ({ call, write }) => {
      const named = vpc || allowSameName
        ? []
        : await this.#readAllNamed(operation, name, call);
      const same = named.find(({ extra }) => !extra.isPrivate);
      // A zone with this key is found when Route 53 refuses to create it again.
      if (same && same.extra.callerReference !== reference) {
        const message = `${name} is the name of the zone ${same.id}; ` +
          "set allowSameName to create another one";
        throw new ConflictError(
          `${operation}: ${message}`,
          this.#failure(operation, 409),
        );
      }
      return await write((call) =>
        this.#create(operation, name, reference, call, {
          CreateHostedZoneRequest,
        })
      );
    });
  }

  /**
   * Deletes a zone. All its record sets are lost, and its names can no longer be
   * resolved. Route 53 deletes only empty zones. Therefore the record sets are
   * deleted first, aliases and those with a routing policy included.
   */
  override async deleteZone(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<void> {
    await super.deleteZone(zone, options);
  }

  /**
   * Sets the comment on a zone.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options The comment, at most 256 characters; `""` removes it.
   * @returns The zone, without its name servers.
   * @throws {NotFoundError} If there is no such zone.
   */
  async setZoneComment(
    zone: ZoneRef,
    options: CallOptions & { readonly comment: string },
  ): Promise<Route53Zone> {
    const operation = "setZoneComment";
    const { comment, ...call } = options;
    if (comment !== "") {
      checkLength(comment, operation, "comment", MAX_COMMENT);
    }
    const data = { UpdateHostedZoneCommentRequest: { Comment: comment } };
    return await this.withZone(
      operation,
      zone,
      call,
      (target, call) =>
        this.#send(operation, pathOf(target), {
          ...call,
          method: "POST",
          // The comment is the same, however often it is set.
          idempotent: true,
          data,
        }, (body) => toZone(childOf(body, "HostedZone"))),
    );
  }

  /**
   * Creates or replaces one record set, with all that only Route 53 has: an alias,
   * or one of the record sets with a routing policy. Everything else about a
   * record set with the same name, type and `setIdentifier` is lost, even what
   * another writer has just changed.
   *
   * ```ts
   * import type { Route53DnsDriver } from "@nephos/nephos/drivers/aws/route53";
   *
   * async function pointToCloudFront(dns: Route53DnsDriver): Promise<void> {
   *   await dns.upsertRecordSet({ name: "example.com" }, {
   *     name: "@",
   *     type: "A",
   *     alias: {
   *       hostedZoneId: "Z2FDTNDATAQYW2",
   *       dnsName: "d111111abcdef8.cloudfront.net",
   *       evaluateTargetHealth: false,
   *     },
   *   });
   * }
   * ```
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set The record set.
   * @param options Options of the call.
   * @returns The change.
   * @throws {TypeError} If a field is invalid, or fields exclude each other.
   * @throws {RangeError} If a number is out of range.
   */
  async upsertRecordSet(
    zone: ZoneRef,
    set: Route53RecordSetInput,
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    const operation = "upsertRecordSet";
    const checked = checkInput(operation, set);
    checkTypeIn(checked.type, TYPES, operation, DISPLAY_NAME);
    return await this.withZone(operation, zone, options, (target, call) => {
      const name = relativeName(checked.name, target.name, { operation });
      const step = { action: "UPSERT", set: { ...checked, name } } as const;
      return this.#sendBatch(operation, target, [step], call);
    });
  }

  /** Whether a record set is no alias, and has no routing policy. */
  override isPlain(set: Route53RecordSet): boolean {
    return !isSpecial(set);
  }

  /** Requests one zone, with its name servers. */
  protected override async readZone(
    operation: string,
    zone: Pick<ZoneTarget, "id">,
    options: CallOptions,
  ): Promise<Route53Zone> {
    return await this.#send(
      operation,
      pathOf(zone),
      options,
      (body) => toZone(childOf(body, "HostedZone"), body),
    );
  }

  /** Deletes the record sets of a zone if there are any, then the zone. */
  protected override async removeZone(
    operation: string,
    zone: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    // Names of record sets are read relative to that of the zone.
    const ref = zone.name ? zone : zone.id;
    const named = await this.resolve(operation, ref, options);
    const sets = await this.readRecordSets(operation, named, {}, options);
    const steps = sets.filter((set) => !isRequired(set))
      .map((set) => ({ action: "DELETE", set: toSend(set) }) as const);
    let isChanged = false;
    try {
      for (const batch of toBatches(steps)) {
        await this.#sendBatch(operation, named, batch, options);
        isChanged = true;
      }
      const request = { ...options, method: "DELETE" };
      await this.#send(operation, pathOf(zone), request, () => {});
    } catch (error) {
      const isOurs = CloudError.is(error) && error !== options.signal?.reason;
      if (!isChanged || !isOurs) throw error;
      throw Object.assign(error, { mayHaveBeenApplied: true });
    }
  }

  /**
   * Looks names up one after the other. If several zones have the same name, the
   * public one is used.
   */
  protected override async readZoneNamed(
    operation: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<Route53Zone | undefined> {
    for (const name of names) {
      const zones = await this.#readAllNamed(operation, name, options);
      const isPublic = ({ extra }: Route53Zone) => !extra.isPrivate;
      const candidates = zones.some(isPublic) ? zones.filter(isPublic) : zones;
      if (candidates.length > 1) {
        const ids = candidates.map(({ id }) => id).join(", ");
        const message = `several zones have the name ${name}; ` +
          `pass one of the ids ${ids}`;
        throw new ConflictError(
          `${operation}: ${message}`,
          this.#failure(operation, 409),
        );
      }
      if (candidates[0]) return candidates[0];
    }
    return undefined;
  }

  /** Lists record sets, 300 to a page, from the first one that can be meant. */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep }: RecordSetFilter,
    options: ListOptions,
  ): Listing<Route53RecordSet> {
    const wireName = name && toWireName(absoluteName(name, zone.name));
    const start = wireName === undefined
      ? {}
      : { name: wireName, ...type && { type } };
    const next = (body: XmlElement) => {
      const following = {
        name: body.textAt("NextRecordName"),
        type: body.textAt("NextRecordType"),
        identifier: body.textAt("NextRecordIdentifier"),
      };
      if (!isTruncated(body) || name === undefined) {
        return isTruncated(body) && following;
      }
      // Sorted by name and type: all others come later.
      const isMeant =
        name === nameInZone(`${following.name}`, zone.name, OCTAL);
      const isOfType = type === undefined || type === following.type;
      return isMeant && isOfType && following;
    };
    const pages = linkedPages(["name", "type", "identifier"], next, {
      size: "maxitems",
      maxSize: MAX_SETS_PAGE,
    });
    return this.connection.list(pathOf(zone, "/rrset"), {
      items: (body: XmlElement) => setsIn(body),
      convert: (set: XmlElement) => toRecordSet(set, zone.name),
      keep,
      pages: (list) =>
        pages({
          ...list,
          check: wireName === undefined
            ? list.check
            : `${list.check} ${wireName} ${type ?? ""}`.replaceAll(".", "-"),
          request: (page, limits) =>
            list.request({ ...start, ...page }, limits),
        }),
    }, { ...options, operation });
  }

  /**
   * Requests one record set, in a page of one. With a routing policy, it is the
   * first of several.
   */
  protected override async readRecordSet(
    operation: string,
    zone: ZoneTarget,
    { name, type }: RecordSetKey,
    options: CallOptions,
  ): Promise<Route53RecordSet | undefined> {
    const params = {
      name: toWireName(absoluteName(name, zone.name)),
      type,
      maxitems: 1,
    };
    return await this.#send(
      operation,
      pathOf(zone, "/rrset"),
      { ...options, params },
      (body) =>
        setsIn(body).map((set) => toRecordSet(set, zone.name))
          // Without such a record set, the list starts at the one after it.
          .find((set) => set.name === name && set.type === type),
    );
  }

  /** Requests a record set of which values are to be changed. */
  protected override async readBeforeWrite(
    operation: string,
    zone: ZoneTarget,
    key: RecordSetKey,
    options: CallOptions,
  ): Promise<Route53RecordSet | undefined> {
    const set = await this.readRecordSet(operation, zone, key, options);
    if (set) this.#refuseSpecial(operation, set);
    return set;
  }

  /** Requests the state of a change. */
  protected override async readChange(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<ChangeResult> {
    const change = toBareId(id);
    return await this.#send(
      operation,
      path`/2013-04-01/change/${{ change }}`,
      options,
      (body) => toChange(childOf(body, "ChangeInfo")),
    );
  }

  /** Adds the default TTL, and rejects types that Route 53 lacks. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    checkTypeIn(set.type, TYPES, operation, DISPLAY_NAME);
    checkValues(operation, set);
    return { ...set, ttl: set.ttl ?? DEFAULT_TTL };
  }

  /**
   * Makes all changes in one batch. If a record set is not as the caller has read
   * it, the batch is refused. If the caller has not read it, it is read here.
   */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    const unknown = changes.filter((change) => !isKnown(change));
    let current = await this.#readCurrent(operation, zone, unknown, options);
    for (let attempt = 1;; attempt++) {
      const steps = changes.flatMap((change) =>
        this.#toSteps(operation, change, current)
      );
      if (steps.length === 0) return { state: "done" };
      checkBatch(operation, steps);
      try {
        return await this.#sendBatch(operation, zone, steps, options);
      } catch (error) {
        const isStale = ConflictError.is(error) &&
          codeOf(error) === INVALID_BATCH;
        if (!isStale || attempt === MAX_ATTEMPTS) throw error;
        const [only] = changes;
        // A lone change that was refused needs no other request to explain it.
        if (only && changes.length === 1 && isCertain(only)) {
          throw toConflict(error, only);
        }
        current = await this.#readCurrent(operation, zone, changes, options);
        const changed = changes.find((change) => !isSame(change, current));
        if (changed) throw toConflict(error, changed);
      }
    }
  }

  /** The elements of a batch that make one change. */
  #toSteps(
    operation: string,
    change: RecordSetChange,
    current: CurrentSets,
  ): readonly BatchStep[] {
    const before = beforeOf(change);
    const read = current.has(keyOf(targetOf(change)));
    if (before && read && !isSame(change, current)) {
      throw this.conflict(operation, change);
    }
    const old = read ? findSet(change, current) : before;
    if (old && !before && change.action !== "create") {
      this.#refuseSpecial(operation, old);
    }
    const steps: BatchStep[] = [];
    if (old && change.action !== "create") {
      steps.push({ action: "DELETE", set: toSend(old) });
    }
    if (change.action !== "delete") {
      // The policy and the health check stay.
      const { setIdentifier, routing, healthCheckId } = (old?.extra ??
        {}) as Partial<Route53RecordSetExtra>;
      const extra = { setIdentifier, routing, healthCheckId };
      steps.push({ action: "CREATE", set: toSend(change.after, extra) });
    }
    return steps;
  }

  /** Requests the record sets of changes: one by one, or all of the zone. */
  async #readCurrent(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<CurrentSets> {
    const keys = changes.map((change) => keyOf(targetOf(change)));
    const [only] = changes;
    if (!only) return new Map();
    const { name, type } = targetOf(only);
    const filter = changes.length === 1 ? { name, type } : {};
    const sets = await this.readRecordSets(operation, zone, filter, options);
    return new Map(
      keys.map((key) => [key, sets.filter((set) => keyOf(set) === key)]),
    );
  }

  async #sendBatch(
    operation: string,
    zone: ZoneTarget,
    steps: readonly BatchStep[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    return await this.#send(operation, pathOf(zone, "/rrset/"), {
      ...options,
      method: "POST",
      data: toBatch(steps, zone.name),
    }, (body) => toChange(childOf(body, "ChangeInfo")));
  }

  /** Creates a zone, or finds the one that a lost attempt created. */
  async #create(
    operation: string,
    name: string,
    reference: string,
    call: CallOptions,
    data: object,
  ): Promise<Route53Zone> {
    try {
      return await this.#send(operation, ZONES, {
        ...call,
        method: "POST",
        creates: true,
        // Route 53 creates one zone for each CallerReference.
        idempotent: true,
        data,
      }, (body) => toZone(childOf(body, "HostedZone"), body));
    } catch (error) {
      if (codeOf(error) !== "HostedZoneAlreadyExists") throw error;
      const zones = await this.#readAllNamed(operation, name, call);
      const own = zones.find(({ extra }) =>
        extra.callerReference === reference
      );
      if (own) return await this.readZone(operation, own, call);
      throw error;
    }
  }

  /** Requests all zones with a name, the private ones included. */
  async #readAllNamed(
    operation: string,
    name: string,
    options: CallOptions,
  ): Promise<Route53Zone[]> {
    const dnsname = toWireName(name);
    const zones: Route53Zone[] = [];
    const listing = this.connection.list(`${API}/hostedzonesbyname`, {
      items: (body: XmlElement) =>
        zonesIn(body, "ListHostedZonesByNameResponse"),
      convert: (zone: XmlElement) => toZone(zone),
      pages: (list) =>
        ZONES_BY_NAME({
          ...list,
          request: (page, limits) => list.request({ dnsname, ...page }, limits),
        }),
    }, { ...options, operation });
    // The list starts at the name, and goes on with those after it.
    for await (const zone of listing) {
      if (zone.name !== name) break;
      zones.push(zone);
    }
    return zones;
  }

  /** Sends a request, and converts the response. */
  async #send<T>(
    operation: string,
    path: string | Path,
    options: RequestOptions,
    convert: (body: XmlElement) => T,
  ): Promise<T> {
    const response = await this.connection.request<XmlElement>(path, {
      ...options,
      operation,
    });
    return response.read(convert);
  }

  /** Rejects a record set that would lose more than its values. */
  #refuseSpecial(operation: string, set: Route53RecordSet): void {
    if (!isSpecial(set)) return;
    const { name, type, extra } = set;
    const kind = extra.alias ? "is an alias" : "has a routing policy";
    const message = `${name} ${type} ${kind}; use upsertRecordSet(), or ` +
      "deleteRecordSet() with the record set as listed";
    throw new RecordSetConflictError(`${operation}: ${message}`, {
      ...this.#failure(operation, 409),
      recordSet: { name, type },
      lost: [],
    });
  }

  /** Details of an error that no response contains. */
  #failure(operation: string, status: number): ApiErrorOptions {
    const { provider, connection } = this;
    const request = { method: "GET", url: connection.baseUrl, body: "" };
    return { provider, operation, status, ...request };
  }
}

/** Record sets as they are now, by name and type. */
type CurrentSets = ReadonlyMap<string, readonly Route53RecordSet[]>;

/** The record set that the caller has read, if the change contains its data. */
function beforeOf(change: RecordSetChange): Route53RecordSet | undefined {
  if (change.action === "create") return undefined;
  const { before } = change;
  // Only record sets of the provider have ids.
  return before && "data" in before && "id" in before
    ? before as Route53RecordSet
    : undefined;
}

/**
 * The elements that a change will take. A record set that is not known yet is
 * taken to be as large as the one that replaces it.
 */
function toLikelySteps(change: RecordSetChange): readonly BatchStep[] {
  const before = beforeOf(change);
  if (change.action === "delete") {
    return before ? [{ action: "DELETE", set: toSend(before) }] : [];
  }
  const creation = { action: "CREATE", set: toSend(change.after, {}) } as const;
  return change.action === "create"
    ? [creation]
    : [{ action: "DELETE", set: toSend(before ?? change.after) }, creation];
}

/** Whether a batch can be made from what the caller has read. */
function isKnown(change: RecordSetChange): boolean {
  const before = beforeOf(change);
  return change.action === "create" ||
    before !== undefined &&
      (before.ttl !== undefined || before.extra?.alias !== undefined);
}

/** Whether the batch of a change is refused only if its record set has changed. */
function isCertain(change: RecordSetChange): boolean {
  // A record set that is gone need not be deleted.
  return change.action === "create" ||
    change.action === "replace" && beforeOf(change) !== undefined;
}

/** Finds the record set of a change among those of the same name and type. */
function findSet(
  change: RecordSetChange,
  current: CurrentSets,
): Route53RecordSet | undefined {
  const sets = current.get(keyOf(targetOf(change))) ?? [];
  const before = beforeOf(change);
  if (!before) return sets[0];
  const { setIdentifier } = (before.extra ?? {}) as Partial<
    Route53RecordSetExtra
  >;
  return sets.find((set) => set.extra.setIdentifier === setIdentifier);
}

/** Whether a record set is still as the caller has read it. */
function isSame(change: RecordSetChange, current: CurrentSets): boolean {
  const found = findSet(change, current);
  const before = beforeOf(change);
  if (!isUnchanged(change, found)) return false;
  return !before || !found || !isSpecial(before) ||
    specialsOf(before) === specialsOf(found);
}

function specialsOf({ extra }: RecordSet<Route53RecordSetExtra>): string {
  const { setIdentifier, routing, alias } = extra;
  return JSON.stringify([setIdentifier, routing, alias]);
}

/** The provider's refusal, as the error about one record set. */
function toConflict(
  error: ConflictError,
  change: RecordSetChange,
): RecordSetConflictError {
  const { name, type } = targetOf(change);
  const recordSet = { name, type };
  return new RecordSetConflictError(error.message, {
    ...error as ApiErrorOptions,
    cause: error,
    recordSet,
    lost: [],
  });
}

/** Whether a zone always has the record set. */
function isRequired({ name, type }: RecordSetKey): boolean {
  return name === "@" && (type === "SOA" || type === "NS");
}

/** Path of a zone, or of something below it. */
function pathOf({ id }: Pick<ZoneTarget, "id">, rest = ""): Path {
  return new Path([`${ZONES}/`, rest], [{ zone: toBareId(id) }]);
}

/** A name as Route 53 writes it: octal escapes, and a dot at the end. */
function toWireName(name: string): string {
  return `${absoluteName("@", name, OCTAL)}.`;
}

function toVpc({ id, region }: Route53Vpc, operation: string) {
  return {
    VPCRegion: checkText(region, operation, "vpc.region"),
    VPCId: checkText(id, operation, "vpc.id"),
  };
}

function checkLength(
  text: string,
  operation: string,
  field: string,
  max: number,
): string {
  const { length } = checkText(text, operation, field);
  if (length <= max) return text;
  throw mistake(operation, field, `at most ${max} characters`, text);
}

function zonesIn(body: XmlElement, root: string): XmlElement[] {
  checkRoot(body, root);
  return body.all("HostedZones", "HostedZone");
}

function setsIn(body: XmlElement): XmlElement[] {
  checkRoot(body, "ListResourceRecordSetsResponse");
  return body.all("ResourceRecordSets", "ResourceRecordSet");
}

/** Checks that a response is a list, since an empty one has no items to miss. */
function checkRoot(body: XmlElement | undefined, root: string): void {
  if (body?.name === root) return;
  throw new TypeError(`the response has no element "${root}"`);
}

function isTruncated(body: XmlElement): boolean {
  return body.textAt("IsTruncated") === "true";
}

function codeOf(error: unknown): string | undefined {
  return ApiError.is(error) ? error.code : undefined;
}
