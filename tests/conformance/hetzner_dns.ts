/**
 * Conformance of the DNS driver for Hetzner Cloud: facts, valid arguments of its
 * methods, and a simulated project.
 *
 * @module
 */

import { HetznerDnsDriver } from "../../drivers/hetzner/dns.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import {
  count,
  type DnsSubject,
  id,
  optional,
  text,
} from "../../testing/mod.ts";

// Changes are visible at once; tests of the driver are about those that take time.
const ACCOUNT = { token: "canary-token", zones: 2, actionMs: 0 };
const ZONE = "42";
// The name is an id, too. Unlike the number, it costs no look-up.
const NAME = "zone-1.example";
const PATH = `/v1/zones/${NAME}`;
const SETS = `${PATH}/rrsets`;
const NAME_SERVERS = [
  "hydrogen.ns.hetzner.com",
  "oxygen.ns.hetzner.com",
  "helium.ns.hetzner.de",
];

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;
const NEW =
  '{"name":"new","type":"A","ttl":60,"records":[{"value":"192.0.2.7"}]}';

const records = (...values: readonly string[]) => ({
  labels: {},
  isProtected: false,
  records: values.map((value) => ({ value, comment: undefined })),
});

const refusal = (status: number, code: string, errorClass: string) => ({
  status,
  code,
  errorClass,
  reason: `the ${code}`,
  body: JSON.stringify({ error: { code, message: `the ${code}` } }),
});

/** A response of the documentation, with other fields. */
const zoneWith = (fields: object) =>
  JSON.stringify({
    zone: {
      id: 42,
      name: "example.com",
      mode: "primary",
      ttl: 10800,
      created: "2016-01-30T23:50:00Z",
      labels: {},
      protection: { delete: false },
      authoritative_nameservers: {
        assigned: ["hydrogen.ns.hetzner.com."],
        delegated: [],
        delegation_last_check: null,
      },
      ...fields,
    },
  });

const DONE = { state: "done" };

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: HetznerDnsDriver,
  credentials: { token: ACCOUNT.token },
  wrongCredentials: { token: "wrong" },
  createSimulator: () => new HetznerSimulator(ACCOUNT),
  expected: {
    baseUrl: "https://api.hetzner.cloud/v1/zones",
    zone: {
      id: ZONE,
      name: NAME,
      kind: "primary",
      state: "active",
      ttl: 3600,
      nameServers: NAME_SERVERS,
      createdAt: "2025-01-01T00:00:00Z",
      extra: {
        status: "ok",
        labels: {},
        isProtected: false,
        delegation: "valid",
        recordCount: 11,
        primaries: [],
      },
    },
    recordSets: [
      {
        id: "@ NS",
        name: "@",
        type: "NS",
        data: NAME_SERVERS,
        extra: records(...NAME_SERVERS.map((it) => `${it}.`)),
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
        extra: records("10 mx1.zone-1.example.", "20 mx2"),
      },
      {
        id: "www A",
        name: "www",
        type: "A",
        ttl: 300,
        data: ["192.0.2.1", "192.0.2.2"],
        extra: {
          labels: {},
          isProtected: false,
          records: [
            { value: "192.0.2.1", comment: "web-1" },
            { value: "192.0.2.2", comment: undefined },
          ],
        },
      },
      {
        id: "*.dev CNAME",
        name: "*.dev",
        type: "CNAME",
        ttl: 300,
        data: ["www.zone-1.example"],
        extra: records("www"),
      },
    ],
    total: "total_entries",
    errors: [
      refusal(401, "unauthorized", "InvalidCredsError"),
      refusal(403, "forbidden", "PermissionDeniedError"),
      refusal(403, "protected", "ConflictError"),
      refusal(412, "resource_unavailable", "ConflictError"),
      refusal(423, "resource_locked", "ConflictError"),
      refusal(404, "not_found", "NotFoundError"),
      refusal(409, "uniqueness_error", "ConflictError"),
      { ...refusal(409, "conflict", "ConflictError"), isBusy: true },
      { ...refusal(423, "locked", "ConflictError"), isBusy: true },
      refusal(422, "invalid_input", "ValidationError"),
      refusal(422, "incorrect_zone_mode", "ValidationError"),
      {
        ...refusal(429, "rate_limit_exceeded", "RateLimitReachedError"),
        // One request of 3600 comes back each second.
        headers: {
          date: "Thu, 15 Oct 2015 17:57:12 GMT",
          "ratelimit-limit": "3600",
          "ratelimit-remaining": "0",
          "ratelimit-reset": "1444935432",
        },
        retryAfterMs: 1000,
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
    "HINFO",
    "HTTPS",
    "MX",
    "NS",
    "PTR",
    "RP",
    "SOA",
    "SRV",
    "SVCB",
    "TLSA",
    "TXT",
  ],
  ttl: 120,
  misfits: [
    { name: "a", type: "A", ttl: 59, data: ["192.0.2.1"] },
    {
      name: "a",
      type: "A",
      data: Array.from({ length: 51 }, (_, index) => `192.0.2.${index}`),
    },
    { name: "a", type: "LOC", data: ["1 0 0.000 N 1 0 0.000 E 0.00m"] },
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: {
      sends: 'GET /v1/zones {"per_page":"50"}',
      returns: { id: ZONE, state: "active", ttl: 3600 },
    },
    getZone: {
      on: id(NAME),
      returns: { name: NAME, ttl: 3600 },
      responds: [
        ["ok", "active"],
        ["updating", "pending"],
        ["error", "error"],
        ["new word", "unknown"],
      ].map(([status, state]) => ({
        body: zoneWith({ status }),
        returns: { state, extra: { status } },
      })),
    },
    findZone: { with: [`a.www.${NAME}`], returns: { id: ZONE } },
    createZone: {
      options: {
        name: text("canary.example"),
        ttl: optional(count(600)),
        labels: { env: "prod" },
      },
      sends:
        'POST /v1/zones {"name":"canary.example","ttl":600,"mode":"primary","labels":{"env":"prod"}}',
      returns: { name: "canary.example", kind: "primary", ttl: 600 },
      refuses: [{ ttl: 59 }],
    },
    createSecondaryZone: {
      options: {
        name: text("canary.example"),
        ttl: optional(count(600)),
        primaries: ["192.0.2.53", "192.0.2.54:5300", "[2001:db8::1]:5300"],
      },
      sends:
        'POST /v1/zones {"name":"canary.example","ttl":600,"mode":"secondary","primary_nameservers":[{"address":"192.0.2.53"},{"address":"192.0.2.54","port":5300},{"address":"2001:db8::1","port":5300}]}',
      returns: {
        kind: "secondary",
        extra: {
          primaries: ["192.0.2.53", "192.0.2.54:5300", "[2001:db8::1]:5300"],
        },
      },
      refuses: [{ primaries: [] }, { primaries: "192.0.2.53" }],
    },
    updateZone: {
      on: id(NAME),
      options: { ttl: optional(count(600)) },
      sends: `POST ${PATH}/actions/change_ttl {"ttl":600}`,
      returns: { id: ZONE, ttl: 600 },
      refuses: [{ ttl: 59 }],
    },
    deleteZone: { on: id(NAME), sends: `DELETE ${PATH}` },
    listRecordSets: [
      {
        on: id(NAME),
        sends: `GET ${SETS} {"per_page":"100"}`,
        returns: { id: "www A", ttl: 300 },
      },
      {
        on: id(NAME),
        options: { name: "www", type: "AAAA" },
        sends: `GET ${SETS} {"name":"www","type":"AAAA"}`,
        returns: ["www AAAA"],
      },
      {
        on: id(NAME),
        options: { type: "SOA" },
        sends: `GET ${SETS} {"name":null,"type":"SOA"}`,
        returns: ["@ SOA"],
      },
      {
        on: id(NAME),
        // Hetzner has no such records.
        options: { type: "SSHFP" },
        sends: `GET ${SETS} {"type":null,"name":null}`,
        returns: [],
      },
    ],
    getRecordSet: {
      on: id(NAME),
      with: [{ name: "WWW", type: "A" }],
      sends: `GET ${SETS} {"name":"www","type":"A"}`,
      returns: { id: "www A", ttl: 300, data: ["192.0.2.1", "192.0.2.2"] },
    },
    setRecordSet: [
      {
        on: id(NAME),
        with: [SET],
        sends: `POST ${SETS} ${NEW}`,
        returns: DONE,
      },
      {
        on: id(NAME),
        with: [{ ...SET, name: "www" }],
        sends: [
          `POST ${SETS}/www/A/actions/set_records {"records":[{"value":"192.0.2.7"}]}`,
          // The next change is made when this one is applied.
          "GET /v1/zones/actions/1001",
          `POST ${SETS}/www/A/actions/change_ttl {"ttl":60}`,
        ],
        returns: DONE,
      },
    ],
    deleteRecordSet: {
      on: id(NAME),
      with: [{ name: "www", type: "AAAA" }],
      sends: `DELETE ${SETS}/www/AAAA`,
      returns: DONE,
    },
    changeRecordSets: {
      on: id(NAME),
      with: [[
        { action: "delete", before: { name: "www", type: "AAAA" } },
        { action: "create", after: SET },
      ]],
      sends: [`POST ${SETS} ${NEW}`, `DELETE ${SETS}/www/AAAA`],
      returns: DONE,
    },
    addRecord: {
      on: id(NAME),
      with: [{ ...SET, name: "www" }],
      sends:
        `POST ${SETS}/www/A/actions/add_records {"records":[{"value":"192.0.2.7"}]}`,
      returns: DONE,
    },
    removeRecord: {
      on: id(NAME),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      sends:
        `POST ${SETS}/www/A/actions/remove_records {"records":[{"value":"192.0.2.1"}]}`,
      returns: DONE,
    },
    waitForChange: { with: [{ state: "done" }], isStatic: true },
    exportZoneFile: { on: id(NAME), sends: `GET ${PATH}/zonefile` },
    importZoneFile: {
      on: id(NAME),
      with: [
        [
          "$ORIGIN zone-1.example.",
          `@ IN SOA ${
            NAME_SERVERS[0]
          }. dns.hetzner.com. 1 86400 10800 3600000 3600`,
          ...NAME_SERVERS.map((host) => `@ IN NS ${host}.`),
        ].join("\n"),
      ],
      sends: `POST ${PATH}/actions/import_zonefile`,
      returns: DONE,
    },
  },
};
