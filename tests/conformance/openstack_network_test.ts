import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import type { Check } from "../../testing/checks.ts";
import { computeConformance } from "../../testing/mod.ts";
import { methodsOf } from "../../testing/subject.ts";
import { methods, subject } from "./openstack_network.ts";

const inherited = methodsOf(OpenStackNodeDriver);

/** Whether a check is about one method that `openstack_test.ts` checks. */
function isInherited({ name }: Check): boolean {
  const [method = ""] = /^\w+(?=\(\))/.exec(name) ?? [];
  return inherited.includes(method);
}

/** Whether a check repeats the same for each entry of the table of methods. */
function isRepeated({ name }: Check): boolean {
  return /^(?:every|refuses|returns|sends|shows) /.test(name);
}

const checks = [
  ...computeConformance(subject).filter((check) => !isRepeated(check)),
  // `openstack_test.ts` repeats these for the methods that are inherited.
  ...computeConformance({ ...subject, methods }).filter(isRepeated),
].filter((check) => !isInherited(check));
for (const { name, run } of checks) {
  Deno.test(`OpenStackNetworkDriver ${name}`, run);
}
