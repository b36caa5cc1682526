/**
 * Checks the simulator against recorded responses of a real Designate, which are
 * not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { needsReference, readReference } from "../_support/reference.ts";

const SAMPLES = "designate.samples.json";

/** A recorded call. */
interface Sample {
  readonly note?: string;
  readonly request: string;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** Calls that the simulator does not have: it has one project and one role. */
const MISSING =
  /transfer_|imports|tasks\/(?:xfr|abandon)|shares|floatingips|tlds|pools|blacklists|service_statuses|tsigkeys|sort_key=name|quotas/;
const OTHER_PROJECT =
  /other project|all projects|readonly|admin|sudo|over quota|as demo|B as|imported|wrong accept|Accept json|bad key/;

const samples = await readReference<{ readonly calls: readonly Sample[] }>(
  SAMPLES,
);

/** Runs of x and y are abbreviated. */
function callsIn(samples: { readonly calls: readonly Sample[] }) {
  const text = JSON.stringify(samples.calls).replace(
    /([xy])\*(\d+)/g,
    (_, char, count) => char.repeat(Number(count)),
  );
  return JSON.parse(text) as readonly Sample[];
}

/** The part of an error that people read, or the keys of a record. */
function summaryOf(body: unknown): unknown {
  const { code, type, message, errors, ...rest } = Object(body) as Record<
    string,
    unknown
  >;
  if (typeof code === "number") return { code, type, message, errors };
  return Object.keys({ ...rest, type }).sort();
}

/** Finds the ids in a body, in their order. */
function idsIn(body: unknown): string[] {
  const { id, zones, recordsets } = Object(body) as Record<string, unknown>;
  const items = [zones ?? [], recordsets ?? []].flat().flatMap(idsIn);
  return typeof id === "string" ? [id, ...items] : items;
}

Deno.test({
  ...needsReference(
    "OpenStackSimulator responds as a real Designate did when it was recorded",
    SAMPLES,
    samples,
  ),
  async fn() {
    let now = Date.parse("2026-11-28T18:34:00Z");
    const simulator = new OpenStackSimulator({
      createMs: 5000,
      actionMs: 5000,
      now: () => now,
    });
    const token = await login(simulator);
    const ids = new Map<string, string>();
    let errors = 0;
    let records = 0;
    for (
      const { note = "", request, body, status, answer } of callsIn(samples!)
    ) {
      if (MISSING.test(request) || OTHER_PROJECT.test(note)) continue;
      // Then the change before has been published.
      now += /^(?:active|delete|gone|zone active)$/.test(note) ? 10_000 : 100;
      const [method = "", path = ""] = request.replace(
        /[\da-f]{8}-1111-4222-8333-444455556666/g,
        (id) => ids.get(id) ?? id,
      ).split(" ");
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await simulator.fetch(
        new Request(`https://designate.openstack.example${path}`, {
          method,
          headers: {
            ...!/no token|bad token/.test(note) && { "X-Auth-Token": token },
            "Content-Type": note === "wrong content type"
              ? "text/plain"
              : "application/json",
          },
          body: text ?? null,
        }),
      );
      const received = await response.text();
      const where = `${note}: ${request} ${text ?? ""} ${received}`;
      assertEquals(response.status, status, where);
      if (typeof answer !== "object") continue;
      const ours = JSON.parse(received);
      if (note !== "empty list" && note !== "bad json") {
        assertEquals(summaryOf(ours), summaryOf(answer), where);
      }
      if (status >= 400) errors++;
      else records++;
      const mine = idsIn(ours);
      for (const [index, id] of idsIn(answer).entries()) {
        if (method === "POST" || note === "initial recordsets") {
          ids.set(id, mine[index] ?? id);
        }
      }
    }
    assert(errors > 50 && records > 50, `${errors} and ${records}`);
    console.log(`${errors} errors and ${records} records are the same`);
  },
});

async function login(simulator: OpenStackSimulator): Promise<string> {
  const { authUrl, username: name, password } = simulator.credentials;
  const user = { name, password, domain: { id: "default" } };
  const identity = { methods: ["password"], password: { user } };
  const response = await simulator.fetch(
    new Request(`${authUrl}/auth/tokens`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ auth: { identity } }),
    }),
  );
  return response.headers.get("X-Subject-Token") ?? "";
}
