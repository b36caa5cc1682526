import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ApiResponse } from "../../../core/mod.ts";
import { AwsConnection } from "../../../drivers/aws/_connection.ts";
import {
  Route53Simulator,
  type Route53SimulatorOptions,
} from "../../../simulators/aws/route53.ts";
import { type Element, readXml } from "../../_support/aws_model.ts";

class AnyResponse<T> extends ApiResponse<T> {
  override isSuccess(): boolean {
    return true;
  }
}

/** Signs requests for any service, and sends any body. */
class Connection extends AwsConnection {
  override readonly provider = "aws";
  protected override readonly responseClass = AnyResponse;
  protected override service = "route53";

  override encodeData(data: unknown): string {
    return String(data);
  }

  signFor(service: string): this {
    this.service = service;
    return this;
  }
}

const API = "/2013-04-01";
const ZONE = `${API}/hostedzone/Z00000000000000000001`;
const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";

/** A response: its status, the code and the message of an error, and its root. */
interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly root: Element;
}

/** Sends requests to a simulator, which has a zone `zone-1.example`. */
function open(
  options: Route53SimulatorOptions = {},
  { region = "us-east-1", service = "route53", secretAccessKey = "" } = {},
) {
  const simulator = new Route53Simulator({ zones: 1, ...options });
  const connection = new Connection("https://route53.amazonaws.com", {
    ...simulator.credentials,
    ...secretAccessKey && { secretAccessKey },
    region,
    fetch: simulator.fetch,
  }).signFor(service);
  async function send(
    method: string,
    path: string,
    data?: string,
  ): Promise<Answer> {
    const { status, text } = await connection.request(path, { method, data });
    const root = readXml(text);
    const error = root.children.find(({ name }) => name === "Error");
    const partOf = (name: string) =>
      error?.children.find((it) => it.name === name)?.text;
    return {
      status,
      code: partOf("Code"),
      message: partOf("Message") ?? "",
      root,
    };
  }
  return {
    simulator,
    send,
    get: (path: string) => send("GET", path),
    /** Sends a batch of changes. */
    change: (...changes: readonly string[]) =>
      send("POST", `${ZONE}/rrset/`, batch(...changes)),
    /** Sends the creation of a zone. */
    create: (inside: string) =>
      send(
        "POST",
        `${API}/hostedzone`,
        `<CreateHostedZoneRequest xmlns="${NAMESPACE}">${inside}</CreateHostedZoneRequest>`,
      ),
  };
}

function batch(...changes: readonly string[]): string {
  return `<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch>` +
    `<Changes>${changes.join("")}</Changes></ChangeBatch>` +
    "</ChangeResourceRecordSetsRequest>";
}

/** A change; `members` are those between the type and the end. */
function raw(
  action: string,
  name: string,
  type: string,
  members: string,
): string {
  return `<Change><Action>${action}</Action><ResourceRecordSet><Name>${name}` +
    `</Name><Type>${type}</Type>${members}</ResourceRecordSet></Change>`;
}

/** Members of an ordinary record set. */
function values(ttl: number, ...all: readonly string[]): string {
  const records = all.map((value) =>
    `<ResourceRecord><Value>${value}</Value></ResourceRecord>`
  );
  return `<TTL>${ttl}</TTL><ResourceRecords>${records.join("")}` +
    "</ResourceRecords>";
}

/** A change of an ordinary record set of `zone-1.example`. */
function plain(
  action: string,
  name: string,
  type: string,
  ...all: readonly string[]
): string {
  const full = name === "@" ? "zone-1.example" : `${name}.zone-1.example`;
  return raw(action, full, type, values(60, ...all));
}

/** All texts of the elements with a name. */
function textsOf(element: Element, name: string): string[] {
  return element.children.flatMap((child) => [
    ...child.name === name ? [child.text] : [],
    ...textsOf(child, name),
  ]);
}

Deno.test("Route53Simulator refuses changes with the messages of Route 53", async () => {
  const a = "192.0.2.1";
  const cases: readonly (readonly [changes: readonly string[], RegExp])[] = [
    [
      [plain("CREATE", "www", "A", a)],
      /^\[Tried to create resource record set \[name='www\.zone-1\.example\.', type='A'\] but it already exists\]$/,
    ],
    [
      [plain("DELETE", "none", "A", a)],
      /^\[Tried to delete resource record set \[name='none\.zone-1\.example\.', type='A'\] but it was not found\]$/,
    ],
    [
      [plain("DELETE", "www", "A", "192.0.2.10", "192.0.2.11")],
      /but the values provided do not match the current values\]$/,
    ],
    [
      [plain("CREATE", "www", "CNAME", "a.example")],
      /^\[RRSet of type CNAME with DNS name www\.zone-1\.example\. is not permitted as it conflicts with other records with the same DNS name in zone zone-1\.example\.\]$/,
    ],
    [
      [plain("CREATE", "*", "A", a)],
      /is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists/,
    ],
    [
      [plain("CREATE", "@", "CNAME", "a.example")],
      /^\[RRSet of type CNAME with DNS name zone-1\.example\. is not permitted at apex/,
    ],
    [
      [plain("CREATE", "sub", "SOA", "a. b. 1 2 3 4 5")],
      /is only permitted at apex/,
    ],
    [
      [raw("CREATE", "www.other.example", "A", values(60, a))],
      /^\[RRSet with DNS name www\.other\.example\. is not permitted in zone zone-1\.example\.\]$/,
    ],
    // A name that only ends like the zone.
    [
      [raw("CREATE", "xzone-1.example", "A", values(60, a))],
      /is not permitted in zone/,
    ],
    [
      [plain("CREATE", "x", "A", "1.2.3")],
      /^\[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address \(Value is not a valid IPv4 address\) encountered with '1\.2\.3''\]$/,
    ],
    [[plain("CREATE", "x", "AAAA", "1::2::3")], /AAAARRDATAIllegalIPv6Address/],
    [
      [plain("CREATE", "x", "TXT", "v=spf1 -all")],
      /InvalidCharacterString \(Value should be enclosed in quotation marks\)/,
    ],
    [
      [plain("CREATE", "x", "TXT", `"${"x".repeat(256)}"`)],
      /CharacterStringTooLong \(Value is too long\)/,
    ],
    [[plain("CREATE", "x", "TXT", '"é"')], /UnsupportedCharacter/],
    [[plain("CREATE", "x", "TXT", '"\\9"')], /InvalidCharacterString/],
    [
      [plain("CREATE", "x", "TXT", `"${"x".repeat(3999)}"`)],
      /ValueTooLong/,
    ],
    [[plain("CREATE", "x", "MX", "mail.example")], /InvalidRRDATA/],
    [[plain("CREATE", "x", "MX", "70000 mail.example")], /InvalidRRDATA/],
    [[plain("CREATE", "x", "MX", "10 a..b")], /DomainLabelEmpty/],
    [
      [plain("CREATE", "x", "A", a, a)],
      /Duplicate Resource Record: '192\.0\.2\.1'/,
    ],
    [
      [plain("CREATE", "x", "CNAME", "a.example", "b.example")],
      /Number of resource records for CNAME may not exceed 1/,
    ],
    [
      [plain("CREATE", `${"x".repeat(64)}`, "A", a)],
      /DomainLabelTooLong/,
    ],
    // Every problem is named.
    [
      [plain("DELETE", "none", "A", a), plain("CREATE", "www", "A", a)],
      /but it was not found, Tried to create/,
    ],
    [
      [plain("UPSERT", "x", "A", a), plain("DELETE", "x", "A", a)],
      /^\[The request contains an invalid set of changes for a resource record set 'A x\.zone-1\.example\.'\]$/,
    ],
    [
      Array.from({ length: 501 }, (_, n) => plain("UPSERT", `n${n}`, "A", a)),
      /Number of records limit of 1000 exceeded/,
    ],
    [
      Array.from(
        { length: 65 },
        (_, n) =>
          plain(
            "UPSERT",
            `n${n}`,
            "TXT",
            `"${"x".repeat(122)}" "${"y".repeat(122)}"`,
          ),
      ),
      /Number of characters limit of 32000 exceeded/,
    ],
  ];
  const { change, simulator } = open();
  const before = simulator.inventory();
  for (const [changes, expected] of cases) {
    const { status, code, message } = await change(...changes);
    assertEquals([status, code], [400, "InvalidChangeBatch"], message);
    assertMatch(message, expected);
  }
  assertEquals(simulator.inventory(), before);
});

Deno.test("Route53Simulator needs the SOA and NS records of a zone", async () => {
  const { change, simulator } = open();
  const [zone] = simulator.inventory().zones;
  for (
    const [type, expected] of [
      [
        "NS",
        "[A HostedZone must contain at least one NS record for the zone itself.]",
      ],
      ["SOA", "[A HostedZone must contain exactly one SOA record.]"],
    ]
  ) {
    const set = zone?.recordSets.find((it) => it.type === type);
    const members = values(set!.ttl!, ...set!.values);
    const removal = raw("DELETE", "zone-1.example.", type!, members);
    assertEquals((await change(removal)).message, expected);
    const other = raw("UPSERT", "zone-1.example.", type!, members);
    assertEquals((await change(other)).status, 200);
  }
});

Deno.test("Route53Simulator makes the changes of a batch in their order, or none", async () => {
  const { change, simulator } = open();
  const first = plain("CREATE", "x", "A", "192.0.2.1");
  const wrong = plain("CREATE", "y", "A", "wrong");
  assertEquals((await change(first, wrong)).status, 400);
  assertEquals((await change(first)).status, 200);
  const remove = plain("DELETE", "x", "A", "192.0.2.1");
  const replace = plain("CREATE", "x", "CNAME", "a.example");
  assertEquals((await change(replace, remove)).status, 400);
  assertEquals((await change(remove, replace)).status, 200);
  const sets = simulator.inventory().zones[0]?.recordSets ?? [];
  const found = sets.filter(({ name }) => name.startsWith("x."));
  assertEquals(found.map(({ type }) => type), ["CNAME"]);
});

Deno.test("Route53Simulator compares record sets exactly, but not the order of values", async () => {
  const { change } = open();
  const set = (...all: readonly string[]) =>
    raw("DELETE", "WWW.zone-1.example", "A", values(300, ...all));
  assertEquals((await change(set("192.0.2.10"))).status, 400);
  assertEquals((await change(set("192.0.2.11", "192.0.2.10"))).status, 200);
  const mx = (host: string) =>
    raw(
      "DELETE",
      "zone-1.example",
      "MX",
      values(300, `10 ${host}`, "20 mx2.zone-1.example."),
    );
  // The final dot counts.
  assertEquals((await change(mx("mx1.zone-1.example"))).status, 400);
  assertEquals((await change(mx("mx1.zone-1.example."))).status, 200);
});

Deno.test("Route53Simulator has one routing policy for a name and type", async () => {
  const { change } = open();
  const set = (id: string, policy: string, action = "CREATE") =>
    raw(
      action,
      "r.zone-1.example",
      "A",
      `<SetIdentifier>${id}</SetIdentifier>${policy}${values(60, "192.0.2.1")}`,
    );
  const weight = "<Weight>1</Weight>";
  const region = "<Region>eu-west-1</Region>";
  assertEquals((await change(set("a", weight))).status, 200);
  assertEquals((await change(set("b", weight))).status, 200);
  for (
    const [refused, expected] of [
      [set("a", weight), /set-identifier='a'\] but it already exists/],
      [set("c", region), /a RRSet with the routing policy Weight/],
      [
        plain("CREATE", "r", "A", "192.0.2.1"),
        /SetIdentifier null cannot be created because a RRSet with the routing policy Weight/,
      ],
    ] as const
  ) {
    const { code, message } = await change(refused);
    assertEquals(code, "InvalidChangeBatch");
    assertMatch(message, expected);
  }
  const failover = "<Failover>PRIMARY</Failover>";
  const primary = (id: string) =>
    set(id, failover).replace("r.zone-1", "f.zone-1");
  assertEquals((await change(primary("a"))).status, 200);
  assertMatch(
    (await change(primary("b"))).message,
    /a RRSet with the same Failover exists/,
  );
});

Deno.test("Route53Simulator refuses aliases without a target", async () => {
  const { change } = open();
  const alias = (type: string, zone: string, target: string) =>
    raw(
      "CREATE",
      "alias.zone-1.example",
      type,
      `<AliasTarget><HostedZoneId>${zone}</HostedZoneId><DNSName>${target}` +
        "</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
    );
  const own = "Z00000000000000000001";
  for (
    const [refused, expected] of [
      [alias("A", own, "none.zone-1.example"), /but that target was not found/],
      [alias("MX", own, "www.zone-1.example"), /but that target was not found/],
      [
        alias("A", own, "alias.zone-1.example"),
        /but that target was not found/,
      ],
      [
        alias("A", "no zone", "a.example"),
        /does not lie within the target zone/,
      ],
      [alias("NS", "Z2FDTNDATAQYW2", "a.example"), /must not be an alias/],
    ] as const
  ) assertMatch((await change(refused)).message, expected);
  assertEquals(
    (await change(alias("A", own, "www.zone-1.example"))).status,
    200,
  );
});

Deno.test("Route53Simulator refuses requests in another form with InvalidInput", async () => {
  const { send, change, get } = open();
  const a = values(60, "192.0.2.1");
  const target = "<AliasTarget><HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId>" +
    "<DNSName>a.example</DNSName><EvaluateTargetHealth>false" +
    "</EvaluateTargetHealth></AliasTarget>";
  const id = "<SetIdentifier>a</SetIdentifier>";
  for (
    const [changes, expected] of [
      [raw("CREATE", "x.zone-1.example", "A", ""), /but found none/],
      [
        raw("CREATE", "x.zone-1.example", "A", a + target),
        /but found more than one/,
      ],
      [
        raw("CREATE", "x.zone-1.example", "A", id + a),
        /Expected exactly one of \[Weight/,
      ],
      [
        raw("CREATE", "x.zone-1.example", "A", `<Weight>1</Weight>${a}`),
        /Missing field 'SetIdentifier'/,
      ],
      [
        raw("CREATE", "x.zone-1.example", "A", `${id}<Weight>256</Weight>${a}`),
        /Invalid value of 'Weight'/,
      ],
      [
        raw(
          "CREATE",
          "x.zone-1.example",
          "A",
          `${id}<Weight>1</Weight><Region>eu-west-1</Region>${a}`,
        ),
        /Expected at most one of \[Weight, Region\]/,
      ],
      [raw("REPLACE", "x.zone-1.example", "A", a), /Member must satisfy enum/],
      [raw("CREATE", "x.zone-1.example", "URI", a), /Member must satisfy enum/],
      [
        raw("CREATE", "x.zone-1.example", "A", values(2 ** 31, "192.0.2.1")),
        /less than or equal to 2147483647/,
      ],
      // Elements in another order.
      [
        raw("CREATE", "x.zone-1.example", "A", `${a}<TTL>60</TTL>`),
        /Invalid content was found starting with element 'TTL'/,
      ],
      [raw("CREATE", "x.zone-1.example", "A", "<Ttl>60</Ttl>"), /'Ttl'/],
      ["", /is not complete. One of '\{Change\}' is expected/],
    ] as const
  ) {
    const { code, message } = await change(changes);
    assertEquals(code, "InvalidInput", message);
    assertMatch(message, expected);
  }
  const other = batch(plain("CREATE", "x", "A", "192.0.2.1"))
    .replace(NAMESPACE, "https://example.com/");
  const path = `${ZONE}/rrset/`;
  assertEquals((await send("POST", path, other)).code, "InvalidInput");
  assertEquals((await send("POST", path, "<a>")).code, "MalformedInput");
  for (
    const query of [
      "type=A",
      "name=zone-1.example&identifier=x",
      "name=zone-1.example&type=NONE",
      "name=a..b",
      "maxitems=none",
    ]
  ) assertEquals((await get(`${ZONE}/rrset?${query}`)).code, "InvalidInput");
});

Deno.test("Route53Simulator lists names by their labels from the end, in octal escapes", async () => {
  const { change, get } = open({ largestPage: 4 });
  await change(
    plain("CREATE", "a.b", "A", "192.0.2.1"),
    plain("CREATE", "b", "A", "192.0.2.1"),
    plain("CREATE", "A\\100z", "TXT", '"x"'),
  );
  const names: string[] = [];
  let path = `${ZONE}/rrset`;
  for (let page = 1; page < 10; page++) {
    const { root } = await get(path);
    names.push(...textsOf(root, "Name"));
    const [next] = textsOf(root, "NextRecordName");
    if (next === undefined) break;
    const [type] = textsOf(root, "NextRecordType");
    const [identifier] = textsOf(root, "NextRecordIdentifier");
    const query = new URLSearchParams({ name: next, type: type! });
    if (identifier) query.set("identifier", identifier);
    path = `${ZONE}/rrset?${query}`;
  }
  const short = names.map((name) => name.replace("zone-1.example.", ""));
  assertEquals(short, [
    ...Array(5).fill(""),
    "\\052.",
    "a\\100z.",
    "api.",
    "api.",
    "b.",
    "a.b.",
    "www.",
    "www.",
  ]);
});

Deno.test("Route53Simulator refuses zones that Route 53 refuses", async () => {
  const { create, send } = open({ maxZones: 3 });
  const zone = (name: string, reference: string, rest = "") =>
    create(
      `<Name>${name}</Name>${
        rest.includes("VPC") ? rest : ""
      }<CallerReference>${reference}</CallerReference>${
        rest.includes("VPC") ? "" : rest
      }`,
    );
  const vpc = (id: string) =>
    `<VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>${id}</VPCId></VPC>`;
  const config = "<HostedZoneConfig><PrivateZone>true</PrivateZone>" +
    "</HostedZoneConfig>";
  assertEquals((await zone("a.example", "1")).status, 201);
  assertEquals(
    (await zone("a.example", "2", vpc("vpc-1a2b3c4d"))).status,
    201,
  );
  for (
    const [answer, status, code] of [
      [zone("b.example", "1"), 409, "HostedZoneAlreadyExists"],
      [zone("com", "3"), 400, "InvalidDomainName"],
      [zone("a..b", "3"), 400, "InvalidDomainName"],
      [zone("b.example", "3", vpc("x")), 400, "InvalidVPCId"],
      [
        zone("a.example", "3", vpc("vpc-1a2b3c4d")),
        400,
        "ConflictingDomainExists",
      ],
      [zone("b.example", "3", config), 400, "InvalidInput"],
      [zone("b.example", "x".repeat(129)), 400, "InvalidInput"],
      [zone("b.example", "3"), 400, "TooManyHostedZones"],
      [send("DELETE", ZONE), 400, "HostedZoneNotEmpty"],
      [
        send("DELETE", `${API}/hostedzone/Z999`),
        404,
        "NoSuchHostedZone",
      ],
      [send("GET", `${API}/change/C999`), 404, "NoSuchChange"],
      [send("GET", `${API}/healthcheck`), 404, "InvalidAction"],
      [
        send("GET", `${API}/hostedzone/${"Z".repeat(33)}`),
        400,
        "InvalidInput",
      ],
    ] as const
  ) {
    const got = await answer;
    assertEquals([got.status, got.code], [status, code], got.message);
  }
});

Deno.test("Route53Simulator verifies signatures", async () => {
  const other = { secretAccessKey: "another" };
  const cases = [
    [open({}, other), "SignatureDoesNotMatch"],
    [open({}, { region: "eu-west-1" }), "SignatureDoesNotMatch"],
    [open({}, { service: "ec2" }), "SignatureDoesNotMatch"],
    [open({ clockOffsetMs: 3.6e6 }), "SignatureDoesNotMatch"],
    [open(), undefined],
    [
      open({ sessionToken: "t", sessionExpiresAt: 1 }),
      "ExpiredToken",
    ],
    [open({ denied: ["ListHostedZones"] }), "AccessDenied"],
  ] as const;
  for (const [{ get }, code] of cases) {
    const { status, code: got } = await get(`${API}/hostedzone`);
    assertEquals([status, got], [code ? 403 : 200, code]);
  }
  const simulator = new Route53Simulator();
  const url = `https://route53.amazonaws.com${API}/hostedzone`;
  const date = new Date().toUTCString();
  const signed = async (secret: string, at = date) => {
    const encode = (text: string) => new TextEncoder().encode(text);
    const algorithm = { name: "HMAC", hash: "SHA-1" };
    const key = await crypto.subtle
      .importKey("raw", encode(secret), algorithm, false, ["sign"]);
    const bytes = await crypto.subtle.sign("HMAC", key, encode(at));
    const signature = btoa(String.fromCharCode(...new Uint8Array(bytes)));
    return `AWS3-HTTPS AWSAccessKeyId=${simulator.credentials.accessKeyId},` +
      `Algorithm=HmacSHA1,Signature=${signature}`;
  };
  const { secretAccessKey } = simulator.credentials;
  const old = new Date(Date.now() - 3.6e6).toUTCString();
  for (
    const [headers, status] of [
      [{}, 403],
      [{ authorization: "AWS4-HMAC-SHA256 x" }, 403],
      [{ date, "x-amzn-authorization": await signed(secretAccessKey) }, 200],
      [{ date, "x-amzn-authorization": await signed("another") }, 403],
      [{
        date: old,
        "x-amzn-authorization": await signed(secretAccessKey, old),
      }, 403],
      [{ date, "x-amzn-authorization": "AWS3-HTTPS x" }, 403],
    ] as const
  ) {
    const response = await simulator.fetch(
      new Request(url, { headers: headers as HeadersInit }),
    );
    assertEquals(response.status, status);
    assert(response.headers.get("x-amzn-requestid"));
    await response.text();
  }
});

Deno.test("Route53Simulator has the limits and delays of Route 53 if they are switched on", async () => {
  let now = Date.now();
  const { change, get } = open({
    ...Route53Simulator.realistic,
    now: () => now,
  });
  const set = (name: string) => plain("CREATE", name, "A", "192.0.2.1");
  const first = await change(set("a"));
  assertEquals(textsOf(first.root, "Status"), ["PENDING"]);
  assertEquals((await change(set("b"))).code, "PriorRequestNotComplete");
  now += 40;
  assertEquals((await change(set("b"))).status, 200);
  const [id] = textsOf(first.root, "Id");
  assertEquals(textsOf((await get(API + id!)).root, "Status"), ["PENDING"]);
  now += 60;
  assertEquals(textsOf((await get(API + id!)).root, "Status"), ["INSYNC"]);
  const { code, message } = await get(`${API}/hostedzone`);
  assertEquals([code, message], ["Throttling", "Rate exceeded"]);
  now += 1000;
  assertEquals((await get(`${API}/hostedzone`)).status, 200);
});

Deno.test("Route53Simulator rejects unknown options and invalid numbers", () => {
  assertThrows(() => new Route53Simulator({ zones: -1 }), RangeError);
  assertThrows(
    () => new Route53Simulator({ zone: 1 } as never),
    TypeError,
    "Route53Simulator",
  );
});
