/**
 * Amazon EC2 as a `fetch` function: instances, instance types, images, key
 * pairs, volumes, snapshots, tags, security groups, networks and elastic
 * addresses, in all regions, each with what is in it.
 *
 * It speaks the Query protocol, by POST and by GET, and answers in XML. Every
 * request must be signed with Signature Version 4, which is verified: the
 * region is the one that it is signed for. Names, shapes and error codes are
 * those of the official model and of the documented errors. Where both are
 * silent, or where a simulator cannot do what the service does, this one
 * chooses:
 *
 * - A wrong key id, secret or token, and a signature for another service, all
 *   get 401 `AuthFailure`, as EC2 answers. A clock that is more than five
 *   minutes off, or a token that has ended, gets 400 `RequestExpired`; every
 *   answer has the service's own time in its header `Date`.
 * - Parameters that it does not know are refused with `UnknownParameter`: the
 *   service knows some more. Launch templates, several network interfaces and
 *   the key format `ppk` are not there.
 * - Without `MaxResults` everything comes at once. Instances of one call of
 *   RunInstances are never split between two pages.
 * - Any profile of IAM with a possible name exists, and every subnet has IPv6
 *   addresses to give.
 * - DeleteKeyPair of a name that no key has is no mistake, as it is at EC2; the
 *   answer then has no `keyPairId`.
 * - A size that a volume is to have is there when the change is done.
 * - Operations: those of compute, 51 in all; others are `InvalidAction`.
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html | Amazon EC2 API reference}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { ACCOUNT_ACTIONS, addKeyPair } from "./_ec2_account.ts";
import type { Actions } from "./_ec2_action.ts";
import { REGIONS } from "./_ec2_catalog.ts";
import {
  addInstance,
  disksOf,
  INSTANCE_ACTIONS,
  type Launch,
  typeOf,
} from "./_ec2_instances.ts";
import { addAddress, NETWORK_ACTIONS } from "./_ec2_network.ts";
import { Ec2Refusal, refuse, toTree } from "./_ec2_query.ts";
import {
  type Account,
  type Instance,
  Region,
  type Subnet,
  toNumber,
} from "./_ec2_region.ts";
import { Verifier } from "./_ec2_signature.ts";
import {
  addImage,
  addSnapshot,
  addVolume,
  STORAGE_ACTIONS,
} from "./_ec2_storage.ts";
import { escapeXml, NAMESPACE, toXml } from "./_ec2_xml.ts";
import { type Call, Refusal, serveRoutes } from "../_router.ts";

/** Settings of {@linkcode Ec2Simulator}; times are in milliseconds. */
export interface Ec2SimulatorOptions {
  /**
   * Id of the access key to accept.
   *
   * @default {"AKIAIOSFODNN7EXAMPLE"}
   */
  readonly accessKeyId?: string | undefined;
  /**
   * Secret of the access key to accept.
   *
   * @default {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
   */
  readonly secretAccessKey?: string | undefined;
  /**
   * Session token that every request must have, as with temporary keys.
   *
   * @default {none}
   */
  readonly sessionToken?: string | undefined;
  /**
   * When the session token ends, in milliseconds since 1970.
   *
   * @default {Infinity}
   */
  readonly sessionExpiresAt?: number | undefined;
  /**
   * Region that `nodes` are in; the others begin empty.
   *
   * @default {"us-east-1"}
   */
  readonly region?: string | undefined;
  /**
   * Number of running nodes to begin with. With the first one come a key pair,
   * an image made of it, a volume attached to it and its snapshot, an elastic
   * address and a security group.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * From `pending` to `running`.
   *
   * @default {50}
   */
  readonly createMs?: number | undefined;
  /**
   * Everything else that takes time: to stop, to end, to attach, to snapshot.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * How long an instance that has ended is still listed, as `terminated`.
   *
   * @default {3_600_000}
   */
  readonly listedMs?: number | undefined;
  /**
   * How long a new instance is known to nobody, not even by its id. EC2 is
   * eventually consistent: this may take seconds.
   *
   * @default {0}
   */
  readonly hiddenMs?: number | undefined;
  /**
   * Largest page that is sent, whatever is asked for.
   *
   * @default {Infinity}
   */
  readonly largestPage?: number | undefined;
  /**
   * Requests allowed in a second, in all; more get `RequestLimitExceeded`.
   *
   * @default {Infinity}
   */
  readonly requestsPerSecond?: number | undefined;
  /**
   * Operations that the key is not allowed to do, such as `"RunInstances"`.
   *
   * @default {[]}
   */
  readonly denied?: readonly string[] | undefined;
  /**
   * Size of the RSA keys that it makes. EC2 makes them of 2048; fewer take less
   * time.
   *
   * @default {2048}
   */
  readonly keyBits?: 1024 | 2048 | undefined;
  /**
   * How far the clock of the service is ahead of `now`; negative, if it is
   * behind.
   *
   * @default {0}
   */
  readonly clockOffsetMs?: number | undefined;
  /**
   * What a client gets whose clock is more than five minutes off. The first is
   * what is documented; EC2 is known to answer with the second as well.
   *
   * @default {"RequestExpired"}
   */
  readonly skewCode?: "RequestExpired" | "AuthFailure" | undefined;
  /**
   * The clock, in milliseconds since 1970; a test may pass its own and move
   * it. It is read when a request comes in; nothing happens in between.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** What {@linkcode Ec2Simulator} accepts. */
export interface Ec2SimulatorCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /** Session token, if there has to be one. */
  readonly sessionToken?: string;
}

const ACTIONS: Actions = {
  ...ACCOUNT_ACTIONS,
  ...INSTANCE_ACTIONS,
  ...NETWORK_ACTIONS,
  ...STORAGE_ACTIONS,
};

const VERSION = "2016-11-15";
/** Largest body that is read, in bytes. */
const MAX_BODY = 1_000_000;

const SEEDED_AT = Date.parse("2024-03-05T09:12:30Z");
const SEEDED_KEY = {
  type: "rsa",
  fingerprint: "05:18:5f:e7:d4:d8:68:e4:8c:58:9a:cd:d2:4b:9c:07",
  line:
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw==",
} as const;

/** Codes for what is refused before anybody knows what is asked for. */
const CODES: Readonly<Record<number, string>> = {
  [STATUS_CODE.NotFound]: "InvalidRequest",
  [STATUS_CODE.MethodNotAllowed]: "InvalidRequest",
  [STATUS_CODE.ContentTooLarge]: "InvalidRequest",
};

/**
 * An account of Amazon EC2 in memory.
 *
 * Pass {@linkcode Ec2Simulator.fetch} to a driver and nothing touches the
 * network, or to a server and any client can use it. Time passes by the clock
 * alone: nothing runs between requests, and nothing has to be closed.
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
   * Answers one request, as the service would. It is bound: it can be passed
   * on as it is. It rejects only if the signal of the request has fired.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** What it accepts, to hand to a driver. */
  readonly credentials: Ec2SimulatorCredentials;

  readonly #account: Account;
  readonly #verifier: Verifier;
  readonly #regions = new Map<string, Region>();
  readonly #denied: ReadonlySet<string>;
  readonly #requestsPerSecond: number;
  #second = { since: -Infinity, count: 0 };
  #requests = 0;
  /** The time while the account is filled. */
  #fixedNow: number | undefined = SEEDED_AT;

  /**
   * Creates an account.
   *
   * @param options What is in it and how fast it is.
   * @throws {RangeError} If a number is out of range, `nodes` or `largestPage`
   * no integer, or there is no such region.
   */
  constructor(options: Ec2SimulatorOptions = {}) {
    const {
      accessKeyId = "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      sessionToken,
      sessionExpiresAt = Infinity,
      region = "us-east-1",
      nodes = 0,
      createMs = 50,
      actionMs = 20,
      listedMs = 3_600_000,
      hiddenMs = 0,
      largestPage = Infinity,
      requestsPerSecond = Infinity,
      keyBits = 2048,
      clockOffsetMs = 0,
      skewCode = "RequestExpired",
      now = Date.now,
    } = options;
    const least = { largestPage: 1, requestsPerSecond: 1 };
    const limits = { largestPage, requestsPerSecond };
    const times = { createMs, actionMs, listedMs, hiddenMs };
    for (
      const [name, value] of Object.entries({ ...times, ...limits, nodes })
    ) {
      const isCount = name === "nodes" || name === "largestPage";
      if (
        !(value >= (Object.hasOwn(least, name) ? 1 : 0)) ||
        (isCount && value !== Infinity && !Number.isSafeInteger(value)) ||
        (name === "nodes" && value === Infinity)
      ) {
        throw new RangeError(
          `Cannot create an Ec2Simulator: ${name} is ${value}`,
        );
      }
    }
    this.credentials = {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
    this.#verifier = new Verifier({
      ...this.credentials,
      expiresAt: sessionExpiresAt,
      skewCode,
    });
    this.#denied = new Set(options.denied);
    this.#requestsPerSecond = requestsPerSecond;
    this.#account = {
      ...times,
      largestPage,
      keyBits,
      now: () => this.#fixedNow ?? now() + clockOffsetMs,
      region: (name) => this.#region(name),
    };
    const home = this.#region(region);
    if (home === undefined) {
      throw new RangeError(
        `Cannot create an Ec2Simulator: there is no region "${region}"`,
      );
    }
    if (nodes > 0) seed(home, nodes);
    this.#fixedNow = undefined;
    const respond = (call: Call) => this.#respond(call);
    this.fetch = serveRoutes({
      after: (headers) => {
        headers.set("date", new Date(this.#account.now()).toUTCString());
      },
      refuse: (refusal) => refusalResponse(refusal, this.#requestId()),
      routes: { "POST /": respond, "GET /": respond },
    });
  }

  async #respond(call: Call): Promise<Response> {
    // Calls at once each have their own.
    const requestId = this.#requestId();
    try {
      return await this.#answer(call, requestId);
    } catch (error) {
      if (error instanceof Refusal) return refusalResponse(error, requestId);
      throw error;
    }
  }

  async #answer({ request, url }: Call, requestId: string): Promise<Response> {
    const body = await readBody(request);
    const now = this.#account.now();
    const name = await this.#verifier.verify({ request, url, body, now });
    const region = this.#region(name);
    const host = /^ec2\.([a-z0-9-]+)\./.exec(url.hostname)?.[1];
    if (region === undefined || (host ?? name) !== name) {
      refuse(
        "AuthFailure",
        "AWS was not able to validate the provided access credentials",
        STATUS_CODE.Unauthorized,
      );
    }
    this.#count(now);
    region.advance();
    const pairs = [
      ...new URLSearchParams(
        request.method === "GET" ? url.search : new TextDecoder().decode(body),
      ),
      // Some clients have the token in the query as well as in the headers.
    ].filter(([name]) => !/^x-amz-/i.test(name));
    const tree = toTree(pairs);
    const action = take("Action") ?? refuse(
      "MissingAction",
      "The request must contain the parameter Action",
    );
    const version = take("Version") ?? refuse(
      "MissingParameter",
      "The request must contain the parameter Version",
    );
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
    const asked = pairs
      .filter(([name]) => name !== "ClientToken" && name !== "DryRun")
      .map((pair) => JSON.stringify(pair)).sort().join();
    const answer = await ACTIONS[action]!.run(tree, {
      name: action,
      region,
      asked,
    });
    return xmlResponse(
      STATUS_CODE.OK,
      toXml(
        `${action}Response`,
        { requestId, ...answer },
        ` xmlns="${NAMESPACE}"`,
      ),
      { "x-amzn-requestid": requestId },
    );
  }

  #count(now: number): void {
    if (now >= this.#second.since + 1000) {
      this.#second = { since: now, count: 0 };
    }
    if (++this.#second.count > this.#requestsPerSecond) {
      refuse(
        "RequestLimitExceeded",
        "Request limit exceeded.",
        STATUS_CODE.ServiceUnavailable,
      );
    }
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
    this.#regions.set(name, region);
    return region;
  }

  #requestId(): string {
    const count = (++this.#requests).toString(16).padStart(12, "0");
    return `59dbff89-35bd-4eac-99ed-${count}`;
  }
}

async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  let body: Uint8Array<ArrayBuffer>;
  try {
    body = new Uint8Array(await request.arrayBuffer());
  } catch {
    throw new Refusal(STATUS_CODE.BadRequest, "The body cannot be read.");
  }
  if (body.length > MAX_BODY) {
    throw new Refusal(STATUS_CODE.ContentTooLarge, "The body is too long.");
  }
  return body;
}

function refusalResponse(refusal: Refusal, requestId: string): Response {
  const { status, message, headers } = refusal;
  const code = refusal instanceof Ec2Refusal
    ? refusal.code
    : CODES[status] ?? "InternalError";
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

/** Fills a region with running nodes and what comes with the first one. */
function seed(region: Region, nodes: number): void {
  const { now, name } = region;
  const image = [...region.images.values()]
    .findLast((it) => it.arch === "x86_64" && it.name.startsWith("debian"))!;
  const web = region.addGroup("web", "Web servers", region.defaultVpc);
  web.rules = [...web.rules, {
    id: region.ids.next("sgr"),
    isEgress: false,
    protocol: "tcp",
    from: 443,
    to: 443,
    peer: { kind: "cidr", value: "0.0.0.0/0" },
    description: "HTTPS from everywhere",
  }];
  const key = addKeyPair(region, "nephos", SEEDED_KEY);
  const subnets = seededSubnets(region, nodes);
  const launch: Omit<Launch, "reservation" | "subnet" | "groups" | "tags"> = {
    image,
    type: typeOf("t3.micro"),
    keyName: key.name,
    userData: undefined,
    isPublic: true,
    privateIp: undefined,
    ipv6: [],
    ipv6Count: 0,
    volumeTags: new Map(),
    disks: disksOf({ BlockDeviceMapping: [] }, image, region),
    clientToken: undefined,
    isMonitored: false,
    profile: undefined,
    isSpot: false,
    interfaceDescription: "",
    isPersistent: false,
    cpu: { coreCount: 1, threadsPerCore: 2 },
    recovery: "default",
    tenancy: "default",
    metadata: {
      httpTokens: "required",
      httpPutResponseHopLimit: 2,
      httpEndpoint: "enabled",
      httpProtocolIpv6: "disabled",
      instanceMetadataTags: "disabled",
    },
    mayHibernate: false,
    isProtected: false,
    isStopProtected: false,
    shutdownBehavior: "stop",
    isEbsOptimized: false,
  };
  let first: Instance | undefined;
  for (let number = 1; number <= nodes; number++) {
    const subnet = subnets(number - 1);
    const isFirst = number === 1;
    const groups = [...region.groups.values()]
      .filter((it) => isFirst ? it === web : it.vpc === subnet.vpc);
    const instance = addInstance(
      region,
      {
        ...launch,
        ipv6Count: isFirst ? 1 : 0,
        reservation: { id: region.ids.next("r") },
        subnet,
        groups: groups.slice(0, 1),
        tags: new Map([
          ["Name", `node-${number}`],
          ...(isFirst ? [["env", "prod"] as const] : []),
        ]),
      },
      0,
      now,
      now,
    );
    first ??= instance;
  }
  const instance = first!;
  const address = addAddress(region);
  address.instance = instance;
  address.associationId = region.ids.next("eipassoc");
  instance.publicIp = undefined;
  const volume = addVolume(region, {
    zone: instance.subnet.zone,
    sizeGib: 100,
    type: "gp3",
    iops: undefined,
    throughput: undefined,
    snapshotId: undefined,
    isEncrypted: false,
    kmsKeyId: undefined,
    isMultiAttach: false,
    tags: new Map([["Name", "data-1"]]),
  });
  volume.state = "in-use";
  volume.attachment = {
    instance,
    device: "/dev/sdf",
    status: "attached",
    at: now,
    isDeletedOnTermination: false,
  };
  instance.volumes.set("/dev/sdf", volume);
  addSnapshot(region, volume, {
    description: `Backup of data-1 in ${name}`,
    tags: new Map([["Name", "backup-1"]]),
  });
  const root = instance.volumes.get(image.rootDevice)!;
  const id = region.ids.next("ami");
  const { order } = region.ids;
  addImage(region, {
    id,
    order,
    name: "node-1-image",
    description: "Image of node-1",
    arch: image.arch,
    isWindows: false,
    rootDevice: image.rootDevice,
    disks: [{
      device: image.rootDevice,
      snapshot: addSnapshot(region, root, {
        description: `Created by CreateImage(${instance.id}) for ${id}`,
        tags: new Map(),
      }),
      sizeGib: root.sizeGib,
      type: root.type,
      isDeletedOnTermination: true,
    }],
    source: { instance: instance.id },
    tags: new Map([["Name", "node-1-image"]]),
  });
}

/** Where so many nodes find room: in all zones, then in networks of their own. */
function seededSubnets(
  region: Region,
  nodes: number,
): (index: number) => Subnet {
  const usual = [...region.subnets.values()];
  // Some room is left in those that everybody uses.
  const room = usual.length * 3000;
  const others: Subnet[] = [];
  for (let size = 65_000, left = nodes - room; left > 0; left -= size) {
    const number = others.length + 1;
    const vpc = region.addVpc(`10.${number}.0.0/16`);
    others.push(
      region.addSubnet(vpc, region.zones[number % region.zones.length]!, {
        base: toNumber(`10.${number}.0.0`),
        bits: 16,
        isDefault: false,
      }),
    );
  }
  return (index) =>
    index < room
      ? usual[index % usual.length]!
      : others[Math.floor((index - room) / 65_000)]!;
}
