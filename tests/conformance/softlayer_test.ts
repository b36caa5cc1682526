import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./softlayer.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`SoftLayerNodeDriver ${name}`, run);
}
