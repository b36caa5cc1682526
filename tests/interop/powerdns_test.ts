/**
 * Runs the driver against a real PowerDNS: the parts of the conformance suite
 * about zones, record sets, changes and writers, and what the server then serves
 * by DNS.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { RecordSetInput } from "../../core/dns/mod.ts";
import { PowerDnsDriver } from "../../drivers/powerdns/dns.ts";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";
import { dnsConformance, type DnsSubject } from "../../testing/mod.ts";
import { SAMPLES, TEXTS } from "../../testing/dns/samples.ts";
import { query } from "../_support/dns_query.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import { subject } from "../conformance/powerdns_dns.ts";
import { FILES, type PowerDns, startPowerDns } from "../services/powerdns.ts";

/** Parts of the suite that a real server can run. */
const PARTS = ["zones", "record-sets", "changes", "writers"];

const ZONES = "/api/v1/servers/localhost/zones";

const test = (name: string, run: (server: PowerDns) => Promise<void>) =>
  Deno.test({
    ...needs(name, { commands: [PYTHON, ...Object.values(FILES)] }),
    async fn() {
      await using server = await startPowerDns();
      await run(server);
    },
  });

test("PowerDnsDriver passes the conformance suite against a real PowerDNS", async (server) => {
  const real: DnsSubject = {
    ...subject,
    credentials: { apiKey: server.apiKey },
    settings: { baseUrl: server.url },
    createSimulator: () => withZones(server),
    expected: {
      ...subject.expected,
      baseUrl: `${server.url}${ZONES.replace(/zones$/, "")}`,
    },
  };
  const checks = dnsConformance(real)
    .filter(({ see = "" }) => PARTS.includes(see));
  assert(checks.length > 40, `${checks.length} checks`);
  const failures: string[] = [];
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      failures.push(`${name}: ${error}`);
    }
  }
  assertEquals(failures, []);
  console.log(`${checks.length} checks pass against a real PowerDNS`);
});

test("PowerDNS serves the data of every type as it was set", async (server) => {
  const dns = connect(server);
  const zone = await dns.createZone({ name: "served.example" });
  for (const sample of SAMPLES) {
    const set = { ...sample, ttl: 77 } as RecordSetInput;
    await dns.setRecordSet(zone, set);
    const name = set.name === "@" ? zone.name : `${set.name}.${zone.name}`;
    const served = await query(server.dnsPort, name, set.type);
    assertEquals(
      served.map(({ fields }) => JSON.stringify(fields)).sort(),
      set.data.map((data) => JSON.stringify(toFields(set.type, data))).sort(),
      `the data of ${set.type}`,
    );
    assertEquals(new Set(served.map(({ ttl }) => ttl)), new Set([77]));
  }
});

test("PowerDNS serves every byte and every text in TXT as it was set", async (server) => {
  const dns = connect(server);
  const zone = await dns.createZone({ name: "text.example" });
  const cuts = [["a", "b"], ["", "x".repeat(255), "y"]];
  for (const [index, text] of [...TEXTS, ...cuts].entries()) {
    const name = `t${index}`;
    await dns.setRecordSet(zone, { name, type: "TXT", data: [text] });
    const [served, ...more] = await query(
      server.dnsPort,
      `${name}.${zone.name}`,
      "TXT",
    );
    assertEquals(more, []);
    const [strings] = served!.fields as [readonly string[]];
    assert(strings.every(({ length }) => length <= 255));
    if (typeof text === "string") {
      assertEquals(strings.join(""), toBytes(text));
    } else {
      assertEquals(strings, text.map(toBytes));
    }
  }
});

/** The server with the zones that the simulator has at the start. */
function withZones({ url, apiKey }: PowerDns) {
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: { "X-API-Key": apiKey, Accept: "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    assert(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const seed = async () => {
    for (const { id } of await send("GET", ZONES)) {
      await send("DELETE", `${ZONES}/${encodeURIComponent(id)}`);
    }
    const { zones } = new PowerDnsSimulator({ zones: 2 }).inventory();
    for (const { name, rrsets } of zones) {
      const own = rrsets.filter(({ type }) => type !== "SOA");
      await send("POST", ZONES, { name, kind: "Native", rrsets: own });
    }
  };
  let seeded: Promise<void> | undefined;
  return {
    fetch: async (request: Request) => {
      await (seeded ??= seed());
      return await fetch(request);
    },
  };
}

function connect({ url, apiKey }: PowerDns): PowerDnsDriver {
  return new PowerDnsDriver({ apiKey, baseUrl: url });
}

/** The fields of data as they are on the wire. Written by hand, for SAMPLES. */
function toFields(type: string, data: unknown): readonly unknown[] {
  const values = Object.values(Object(data) as Record<string, unknown>);
  switch (type) {
    case "AAAA":
      return [
        {
          "2001:db8::7": "2001:db8:0:0:0:0:0:7",
          "::1": "0:0:0:0:0:0:0:1",
        }[data as string],
      ];
    case "TXT":
      return [[data]];
    case "CAA":
      return values;
    case "MX":
    case "SRV":
      return values;
    case "DS":
    case "SSHFP":
    case "TLSA":
      return values.map((it) => typeof it === "string" ? fromHex(it) : it);
    case "NAPTR":
      return values.map((it) => it === "." ? "" : it);
    case "SVCB":
      return [0, "alias.example.net", ""];
    case "HTTPS":
      return [
        1,
        "",
        // alpn, port and ipv4hint, each with its key and its length.
        "\x00\x01\x00\x06\x02h2\x02h3" + "\x00\x03\x00\x02\x20\xfb" +
        "\x00\x04\x00\x04\xc0\x00\x02\x07",
      ];
    case "CERT":
      return [1, 2, 3, "\0\0\0"];
    case "HINFO":
      return ["a b", "c"];
    case "URI":
      return [10, 1, "ftp://ftp.example.net/a"];
    case "TYPE65280":
      return ["\xab\xcd\xef"];
    default:
      return [(data as string).replace(/\.$/, "")];
  }
}

function fromHex(text: string): string {
  return text.replace(
    /../g,
    (digits) => String.fromCharCode(parseInt(digits, 16)),
  );
}

/** UTF-8, and lone surrogates as single bytes; each character is one byte. */
function toBytes(text: string): string {
  return [...text].map((character) => {
    const code = character.charCodeAt(0);
    return character.length === 1 && code >= 0xdc80 && code <= 0xdcff
      ? String.fromCharCode(code - 0xdc00)
      : String.fromCharCode(...new TextEncoder().encode(character));
  }).join("");
}
