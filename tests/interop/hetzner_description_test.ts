/**
 * Checks all requests and responses of the conformance suite against Hetzner's
 * published OpenAPI description, which is not part of the repository.
 *
 * @module
 */

import { assert } from "@std/assert";
import { computeConformance } from "../../testing/mod.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/hetzner.ts";

const FILE = "hetzner.openapi.json";
const description = await readReference(FILE);

Deno.test({
  ...needsReference(
    "requests and responses match the description of Hetzner Cloud",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    // The description lacks firewalls.
    const methods = Object.fromEntries(
      Object.entries(subject.methods).filter(([it]) => !/Firewall/.test(it)),
    );
    const checks = computeConformance({
      ...subject,
      methods,
      description: { url, prefix: "/v1" },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});
