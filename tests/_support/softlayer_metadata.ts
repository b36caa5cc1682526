/**
 * Requests and responses, held against SoftLayer's metadata: its services with
 * their methods, and its types with their properties.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Fetch } from "../../core/mod.ts";

/** The metadata, as far as the bundled file has it. */
export interface Metadata {
  readonly types: Readonly<
    Record<
      string,
      {
        readonly base?: string;
        readonly fields: Readonly<Record<string, string>>;
      }
    >
  >;
  readonly services: Readonly<
    Record<string, Readonly<Record<string, MethodMetadata>>>
  >;
}

interface MethodMetadata {
  readonly params: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
}

/** HTTP methods of the methods that every service has. */
const CRUD: Readonly<Record<string, string>> = {
  GET: "getObject",
  POST: "createObject",
  PUT: "editObject",
  DELETE: "deleteObject",
};

/** Types that the file does not have, by one that has all their properties. */
const ALIASES: Readonly<Record<string, string>> = {
  "SoftLayer_interface{}": "SoftLayer_Container_Product_Order",
};

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  int: isInteger,
  unsignedInt: isInteger,
  unsignedLong: isInteger,
  decimal: (value) => value !== "" && Number.isFinite(Number(value)),
  float: (value) => Number.isFinite(Number(value)),
  boolean: (value) => typeof value === "boolean" || value === 0 || value === 1,
  dateTime: (value) => !Number.isNaN(Date.parse(String(value))),
  void: () => true,
};

function isInteger(value: unknown): boolean {
  // SoftLayer sends some numbers as strings, and a missing one as "".
  return Number.isInteger(Number(value));
}

/** Compares what is sent with the metadata. */
export class MetadataChecker {
  /** Calls of each method, as `service::method`. */
  readonly calls: Map<string, number> = new Map();
  /** Number of properties in arguments, masks, filters and results. */
  properties = 0;
  /** Types of properties that the file does not have. */
  readonly unknownTypes: Set<string> = new Set();
  readonly #metadata: Metadata;

  /** Creates a checker that has seen nothing. */
  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Creates a `fetch` that checks each request and each response. */
  through(fetch: Fetch): Fetch {
    return async (request) => {
      const check = await this.#checkRequest(request.clone());
      const response = await fetch(request);
      if (response.ok) check(await response.clone().json());
      return response;
    };
  }

  /** Type of a property; `undefined` if the file does not have the type. */
  fieldOf(type: string, name: string): string | undefined {
    const found = this.#metadata.types[type];
    if (!found) {
      this.unknownTypes.add(type);
      return undefined;
    }
    const field = found.fields[name];
    if (field !== undefined) return field;
    const { base } = found;
    assert(base && base !== type, `${type} has no property ${name}`);
    return this.fieldOf(base, name);
  }

  /** Checks a value of a type. */
  checkValue(value: unknown, type: string, where: string): void {
    if (value === null || value === undefined) return;
    if (type.endsWith("[]")) {
      assert(Array.isArray(value), `${where} must be an array`);
      for (const item of value) this.checkValue(item, type.slice(0, -2), where);
      return;
    }
    const isScalar = SCALARS[type];
    if (isScalar) {
      assert(isScalar(value), `${where} must be ${type}, got ${value}`);
      return;
    }
    assert(typeof value === "object", `${where} must be ${type}, got ${value}`);
    for (const [name, inner] of Object.entries(value)) {
      this.properties++;
      const field = this.fieldOf(ALIASES[type] ?? type, name);
      if (field) this.checkValue(inner, field, `${where}.${name}`);
    }
  }

  async #checkRequest(request: Request): Promise<(result: unknown) => void> {
    const url = new URL(request.url);
    const [service = "", ...rest] = url.pathname.replace(/\.json$/, "")
      .split("/").slice(3);
    const isId = /^\d+$/.test(rest[0] ?? "");
    const name = rest[isId ? 1 : 0] ?? CRUD[request.method] ?? "";
    const method = this.#metadata.services[service]?.[name];
    const where = `${service}::${name}`;
    assert(method, `there is no method ${where}`);
    this.calls.set(where, (this.calls.get(where) ?? 0) + 1);
    const text = await request.text();
    const { parameters = [] } = text ? JSON.parse(text) : {};
    assert(
      request.method === "GET" ? text === "" : true,
      `${where} has a body in spite of GET`,
    );
    assert(parameters.length <= method.params.length, `arguments of ${where}`);
    for (const [index, value] of parameters.entries()) {
      const { name, type } = method.params[index]!;
      this.checkValue(value, type, `${where}(${name})`);
    }
    const type = method.returns.replace(/\[\]$/, "");
    const mask = url.searchParams.get("objectMask");
    if (mask) this.#checkMask(mask, type);
    const filter = url.searchParams.get("objectFilter");
    if (filter) this.#checkFilter(JSON.parse(filter), service);
    return (result) => this.checkValue(result, method.returns, where);
  }

  /** Checks the properties of a mask. */
  #checkMask(mask: string, type: string): void {
    const tokens = mask.replace(/^mask/, "").match(/\w+|[[\],.]/g) ?? [];
    const path: (string | undefined)[] = [];
    let current: string | undefined = type;
    let last: string | undefined = type;
    for (const token of tokens) {
      if (token === "[") {
        path.push(current);
        current = last;
      } else if (token === "]") {
        current = path.pop();
      } else if (/\w/.test(token)) {
        this.properties++;
        last = current && this.fieldOf(current, token)?.replace(/\[\]$/, "");
      }
    }
  }

  /** Checks the properties of a filter, which begins with a relation. */
  #checkFilter(
    filter: Readonly<Record<string, object>>,
    service: string,
  ): void {
    for (const [relation, conditions] of Object.entries(filter)) {
      const getter = `get${relation[0]!.toUpperCase()}${relation.slice(1)}`;
      const method = this.#metadata.services[service]?.[getter];
      assert(method, `${service} has no relation ${relation}`);
      this.#checkConditions(conditions, method.returns.replace(/\[\]$/, ""));
    }
  }

  #checkConditions(conditions: object, type: string | undefined): void {
    if ("operation" in conditions || type === undefined) return;
    for (const [name, inner] of Object.entries(conditions)) {
      this.properties++;
      const field = this.fieldOf(type, name)?.replace(/\[\]$/, "");
      this.#checkConditions(inner, field);
    }
  }
}
