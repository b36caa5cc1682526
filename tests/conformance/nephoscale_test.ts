import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./nephoscale.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`NephoScaleNodeDriver ${name}`, run);
}
