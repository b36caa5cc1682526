import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./ec2.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`Ec2NodeDriver ${name}`, run);
}
