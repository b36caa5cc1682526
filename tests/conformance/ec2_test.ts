import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./ec2.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test({
    name: `Ec2NodeDriver ${name}`,
    fn: run,
    // A call that ends at its time limit may leave the signature of its next
    // request to the runtime. On a busy machine, it is ready in the next test.
    sanitizeOps: false,
  });
}
