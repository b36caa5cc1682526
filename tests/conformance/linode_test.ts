import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./linode.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`LinodeNodeDriver ${name}`, run);
}
