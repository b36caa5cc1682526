import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./rackspace.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`RackspaceNodeDriver ${name}`, run);
}
