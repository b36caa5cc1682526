/**
 * Conformance of the driver for Amazon Route 53: facts, valid arguments of its
 * methods, and a simulated account.
 *
 * @module
 */

import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import { Route53Simulator } from "../../simulators/aws/route53.ts";
import { type DnsSubject, id, optional, text } from "../../testing/mod.ts";

const ACCOUNT = {
  accessKeyId: "AKIACANARY0EXAMPLE",
  secretAccessKey: "canary/secret+key0EXAMPLE",
  sessionToken: "canary/session+token",
  zones: 5,
  largestPage: 4,
  syncMs: 5,
};
const API = "/2013-04-01";
const ID = "Z00000000000000000001";
const ZONE = `${API}/hostedzone/${ID}`;
const NAME = "zone-1.example";
const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const HEALTH_CHECK = "abcdef11-2222-3333-4444-555555fedcba";

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;

/** A request with a body in XML. */
const xml = (request: string, body: string) =>
  `${request} ${JSON.stringify({ text: HEAD + body })}`;

const batch = (...changes: readonly string[]) =>
  xml(
    `POST ${ZONE}/rrset/`,
    `<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch>` +
      `<Changes>${changes.join("")}</Changes></ChangeBatch>` +
      "</ChangeResourceRecordSetsRequest>",
  );

const change = (action: string, set: string) =>
  `<Change><Action>${action}</Action><ResourceRecordSet>${set}` +
  "</ResourceRecordSet></Change>";

const records = (ttl: number, ...values: readonly string[]) =>
  `<TTL>${ttl}</TTL><ResourceRecords>${
    values.map((it) => `<ResourceRecord><Value>${it}</Value></ResourceRecord>`)
      .join("")
  }</ResourceRecords>`;

const plain = (
  action: string,
  name: string,
  type: string,
  ttl: number,
  ...values: readonly string[]
) =>
  change(
    action,
    `<Name>${name}</Name><Type>${type}</Type>${records(ttl, ...values)}`,
  );

const create = (inside: string) =>
  xml(
    `POST ${API}/hostedzone`,
    `<CreateHostedZoneRequest xmlns="${NAMESPACE}">${inside}` +
      "</CreateHostedZoneRequest>",
  );

const NEW = plain("CREATE", `new.${NAME}.`, "A", 60, "192.0.2.7");
const OLD_WWW = plain(
  "DELETE",
  `www.${NAME}.`,
  "A",
  300,
  "192.0.2.10",
  "192.0.2.11",
);
const OLD_AAAA = plain("DELETE", `www.${NAME}.`, "AAAA", 300, "2001:db8::10");

/** Fields that an ordinary record set has only at Route 53. */
const ordinary = (...values: readonly string[]) => ({
  setIdentifier: undefined,
  routing: undefined,
  alias: undefined,
  healthCheckId: undefined,
  trafficPolicyInstanceId: undefined,
  values,
});

const refusal = (
  status: number,
  code: string,
  errorClass: string,
  reason = `the ${code}`,
) => ({
  status,
  code,
  errorClass,
  reason,
  requestId: "r-1",
  body: `<?xml version="1.0"?><ErrorResponse xmlns="${NAMESPACE}"><Error>` +
    `<Type>Sender</Type><Code>${code}</Code><Message>${reason}</Message>` +
    "</Error><RequestId>r-1</RequestId></ErrorResponse>",
});

const HOSTS = [
  "ns-37.awsdns-01.org",
  "ns-549.awsdns-01.co.uk",
  "ns-1061.awsdns-01.com",
  "ns-1573.awsdns-01.net",
];

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: Route53DnsDriver,
  credentials: {
    accessKeyId: ACCOUNT.accessKeyId,
    secretAccessKey: ACCOUNT.secretAccessKey,
    sessionToken: ACCOUNT.sessionToken,
  },
  optionalCredentials: ["sessionToken"],
  wrongCredentials: { secretAccessKey: "wrong" },
  badCredentials: [
    { accessKeyId: "a b" },
    { secretAccessKey: "ä" },
    { sessionToken: "canary\r\n" },
  ],
  createSimulator: () => new Route53Simulator(ACCOUNT),
  expected: {
    baseUrl: "https://route53.amazonaws.com/2013-04-01/hostedzone",
    zone: {
      id: ID,
      name: NAME,
      kind: "primary",
      state: "active",
      nameServers: HOSTS,
      extra: {
        isPrivate: false,
        comment: undefined,
        callerReference: "seed-1",
        recordSetCount: 10,
        vpcs: [],
      },
    },
    recordSets: [
      {
        id: "@ NS",
        name: "@",
        type: "NS",
        ttl: 172_800,
        data: HOSTS,
        extra: ordinary(...HOSTS.map((host) => `${host}.`)),
      },
      {
        id: "@ TXT",
        name: "@",
        type: "TXT",
        ttl: 300,
        data: ["v=spf1 -all", ['a;b "q" c', "second"]],
        extra: ordinary('"v=spf1 -all"', '"a;b \\"q\\" c" "second"'),
      },
      {
        id: "* CNAME",
        name: "*",
        type: "CNAME",
        ttl: 300,
        data: [`www.${NAME}`],
        extra: ordinary(`www.${NAME}.`),
      },
      {
        id: "@ A",
        name: "@",
        type: "A",
        data: [],
        extra: {
          ...ordinary(),
          alias: {
            hostedZoneId: "Z2FDTNDATAQYW2",
            dnsName: "d111111abcdef8.cloudfront.net.",
            evaluateTargetHealth: false,
          },
        },
      },
      {
        id: "api A green",
        name: "api",
        type: "A",
        ttl: 60,
        data: ["192.0.2.2"],
        extra: {
          ...ordinary("192.0.2.2"),
          setIdentifier: "green",
          routing: { weight: 10 },
        },
      },
    ],
    errors: [
      refusal(400, "InvalidInput", "ValidationError"),
      refusal(400, "InvalidDomainName", "ValidationError"),
      refusal(400, "InvalidChangeBatch", "ValidationError"),
      refusal(
        400,
        "InvalidChangeBatch",
        "ConflictError",
        "[Tried to create resource record set [name='a.', type='A'] but it already exists]",
      ),
      refusal(
        400,
        "InvalidChangeBatch",
        "ConflictError",
        "[Tried to delete resource record set [name='a.', type='A'] but it was not found]",
      ),
      refusal(
        400,
        "InvalidChangeBatch",
        "ConflictError",
        "but the values provided do not match the current values",
      ),
      refusal(400, "HostedZoneNotEmpty", "ConflictError"),
      refusal(400, "ConflictingDomainExists", "ConflictError"),
      refusal(409, "HostedZoneAlreadyExists", "ConflictError"),
      refusal(400, "TooManyHostedZones", "PermissionDeniedError"),
      refusal(400, "HostedZonesLimitExceeded", "PermissionDeniedError"),
      refusal(404, "NoSuchHostedZone", "NotFoundError"),
      refusal(404, "NoSuchHealthCheck", "NotFoundError"),
      refusal(403, "AccessDenied", "PermissionDeniedError"),
      refusal(403, "SignatureDoesNotMatch", "InvalidCredsError"),
      {
        ...refusal(403, "SignatureDoesNotMatch", "InvalidCredsError"),
        // AWS accepts a clock that is 5 minutes off, so it is not the reason.
        headers: { date: new Date(Date.now() + 3 * 60_000).toUTCString() },
      },
      refusal(403, "InvalidClientTokenId", "InvalidCredsError"),
      refusal(403, "ExpiredToken", "InvalidCredsError"),
      refusal(403, "MissingAuthenticationToken", "InvalidCredsError"),
      {
        ...refusal(400, "Throttling", "RateLimitReachedError"),
        isBusy: true,
        retryAfterMs: 1000,
      },
      {
        ...refusal(400, "PriorRequestNotComplete", "ConflictError"),
        isBusy: true,
        retryAfterMs: 1000,
      },
      {
        status: 400,
        code: "InvalidChangeBatch",
        errorClass: "ValidationError",
        reason: "one; two",
        requestId: "r-2",
        body:
          `<InvalidChangeBatch xmlns="${NAMESPACE}"><Messages><Message>one` +
          "</Message><Message>two</Message></Messages><RequestId>r-2" +
          "</RequestId></InvalidChangeBatch>",
      },
    ],
  },
  create: { name: "new.example" },
  types: [
    "A",
    "AAAA",
    "CAA",
    "CNAME",
    "DS",
    "HTTPS",
    "MX",
    "NAPTR",
    "NS",
    "PTR",
    "SOA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
  ],
  ttl: 120,
  misfits: [
    {
      name: "a",
      type: "A",
      data: Array.from({ length: 401 }, (_, n) => `10.0.${n >> 8}.${n & 255}`),
    },
    { name: "a", type: "TXT", data: ["x".repeat(3984)] },
    { name: "a", type: "TXT", data: ["é".repeat(500)] },
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: {
      sends: `GET ${API}/hostedzone {"maxitems":"100"}`,
      returns: { id: ID, name: NAME, nameServers: [] },
    },
    getZone: {
      on: id(ID),
      returns: { name: NAME, nameServers: HOSTS },
      responds: [{
        body: `<GetHostedZoneResponse xmlns="${NAMESPACE}"><HostedZone><Id>` +
          "/hostedzone/Z1</Id><Name>0\\05725.2.0.192.in-addr.arpa.</Name>" +
          "<CallerReference>r</CallerReference><Config><Comment>c</Comment>" +
          "<PrivateZone>true</PrivateZone></Config><LinkedService>" +
          "<ServicePrincipal>a.amazonaws.com</ServicePrincipal></LinkedService>" +
          "</HostedZone><VPCs><VPC><VPCRegion>us-east-1</VPCRegion><VPCId>" +
          "vpc-1</VPCId></VPC></VPCs></GetHostedZoneResponse>",
        returns: {
          id: "Z1",
          name: "0/25.2.0.192.in-addr.arpa",
          nameServers: [],
          extra: {
            isPrivate: true,
            comment: "c",
            callerReference: "r",
            recordSetCount: undefined,
            linkedService: "a.amazonaws.com",
            vpcs: [{ id: "vpc-1", region: "us-east-1" }],
          },
        },
      }],
    },
    findZone: {
      with: [`www.${NAME}`],
      sends: [
        `GET ${API}/hostedzonesbyname {"dnsname":"www.${NAME}.","maxitems":"100"}`,
        `GET ${API}/hostedzonesbyname {"dnsname":"${NAME}."}`,
      ],
      returns: { id: ID },
    },
    createZone: [
      {
        options: {
          name: text("canary.example"),
          idempotencyKey: optional(text("canary-key")),
          comment: optional(text("canary & comment")),
          delegationSetId: optional(text("N1PA6795SAMPLE")),
        },
        sends: [
          `GET ${API}/hostedzonesbyname {"dnsname":"canary.example."}`,
          create(
            "<Name>canary.example.</Name><CallerReference>canary-key" +
              "</CallerReference><HostedZoneConfig><Comment>canary &#38; comment" +
              "</Comment><PrivateZone>false</PrivateZone></HostedZoneConfig>" +
              "<DelegationSetId>N1PA6795SAMPLE</DelegationSetId>",
          ),
        ],
        returns: {
          name: "canary.example",
          state: "pending",
          extra: {
            callerReference: "canary-key",
            comment: "canary & comment",
            delegationSetId: "N1PA6795SAMPLE",
            change: { id: "C00000000000000000006", state: "pending" },
          },
        },
        isIdempotent: true,
        refuses: [
          { ttl: 60 },
          { idempotencyKey: "x".repeat(129) },
          { comment: "x".repeat(257) },
        ],
      },
      {
        options: {
          name: text("canary.example"),
          idempotencyKey: optional(text("canary-key")),
          vpc: { id: "vpc-1a2b3c4d", region: "eu-central-1" },
        },
        sends: create(
          "<Name>canary.example.</Name><VPC><VPCRegion>eu-central-1</VPCRegion>" +
            "<VPCId>vpc-1a2b3c4d</VPCId></VPC><CallerReference>canary-key" +
            "</CallerReference><HostedZoneConfig><PrivateZone>true</PrivateZone>" +
            "</HostedZoneConfig>",
        ),
        returns: {
          nameServers: [],
          extra: {
            isPrivate: true,
            vpcs: [{ id: "vpc-1a2b3c4d", region: "eu-central-1" }],
          },
        },
        isIdempotent: true,
        refuses: [
          { vpc: { id: "", region: "eu-central-1" } },
          { vpc: { id: "vpc-1a2b3c4d" } },
        ],
      },
      {
        options: {
          name: text("canary.example"),
          idempotencyKey: optional(text("canary-key")),
          allowSameName: true,
        },
        sends: create(
          "<Name>canary.example.</Name><CallerReference>canary-key" +
            "</CallerReference><HostedZoneConfig><PrivateZone>false" +
            "</PrivateZone></HostedZoneConfig>",
        ),
        isIdempotent: true,
      },
    ],
    deleteZone: {
      on: id(ID),
      sends: [`POST ${ZONE}/rrset/`, `DELETE ${ZONE}`],
    },
    setZoneComment: {
      on: id(ID),
      options: { comment: "canary comment" },
      sends: xml(
        `POST ${ZONE}`,
        `<UpdateHostedZoneCommentRequest xmlns="${NAMESPACE}"><Comment>` +
          "canary comment</Comment></UpdateHostedZoneCommentRequest>",
      ),
      returns: { id: ID, extra: { comment: "canary comment" } },
      isIdempotent: true,
      refuses: [
        { comment: "x".repeat(257) },
        { comment: undefined },
        { comment: "\0" },
      ],
    },
    listRecordSets: [
      { on: id(ID), returns: { id: "www A", ttl: 300 } },
      {
        on: id(ID),
        options: { name: "*" },
        sends: `GET ${ZONE}/rrset {"name":"*.${NAME}.","maxitems":"300"}`,
        returns: ["* CNAME"],
      },
      {
        on: id(ID),
        options: { name: "api", type: "A" },
        sends: `GET ${ZONE}/rrset {"name":"api.${NAME}.","type":"A"}`,
        returns: ["api A blue", "api A green"],
      },
      {
        on: id(ID),
        // A type without a name is refused.
        options: { type: "AAAA" },
        sends: `GET ${ZONE}/rrset {"type":null,"name":null}`,
        returns: ["www AAAA"],
      },
    ],
    getRecordSet: [{
      on: id(ID),
      with: [{ name: "WWW", type: "A" }],
      sends:
        `GET ${ZONE}/rrset {"name":"www.${NAME}.","type":"A","maxitems":"1"}`,
      returns: { id: "www A", ttl: 300, data: ["192.0.2.10", "192.0.2.11"] },
    }, {
      // With the name of the zone, this is the only request.
      on: id({ id: ID, name: NAME } as never),
      with: [{ name: "www", type: "A" }],
      responds: [{
        body: `<ListResourceRecordSetsResponse xmlns="${NAMESPACE}">` +
          `<ResourceRecordSets><ResourceRecordSet><Name>www.${NAME}.</Name>` +
          `<Type>A</Type>${records(60, "192.0.2.1")}<HealthCheckId>h-1` +
          "</HealthCheckId><TrafficPolicyInstanceId>t-1" +
          "</TrafficPolicyInstanceId></ResourceRecordSet></ResourceRecordSets>" +
          "<IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>" +
          "</ListResourceRecordSetsResponse>",
        returns: {
          extra: { healthCheckId: "h-1", trafficPolicyInstanceId: "t-1" },
        },
      }],
    }],
    setRecordSet: [
      {
        on: id(ID),
        with: [SET],
        sends: [
          `GET ${ZONE}/rrset {"name":"new.${NAME}.","type":"A"}`,
          batch(NEW),
        ],
        returns: { id: "C00000000000000000006", state: "pending" },
      },
      {
        on: id(ID),
        with: [{ ...SET, name: "www" }],
        sends: batch(
          OLD_WWW,
          plain("CREATE", `www.${NAME}.`, "A", 60, "192.0.2.7"),
        ),
      },
    ],
    upsertRecordSet: [
      {
        on: id(ID),
        with: [{
          name: "api",
          type: "A",
          ttl: 60,
          data: ["192.0.2.3"],
          setIdentifier: "red & hot",
          routing: { weight: 0 },
          healthCheckId: HEALTH_CHECK,
        }],
        sends: batch(change(
          "UPSERT",
          `<Name>api.${NAME}.</Name><Type>A</Type><SetIdentifier>red &#38; hot` +
            `</SetIdentifier><Weight>0</Weight>${records(60, "192.0.2.3")}` +
            `<HealthCheckId>${HEALTH_CHECK}</HealthCheckId>`,
        )),
        returns: { id: "C00000000000000000006", state: "pending" },
      },
      {
        on: id(ID),
        with: [{
          name: "@",
          type: "AAAA",
          alias: {
            hostedZoneId: `/hostedzone/${ID}`,
            dnsName: `www.${NAME}`,
            evaluateTargetHealth: true,
          },
        }],
        sends: batch(change(
          "UPSERT",
          `<Name>${NAME}.</Name><Type>AAAA</Type><AliasTarget><HostedZoneId>` +
            `${ID}</HostedZoneId><DNSName>www.${NAME}.</DNSName>` +
            "<EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>",
        )),
      },
      {
        on: id(ID),
        with: [{
          ...SET,
          setIdentifier: "near",
          routing: {
            geoProximityLocation: { awsRegion: "eu-central-1", bias: -5 },
          },
        }],
        sends: batch(change(
          "UPSERT",
          `<Name>new.${NAME}.</Name><Type>A</Type><SetIdentifier>near` +
            `</SetIdentifier>${
              records(60, "192.0.2.7")
            }<GeoProximityLocation>` +
            "<AWSRegion>eu-central-1</AWSRegion><Bias>-5</Bias>" +
            "</GeoProximityLocation>",
        )),
      },
    ],
    deleteRecordSet: {
      on: id(ID),
      with: [{ name: "www", type: "AAAA" }],
      sends: batch(OLD_AAAA),
      returns: { id: "C00000000000000000006", state: "pending" },
    },
    changeRecordSets: {
      on: id(ID),
      with: [[
        { action: "delete", before: { name: "www", type: "AAAA" } },
        { action: "create", after: SET },
      ]],
      sends: batch(NEW, OLD_AAAA),
      returns: { id: "C00000000000000000006", state: "pending" },
    },
    addRecord: {
      on: id(ID),
      with: [{ ...SET, name: "www" }],
      sends: batch(
        OLD_WWW,
        plain(
          "CREATE",
          `www.${NAME}.`,
          "A",
          300,
          "192.0.2.10",
          "192.0.2.11",
          "192.0.2.7",
        ),
      ),
      returns: { id: "C00000000000000000006", state: "pending" },
    },
    removeRecord: {
      on: id(ID),
      with: [{ name: "www", type: "A", data: ["192.0.2.10"] }],
      sends: batch(
        OLD_WWW,
        plain("CREATE", `www.${NAME}.`, "A", 300, "192.0.2.11"),
      ),
      returns: { id: "C00000000000000000006", state: "pending" },
    },
    waitForChange: {
      with: [{ id: "/change/C00000000000000000001", state: "pending" }],
      options: { intervalMs: 5 },
      sends: `GET ${API}/change/C00000000000000000001`,
      returns: { id: "C00000000000000000001", state: "done" },
    },
  },
};
