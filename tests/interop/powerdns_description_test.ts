/**
 * Checks the driver and the simulator against the published OpenAPI description of
 * PowerDNS, and the simulator against recorded responses of a real server. Both
 * are not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";
import { dnsConformance } from "../../testing/mod.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/powerdns_dns.ts";

const FILE = "powerdns.openapi.json";
const SAMPLES = "powerdns.samples.json";

/** A recorded call. */
interface Sample {
  readonly note?: string;
  readonly request: string;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** Paths that the simulator does not have. */
const MISSING =
  /metadata|cryptokeys|tsigkeys|search|config|statistics|autoprim|notify|axfr|rectify|flush|\/api(?:\/v1)?$/;

const description = await readReference(FILE);
const samples = await readReference<{ readonly calls: readonly Sample[] }>(
  SAMPLES,
);

Deno.test({
  ...needsReference(
    "requests and responses match the description of PowerDNS",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    const checks = dnsConformance({
      ...subject,
      description: {
        url,
        prefix: "/api/v1",
        except: [
          // Responses have no changetype, although the schema requires it.
          /^response .* must have required property 'changetype'/,
          // The texts say that a DELETE must have no TTL and no records.
          /^request of PATCH .* must have required property '(?:ttl|records)'/,
          // The texts say that the list has no rrsets, but it is newer than 4.7.
          /include_disabled in its query/,
          // It is an object with the text if the request accepts JSON.
          /^response 200 of GET .*\/export must be string/,
          // Version 4.7 sends it, and the description lacks it.
          /^response .* \{"unevaluatedProperty":"last_check"\}$/,
        ],
      },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});

Deno.test({
  ...needsReference(
    "PowerDnsSimulator responds as the real server did when it was recorded",
    SAMPLES,
    samples,
  ),
  async fn() {
    const simulator = new PowerDnsSimulator({
      now: () => Date.parse("2026-11-28T18:32:53Z"),
    });
    const calls = samples!.calls
      .filter(({ request }) => !MISSING.test(request));
    assert(calls.length > 150, `${calls.length} calls`);
    let bodies = 0;
    for (const { note = "", request, body, status, answer } of calls) {
      const [method = "", path = ""] = request.split(" ");
      // Runs of x are abbreviated.
      const text = typeof body === "string" ? body : JSON.stringify(body)
        ?.replace(/x\*(\d+)/g, (_, count) => "x".repeat(Number(count)));
      const response = await simulator.fetch(
        new Request(`http://127.0.0.1/api/v1${path}`, {
          method,
          headers: headersFor(note, simulator.credentials.apiKey),
          body: text ?? null,
        }),
      );
      const received = await response.text();
      assertEquals(
        [note, request, response.status],
        [note, request, status],
        received,
      );
      // A PATCH or a DELETE that succeeds has no body.
      if (status === 204) assertEquals(received, "");
      if (status !== 422 || typeof answer !== "object") continue;
      // The part of the reason that names the field or the rule.
      const { error } = answer as { readonly error: string };
      const reason = error.replace(/(?:: (?:Not in|Parsing)| \(parsed).*/, "")
        .replace(/:? Unable to convert.*/, "");
      if (/\\\d{3}/.test(reason)) continue;
      const { error: ours } = JSON.parse(received);
      if (ours.startsWith(reason)) bodies++;
      else assert(/canonical/.test(reason), `${reason} is not in ${ours}`);
    }
    console.log(`${calls.length} responses, ${bodies} reasons are the same`);
  },
});

function headersFor(note: string, apiKey: string): Record<string, string> {
  const key = /^no key|^401/.test(note)
    ? {}
    : { "X-API-Key": note === "bad key" ? "wrong" : apiKey };
  const accept = /json accept|accept json/.test(note)
    ? { Accept: "application/json" }
    : {};
  return { ...key, ...accept } as Record<string, string>;
}
