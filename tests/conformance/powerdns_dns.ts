/**
 * Conformance of the driver for PowerDNS: facts, valid arguments of its methods,
 * and a simulated server.
 *
 * @module
 */

import type { RecordType } from "../../core/dns/mod.ts";
import { PowerDnsDriver } from "../../drivers/powerdns/dns.ts";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";
import { type DnsSubject, id, text } from "../../testing/mod.ts";

const ZONES = "/api/v1/servers/localhost/zones";
const ZONE = "zone-1.example.";
const SERVER = { apiKey: "canary-key", zones: 2 };

const SET = { name: "new", type: "A", ttl: 60, data: ["192.0.2.7"] } as const;
const MX = {
  name: "@",
  type: "MX",
  data: [{ preference: 30, host: "mx3.example.net" }],
} as const;

/** Types of records that the server can hold, and that are not obsolete. */
const TYPES: readonly RecordType[] = [
  ...["A", "AAAA", "CAA", "CERT", "CNAME", "DNAME", "DS", "HINFO"] as const,
  ...["HTTPS", "MX", "NAPTR", "NS", "PTR", "SRV", "SSHFP", "SVCB"] as const,
  ...["TLSA", "TXT", "TYPE65280", "URI"] as const,
];

const noExtra = { disabled: [], comments: [] };

/** A write of record sets. */
const patch = (...rrsets: readonly unknown[]) =>
  `PATCH ${ZONES}/${ZONE} ${JSON.stringify({ rrsets })}`;

const replace = (name: string, type: string, ttl: number, content: string) => ({
  name,
  type,
  ttl,
  changetype: "REPLACE",
  records: [{ content, disabled: false }],
});

/** A record set of a response. */
const rrset = (name: string, type: string, content: string) => ({
  name,
  type,
  ttl: 60,
  records: [{ content, disabled: false }],
  comments: [],
});

/** The body of a response with a zone. */
const zoneJson = (...rrsets: readonly unknown[]) =>
  JSON.stringify({ id: ZONE, name: ZONE, kind: "Native", rrsets });

const refusal = (
  status: number,
  errorClass: string,
  body: string,
  reason = "",
) => ({ status, errorClass, body, reason });

/** The driver under test. */
export const subject: DnsSubject = {
  Driver: PowerDnsDriver,
  credentials: { apiKey: SERVER.apiKey },
  wrongCredentials: { apiKey: "wrong" },
  createSimulator: () => new PowerDnsSimulator(SERVER),
  hasArrayBodies: true,
  expected: {
    baseUrl: "http://127.0.0.1:8081/api/v1/servers/localhost/",
    zone: {
      id: ZONE,
      name: "zone-1.example",
      kind: "primary",
      state: "active",
      nameServers: ["ns1.example.net", "ns2.example.net"],
      extra: { kind: "Native", primaries: [], account: undefined },
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
        extra: noExtra,
      },
      {
        id: "@ TXT",
        name: "@",
        type: "TXT",
        ttl: 3600,
        data: ["v=spf1 mx -all"],
        extra: noExtra,
      },
      {
        id: "www A",
        name: "www",
        type: "A",
        ttl: 300,
        data: ["192.0.2.1", "192.0.2.2"],
        extra: noExtra,
      },
      {
        id: "*.dev CNAME",
        name: "*.dev",
        type: "CNAME",
        ttl: 300,
        data: ["www.zone-1.example"],
        extra: noExtra,
      },
    ],
    errors: [
      refusal(400, "ValidationError", '{"error":"Bad Request"}', "Bad Request"),
      refusal(401, "InvalidCredsError", '{"error":"Unauthorized"}'),
      refusal(401, "InvalidCredsError", "Unauthorized"),
      refusal(404, "NotFoundError", '{"error":"Not Found"}', "Not Found"),
      refusal(404, "NotFoundError", "Not Found"),
      refusal(409, "ConflictError", "Conflict"),
      refusal(
        422,
        "ValidationError",
        `{"error":"DNS Name 'x' is not canonical"}`,
        "DNS Name 'x' is not canonical",
      ),
      refusal(
        422,
        "ValidationError",
        '{"error":"Several","errors":["one","two"]}',
        "Several one two",
      ),
    ],
  },
  create: { name: "new.example", nameServers: ["ns1.example.net"] },
  types: TYPES,
  ttl: 120,
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listZones: {
      sends: `GET ${ZONES} {"dnssec":"false"}`,
      returns: {
        id: ZONE,
        name: "zone-1.example",
        kind: "primary",
        nameServers: [],
      },
    },
    getZone: {
      on: id(ZONE),
      sends:
        `GET ${ZONES}/${ZONE} {"rrset_name":"zone-1.example.","rrset_type":"NS"}`,
      returns: { name: "zone-1.example" },
      // The filter lets record sets through that have comments.
      responds: [{
        body: zoneJson(
          rrset("zone-1.example.", "NS", "ns1.example.net."),
          rrset("sub.zone-1.example.", "NS", "ns2.example.net."),
          rrset("zone-1.example.", "TXT", '"ns3.example.net."'),
          {
            ...rrset("zone-1.example.", "NS", "ns4.example.net."),
            records: [{ content: "ns4.example.net.", disabled: true }],
          },
        ),
        returns: { nameServers: ["ns1.example.net"] },
      }],
    },
    findZone: {
      with: ["a.www.zone-1.example"],
      returns: { id: ZONE },
    },
    createZone: [
      {
        options: {
          name: text("canary.example"),
          nameServers: [text("ns1.example.net")],
          kind: "Master",
        },
        sends:
          `POST ${ZONES} {"name":"canary.example.","kind":"Master","nameservers":["ns1.example.net."]}`,
        returns: {
          id: "canary.example.",
          name: "canary.example",
          nameServers: ["ns1.example.net"],
          extra: { kind: "Master" },
        },
        refuses: [{ ttl: 60 }, { kind: "Slave" }, { nameServers: "ns1" }],
      },
      {
        options: { name: text("canary.example") },
        sends:
          `POST ${ZONES} {"name":"canary.example.","kind":"Native","nameservers":[]}`,
      },
    ],
    createSecondaryZone: {
      options: {
        name: text("canary.example"),
        primaries: ["192.0.2.53", "[2001:db8::1]:5300"],
      },
      sends:
        `POST ${ZONES} {"name":"canary.example.","kind":"Slave","masters":["192.0.2.53","[2001:db8::1]:5300"],"nameservers":[]}`,
      returns: {
        kind: "secondary",
        extra: { primaries: ["192.0.2.53", "[2001:db8::1]:5300"] },
      },
      refuses: [{ primaries: [] }, { primaries: "192.0.2.53" }, { ttl: 60 }],
    },
    deleteZone: { on: id(ZONE), sends: `DELETE ${ZONES}/${ZONE}` },
    listRecordSets: [
      {
        on: id(ZONE),
        returns: { id: "www A", ttl: 300 },
        responds: [{
          body: zoneJson({
            ...rrset("WWW.zone-1.example.", "A", "192.0.2.1"),
            records: [
              { content: "192.0.2.1", disabled: false },
              { content: "192.0.2.2", disabled: true },
            ],
            comments: [
              { content: "hi", account: "me", modified_at: 1_700_000_000 },
              { content: "ho", account: "", modified_at: 0 },
            ],
          }, { ...rrset("none.zone-1.example.", "A", ""), records: [] }),
          returns: [{
            id: "www A",
            data: ["192.0.2.1"],
            extra: {
              disabled: ["192.0.2.2"],
              comments: [
                {
                  content: "hi",
                  account: "me",
                  modifiedAt: "2023-11-14T22:13:20.000Z",
                },
                { content: "ho", account: "", modifiedAt: undefined },
              ],
            },
          }],
        }],
      },
      {
        on: id(ZONE),
        options: { name: "www", type: "AAAA" },
        sends:
          `GET ${ZONES}/${ZONE} {"rrset_name":"www.zone-1.example.","rrset_type":"AAAA"}`,
        returns: ["www AAAA"],
      },
      {
        on: id(ZONE),
        options: { type: "CNAME" },
        sends: `GET ${ZONES}/${ZONE} {"rrset_type":null}`,
        returns: ["*.dev CNAME"],
      },
    ],
    getRecordSet: {
      on: id(ZONE),
      with: [{ name: "WWW", type: "A" }],
      sends:
        `GET ${ZONES}/${ZONE} {"rrset_name":"www.zone-1.example.","rrset_type":"A"}`,
      returns: { id: "www A", ttl: 300, data: ["192.0.2.1", "192.0.2.2"] },
    },
    setRecordSet: [
      {
        on: id(ZONE),
        with: [SET],
        sends: patch(replace("new.zone-1.example.", "A", 60, "192.0.2.7")),
        returns: { state: "done" },
      },
      {
        on: id(ZONE),
        with: [MX],
        sends: patch(
          replace("zone-1.example.", "MX", 3600, "30 mx3.example.net."),
        ),
      },
    ],
    deleteRecordSet: {
      on: id(ZONE),
      with: [{ name: "www", type: "AAAA" }],
      sends: patch({
        name: "www.zone-1.example.",
        type: "AAAA",
        changetype: "DELETE",
      }),
      returns: { state: "done" },
    },
    changeRecordSets: {
      on: id(ZONE),
      with: [[
        { action: "delete", before: { name: "www", type: "AAAA" } },
        { action: "create", after: SET },
      ]],
      sends: patch(
        replace("new.zone-1.example.", "A", 60, "192.0.2.7"),
        { name: "www.zone-1.example.", type: "AAAA", changetype: "DELETE" },
      ),
      returns: { state: "done" },
    },
    addRecord: {
      on: id(ZONE),
      with: [SET],
      options: { settleMs: 2 },
      sends: patch(replace("new.zone-1.example.", "A", 60, "192.0.2.7")),
      returns: { state: "done" },
    },
    removeRecord: {
      on: id(ZONE),
      with: [{ name: "www", type: "A", data: ["192.0.2.1"] }],
      options: { settleMs: 2 },
      sends: patch(replace("www.zone-1.example.", "A", 300, "192.0.2.2")),
      returns: { state: "done" },
    },
    // PowerDNS does not tell when its servers have a change.
    waitForChange: { with: [{ state: "done" }], isStatic: true },
    exportZoneFile: { on: id(ZONE), sends: `GET ${ZONES}/${ZONE}/export` },
    getDnssec: {
      on: id(ZONE),
      sends: `GET ${ZONES}/${ZONE}/cryptokeys`,
      returns: { isSigned: false, ds: [] },
      responds: [{
        body: JSON.stringify([
          { active: false, ds: ["1 13 2 ab"] },
          { active: true, ds: ["7626 13 2 ABCD", "7626 13 4 ef"] },
        ]),
        returns: {
          isSigned: true,
          ds: [
            { keyTag: 7626, algorithm: 13, digestType: 2, digest: "abcd" },
            { keyTag: 7626, algorithm: 13, digestType: 4, digest: "ef" },
          ],
        },
      }],
    },
    setDnssec: {
      on: id(ZONE),
      options: { isSigned: true },
      sends: `PUT ${ZONES}/${ZONE} {"dnssec":true}`,
      refuses: [{ isSigned: undefined }, { isSigned: "yes" }],
    },
  },
};
