/**
 * Conformance of the DNS driver for OpenStack: facts, valid arguments of its
 * methods, and a simulated project.
 *
 * @module
 */

import type { RecordType } from "../../core/dns/mod.ts";
import { OpenStackDnsDriver } from "../../drivers/openstack/dns.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { RECORD_TYPES } from "../../simulators/openstack/_designate_records.ts";
import { type DnsSubject, id, optional, text } from "../../testing/mod.ts";
import { uuid, withLogin } from "../_support/openstack_subject.ts";
import { ACCOUNT, PROJECT } from "./openstack.ts";

const ZONES = "/v2/zones";
const ZONE = uuid("1001");
const [MX, TXT, WWW, WWW6, ALIAS] = ["1004", "1005", "1006", "1007", "1008"]
  .map(uuid);
const OTHER_ZONE = uuid("100a");
const CREATED_AT = "2026-11-28T18:35:01.000000";
const SETS = `${ZONES}/${ZONE}/recordsets`;

/** Options of the simulated projects. The types are those of a new release. */
const OPTIONS = {
  ...ACCOUNT,
  nodes: 0,
  zones: 2,
  dnsRecordTypes: [...RECORD_TYPES, "HTTPS", "SVCB", "TLSA"],
};

/**
 * Types of records that the driver can hold, and of which it holds the samples of
 * the suite. Of CAA, HTTPS and NAPTR it holds other ones.
 */
const TYPES: readonly RecordType[] = [
  ...["A", "AAAA", "CERT", "CNAME", "MX", "NS", "PTR", "SRV"] as const,
  ...["SSHFP", "SVCB", "TLSA", "TXT"] as const,
];

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;

const set = (
  id: string | undefined,
  name: string,
  type: string,
  data: readonly unknown[],
  ttl?: number,
  description?: string,
) => ({
  id,
  name,
  type,
  ttl,
  data,
  extra: { status: "ACTIVE", action: "NONE", description },
} as unknown as DnsSubject["expected"]["recordSets"][number]);

const refusal = (
  status: number,
  code: string,
  errorClass: string,
  more: object = { message: `the ${code}` },
) => ({
  status,
  code,
  errorClass,
  reason: `the ${code}`,
  requestId: "req-1",
  headers: { "x-openstack-request-id": "req-1" },
  body: JSON.stringify({ code: status, type: code, ...more }),
});

/**
 * Creates a simulator whose zones are old, and one of which has a status that
 * old releases have.
 */
function createSimulator() {
  const simulator = new OpenStackSimulator(OPTIONS);
  return {
    fetch: async (request: Request) => {
      const response = await simulator.fetch(request);
      const isRead = request.method === "GET" && response.ok;
      if (!isRead || !/\/v2\/zones(?:\?|$)/.test(request.url)) return response;
      const text = (await response.text())
        .replaceAll(/(?<="created_at":")[^"]*/g, CREATED_AT)
        .replace(/(?<="zone-2.example.".*?"status":")ACTIVE/, "DELETED");
      return new Response(text, response);
    },
  };
}

const a = (name: string, type: string, ...data: readonly unknown[]) =>
  ({ name, type, data }) as unknown as NonNullable<
    DnsSubject["misfits"]
  >[number];

const caa = (flags: number, tag: string, value: string) =>
  a("caa", "CAA", { flags, tag, value });

const naptr = (changes: object) =>
  a("naptr", "NAPTR", {
    order: 1,
    preference: 2,
    flags: "S",
    services: "SIP+D2U",
    regexp: "!^.*$!sip:a@b!",
    replacement: "a.example.net",
    ...changes,
  });

const https = (params: object, target = "a.example.net") =>
  a("https", "HTTPS", { priority: 1, target, params });

const HEX = "ab".repeat(32);

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: OpenStackDnsDriver,
  credentials: { password: ACCOUNT.password },
  wrongCredentials: { password: "wrong" },
  settings: {
    authUrl: new OpenStackSimulator().credentials.authUrl,
    username: ACCOUNT.username,
    projectName: ACCOUNT.projectName,
  },
  createSimulator: () => createSimulator(),
  isWrite: ({ method, url }) => method !== "GET" && !url.endsWith("/tokens"),
  expected: {
    zone: {
      id: ZONE,
      name: "zone-1.example",
      kind: "primary",
      state: "active",
      ttl: 3600,
      nameServers: ["ns1.example.net"],
      extra: {
        status: "ACTIVE",
        action: "NONE",
        email: "hostmaster@zone.example",
        description: undefined,
        primaries: [],
        projectId: PROJECT,
      },
    },
    recordSets: [
      set(MX, "@", "MX", [
        { preference: 10, host: "mx1.zone-1.example" },
        { preference: 20, host: "mx2.zone-1.example" },
      ], 300),
      set(TXT, "@", "TXT", ["v=spf1 mx -all"]),
      set(WWW, "www", "A", ["192.0.2.1", "192.0.2.2"], 300, "Web servers"),
      set(WWW6, "www", "AAAA", ["2001:db8::1"], 300),
      set(ALIAS, "*.dev", "CNAME", ["www.zone-1.example"], 300),
    ],
    errors: [
      refusal(400, "invalid_object", "ValidationError"),
      refusal(400, "invalid_object", "ValidationError", {
        errors: {
          errors: [{ path: ["records", 0], message: "the invalid_object" }],
        },
      }),
      refusal(403, "forbidden", "PermissionDeniedError"),
      {
        status: 403,
        errorClass: "PermissionDeniedError",
        body: "",
        reason: "",
      },
      refusal(404, "zone_not_found", "NotFoundError"),
      refusal(409, "duplicate_zone", "ConflictError"),
      refusal(413, "over_quota", "PermissionDeniedError"),
      // Of a gateway in front of Designate, which has no rate limit.
      {
        ...refusal(413, "overLimit", "RateLimitReachedError"),
        body: JSON.stringify({
          overLimit: { code: 413, message: "the overLimit", retryAfter: 1 },
        }),
        retryAfterMs: 1000,
        isBusy: true,
      },
    ],
  },
  create: { name: "new.example" },
  types: TYPES,
  ttl: 120,
  misfits: [
    a("a.*.b", "A", "192.0.2.1"),
    a("-a", "A", "192.0.2.1"),
    a("a-.b", "A", "192.0.2.1"),
    a("a/b", "A", "192.0.2.1"),
    a("a\\.b", "A", "192.0.2.1"),
    a("@", "CNAME", "a.example.net"),
    a("@", "NS", "ns1.example.net"),
    a("*", "NS", "ns1.example.net"),
    a("cname", "CNAME", "."),
    a("cname", "CNAME", "a/b.example.net"),
    a("ptr", "PTR", "-a.example.net"),
    a("sip", "SRV", {
      priority: 1,
      weight: 2,
      port: 3,
      host: "a.example.net",
    }),
    a("_sip._tcp", "SRV", { priority: 0, weight: 0, port: 0, host: "." }),
    a("txt", "TXT", ["a", "b"]),
    a("txt", "TXT", ["y", "x".repeat(254)]),
    a("spf", "SPF", '"a" "b"'),
    a("sshfp", "SSHFP", {
      algorithm: 6,
      fingerprintType: 2,
      fingerprint: HEX,
    }),
    a("sshfp", "SSHFP", {
      algorithm: 4,
      fingerprintType: 3,
      fingerprint: HEX,
    }),
    a("sshfp", "SSHFP", {
      algorithm: 4,
      fingerprintType: 2,
      fingerprint: "abcd",
    }),
    a("_443._tcp", "TLSA", {
      usage: 3,
      selector: 1,
      matchingType: 2,
      data: HEX,
    }),
    a("cert", "CERT", "DPKIX 1 2 AAAA"),
    a("cert", "CERT", "PKIX 1 NONE AAAA"),
    caa(2, "issue", "ca.example.net"),
    caa(0, "contactemail", "a@example.net"),
    caa(0, "issue", ";"),
    caa(0, "issue", "ca.example.net; policy=ev"),
    caa(0, "iodef", "ca@example.net"),
    caa(0, "iodef", "mailto:a b@example.net"),
    caa(0, "iodef", "https://example.net"),
    naptr({ flags: "u" }),
    naptr({ flags: "" }),
    naptr({ services: "" }),
    naptr({ regexp: "" }),
    naptr({ regexp: '"a"b"' }),
    naptr({ replacement: "." }),
    https({}, "."),
    https({ key65000: "a" }),
    https({ alpn: "imap" }),
  ],
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: withLogin({
    listZones: {
      sends: `GET ${ZONES} {"limit":"1000"}`,
      returns: [
        {
          id: ZONE,
          name: "zone-1.example",
          state: "active",
          nameServers: [],
          createdAt: `${CREATED_AT}Z`,
        },
        { id: OTHER_ZONE, name: "zone-2.example", state: "unknown" },
      ],
    },
    getZone: {
      on: id(ZONE),
      sends: [`GET ${ZONES}/${ZONE}`, `GET ${ZONES}/${ZONE}/nameservers`],
      returns: { name: "zone-1.example", nameServers: ["ns1.example.net"] },
    },
    findZone: {
      with: ["a.www.zone-1.example"],
      sends: [
        `GET ${ZONES} {"name":"a.www.zone-1.example."}`,
        `GET ${ZONES} {"name":"www.zone-1.example."}`,
        `GET ${ZONES} {"name":"zone-1.example."}`,
        `GET ${ZONES}/${ZONE}/nameservers`,
      ],
      returns: { id: ZONE, nameServers: ["ns1.example.net"] },
    },
    createZone: [
      {
        options: {
          name: text("canary.example"),
          ttl: 60,
          email: optional(text("dns@example.net")),
          description: "for tests",
        },
        sends:
          `POST ${ZONES} {"name":"canary.example.","email":"dns@example.net","ttl":60,"description":"for tests","type":null}`,
        returns: {
          name: "canary.example",
          kind: "primary",
          state: "pending",
          ttl: 60,
          nameServers: ["ns1.example.net"],
          extra: { email: "dns@example.net", description: "for tests" },
        },
        refuses: [
          { name: "example" },
          { name: "a/b.example" },
          { name: "-a.example" },
          { email: "dns" },
          { email: "a@b@example.net" },
          { ttl: -1 },
          { ttl: 2 ** 31 },
        ],
      },
      {
        options: { name: text("canary.example") },
        sends:
          `POST ${ZONES} {"name":"canary.example.","email":"hostmaster@canary.example","ttl":null,"description":null}`,
        returns: { ttl: 3600 },
      },
    ],
    createSecondaryZone: {
      options: { name: text("canary.example"), primaries: ["192.0.2.53"] },
      sends:
        `POST ${ZONES} {"name":"canary.example.","type":"SECONDARY","masters":["192.0.2.53"],"email":null}`,
      returns: { kind: "secondary", extra: { primaries: ["192.0.2.53"] } },
      refuses: [
        { primaries: [] },
        { primaries: "192.0.2.53" },
        { name: "example" },
        { ttl: 60 },
      ],
    },
    updateZone: [
      {
        on: id(ZONE),
        options: {
          ttl: 60,
          email: optional(text("dns@example.net")),
          description: "for tests",
        },
        sends:
          `PATCH ${ZONES}/${ZONE} {"ttl":60,"email":"dns@example.net","description":"for tests"}`,
        returns: {
          ttl: 60,
          nameServers: ["ns1.example.net"],
          extra: { email: "dns@example.net", description: "for tests" },
        },
        refuses: [{ ttl: -1 }, { email: "dns" }],
      },
      {
        on: id(ZONE),
        options: { description: "" },
        sends: `PATCH ${ZONES}/${ZONE} {"ttl":null,"description":""}`,
        returns: { ttl: 3600 },
      },
    ],
    deleteZone: {
      on: id(ZONE),
      sends: [`DELETE ${ZONES}/${ZONE}`, `GET ${ZONES}/${ZONE}`],
    },
    listRecordSets: [
      {
        on: id(ZONE),
        sends: `GET ${SETS} {"limit":"1000","name":null,"type":null}`,
        returns: { id: WWW, name: "www", ttl: 300 },
      },
      {
        on: id(ZONE),
        options: { name: "www", type: "AAAA" },
        sends: `GET ${SETS} {"name":"www.*","type":"AAAA"}`,
        returns: [WWW6],
      },
      {
        on: id(ZONE),
        options: { type: "CNAME" },
        sends: `GET ${SETS} {"name":null,"type":"CNAME"}`,
        returns: [ALIAS],
      },
      // It has no values.
      { on: id(ZONE), options: { name: "empty" }, returns: [] },
    ],
    getRecordSet: {
      on: id(ZONE),
      with: [{ name: "WWW", type: "A" }],
      sends: `GET ${SETS} {"name":"www.*","type":"A"}`,
      returns: { id: WWW, ttl: 300 },
    },
    setRecordSet: [
      {
        on: id(ZONE),
        with: [SET],
        sends:
          `POST ${SETS} {"name":"new.zone-1.example.","type":"A","ttl":60,"records":["192.0.2.7"]}`,
        returns: { id: ZONE, state: "pending" },
      },
      {
        on: id(ZONE),
        with: [{ name: "www", type: "A", data: ["192.0.2.7"] }],
        sends: `PUT ${SETS}/${WWW} {"ttl":null,"records":["192.0.2.7"]}`,
        returns: { id: ZONE, state: "pending" },
      },
      {
        // The set exists, but has no values.
        on: id(ZONE),
        with: [{ ...SET, name: "empty" }],
        sends: `PUT ${SETS}/${uuid("1009")} {"ttl":60,"records":["192.0.2.7"]}`,
      },
    ],
    deleteRecordSet: {
      on: id(ZONE),
      with: [{ name: "www", type: "AAAA" }],
      sends: `DELETE ${SETS}/${WWW6}`,
      returns: { id: ZONE, state: "pending" },
    },
    changeRecordSets: {
      on: id(ZONE),
      with: [[
        { action: "delete", before: { name: "www", type: "AAAA" } },
        { action: "create", after: SET },
      ]],
      sends: [
        `POST ${SETS} {"name":"new.zone-1.example.","type":"A","ttl":60,"records":["192.0.2.7"]}`,
        `DELETE ${SETS}/${WWW6}`,
      ],
      returns: { id: ZONE, state: "pending" },
    },
    addRecord: {
      on: id(ZONE),
      with: [SET],
      options: { settleMs: 0 },
      sends:
        `POST ${SETS} {"name":"new.zone-1.example.","type":"A","ttl":60,"records":["192.0.2.7"]}`,
      returns: { id: ZONE, state: "pending" },
    },
    removeRecord: {
      on: id(ZONE),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      options: { settleMs: 0 },
      sends: `PUT ${SETS}/${WWW} {"ttl":300,"records":["192.0.2.2"]}`,
      returns: { id: ZONE, state: "pending" },
    },
    waitForChange: {
      with: [{ id: ZONE, state: "pending" }],
      sends: `GET ${ZONES}/${ZONE}`,
      returns: { id: ZONE, state: "done" },
    },
    exportZoneFile: {
      on: id(ZONE),
      sends: [
        `POST ${ZONES}/${ZONE}/tasks/export`,
        `DELETE ${ZONES}/tasks/exports/${uuid("101e")}`,
      ],
    },
  }),
};
