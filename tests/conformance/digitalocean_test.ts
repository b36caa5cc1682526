import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./digitalocean.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`DigitalOceanNodeDriver ${name}`, run);
}
