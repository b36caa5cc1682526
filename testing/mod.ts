/**
 * Test utilities for authors and users of drivers: conformance suites, a `fetch`
 * that replays prepared exchanges, and fault injection for any `fetch`.
 *
 * @module
 */

export type { Check } from "./checks.ts";
export * from "./faults.ts";
export * from "./replay.ts";
export type { CallSubject } from "./context.ts";
export type { Simulator, Subject } from "./subject.ts";
export {
  count,
  id,
  type MethodSpec,
  type MethodTable,
  optional,
  Probe,
  type ProbeKind,
  type ResponseSpec,
  secret,
  type TestedDriver,
  text,
  time,
} from "./table.ts";
export {
  computeConformance,
  type ComputeFacts,
  type ComputeSubject,
  type ErrorFacts,
  type RecordFacts,
  type SizeFacts,
  type StateFacts,
} from "./compute/mod.ts";
export { dnsConformance, type DnsFacts, type DnsSubject } from "./dns/mod.ts";
export type { DescriptionOptions } from "./description.ts";
export type { DescribedOptions } from "./openapi.ts";
