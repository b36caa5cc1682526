/**
 * Simulator of Amazon EC2: an in-memory account behind a `fetch` function.
 *
 * It has instances, instance types, images, key pairs, volumes, snapshots,
 * tags, security groups, VPCs and elastic IP addresses. All regions exist, each
 * with resources of its own.
 *
 * Requests use the Query protocol, by POST or GET; responses are XML. Each
 * request must be signed with Signature Version 4, which is verified. The
 * signature also determines the region. Names, structures and error codes
 * follow the official model and the documented errors. Where these leave
 * details open, or where a simulator cannot do the same as the service, it
 * behaves as follows:
 *
 * - A wrong key id, secret or session token gets 401 `AuthFailure`, as at EC2.
 *   So does a signature for another service. A clock difference of more than
 *   five minutes, or an expired session token, gets 400 `RequestExpired`. The
 *   header `Date` of each response has the time of the service.
 * - Unknown parameters are refused with `UnknownParameter`. Launch templates,
 *   several network interfaces and the key format `ppk` are not supported.
 * - Without `MaxResults` a list has one page. Instances of one reservation are
 *   always on the same page.
 * - Every IAM instance profile with a valid name exists. Every subnet assigns
 *   IPv6 addresses.
 * - As at EC2, DeleteKeyPair accepts a name that does not exist. The response
 *   then has no `keyPairId`.
 * - A modified volume has its new size when the modification is complete.
 * - As at EC2, a change is not visible at once: new resources are hidden, lists
 *   lag, and public addresses are late, each for some milliseconds. Set
 *   `hiddenMs`, `listLagMs` and `addressMs` to 0 if a test needs immediate
 *   changes.
 * - New resources that are still hidden get the error code for unknown ids, such
 *   as `InvalidInstanceID.NotFound`, and are not listed. A list is a Describe
 *   operation without ids. Filters do not count as ids.
 * - If a launch fails, the instance becomes `terminated`, and if a start fails,
 *   `stopped`. The state reason is `Server.InternalError`.
 * - The 51 operations for compute are supported; others get `InvalidAction`.
 * - It is also the price API of AWS, with `GetProducts` for `AmazonEC2`. Prices
 *   of us-east-1 are those of July 2026, and those of other regions are 10 %
 *   higher. The endpoint does not matter, but the signature must be for the
 *   service `pricing`.
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html | Amazon EC2 API reference}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { ACCOUNT_ACTIONS } from "./_ec2/account.ts";
import type { Actions } from "./_ec2/action.ts";
import { ADDRESS_ACTIONS } from "./_ec2/addresses.ts";
import { REGIONS } from "./_ec2/catalog.ts";
import { IMAGE_ACTIONS } from "./_ec2/images.ts";
import { inventoryOf } from "./_ec2/inventory.ts";
import { INSTANCE_ACTIONS } from "./_ec2/instances.ts";
import { KEY_PAIR_ACTIONS } from "./_ec2/key_pairs.ts";
import { NETWORK_ACTIONS } from "./_ec2/network.ts";
import { refuse, refuseMissing, toTree } from "./_ec2/query.ts";
import { type Account, Region } from "./_ec2/region.ts";
import { SECURITY_GROUP_ACTIONS } from "./_ec2/security_groups.ts";
import {
  isPriceRequest,
  priceEndpoint,
  priceErrorResponse,
  respondToPriceRequest,
} from "./_ec2/pricing.ts";
import { seed, SEEDED_AT } from "./_ec2/seed.ts";
import { SNAPSHOT_ACTIONS } from "./_ec2/snapshots.ts";
import { TAG_ACTIONS } from "./_ec2/tags.ts";
import { VOLUME_ACTIONS } from "./_ec2/volumes.ts";
import { escapeXml, NAMESPACE, toXml } from "./_ec2/xml.ts";
import { type SignatureFault, Verifier } from "./_signature.ts";
import {
  amount,
  type Call,
  callback,
  count,
  type Fails,
  FixedWindow,
  type Inventory,
  readBody,
  readOptions,
  Refusal,
  serveRoutes,
  text,
  toUuid,
  unchecked,
} from "../kit/mod.ts";

export type {
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/** Options of {@linkcode Ec2Simulator}; times are in milliseconds. */
export interface Ec2SimulatorOptions {
  /**
   * Id of the access key that requests must be signed with.
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
   * Region of `nodes`; the other regions are empty at the start.
   *
   * @default {"us-east-1"}
   */
  readonly region?: string | undefined;
  /**
   * Number of running nodes at the start. If there are any, the account also
   * has a key pair, and these resources of the first node: an image, an
   * attached volume with a snapshot, an elastic address and a security group.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Time from `pending` to `running`.
   *
   * @default {50}
   */
  readonly createMs?: number | undefined;
  /**
   * Duration of all other changes, such as stopping, terminating, attaching a
   * volume and creating a snapshot.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * How long a terminated instance is still listed.
   *
   * @default {3_600_000}
   */
  readonly listedMs?: number | undefined;
  /**
   * How long a new instance, volume, image, snapshot or security group is
   * unknown, also by its id. EC2 is eventually consistent, so this can take seconds.
   *
   * @see {@link https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html | Eventual consistency}
   *
   * @default {15}
   */
  readonly hiddenMs?: number | undefined;
  /**
   * How far Describe operations without ids lag behind: a new item is missing, a
   * deleted one is still there, a state is old. With ids they are up to date. EC2
   * is eventually consistent, so this can take seconds.
   *
   * @see {@link https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html | Eventual consistency}
   *
   * @default {20}
   */
  readonly listLagMs?: number | undefined;
  /**
   * Time from `running` until the public address of an instance is shown. With
   * 0, it is shown from the launch on. At EC2 it arrives at about the time when
   * the instance is running, or shortly after.
   *
   * @see {@link https://github.com/ClusterHQ/flocker/pull/2237 | Report of running instances without a public address}
   *
   * @default {15}
   */
  readonly addressMs?: number | undefined;
  /**
   * How long changes are still refused after a change: an instance that is
   * running or stopped is not started, stopped or rebooted
   * (`IncorrectInstanceState`), and no volume is attached to it
   * (`IncorrectState`). A volume that was detached is not deleted or attached
   * (`VolumeInUse`). TerminateInstances is never refused.
   *
   * @see {@link https://github.com/ansible-collections/amazon.aws/pull/497 | Report of a refused attachment}
   *
   * @default {0}
   */
  readonly busyMs?: number | undefined;
  /**
   * Decides which operations fail; it is called at the start of each: RunInstances
   * (for each instance), StartInstances, CreateImage, CopyImage, CreateVolume and
   * CreateSnapshot.
   *
   * @default {() => false}
   */
  readonly fails?: Fails | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {Infinity}
   */
  readonly largestPage?: number | undefined;
  /**
   * Rate limit per second, for all operations together. Further requests get
   * `RequestLimitExceeded`.
   *
   * @default {Infinity}
   */
  readonly requestsPerSecond?: number | undefined;
  /**
   * Operations that the access key has no permission for, such as
   * `"RunInstances"` or `"GetProducts"`.
   *
   * @default {[]}
   */
  readonly denied?: readonly string[] | undefined;
  /**
   * Size of new RSA keys, in bits. EC2 uses 2048; smaller keys save time.
   *
   * @default {2048}
   */
  readonly keyBits?: 1024 | 2048 | undefined;
  /**
   * How far the clock of the service is ahead of `now`. A negative value means
   * that it is behind.
   *
   * @default {0}
   */
  readonly clockOffsetMs?: number | undefined;
  /**
   * Error code for a client whose clock differs by more than five minutes.
   * `"RequestExpired"` is documented; EC2 also uses `"AuthFailure"`.
   *
   * @default {"RequestExpired"}
   */
  readonly skewCode?: "RequestExpired" | "AuthFailure" | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** Credentials that {@linkcode Ec2Simulator} accepts. */
export interface Ec2SimulatorCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /** Session token, if requests must have one. */
  readonly sessionToken?: string;
}

const OPTIONS = {
  accessKeyId: text("AKIAIOSFODNN7EXAMPLE"),
  secretAccessKey: text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
  sessionToken: unchecked<string | undefined>(undefined),
  sessionExpiresAt: unchecked(Infinity),
  region: unchecked("us-east-1"),
  nodes: count(0),
  createMs: amount(50),
  actionMs: amount(20),
  listedMs: amount(3_600_000),
  hiddenMs: amount(15),
  listLagMs: amount(20),
  addressMs: amount(15),
  busyMs: amount(0),
  fails: callback<Fails>(() => false),
  largestPage: count(Infinity, 1),
  requestsPerSecond: amount(Infinity, 1),
  denied: unchecked<readonly string[]>([]),
  keyBits: unchecked<1024 | 2048>(2048),
  clockOffsetMs: unchecked(0),
  skewCode: unchecked<"RequestExpired" | "AuthFailure">("RequestExpired"),
  now: callback(() => Date.now()),
};

const ACTIONS: Actions = {
  ...ACCOUNT_ACTIONS,
  ...ADDRESS_ACTIONS,
  ...IMAGE_ACTIONS,
  ...INSTANCE_ACTIONS,
  ...KEY_PAIR_ACTIONS,
  ...NETWORK_ACTIONS,
  ...SECURITY_GROUP_ACTIONS,
  ...SNAPSHOT_ACTIONS,
  ...TAG_ACTIONS,
  ...VOLUME_ACTIONS,
};

const VERSION = "2016-11-15";
/** Names of the operations that change nothing. */
const READING = /^(?:Describe|Get)/;

/** Error codes of requests that are refused before the operation is known. */
const HTTP_CODES: Readonly<Record<number, string>> = {
  [STATUS_CODE.NotFound]: "InvalidRequest",
  [STATUS_CODE.MethodNotAllowed]: "InvalidRequest",
  [STATUS_CODE.ContentTooLarge]: "InvalidRequest",
};

/**
 * A simulated Amazon EC2 account, kept in memory.
 *
 * Pass {@linkcode Ec2Simulator.fetch} to a driver to test without a network, or
 * to an HTTP server to serve any other client. Time comes only from the option
 * `now`: no timers run in the background, so there is nothing to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { Ec2NodeDriver } from "@nephos/nephos/drivers/aws/ec2";
 * import { Ec2Simulator } from "@nephos/nephos/simulators/aws/ec2";
 *
 * const simulator = new Ec2Simulator({ nodes: 1500 });
 * const cloud = new Ec2NodeDriver({
 *   ...simulator.credentials,
 *   region: "us-east-1",
 *   fetch: simulator.fetch,
 * });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 1500, on two pages
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { Ec2Simulator } from "@nephos/nephos/simulators/aws/ec2";
 *
 * function serve(): void {
 *   const { fetch } = new Ec2Simulator({ nodes: 3 });
 *   Deno.serve({ port: 8080 }, fetch);
 * }
 * ```
 */
export class Ec2Simulator {
  /**
   * Options that switch on every delay of the service. The times are short, for
   * tests.
   */
  static readonly realistic: Ec2SimulatorOptions = {
    hiddenMs: 20,
    listLagMs: 40,
    addressMs: 20,
    busyMs: 40,
  };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Credentials to pass to a driver. */
  readonly credentials: Ec2SimulatorCredentials;

  readonly #account: Account;
  readonly #verifier: Verifier;
  readonly #regions = new Map<string, Region>();
  readonly #denied: ReadonlySet<string>;
  readonly #rateLimit: FixedWindow;
  #requests = 0;
  /** Time while the initial contents are created. */
  #fixedNow: number | undefined = SEEDED_AT;

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If an option is unknown, or if `fails` or `now` is not a
   * function.
   * @throws {RangeError} If a number is out of range, if `nodes` or
   * `largestPage` is not an integer, or if `region` is unknown.
   */
  constructor(options: Ec2SimulatorOptions = {}) {
    const settings = readOptions("Ec2Simulator", options, OPTIONS);
    const { accessKeyId, secretAccessKey, sessionToken, region } = settings;
    const { nodes, requestsPerSecond, clockOffsetMs } = settings;
    this.credentials = {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
    this.#verifier = new Verifier({
      ...this.credentials,
      expiresAt: settings.sessionExpiresAt,
      refuse: (fault) => refuseSignature(fault, settings.skewCode),
    });
    this.#denied = new Set(settings.denied);
    const now = () => this.#fixedNow ?? settings.now() + clockOffsetMs;
    this.#rateLimit = new FixedWindow(requestsPerSecond, 1000, now);
    this.#account = { ...settings, now, region: (name) => this.#region(name) };
    const home = this.#region(region);
    if (home === undefined) {
      throw new RangeError(
        `Ec2Simulator: region must be the id of an AWS region, got ${
          JSON.stringify(region)
        }`,
      );
    }
    if (nodes > 0) seed(home, nodes);
    this.#fixedNow = undefined;
    home.timeline.start();
    const respond = (call: Call) => this.#respond(call);
    this.fetch = serveRoutes({
      after: (headers) => {
        headers.set("date", new Date(this.#account.now()).toUTCString());
      },
      error: (refusal) => errorResponse(refusal, this.#requestId()),
      routes: { "POST /": respond, "GET /": respond },
    });
  }

  /**
   * Lists the resources that exist now in all regions, for assertions in tests.
   * Terminated instances are included as long as EC2 lists them. The name of an
   * instance, a volume or a snapshot is its tag `Name`.
   *
   * @returns The resources; in each region, in the order of their creation.
   */
  inventory(): Inventory {
    for (const region of this.#regions.values()) region.advance();
    return inventoryOf([...this.#regions.values()]);
  }

  async #respond(call: Call): Promise<Response> {
    // Concurrent requests need an id each.
    const requestId = this.#requestId();
    const isPrice = isPriceRequest(call.request);
    const run = isPrice ? this.#runPrice : this.#run;
    try {
      return await run.call(this, call, requestId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return isPrice
        ? priceErrorResponse(error, requestId)
        : errorResponse(error, requestId);
    }
  }

  /** Responds to a request to the price API. */
  async #runPrice({ request, url }: Call, requestId: string) {
    const body = await readBody(request);
    const now = this.#account.now();
    const signed = { request, url, body, service: "pricing", now };
    const name = await this.#verifier.verify(signed);
    const endpoint = priceEndpoint(name, url.hostname) ??
      refuse(
        "AuthFailure",
        "The security token included in the request is invalid",
      );
    this.#countRequest();
    const [, operation = ""] = request.headers.get("x-amz-target")!.split(".");
    if (this.#denied.has(operation)) {
      refuse(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to " +
          `perform: pricing:${operation}`,
      );
    }
    const text = new TextDecoder().decode(body);
    const { largestPage } = this.#account;
    return Response.json(
      respondToPriceRequest(operation, text, endpoint, largestPage),
      {
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "x-amzn-requestid": requestId,
        },
      },
    );
  }

  async #run({ request, url }: Call, requestId: string): Promise<Response> {
    const body = await readBody(request);
    const now = this.#account.now();
    const signed = { request, url, body, service: "ec2", now };
    const name = await this.#verifier.verify(signed);
    const region = this.#region(name);
    const host = /^ec2\.([a-z0-9-]+)\./.exec(url.hostname)?.[1];
    if (region === undefined || (host ?? name) !== name) {
      refuse(
        "AuthFailure",
        "AWS was not able to validate the provided access credentials",
        STATUS_CODE.Unauthorized,
      );
    }
    this.#countRequest();
    region.advance();
    const pairs = [
      ...new URLSearchParams(
        request.method === "GET" ? url.search : new TextDecoder().decode(body),
      ),
      // Some clients send the session token both in the query and in a header.
    ].filter(([name]) => !/^x-amz-/i.test(name));
    const tree = toTree(pairs);
    const action = take("Action") ?? refuse(
      "MissingAction",
      "The request must contain the parameter Action",
    );
    const version = take("Version") ?? refuseMissing("Version");
    function take(name: string): string | undefined {
      const value = tree.children.get(name)?.value;
      tree.children.delete(name);
      return value;
    }
    if (version !== VERSION) {
      refuse(
        "NoSuchVersion",
        `The requested version (${version}) of service AmazonEC2 does not exist`,
      );
    }
    if (!Object.hasOwn(ACTIONS, action)) {
      refuse(
        "InvalidAction",
        `The action ${action} is not valid for this web service.`,
      );
    }
    if (this.#denied.has(action)) {
      refuse(
        "UnauthorizedOperation",
        "You are not authorized to perform this operation.",
        STATUS_CODE.Forbidden,
      );
    }
    const parameters = pairs
      .filter(([name]) => name !== "ClientToken" && name !== "DryRun")
      .map((pair) => JSON.stringify(pair)).sort().join();
    const output = await ACTIONS[action]!.run(tree, {
      name: action,
      region,
      parameters,
    });
    if (!READING.test(action)) region.timeline.changed();
    return xmlResponse(
      STATUS_CODE.OK,
      toXml(
        `${action}Response`,
        { requestId, ...output },
        ` xmlns="${NAMESPACE}"`,
      ),
      { "x-amzn-requestid": requestId },
    );
  }

  #countRequest(): void {
    if (this.#rateLimit.take()) return;
    refuse(
      "RequestLimitExceeded",
      "Request limit exceeded.",
      STATUS_CODE.ServiceUnavailable,
    );
  }

  #region(name: string): Region | undefined {
    const known = this.#regions.get(name);
    if (known !== undefined) {
      known.advance();
      return known;
    }
    const info = REGIONS.find((it) => it.name === name);
    if (info === undefined) return undefined;
    const region = new Region(info, this.#account);
    region.addDefaults();
    // The home region starts after the initial contents are created.
    if (this.#fixedNow === undefined) region.timeline.start();
    this.#regions.set(name, region);
    return region;
  }

  #requestId(): string {
    return toUuid(++this.#requests, "59dbff89-35bd-4eac-99ed");
  }
}

/** EC2 has one error for everything wrong with credentials, but two for time. */
function refuseSignature(
  fault: SignatureFault,
  skewCode: "RequestExpired" | "AuthFailure",
): never {
  if (fault === "missing") {
    refuse(
      "MissingAuthenticationToken",
      "Request is missing Authentication Token",
      STATUS_CODE.Forbidden,
    );
  }
  // An expired session token gets the same error as an old request.
  if (
    fault === "expired" || fault === "skew" && skewCode === "RequestExpired"
  ) {
    refuse("RequestExpired", "Request has expired.");
  }
  refuse(
    "AuthFailure",
    "AWS was not able to validate the provided access credentials",
    STATUS_CODE.Unauthorized,
  );
}

function errorResponse(refusal: Refusal, requestId: string): Response {
  const { status, message, headers } = refusal;
  const code = refusal.code ?? HTTP_CODES[status] ?? "InternalError";
  const error = `<Error><Code>${code}</Code><Message>${
    escapeXml(message)
  }</Message></Error>`;
  return xmlResponse(
    status,
    `<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`,
    { ...headers, "x-amzn-requestid": requestId },
  );
}

function xmlResponse(
  status: number,
  xml: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`, {
    status,
    headers: { "Content-Type": "text/xml;charset=UTF-8", ...headers },
  });
}
