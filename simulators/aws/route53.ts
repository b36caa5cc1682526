/**
 * Simulator of Amazon Route 53: an in-memory account behind a `fetch` function.
 *
 * It has public and private zones, record sets with and without routing policies,
 * aliases and changes. It is as strict as Route 53:
 *
 * - Requests are signed with Signature Version 4 for `us-east-1`, or by the older
 *   scheme `AWS3-HTTPS`. Both are verified.
 * - The elements of a request must be in the order of the documentation.
 * - A batch is all or nothing, in the given order, and has limits: 1000 records
 *   and 32 000 characters, of which an UPSERT needs twice as many. DELETE must
 *   repeat a record set exactly. The message names everything that is wrong.
 * - A name with a CNAME has nothing else; the zone itself always has its SOA and
 *   NS records, and no CNAME. A zone with other record sets is not deleted.
 * - Names in responses are in lower case and have octal escapes: `*` is `\052`.
 * - Several zones may have the same name, but each CallerReference creates one
 *   zone only, even after it was deleted.
 * - Lists of record sets have pages that continue at a name, type and identifier.
 *
 * It serves no DNS. All ids of health checks, VPCs and delegation sets exist that
 * have a valid form. So do all targets of aliases outside the zone. Operations
 * other than those of zones, record sets and changes get 404.
 *
 * @see {@link https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html | Amazon Route 53 API reference}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { verifyAws3 } from "./_route53/aws3.ts";
import { applyBatch } from "./_route53/batch.ts";
import { formatName, parseName, sortKey } from "./_route53/names.ts";
import { refuse, refuseInput } from "./_route53/refusal.ts";
import {
  CHANGES,
  isRequired,
  keyOf,
  readBatch,
  type RecordSet,
  refuseLength,
  toElement,
} from "./_route53/sets.ts";
import { isType } from "./_route53/values.ts";
import {
  namespaceOf,
  type Parsed,
  readRequest,
  type Shape,
  toXml,
  type Xml,
} from "./_route53/xml.ts";
import {
  byKey,
  type ChangeInfo,
  delegationElement,
  exampleSets,
  nameServersOf,
  requiredSets,
  toId,
  type Vpc,
  type Zone,
  zoneElement,
} from "./_route53/zones.ts";
import { escapeXml } from "./_ec2/xml.ts";
import { type SignatureFault, Verifier } from "./_signature.ts";
import {
  amount,
  type Call,
  callback,
  count,
  FixedWindow,
  type Handler,
  readBody,
  readOptions,
  Refusal,
  type Routes,
  serveRoutes,
  text,
  toUuid,
  unchecked,
} from "../kit/mod.ts";

/** Options of {@linkcode Route53Simulator}; times are in milliseconds. */
export interface Route53SimulatorOptions {
  /**
   * Id of the access key that requests must be signed with. `Ec2Simulator` has
   * the same default, so one access key is good for both.
   *
   * @default {"AKIAIOSFODNN7EXAMPLE"}
   */
  readonly accessKeyId?: string | undefined;
  /**
   * Secret of that access key.
   *
   * @default {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
   */
  readonly secretAccessKey?: string | undefined;
  /**
   * Session token that requests must have, as with temporary credentials.
   *
   * @default {undefined}
   */
  readonly sessionToken?: string | undefined;
  /**
   * Expiry of the session token, in milliseconds since 1970.
   *
   * @default {Infinity}
   */
  readonly sessionExpiresAt?: number | undefined;
  /**
   * Number of zones at the start: `zone-1.example`, `zone-2.example` and so on.
   * Each has ten record sets, among them an alias and two with weights.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Time until a change is `INSYNC`: all name servers have it.
   *
   * @default {50}
   */
  readonly syncMs?: number | undefined;
  /**
   * How long a zone refuses further changes after a change, with
   * `PriorRequestNotComplete`.
   *
   * @default {0}
   */
  readonly busyMs?: number | undefined;
  /**
   * Rate limit per second, for all requests together. Further requests get
   * `Throttling`. Route 53 accepts 5.
   *
   * @default {Infinity}
   */
  readonly requestsPerSecond?: number | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {300}
   */
  readonly largestPage?: number | undefined;
  /**
   * Largest number of zones in the account.
   *
   * @default {500}
   */
  readonly maxZones?: number | undefined;
  /**
   * Operations that the access key has no permission for, such as
   * `"ListHostedZones"`.
   *
   * @default {[]}
   */
  readonly denied?: readonly string[] | undefined;
  /**
   * How far the clock of the service is ahead of `now`. A negative value means
   * that it is behind.
   *
   * @default {0}
   */
  readonly clockOffsetMs?: number | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** Credentials that {@linkcode Route53Simulator} accepts. */
export interface Route53SimulatorCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /** Session token, if requests must have one. */
  readonly sessionToken?: string;
}

/** A record set that exists, as the API shows it. */
export interface Route53SimulatedRecordSet {
  /** Absolute name with octal escapes, and a dot at the end. */
  readonly name: string;
  /** Type of the records. */
  readonly type: string;
  /** Tells record sets with a routing policy apart. */
  readonly setIdentifier: string | undefined;
  /** TTL in seconds; `undefined` for an alias. */
  readonly ttl: number | undefined;
  /** Values, as they were sent. */
  readonly values: readonly string[];
}

/** What exists in a simulated account, for assertions in tests. */
export interface Route53Inventory {
  /** The zones, in the order of their creation. */
  readonly zones: readonly {
    /** Id of the zone. */
    readonly id: string;
    /** Name, with the final dot. */
    readonly name: string;
    /** The record sets, in the order in which Route 53 lists them. */
    readonly recordSets: readonly Route53SimulatedRecordSet[];
  }[];
}

const OPTIONS = {
  accessKeyId: text("AKIAIOSFODNN7EXAMPLE"),
  secretAccessKey: text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
  sessionToken: unchecked<string | undefined>(undefined),
  sessionExpiresAt: unchecked(Infinity),
  zones: count(0),
  syncMs: amount(50),
  busyMs: amount(0),
  requestsPerSecond: amount(Infinity, 1),
  largestPage: count(300, 1),
  maxZones: count(500, 1),
  denied: unchecked<readonly string[]>([]),
  clockOffsetMs: unchecked(0),
  now: callback(() => Date.now()),
};

/** Versions of the API. Record sets are the same in both. */
const LATEST = "2013-04-01";
const VERSIONS = [LATEST, "2012-02-29"];
const MAX_ZONES_PAGE = 100;
const MAX_SETS_PAGE = 300;
const MAX_ID = 32;
const MAX_COMMENT = 256;
const MAX_REFERENCE = 128;
const SKEW_MS = 5 * 60_000;

const VPC_ID = /^vpc-(?:[\da-f]{8}|[\da-f]{17})$/;
const VPC: Shape = { VPCRegion: "text", VPCId: "text" };
const CREATE: Shape = {
  Name: "text",
  VPC,
  CallerReference: "text",
  HostedZoneConfig: { Comment: "text", PrivateZone: "text" },
  DelegationSetId: "text",
};
const UPDATE: Shape = { Comment: "text" };

/** What an operation receives. */
interface Input {
  readonly url: URL;
  readonly id: string;
  /** Reads the body of the request. */
  readonly read: (root: string, shape: Shape) => Parsed;
}

/** What an operation returns. */
interface Output {
  readonly content: Xml;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A simulated account of Amazon Route 53, kept in memory.
 *
 * Pass {@linkcode Route53Simulator.fetch} to a driver to test without a network,
 * or to an HTTP server to serve any other client. Time comes only from the option
 * `now`: no timers run in the background, so there is nothing to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { Route53DnsDriver } from "@nephos/nephos/drivers/aws/route53";
 * import { Route53Simulator } from "@nephos/nephos/simulators/aws/route53";
 *
 * const { credentials, fetch } = new Route53Simulator({ zones: 2 });
 * const dns = new Route53DnsDriver({ ...credentials, fetch });
 * console.log((await dns.listZones()).map(({ name }) => name));
 * ```
 */
export class Route53Simulator {
  /**
   * Options that switch on the limits and delays of the service. The delays are
   * short, for tests.
   */
  static readonly realistic: Route53SimulatorOptions = {
    requestsPerSecond: 5,
    busyMs: 40,
    syncMs: 100,
  };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Credentials to pass to a driver. */
  readonly credentials: Route53SimulatorCredentials;

  readonly #settings: ReturnType<typeof readSettings>;
  readonly #verifier: Verifier;
  readonly #rateLimit: FixedWindow;
  readonly #zones = new Map<string, Zone>();
  readonly #changes = new Map<string, ChangeInfo>();
  /** Idempotency keys of all zones that were ever created. */
  readonly #references = new Set<string>();
  #zoneNumber = 0;
  #requests = 0;

  /**
   * Creates an account.
   *
   * @param options Initial contents, limits and delays.
   * @throws {TypeError} If an option is unknown, or `now` is not a function.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: Route53SimulatorOptions = {}) {
    const settings = readSettings(options);
    this.#settings = settings;
    const { accessKeyId, secretAccessKey, sessionToken } = settings;
    this.credentials = {
      accessKeyId,
      secretAccessKey,
      ...sessionToken !== undefined && { sessionToken },
    };
    this.#verifier = new Verifier({
      ...this.credentials,
      expiresAt: settings.sessionExpiresAt,
      refuse: refuseSignature,
    });
    const now = () => this.#now;
    this.#rateLimit = new FixedWindow(settings.requestsPerSecond, 1000, now);
    for (let number = 1; number <= settings.zones; number++) {
      const name = `zone-${number}.example.`;
      const zone = this.#addZone({ name, callerReference: `seed-${number}` });
      zone.sets = byKey([...zone.sets.values(), ...exampleSets(name)]);
      this.#addChange(zone);
      zone.busyUntil = -Infinity;
    }
    this.fetch = serveRoutes({
      after: (headers) => {
        headers.set("date", new Date(this.#now).toUTCString());
        // An error has the id in its body, too.
        if (headers.has("x-amzn-requestid")) return;
        headers.set("x-amzn-requestid", this.#nextRequestId());
      },
      error: (refusal) => errorResponse(refusal, this.#nextRequestId()),
      routes: this.#routes(),
    });
  }

  /**
   * Lists the zones and record sets that exist now, for assertions in tests.
   *
   * @returns The zones, in the order of their creation.
   */
  inventory(): Route53Inventory {
    return {
      zones: Array.from(this.#zones.values(), ({ id, name, sets }) => ({
        id,
        name,
        recordSets: sorted(sets).map(
          ({ name, type, setIdentifier, ttl, values }) => ({
            name,
            type,
            setIdentifier,
            ttl,
            values: [...values],
          }),
        ),
      })),
    };
  }

  get #now(): number {
    return this.#settings.now() + this.#settings.clockOffsetMs;
  }

  #nextRequestId(): string {
    return toUuid(++this.#requests, "9a3c5d1e-35bd-4eac-99ed");
  }

  #routes(): Routes {
    const operations: readonly (readonly [
      route: string,
      operation: string,
      run: (input: Input) => Output,
    ])[] = [
      ["GET /hostedzone", "ListHostedZones", (it) => this.#listZones(it)],
      [
        "GET /hostedzonesbyname",
        "ListHostedZonesByName",
        (it) => this.#listZonesByName(it),
      ],
      ["POST /hostedzone", "CreateHostedZone", (it) => this.#createZone(it)],
      ["GET /hostedzone/{id}", "GetHostedZone", (it) => this.#getZone(it)],
      [
        "POST /hostedzone/{id}",
        "UpdateHostedZoneComment",
        (it) => this.#comment(it),
      ],
      [
        "DELETE /hostedzone/{id}",
        "DeleteHostedZone",
        (it) => this.#deleteZone(it),
      ],
      [
        "GET /hostedzone/{id}/rrset",
        "ListResourceRecordSets",
        (it) => this.#listSets(it),
      ],
      [
        "POST /hostedzone/{id}/rrset",
        "ChangeResourceRecordSets",
        (it) => this.#changeSets(it),
      ],
      ["GET /change/{id}", "GetChange", (it) => this.#getChange(it)],
    ];
    return Object.fromEntries(
      VERSIONS.flatMap((version) =>
        operations.flatMap(([route, operation, run]) => {
          const [method, path] = route.split(" ");
          const handler: Handler = async (call) => {
            try {
              return await this.#respond(call, version, operation, run);
            } catch (error) {
              if (!(error instanceof Refusal)) throw error;
              return errorResponse(error, this.#nextRequestId(), version);
            }
          };
          // The path of a change has a slash at its end, which may be left out.
          return ["", "/"].map((end) => [
            `${method} /${version}${path}${end}`,
            handler,
          ]);
        })
      ),
    );
  }

  async #respond(
    { request, url, params }: Call,
    version: string,
    operation: string,
    run: (input: Input) => Output,
  ): Promise<Response> {
    const bytes = await readBody(request);
    await this.#verify(request, url, bytes);
    if (!this.#rateLimit.take()) refuse("Throttling", "Rate exceeded");
    if (this.#settings.denied.includes(operation)) {
      refuse(
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: " +
          `route53:${operation}`,
        STATUS_CODE.Forbidden,
      );
    }
    const body = new TextDecoder().decode(bytes);
    const { content, status = STATUS_CODE.OK, headers } = run({
      url,
      id: readId(params.get("id") ?? ""),
      read: (root, shape) => readRequest(body, root, shape, version),
    });
    return new Response(toXml(`${operation}Response`, content, version), {
      status,
      headers: { "Content-Type": "text/xml", ...headers },
    });
  }

  async #verify(
    request: Request,
    url: URL,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const now = this.#now;
    const older = request.headers.get("x-amzn-authorization");
    if (older !== null) {
      const fault = await verifyAws3(older, request.headers, this.credentials);
      if (fault) refuseSignature(fault);
      const date = Date.parse(request.headers.get("date") ?? "");
      if (!(Math.abs(now - date) <= SKEW_MS)) refuseSignature("skew");
      return;
    }
    const signed = { request, url, body, service: "route53", now };
    const region = await this.#verifier.verify(signed);
    if (region !== "us-east-1") refuseSignature("scope");
  }

  #listZones({ url }: Input): Output {
    const { searchParams } = url;
    const size = this.#pageSize(searchParams, MAX_ZONES_PAGE);
    const marker = searchParams.get("marker") ?? "";
    const onlyPrivate = searchParams.get("hostedzonetype") !== null;
    const setId = searchParams.get("delegationsetid");
    const zones = [...this.#zones.values()].filter((zone) =>
      (!onlyPrivate || zone.isPrivate) &&
      (!setId || zone.delegationSetId === readId(setId))
    );
    const start = marker === ""
      ? 0
      : zones.findIndex(({ id }) => id === readId(marker));
    if (start < 0) refuseInput(`The marker '${marker}' is not valid.`);
    const next = zones[start + size];
    return {
      content: {
        HostedZones: zoneList(zones.slice(start, start + size)),
        Marker: marker,
        IsTruncated: next !== undefined,
        NextMarker: next?.id,
        MaxItems: size,
      },
    };
  }

  #listZonesByName({ url }: Input): Output {
    const { searchParams } = url;
    const size = this.#pageSize(searchParams, MAX_ZONES_PAGE);
    const name = searchParams.get("dnsname") ?? undefined;
    const id = searchParams.get("hostedzoneid") ?? undefined;
    if (id !== undefined && name === undefined) {
      refuseInput("hostedzoneid must not be given without dnsname");
    }
    const key = (zone: Pick<Zone, "name" | "id">) =>
      `${sortKey(zone.name)}\u0001${zone.id}`;
    const from = name === undefined ? "" : key({
      name: readZoneName(name),
      id: id === undefined ? "" : readId(id),
    });
    const zones = [...this.#zones.values()]
      .sort((a, b) => key(a) < key(b) ? -1 : 1)
      .filter((zone) => key(zone) >= from);
    const next = zones[size];
    return {
      content: {
        HostedZones: zoneList(zones.slice(0, size)),
        DNSName: name,
        HostedZoneId: id,
        IsTruncated: next !== undefined,
        NextDNSName: next?.name,
        NextHostedZoneId: next?.id,
        MaxItems: size,
      },
    };
  }

  #createZone({ read }: Input): Output {
    const body = read("CreateHostedZoneRequest", CREATE);
    const { Name = "", CallerReference = "", DelegationSetId } = body as Record<
      string,
      string | undefined
    >;
    const config = (body.HostedZoneConfig ?? {}) as Record<
      string,
      string | undefined
    >;
    const vpc = body.VPC as Vpc | undefined;
    if (CallerReference === "" || CallerReference.length > MAX_REFERENCE) {
      refuseLength("callerReference", MAX_REFERENCE);
    }
    checkComment(config.Comment);
    const name = readZoneName(Name);
    // A domain of the top level, or the root.
    if (name.split(".").length < 3) {
      refuse("InvalidDomainName", `${name} is reserved by AWS!`);
    }
    if (vpc && !VPC_ID.test(vpc.VPCId ?? "")) {
      refuse(
        "InvalidVPCId",
        `The VPC: ${vpc.VPCId} you provided is not valid.`,
      );
    }
    if (config.PrivateZone === "true" && !vpc) {
      refuseInput(
        "When you're creating a private hosted zone, you must specify a VPC.",
      );
    }
    if (this.#references.has(CallerReference)) {
      refuse(
        "HostedZoneAlreadyExists",
        "A hosted zone has already been created with the specified caller " +
          "reference.",
        STATUS_CODE.Conflict,
      );
    }
    const other = [...this.#zones.values()].find((zone) =>
      zone.name === name && zone.vpcs.some(({ VPCId }) => VPCId === vpc?.VPCId)
    );
    if (other) {
      refuse(
        "ConflictingDomainExists",
        `The VPC ${vpc!.VPCId} in region ${vpc!.VPCRegion} has already been ` +
          `associated with the hosted zone ${other.id} with the same domain name.`,
      );
    }
    if (this.#zones.size >= this.#settings.maxZones) {
      refuse(
        "TooManyHostedZones",
        "Limits Exceeded: MaxHostedZonesPerAccount - Cannot create more hosted " +
          "zones.",
      );
    }
    const zone = this.#addZone({
      name,
      callerReference: CallerReference,
      comment: config.Comment,
      delegationSetId: DelegationSetId && readId(DelegationSetId),
      vpcs: vpc && [vpc],
    });
    return {
      status: STATUS_CODE.Created,
      headers: {
        Location:
          `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      },
      content: {
        HostedZone: zoneElement(zone),
        ChangeInfo: this.#addChange(zone),
        DelegationSet: delegationElement(zone),
        VPC: vpc && { ...vpc },
      },
    };
  }

  #getZone({ id }: Input): Output {
    const zone = this.#find(id);
    return {
      content: {
        HostedZone: zoneElement(zone),
        ...zone.isPrivate
          ? { VPCs: { VPC: zone.vpcs.map((vpc) => ({ ...vpc })) } }
          : { DelegationSet: delegationElement(zone) },
      },
    };
  }

  #comment({ id, read }: Input): Output {
    const { Comment } = read("UpdateHostedZoneCommentRequest", UPDATE) as {
      readonly Comment?: string;
    };
    checkComment(Comment);
    const zone = this.#find(id);
    this.#checkBusy(zone);
    zone.comment = Comment || undefined;
    return { content: { HostedZone: zoneElement(zone) } };
  }

  #deleteZone({ id }: Input): Output {
    const zone = this.#find(id);
    this.#checkBusy(zone);
    const isEmpty = [...zone.sets.values()]
      .every((set) => isRequired(set, zone.name));
    if (!isEmpty) {
      refuse(
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets " +
          " and so cannot be deleted.",
      );
    }
    this.#zones.delete(id);
    return { content: { ChangeInfo: this.#addChange(zone) } };
  }

  #listSets({ id, url }: Input): Output {
    const zone = this.#find(id);
    const { searchParams } = url;
    const size = this.#pageSize(searchParams, MAX_SETS_PAGE);
    const name = searchParams.get("name") ?? undefined;
    const type = searchParams.get("type") ?? undefined;
    const identifier = searchParams.get("identifier") ?? undefined;
    if (type !== undefined && !isType(type)) {
      refuseInput(`Invalid value of 'type': ${type}`);
    }
    if (
      type !== undefined && name === undefined ||
      identifier !== undefined && type === undefined
    ) {
      refuseInput(
        "The input is not valid: type needs a name, and identifier needs a type.",
      );
    }
    const from = name === undefined ? "" : keyOf({
      name: readName(name),
      type: type ?? "",
      setIdentifier: identifier,
    });
    const sets = sorted(zone.sets).filter((set) => keyOf(set) >= from);
    const next = sets[size];
    return {
      content: {
        ResourceRecordSets: {
          ResourceRecordSet: sets.slice(0, size).map(toElement),
        },
        IsTruncated: next !== undefined,
        NextRecordName: next?.name,
        NextRecordType: next?.type,
        NextRecordIdentifier: next?.setIdentifier,
        MaxItems: size,
      },
    };
  }

  #changeSets({ id, read }: Input): Output {
    const body = read("ChangeResourceRecordSetsRequest", CHANGES);
    const { changes, comment } = readBatch(body);
    const zone = this.#find(id);
    this.#checkBusy(zone);
    zone.sets = applyBatch(zone, changes);
    return { content: { ChangeInfo: this.#addChange(zone, comment) } };
  }

  #getChange({ id }: Input): Output {
    const change = this.#changes.get(id) ?? refuse(
      "NoSuchChange",
      `Could not find resource with ID: ${id}`,
      STATUS_CODE.NotFound,
    );
    return { content: { ChangeInfo: this.#toElement(change) } };
  }

  #find(id: string): Zone {
    return this.#zones.get(id) ?? refuse(
      "NoSuchHostedZone",
      `No hosted zone found with ID: ${id}`,
      STATUS_CODE.NotFound,
    );
  }

  #checkBusy({ busyUntil }: Zone): void {
    if (this.#now >= busyUntil) return;
    refuse(
      "PriorRequestNotComplete",
      "The request was rejected because Route 53 was still processing a prior " +
        "request.",
    );
  }

  #addZone(
    { name, callerReference, comment, delegationSetId, vpcs = [] }:
      & Pick<Zone, "name" | "callerReference">
      & {
        readonly [Key in "comment" | "delegationSetId" | "vpcs"]?:
          | Zone[Key]
          | undefined;
      },
  ): Zone {
    const number = ++this.#zoneNumber;
    const nameServers = nameServersOf(number);
    const zone: Zone = {
      id: toId("Z", number),
      name,
      callerReference,
      comment,
      isPrivate: vpcs.length > 0,
      vpcs,
      delegationSetId,
      nameServers,
      sets: requiredSets(name, nameServers),
      busyUntil: -Infinity,
    };
    this.#references.add(callerReference);
    this.#zones.set(zone.id, zone);
    return zone;
  }

  #addChange(zone: Zone, comment?: string): Xml {
    const at = this.#now;
    zone.busyUntil = at + this.#settings.busyMs;
    const change = { id: toId("C", this.#changes.size + 1), at, comment };
    this.#changes.set(change.id, change);
    return this.#toElement(change);
  }

  #toElement({ id, at, comment }: ChangeInfo): Xml {
    const isDone = this.#now >= at + this.#settings.syncMs;
    return {
      Id: `/change/${id}`,
      Status: isDone ? "INSYNC" : "PENDING",
      SubmittedAt: new Date(at).toISOString(),
      Comment: comment,
    };
  }

  #pageSize(params: URLSearchParams, max: number): number {
    const text = params.get("maxitems") ?? String(max);
    if (!/^[1-9]\d{0,5}$/.test(text)) {
      refuseInput(`Invalid value of 'maxitems': ${text}`);
    }
    return Math.min(Number(text), max, this.#settings.largestPage);
  }
}

function readSettings(options: Route53SimulatorOptions) {
  return readOptions("Route53Simulator", options, OPTIONS);
}

function sorted(sets: ReadonlyMap<string, RecordSet>): RecordSet[] {
  return [...sets.values()].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
}

function zoneList(zones: readonly Zone[]): Xml {
  return { HostedZone: zones.map(zoneElement) };
}

function readId(text: string): string {
  const id = text.replace(/^\/?(?:hostedzone|delegationset|change)\//, "");
  if (id.length <= MAX_ID) return id;
  return refuseInput(
    `1 validation error detected: Value '${id}' at 'id' failed to satisfy ` +
      `constraint: Member must have length less than or equal to ${MAX_ID}`,
  );
}

function readName(text: string): string {
  const { labels, problem } = parseName(text);
  if (labels) return formatName(labels);
  return refuseInput(`FATAL problem: ${problem} encountered with '${text}'`);
}

function readZoneName(text: string): string {
  const { labels, problem } = parseName(text);
  if (labels) return formatName(labels);
  return refuse(
    "InvalidDomainName",
    `FATAL problem: ${problem} encountered with '${text}'`,
  );
}

function checkComment(comment = ""): void {
  if (comment.length > MAX_COMMENT) refuseLength("comment", MAX_COMMENT);
}

const SIGNATURE_ERRORS: Readonly<
  Record<SignatureFault, readonly [code: string, message: string]>
> = {
  missing: ["MissingAuthenticationToken", "Missing Authentication Token"],
  malformed: [
    "IncompleteSignature",
    "The request signature does not conform to AWS standards.",
  ],
  key: [
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
  ],
  scope: [
    "SignatureDoesNotMatch",
    "Credential should be scoped to a valid region, not 'us-east-1', and to " +
    "the correct service: 'route53'.",
  ],
  mismatch: [
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you " +
    "provided. Check your AWS Secret Access Key and signing method. Consult " +
    "the service documentation for details.",
  ],
  skew: [
    "SignatureDoesNotMatch",
    "Signature not yet current or expired: the clock of the client differs.",
  ],
  expired: [
    "ExpiredToken",
    "The security token included in the request is expired",
  ],
};

function refuseSignature(fault: SignatureFault): never {
  const [code, message] = SIGNATURE_ERRORS[fault];
  refuse(code, message, STATUS_CODE.Forbidden);
}

/** Error codes of requests that are refused before the operation is known. */
const HTTP_CODES: Readonly<Record<number, string>> = {
  [STATUS_CODE.InternalServerError]: "InternalFailure",
};

function errorResponse(
  refusal: Refusal,
  requestId: string,
  version = LATEST,
): Response {
  const { status, message, headers } = refusal;
  const code = refusal.code ?? HTTP_CODES[status] ?? "InvalidAction";
  const type = status < 500 ? "Sender" : "Receiver";
  const xml =
    `<?xml version="1.0"?>\n<ErrorResponse xmlns="${
      namespaceOf(version)
    }"><Error><Type>${type}</Type><Code>${code}` +
    `</Code><Message>${escapeXml(message)}</Message></Error><RequestId>` +
    `${requestId}</RequestId></ErrorResponse>`;
  return new Response(xml, {
    status,
    headers: {
      ...headers,
      "Content-Type": "text/xml",
      "x-amzn-requestid": requestId,
    },
  });
}
