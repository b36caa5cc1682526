/**
 * Conformance of the DNS driver for Cloudflare: facts, valid arguments of its
 * methods, and a simulated account.
 *
 * @module
 */

import { CloudflareDnsDriver } from "../../drivers/cloudflare/dns.ts";
import { CloudflareSimulator } from "../../simulators/cloudflare/mod.ts";
import { type DnsSubject, id, text } from "../../testing/mod.ts";

const ACCOUNT = {
  token: "canary-token",
  accountId: "a".repeat(32),
  zones: 2,
};
// Ids of a new simulator.
const ZONE = "1e7df5e026cce42717b761a17ed1c070";
const APEX = "9e1b5fe7764c7acf9adbdaa33d7a7299";
const WWW = [
  "0d24ecd56f019a282f533da1a99abb02",
  "1767e4e12d313bc686ac2a5c68047f84",
] as const;
const WWW_AAAA = "7cfe25aefb27e6296fbe4f6622ff0980";
const WILD = "59059045848973488903c998ad7553ee";
const MX = [
  "8b56c5dcc84ce7d819a6aca9c2e8c27c",
  "819d4b6f76d89314554d4ddee4a6071f",
] as const;
const SRV = "1d94c13e43006cec2ca2c2a2b6109aa7";
const NAME = "zone-1.example";
const AT = `/client/v4/zones/${ZONE}`;
const RECORDS = `${AT}/dns_records`;

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;

const form = (name: string, type: string, ttl: number, content: string) =>
  `{"type":"${type}","name":"${name}.${NAME}","content":"${content}","ttl":${ttl}}`;

const extraOf = (
  ids: readonly string[],
  { proxied = false, isTtlAutomatic = false } = {},
) => ({
  proxied,
  records: ids.map((id) => ({
    id,
    extra: { proxied, isTtlAutomatic, comment: undefined, tags: [] },
  })),
});

const AUTOMATIC = { isTtlAutomatic: true };

const envelope = (result: unknown, further: object = {}) =>
  JSON.stringify({
    result,
    success: true,
    errors: [],
    messages: [],
    ...further,
  });

/** A page with records, as the service has sent them. */
const page = (...records: readonly object[]) => ({
  [AT]: envelope({ id: ZONE, name: NAME }),
  [RECORDS]: envelope(
    records.map((record, index) => ({
      id: String(index),
      name: `x.${NAME}`,
      ttl: 120,
      proxied: false,
      ...record,
    })),
    {
      result_info: {
        page: 1,
        per_page: 1000,
        count: records.length,
        total_count: records.length,
        total_pages: 1,
      },
    },
  ),
});

const refusal = (
  status: number,
  code: number,
  errorClass: string,
  reason = `the ${code}`,
) => ({
  status,
  code: String(code),
  errorClass,
  reason,
  requestId: "r-1",
  headers: { "CF-Ray": "r-1" },
  body: JSON.stringify({
    result: null,
    success: false,
    errors: [{ code, message: reason }],
    messages: [],
  }),
});

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: CloudflareDnsDriver,
  credentials: { token: ACCOUNT.token },
  wrongCredentials: { token: "wrong" },
  createSimulator: () => new CloudflareSimulator(ACCOUNT),
  expected: {
    baseUrl: "https://api.cloudflare.com/client/v4/zones",
    zone: {
      id: ZONE,
      name: NAME,
      kind: "primary",
      state: "active",
      nameServers: ["elle.ns.cloudflare.com", "finn.ns.cloudflare.com"],
      extra: {
        status: "active",
        isPaused: false,
        type: "full",
        accountId: ACCOUNT.accountId,
        plan: "Free Website",
        originalNameServers: ["ns1.example.net", "ns2.example.net"],
      },
    },
    recordSets: [
      {
        id: "@ A",
        name: "@",
        type: "A",
        ttl: 300,
        data: ["192.0.2.1"],
        extra: extraOf([APEX], { proxied: true, ...AUTOMATIC }),
      },
      {
        id: "www A",
        name: "www",
        type: "A",
        ttl: 3600,
        data: ["192.0.2.1", "192.0.2.2"],
        extra: extraOf(WWW),
      },
      {
        id: "*.dev CNAME",
        name: "*.dev",
        type: "CNAME",
        ttl: 300,
        data: ["www.zone-1.example"],
        extra: extraOf([WILD], AUTOMATIC),
      },
      {
        id: "@ MX",
        name: "@",
        type: "MX",
        ttl: 300,
        data: [
          { preference: 10, host: "mx1.zone-1.example" },
          { preference: 20, host: "mx2.zone-1.example" },
        ],
        extra: extraOf(MX, AUTOMATIC),
      },
      {
        id: "_sip._tcp SRV",
        name: "_sip._tcp",
        type: "SRV",
        ttl: 300,
        data: [{
          priority: 10,
          weight: 5,
          port: 5060,
          host: "sip.zone-1.example",
        }],
        extra: extraOf([SRV], AUTOMATIC),
      },
    ],
    total: "total_count",
    errors: [
      refusal(400, 1061, "ConflictError"),
      refusal(400, 6003, "InvalidCredsError"),
      refusal(400, 7003, "NotFoundError"),
      refusal(400, 9005, "ValidationError"),
      refusal(400, 81053, "ConflictError"),
      refusal(400, 81054, "ConflictError"),
      refusal(400, 81056, "ConflictError"),
      refusal(400, 81057, "ConflictError"),
      refusal(400, 81058, "ConflictError"),
      refusal(401, 10000, "InvalidCredsError"),
      refusal(403, 9109, "PermissionDeniedError"),
      refusal(403, 9109, "InvalidCredsError", "Invalid access token"),
      refusal(404, 81044, "NotFoundError"),
      // A failure may have the status of a success.
      refusal(200, 81044, "NotFoundError"),
      {
        ...refusal(429, 10429, "RateLimitReachedError"),
        // All requests of the period are used; it ends in one second.
        headers: {
          "CF-Ray": "r-1",
          "Date": "Fri, 02 Jan 2026 03:04:05 GMT",
          "Ratelimit": '"default";r=0;t=1',
          "Ratelimit-Policy": '"default";q=1200;w=300',
        },
        retryAfterMs: 1000,
      },
      {
        status: 400,
        code: "1004",
        errorClass: "ValidationError",
        reason: "DNS Validation Error: Invalid TTL.",
        body: JSON.stringify({
          result: null,
          success: false,
          errors: [{
            code: 1004,
            message: "DNS Validation Error",
            error_chain: [{ code: 9021, message: "Invalid TTL." }],
          }],
          messages: [],
        }),
      },
    ],
  },
  create: { name: "new.example", accountId: ACCOUNT.accountId },
  // The records of a set may be on any page.
  wholeLists: ["listRecordSets"],
  types: [
    "A",
    "AAAA",
    "CAA",
    "CERT",
    "CNAME",
    "DNSKEY",
    "DS",
    "HTTPS",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
  ],
  ttl: 120,
  misfits: [
    { name: "a", type: "A", ttl: 59, data: ["192.0.2.1"] },
    { name: "a", type: "A", ttl: 86_401, data: ["192.0.2.1"] },
    { name: "a", type: "TXT", data: [["", ""]] },
    { name: "a", type: "TXT", data: ["x".repeat(4081)] },
    { name: "a", type: "TXT", data: ["x".repeat(4000), "y".repeat(4200)] },
    {
      name: "@",
      type: "CAA",
      data: [{ flags: 0, tag: "issue", value: "ü" }],
    },
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: {
      returns: { id: ZONE, state: "active" },
      responds: [{
        body: envelope(
          [
            {
              id: "1",
              name: "a.example",
              status: "initializing",
              created_on: "2026-01-02T03:04:05.678901Z",
            },
            { id: "2", name: "b.example", status: "moved", type: "partial" },
            { id: "3", name: "c.example", status: "new", type: "secondary" },
            { id: "4", name: "d.example", status: "active", paused: true },
            { id: "5", name: "e.example", status: "pending", paused: true },
            { id: "6", name: "f.example", name_servers: null },
          ],
          { result_info: { page: 1, total_count: 6, total_pages: 1 } },
        ),
        returns: [
          {
            id: "1",
            state: "pending",
            kind: "unknown",
            createdAt: "2026-01-02T03:04:05.678Z",
          },
          { id: "2", state: "error", kind: "primary" },
          { id: "3", state: "unknown", kind: "secondary" },
          { id: "4", state: "paused" },
          { id: "5", state: "pending", extra: { isPaused: true } },
          { id: "6", nameServers: [] },
        ],
      }],
    },
    getZone: { on: id(ZONE), returns: { name: NAME, state: "active" } },
    findZone: {
      with: ["a.www.zone-1.example"],
      sends: [
        'GET /client/v4/zones {"name":"a.www.zone-1.example"}',
        'GET /client/v4/zones {"name":"www.zone-1.example"}',
        'GET /client/v4/zones {"name":"zone-1.example"}',
      ],
      returns: { id: ZONE },
    },
    createZone: {
      options: {
        name: text("canary.example"),
        accountId: text(ACCOUNT.accountId),
      },
      sends:
        `POST /client/v4/zones {"name":"canary.example","account":{"id":"${ACCOUNT.accountId}"},"type":"full"}`,
      returns: { name: "canary.example", state: "pending" },
      refuses: [{ ttl: 60 }, { accountId: undefined }],
    },
    deleteZone: { on: id(ZONE), sends: `DELETE ${AT}` },
    listRecordSets: [
      {
        on: id(ZONE),
        returns: { id: "www A", ttl: 3600 },
        responds: [
          {
            body: page(
              {
                type: "NAPTR",
                content: "",
                data: {
                  order: 103,
                  preference: 20,
                  flags: "A",
                  service: "E2U+sip",
                  regex: "",
                  replacement: "n.example.net.",
                },
              },
              {
                type: "LOC",
                content: "",
                data: {
                  altitude: -24.05000000000291,
                  lat_degrees: 42,
                  lat_direction: "N",
                  lat_minutes: 21,
                  lat_seconds: 43.95,
                  long_degrees: 71,
                  long_direction: "W",
                  long_minutes: 5,
                  long_seconds: 6.34,
                  precision_horz: 0,
                  precision_vert: 0,
                  size: 30,
                },
              },
              { type: "TXT", content: "v=spf1 -all" },
              { type: "TXT", content: '"a" b"' },
              { type: "TXT", content: '"a\\"b" "\\255"', ttl: 60 },
              {
                type: "HTTPS",
                content: "",
                data: { priority: 1, target: ".", value: 'alpn="h3,h2"' },
              },
              {
                type: "URI",
                content: "",
                priority: 10,
                data: { weight: 1, target: 'https://example.net/"\\' },
              },
              {
                type: "SMIMEA",
                content: "",
                data: {
                  usage: 3,
                  selector: 1,
                  matching_type: 1,
                  certificate: "AB",
                },
              },
              { type: "SPF", content: "v=spf1 -all" },
              {
                type: "PTR",
                content: "localhost",
                comment: "c",
                tags: ["a:b"],
              },
            ),
            returns: [
              {
                id: "x NAPTR",
                data: [{
                  order: 103,
                  preference: 20,
                  flags: "A",
                  services: "E2U+sip",
                  regexp: "",
                  replacement: "n.example.net",
                }],
              },
              {
                id: "x LOC",
                data: [
                  "42 21 43.950 N 71 5 6.340 W -24.05m 30.00m 0.00m 0.00m",
                ],
              },
              {
                id: "x TXT",
                ttl: 60,
                data: ["v=spf1 -all", '"a" b"', ['a"b', "\udcff"]],
                extra: {
                  records: [
                    { id: "2", ttl: 120 },
                    { id: "3", ttl: 120 },
                    { id: "4" },
                  ],
                },
              },
              {
                id: "x HTTPS",
                data: [{
                  priority: 1,
                  target: ".",
                  params: { alpn: "h3,h2" },
                }],
              },
              { id: "x URI", data: ['10 1 "https://example.net/\\"\\\\"'] },
              { id: "x SMIMEA", data: ["3 1 1 ab"] },
              { id: "x SPF", data: ["v=spf1 -all"] },
              {
                id: "x PTR",
                data: ["localhost."],
                extra: {
                  records: [{ extra: { comment: "c", tags: ["a:b"] } }],
                },
              },
            ],
          },
          {
            body: page({ type: "A", content: "no address" }),
            throws: "MalformedResponseError",
          },
        ],
      },
      {
        on: id(ZONE),
        options: { name: "www", type: "AAAA" },
        sends:
          `GET ${RECORDS} {"name.exact":"www.zone-1.example","type":"AAAA","per_page":"1000"}`,
        returns: ["www AAAA"],
      },
      {
        on: id(ZONE),
        // Cloudflare has no such records, and refuses the type.
        options: { type: "DNAME" },
        sends: `GET ${RECORDS} {"type":null,"name.exact":null}`,
        returns: [],
      },
    ],
    getRecordSet: {
      on: id(ZONE),
      with: [{ name: "WWW", type: "A" }],
      sends: `GET ${RECORDS} {"name.exact":"www.zone-1.example","type":"A"}`,
      returns: { id: "www A", ttl: 3600, data: ["192.0.2.1", "192.0.2.2"] },
    },
    setRecordSet: [
      {
        on: id(ZONE),
        with: [SET],
        sends: `POST ${RECORDS} ${form("new", "A", 60, "192.0.2.7")}`,
        returns: { state: "done" },
      },
      {
        on: id(ZONE),
        with: [{ ...SET, name: "www" }],
        sends: `POST ${RECORDS}/batch {"deletes":[{"id":"${
          WWW[1]
        }"}],"patches":[{"id":"${WWW[0]}",${
          form("www", "A", 60, "192.0.2.7").slice(1)
        }],"posts":null}`,
      },
      {
        on: id(ZONE),
        with: [{
          name: "new",
          type: "MX",
          data: [
            { preference: 1, host: "." },
            { preference: 2, host: "localhost." },
          ],
        }],
        sends:
          `POST ${RECORDS}/batch {"posts":[{"type":"MX","name":"new.${NAME}","content":".","priority":1,"ttl":1,"proxied":false},{"type":"MX","name":"new.${NAME}","content":"localhost","priority":2,"ttl":1,"proxied":false}],"deletes":null,"patches":null}`,
      },
      {
        on: id(ZONE),
        with: [{ ...SET, name: "@", extra: { proxied: false } }],
        sends:
          `PATCH ${RECORDS}/${APEX} {"type":"A","name":"${NAME}","content":"192.0.2.7","ttl":60,"proxied":false}`,
      },
      {
        on: id(ZONE),
        with: [{ ...SET, name: "new", extra: { proxied: true } }],
        sends:
          `POST ${RECORDS} {"type":"A","name":"new.${NAME}","content":"192.0.2.7","ttl":1,"proxied":true}`,
      },
    ],
    deleteRecordSet: {
      on: id(ZONE),
      with: [{ name: "www", type: "AAAA" }],
      sends: `DELETE ${RECORDS}/${WWW_AAAA}`,
      returns: { state: "done" },
    },
    changeRecordSets: {
      on: id(ZONE),
      with: [[
        { action: "delete", before: { name: "www", type: "AAAA" } },
        { action: "create", after: SET },
      ]],
      sends:
        `POST ${RECORDS}/batch {"deletes":[{"id":"${WWW_AAAA}"}],"posts":[{"type":"A","name":"new.${NAME}","content":"192.0.2.7","ttl":60,"proxied":false}],"patches":null}`,
      returns: { state: "done" },
    },
    addRecord: [
      {
        on: id(ZONE),
        with: [{ ...SET, name: "www" }],
        sends: `POST ${RECORDS} ${form("www", "A", 3600, "192.0.2.7")}`,
        returns: { state: "done" },
      },
      {
        on: id(ZONE),
        // The record set is proxied.
        with: [{ ...SET, name: "@" }],
        sends:
          `POST ${RECORDS} {"type":"A","name":"${NAME}","content":"192.0.2.7","ttl":1,"proxied":true}`,
      },
    ],
    removeRecord: {
      on: id(ZONE),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      sends: `DELETE ${RECORDS}/${WWW[0]}`,
      returns: { state: "done" },
    },
    // Cloudflare does not tell when its servers have a change.
    waitForChange: { with: [{ state: "done" }], isStatic: true },
    exportZoneFile: { on: id(ZONE), sends: `GET ${RECORDS}/export` },
    getDnssec: {
      on: id(ZONE),
      sends: `GET ${AT}/dnssec`,
      returns: { isSigned: false, ds: [] },
      responds: [
        ["active", true, "AB"],
        ["pending", true, "AB"],
        ["disabled", false, "AB"],
        ["active", true, null],
      ].map(([status, isSigned, digest]) => ({
        body: {
          [AT]: envelope({ id: ZONE, name: NAME }),
          [`${AT}/dnssec`]: envelope({
            status,
            key_tag: 16953,
            algorithm: "13",
            digest_type: "2",
            digest,
          }),
        },
        returns: {
          isSigned,
          ds: isSigned && digest
            ? [{ keyTag: 16953, algorithm: 13, digestType: 2, digest: "ab" }]
            : [],
        },
      })),
    },
    setDnssec: [
      {
        on: id(ZONE),
        options: { isSigned: true },
        sends: `PATCH ${AT}/dnssec {"status":"active"}`,
        refuses: [{ isSigned: undefined }, { isSigned: "yes" }],
      },
      {
        on: id(ZONE),
        options: { isSigned: false },
        sends: `PATCH ${AT}/dnssec {"status":"disabled"}`,
      },
    ],
    setPaused: {
      on: id(ZONE),
      options: { isPaused: true },
      sends: `PATCH ${AT} {"paused":true}`,
      returns: { id: ZONE, state: "paused" },
      refuses: [{ isPaused: undefined }, { isPaused: "yes" }],
    },
  },
};
