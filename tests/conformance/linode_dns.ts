/**
 * Conformance of the DNS driver for Linode: facts, valid arguments of its methods,
 * and a simulated account.
 *
 * @module
 */

import { LinodeDnsDriver } from "../../drivers/linode/dns.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import {
  count,
  type DnsSubject,
  id,
  optional,
  text,
} from "../../testing/mod.ts";

// The smallest page that can be requested has 25 items.
const ACCOUNT = { token: "canary-token", zones: 30 };
// Ids of a new simulator: a domain and its records, then the next domain.
const ZONE = "123";
const NAME = "zone-1.example";
const RECORDS = `/v4/domains/${ZONE}/records`;
const [MX, WWW, WWW_AAAA, ALIAS] = [[124, 125], [127, 128], 129, 130];

const SET = { name: "new", type: "A", ttl: 30, data: ["192.0.2.7"] } as const;

const form = (name: string, ttl: number, target = "192.0.2.7") =>
  `{"name":"${name}","ttl_sec":${ttl},"target":"${target}"}`;

const create = (name: string, ttl: number) =>
  form(name, ttl).replace("{", '{"type":"A",');

const records = (...ids: readonly number[]) => ({
  records: ids.map((it) => ({ id: String(it), extra: {} })),
});

const refusal = (status: number, errorClass: string, reason: string) => ({
  status,
  errorClass,
  reason,
  body: JSON.stringify({ errors: [{ reason }] }),
});

/** A page of domains, as the documentation shows them. */
const domains = (
  facts: Readonly<Record<string, unknown>>,
  ...data: readonly unknown[]
) =>
  JSON.stringify({ data, page: 1, pages: 1, results: data.length, ...facts });

const EXAMPLE = { id: 1234, domain: "example.org", type: "master" };

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: LinodeDnsDriver,
  credentials: { token: ACCOUNT.token },
  wrongCredentials: { token: "wrong" },
  createSimulator: () => new LinodeSimulator(ACCOUNT),
  expected: {
    baseUrl: "https://api.linode.com/v4/domains",
    zone: {
      id: ZONE,
      name: NAME,
      kind: "primary",
      state: "active",
      nameServers: [1, 2, 3, 4, 5].map((it) => `ns${it}.linode.com`),
      extra: {
        status: "active",
        soaEmail: "admin@zone-1.example",
        description: undefined,
        tags: [],
        primaries: [],
      },
    },
    recordSets: [
      {
        id: "@ MX",
        name: "@",
        type: "MX",
        ttl: 300,
        data: [
          { preference: 10, host: "mx1.zone-1.example" },
          { preference: 20, host: "mx2.zone-1.example" },
        ],
        extra: records(...MX),
      },
      {
        id: "@ TXT",
        name: "@",
        type: "TXT",
        data: ["v=spf1 mx -all"],
        extra: records(126),
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
        extra: records(ALIAS),
      },
    ],
    total: "results",
    errors: [
      refusal(400, "ValidationError", "target: is not valid"),
      refusal(400, "ConflictError", "DNS zone already exists."),
      { ...refusal(400, "ConflictError", "Linode busy."), isBusy: true },
      refusal(401, "InvalidCredsError", "Invalid Token"),
      refusal(403, "PermissionDeniedError", "Unauthorized"),
      refusal(404, "NotFoundError", "Not found"),
      {
        ...refusal(429, "RateLimitReachedError", "Too many requests"),
        // Only the header of the rate limit tells when it ends.
        headers: {
          date: "Thu, 15 Oct 2015 17:57:12 GMT",
          "x-ratelimit-limit": "800",
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": "1444931833",
        },
        retryAfterMs: 1000,
      },
    ],
  },
  create: { name: "new.example" },
  // The records of a set may be on any page.
  wholeLists: ["listRecordSets"],
  types: ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"],
  samples: [{
    name: "@",
    type: "CAA",
    data: [
      { flags: 0, tag: "issue", value: "ca.example.net" },
      { flags: 0, tag: "iodef", value: "mailto:ca@example.net" },
    ],
  }],
  ttl: 120,
  misfits: [
    { name: "@", type: "CNAME", data: ["a.example.net"] },
    { name: "*", type: "NS", data: ["a.example.net"] },
    { name: "a", type: "MX", data: [{ preference: 0, host: "." }] },
    { name: "a", type: "MX", data: [{ preference: 256, host: "a.b" }] },
    { name: "a", type: "TXT", data: [["a", "b"]] },
    { name: "a", type: "TXT", data: ["a\tb"] },
    {
      name: "a",
      type: "SRV",
      data: [{ priority: 1, weight: 2, port: 3, host: "a.example.net" }],
    },
    {
      name: "_a._tcp",
      type: "SRV",
      data: [{ priority: 256, weight: 2, port: 3, host: "a.example.net" }],
    },
    {
      name: "@",
      type: "CAA",
      data: [{ flags: 128, tag: "issue", value: "ca.example" }],
    },
    {
      name: "@",
      type: "CAA",
      data: [{ flags: 0, tag: "issue", value: "ca.example; a=b" }],
    },
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: [
      {
        sends: 'GET /v4/domains {"page_size":"500"}',
        returns: { id: ZONE, state: "active" },
        responds: [
          { body: domains({}, EXAMPLE), returns: ["1234"] },
          // Another page follows, whatever the total says.
          {
            body: domains({ pages: 2 }, EXAMPLE),
            throws: "MalformedResponseError",
          },
        ],
      },
      {
        options: { filter: { domain: "zone-2.example" } },
        sends: 'GET /v4/domains {"x-filter":{"domain":"zone-2.example"}}',
        returns: ["131"],
      },
    ],
    getZone: {
      on: id(ZONE),
      returns: { name: NAME },
      responds: [
        ["active", "active"],
        ["disabled", "paused"],
        ["edit_mode", "pending"],
        ["has_errors", "error"],
        ["new word", "unknown"],
      ].map(([status, state]) => ({
        body: JSON.stringify({
          ...EXAMPLE,
          status,
          ttl_sec: 300,
          created: "2018-01-01T00:01:01",
        }),
        returns: {
          state,
          ttl: 300,
          createdAt: "2018-01-01T00:01:01Z",
          extra: { status },
        },
      })),
    },
    findZone: {
      with: [`www.${NAME}`],
      sends:
        `GET /v4/domains {"x-filter":{"+or":[{"domain":"www.${NAME}"},{"domain":"${NAME}"},{"domain":"example"}]}}`,
      returns: { id: ZONE },
    },
    createZone: {
      options: {
        name: text("canary.example"),
        ttl: optional(count(300)),
        soaEmail: optional(text("admin@canary.example")),
        tags: ["prod"],
      },
      sends:
        'POST /v4/domains {"domain":"canary.example","type":"master","soa_email":"admin@canary.example","ttl_sec":300,"tags":["prod"]}',
      returns: {
        name: "canary.example",
        ttl: 300,
        extra: { soaEmail: "admin@canary.example", tags: ["prod"] },
      },
      refuses: [{ ttl: 301 }],
    },
    createSecondaryZone: {
      options: { name: text("canary.example"), primaries: ["192.0.2.53"] },
      sends:
        'POST /v4/domains {"domain":"canary.example","type":"slave","master_ips":["192.0.2.53"]}',
      returns: { kind: "secondary", extra: { primaries: ["192.0.2.53"] } },
      refuses: [{ primaries: [] }, { primaries: "192.0.2.53" }, { ttl: 300 }],
    },
    updateZone: {
      on: id(ZONE),
      options: {
        ttl: optional(count(300)),
        soaEmail: optional(text("me@zone-1.example")),
      },
      sends:
        `PUT /v4/domains/${ZONE} {"ttl_sec":300,"soa_email":"me@zone-1.example"}`,
      returns: { ttl: 300, extra: { soaEmail: "me@zone-1.example" } },
      refuses: [{ ttl: 301 }],
    },
    deleteZone: { on: id(ZONE), sends: `DELETE /v4/domains/${ZONE}` },
    listRecordSets: [
      {
        on: id(ZONE),
        sends: `GET ${RECORDS} {"page_size":"500"}`,
        returns: { id: "www A", ttl: 300 },
      },
      {
        on: id(ZONE),
        options: { name: "www", type: "AAAA" },
        sends: `GET ${RECORDS} {"x-filter":{"name":"www","type":"AAAA"}}`,
        returns: ["www AAAA"],
      },
      {
        on: id(ZONE),
        // The name of these records is empty.
        options: { name: "@", type: "A" },
        sends: `GET ${RECORDS} {"x-filter":{"type":"A"}}`,
        returns: [],
      },
      {
        on: id(ZONE),
        // The name of a service is in other fields.
        options: { name: "_sip._tcp" },
        sends: `GET ${RECORDS} {"x-filter":null}`,
        returns: [],
      },
      {
        on: id(ZONE),
        // Linode has no such records.
        options: { type: "SSHFP" },
        sends: `GET ${RECORDS} {"x-filter":null}`,
        returns: [],
      },
    ],
    getRecordSet: {
      on: id(ZONE),
      with: [{ name: "WWW", type: "A" }],
      sends: `GET ${RECORDS} {"x-filter":{"name":"www","type":"A"}}`,
      returns: { id: "www A", ttl: 300, data: ["192.0.2.1", "192.0.2.2"] },
    },
    setRecordSet: [
      {
        on: id(ZONE),
        with: [SET],
        sends: `POST ${RECORDS} ${create("new", 30)}`,
        returns: { state: "done" },
      },
      {
        on: id(ZONE),
        with: [{ ...SET, name: "www" }],
        sends: [
          `PUT ${RECORDS}/${WWW[0]} ${form("www", 30)}`,
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
        `POST ${RECORDS} ${create("new", 30)}`,
        `DELETE ${RECORDS}/${WWW_AAAA}`,
      ],
      returns: { state: "done" },
    },
    addRecord: {
      on: id(ZONE),
      with: [{ ...SET, name: "www" }],
      sends: `POST ${RECORDS} ${create("www", 300)}`,
      returns: { state: "done" },
    },
    removeRecord: {
      on: id(ZONE),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      sends: `DELETE ${RECORDS}/${WWW[0]}`,
      returns: { state: "done" },
    },
    // Linode does not tell when its servers have a change.
    waitForChange: { with: [{ state: "done" }], isStatic: true },
    exportZoneFile: {
      on: id(ZONE),
      sends: `GET /v4/domains/${ZONE}/zone-file`,
    },
  },
};
