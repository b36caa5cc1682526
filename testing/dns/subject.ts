/**
 * A DNS driver under test.
 *
 * @module
 */

import type {
  DnsDriver,
  RecordSet,
  RecordSetInput,
  RecordType,
  Zone,
} from "../../core/dns/mod.ts";
import type { CallSubject } from "../context.ts";
import type { DescriptionOptions } from "../description.ts";
import type { ErrorFacts } from "../errors.ts";

/**
 * Facts from the provider's documentation. The records must exist in the
 * simulator. Do not copy them from the output of the driver: otherwise the checks
 * prove nothing.
 */
export interface DnsFacts {
  /**
   * Address of the API, which every request of `listZones()` begins with.
   *
   * @default {any address with HTTPS}
   */
  readonly baseUrl?: string;
  /** A zone of the simulator, with all its fields, as `getZone()` returns it. */
  readonly zone: Zone;
  /** Record sets of that zone, with all their fields. */
  readonly recordSets: readonly RecordSet[];
  /**
   * Name of the JSON field with the number of all items of a list, such as
   * `"total"`. If it does not match the items, the list must be an error.
   *
   * @default {the provider does not tell the number}
   */
  readonly total?: string;
  /** Error responses, at least one for each code that the driver knows. */
  readonly errors: readonly ErrorFacts[];
}

/** A DNS driver, its simulator, and arguments for the checks. */
export interface DnsSubject extends CallSubject<DnsDriver> {
  /** Facts from the provider's documentation. */
  readonly expected: DnsFacts;
  /** Credentials that the simulator rejects. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** Name of a zone that does not exist yet, and other required options. */
  readonly create:
    & { readonly name: string }
    & Readonly<Record<string, unknown>>;
  /** Types that the provider can hold. */
  readonly types: readonly RecordType[];
  /**
   * Record sets of types whose usual sample the provider cannot hold.
   *
   * @default {none}
   */
  readonly samples?: readonly RecordSetInput[];
  /** TTL that the provider keeps as it is, and which is not the default. */
  readonly ttl: number;
  /**
   * Record sets that DNS allows and the provider cannot hold. The driver must
   * refuse them before any request.
   *
   * @default {none}
   */
  readonly misfits?: readonly RecordSetInput[];
  /**
   * Published description of the API, for requests and responses of all methods.
   *
   * @default {none}
   */
  readonly description?: DescriptionOptions;
}
