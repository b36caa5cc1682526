/**
 * Conformance of the DNS driver for DigitalOcean: facts, valid arguments of its
 * methods, and a simulated account.
 *
 * @module
 */

import { DigitalOceanDnsDriver } from "../../drivers/digitalocean/dns.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { type DnsSubject, id, optional, text } from "../../testing/mod.ts";

const ACCOUNT = { token: "canary-token", zones: 2 };
const ZONE = "zone-1.example";
const RECORDS = `/v2/domains/${ZONE}/records`;
// Ids of a new simulator: a SOA record, three NS, and those of the seed.
const FIRST = 3_164_444;
const WWW = [FIRST + 7, FIRST + 8];
const WWW_AAAA = FIRST + 9;

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;

const UNUSED =
  '"priority":null,"port":null,"weight":null,"flags":null,"tag":null';

const form = (name: string, type: string, ttl: number, data: string) =>
  `{"type":"${type}","name":"${name}","data":"${data}","ttl":${ttl},${UNUSED}}`;

const EXAMPLE = {
  name: "example.com",
  ttl: 1800,
  zone_file: "$ORIGIN example.com.\n$TTL 1800\n",
};

const records = (...ids: readonly number[]) => ({
  records: ids.map((it) => ({ id: String(it), extra: {} })),
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
  body: JSON.stringify({ id: code, message: reason, request_id: "r-1" }),
});

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: DigitalOceanDnsDriver,
  credentials: { token: ACCOUNT.token },
  wrongCredentials: { token: "wrong" },
  createSimulator: () => new DigitalOceanSimulator(ACCOUNT),
  expected: {
    baseUrl: "https://api.digitalocean.com/v2/domains",
    zone: {
      id: ZONE,
      name: ZONE,
      kind: "primary",
      state: "active",
      ttl: 1800,
      nameServers: [
        "ns1.digitalocean.com",
        "ns2.digitalocean.com",
        "ns3.digitalocean.com",
      ],
      extra: {},
    },
    recordSets: [
      {
        id: "@ NS",
        name: "@",
        type: "NS",
        ttl: 1800,
        data: [
          "ns1.digitalocean.com",
          "ns2.digitalocean.com",
          "ns3.digitalocean.com",
        ],
        extra: records(FIRST + 1, FIRST + 2, FIRST + 3),
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
        extra: records(FIRST + 4, FIRST + 5),
      },
      {
        id: "www A",
        name: "www",
        type: "A",
        ttl: 300,
        data: ["192.0.2.1", "192.0.2.2"],
        extra: records(...WWW),
      },
      {
        id: "*.dev CNAME",
        name: "*.dev",
        type: "CNAME",
        ttl: 300,
        data: ["www.zone-1.example"],
        extra: records(FIRST + 10),
      },
    ],
    total: "total",
    errors: [
      refusal(401, "unauthorized", "InvalidCredsError"),
      refusal(403, "forbidden", "PermissionDeniedError"),
      refusal(404, "not_found", "NotFoundError"),
      refusal(422, "unprocessable_entity", "ValidationError"),
      refusal(
        422,
        "unprocessable_entity",
        "ConflictError",
        "Name already exists",
      ),
      {
        ...refusal(
          422,
          "unprocessable_entity",
          "ConflictError",
          "Droplet already has a pending event.",
        ),
        isBusy: true,
      },
      {
        ...refusal(429, "too_many_requests", "RateLimitReachedError"),
        // The limit per hour comes without retry-after.
        headers: {
          date: "Thu, 15 Oct 2015 17:57:12 GMT",
          "ratelimit-limit": "5000",
          "ratelimit-remaining": "0",
          "ratelimit-reset": "1444931833",
        },
        retryAfterMs: 1000,
      },
    ],
  },
  create: { name: "new.example" },
  // The records of a set may be on any page.
  wholeLists: ["listRecordSets"],
  types: ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"],
  ttl: 120,
  misfits: [
    { name: "a", type: "A", ttl: 29, data: ["192.0.2.1"] },
    { name: "@", type: "MX", data: [{ preference: 0, host: "." }] },
    { name: "a", type: "TXT", data: [["a", "b"]] },
    { name: "a", type: "TXT", data: ["x".repeat(508)] },
    {
      name: "@",
      type: "CAA",
      data: [{ flags: 0, tag: "contactemail", value: "a@example.com" }],
    },
    {
      name: "@",
      type: "CAA",
      data: [{ flags: 0, tag: "issue", value: "ca.example; a=b" }],
    },
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: {
      sends: 'GET /v2/domains {"per_page":"200"}',
      returns: { id: ZONE, state: "active", ttl: 1800 },
      responds: [
        {
          body: JSON.stringify({
            domains: [EXAMPLE],
            links: {},
            meta: { total: 1 },
          }),
          returns: ["example.com"],
        },
        // Another page follows, whatever the total says.
        {
          body: JSON.stringify({
            domains: [EXAMPLE],
            links: {
              pages: { next: "https://api.digitalocean.com/v2/domains?page=2" },
            },
            meta: { total: 1 },
          }),
          throws: "MalformedResponseError",
        },
      ],
    },
    getZone: { on: id(ZONE), returns: { name: ZONE, ttl: 1800 } },
    findZone: { with: ["a.www.zone-1.example"], returns: { id: ZONE } },
    createZone: {
      options: {
        name: text("canary.example"),
        ipAddress: optional(text("192.0.2.9")),
      },
      sends:
        'POST /v2/domains {"name":"canary.example","ip_address":"192.0.2.9"}',
      returns: { id: "canary.example", state: "pending", ttl: 1800 },
      refuses: [{ ttl: 60 }],
    },
    deleteZone: { on: id(ZONE), sends: `DELETE /v2/domains/${ZONE}` },
    listRecordSets: [
      { on: id(ZONE), returns: { id: "www A", ttl: 300 } },
      {
        on: id(ZONE),
        options: { name: "www", type: "AAAA" },
        sends: `GET ${RECORDS} {"name":"www.zone-1.example","type":"AAAA"}`,
        returns: ["www AAAA"],
      },
      {
        on: id(ZONE),
        options: { type: "SOA" },
        sends: `GET ${RECORDS} {"name":null,"type":"SOA"}`,
        returns: ["@ SOA"],
      },
      {
        on: id(ZONE),
        // DigitalOcean has no such records.
        options: { type: "HTTPS" },
        sends: `GET ${RECORDS} {"type":null,"name":null}`,
        returns: [],
      },
    ],
    getRecordSet: {
      on: id(ZONE),
      with: [{ name: "WWW", type: "A" }],
      sends: `GET ${RECORDS} {"name":"www.zone-1.example","type":"A"}`,
      returns: { id: "www A", ttl: 300, data: ["192.0.2.1", "192.0.2.2"] },
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
        sends: [
          `PUT ${RECORDS}/${WWW[0]} ${form("www", "A", 60, "192.0.2.7")}`,
          `DELETE ${RECORDS}/${WWW[1]}`,
        ],
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
      sends: [
        `POST ${RECORDS} ${form("new", "A", 60, "192.0.2.7")}`,
        `DELETE ${RECORDS}/${WWW_AAAA}`,
      ],
      returns: { state: "done" },
    },
    addRecord: {
      on: id(ZONE),
      with: [{ ...SET, name: "www" }],
      sends: `POST ${RECORDS} ${form("www", "A", 300, "192.0.2.7")}`,
      returns: { state: "done" },
    },
    removeRecord: {
      on: id(ZONE),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      sends: `DELETE ${RECORDS}/${WWW[0]}`,
      returns: { state: "done" },
    },
    // DigitalOcean does not tell when its servers have a change.
    waitForChange: { with: [{ state: "done" }], isStatic: true },
    exportZoneFile: {
      on: id(ZONE),
      sends: `GET /v2/domains/${ZONE}`,
      responds: [{
        // A zone that has not been published yet.
        body: JSON.stringify({ domain: { ...EXAMPLE, zone_file: null } }),
        throws: "ConflictError",
      }],
    },
  },
};
