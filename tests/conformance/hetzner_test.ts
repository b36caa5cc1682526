import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./hetzner.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`HetznerNodeDriver ${name}`, run);
}
