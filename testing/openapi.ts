/**
 * Checks requests and responses against an OpenAPI description.
 *
 * @module
 */

import { Ajv2019, type ValidateFunction } from "npm:ajv@8.17.1/dist/2019.js";
import addFormats from "npm:ajv-formats@3.0.1";

/** The part of an OpenAPI description that is used here. */
export interface Description {
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Targets of `$ref`. */
  readonly components?: unknown;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Content;
    readonly required?: boolean;
  };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly $ref?: string;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly readOnly?: boolean;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly [keyword: string]: unknown;
}

const METHODS = ["get", "head", "post", "put", "patch", "delete"];
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

/** Result of {@linkcode describedBy}. */
export interface Described {
  /** Forwards requests, and checks them and their responses. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Deviations from the description so far. */
  readonly faults: readonly string[];
  /** Operations so far, such as `"GET /servers/{id}/"`. */
  readonly operations: ReadonlySet<string>;
  /** Number of checked responses. */
  readonly count: number;
  /** Checks a response that was not fetched, such as a fixture. */
  check(method: string, path: string, status: number, body: string): void;
}

/** Settings of {@linkcode describedBy}. */
export interface DescribedOptions {
  /**
   * Deviations that are errors of the description, each with a comment that says
   * why.
   *
   * @default {none}
   */
  readonly except?: readonly RegExp[];
  /**
   * Prefix of the paths of the description at the server.
   *
   * @default {""}
   */
  readonly prefix?: string;
}

/** Lists all operations of a description. */
export function operationsOf({ paths }: Description): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).filter((method) => METHODS.includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`)
  );
}

/**
 * Wraps a `fetch` function and checks requests and responses against a
 * description. A property or parameter that is not in the description is a
 * deviation too, and so is a read-only property in a request.
 *
 * @param description The description.
 * @param fetch The function to wrap.
 * @param options Deviations to ignore, and the prefix of the paths.
 * @returns The wrapped function and its findings.
 */
export function describedBy(
  description: Description,
  fetch: (request: Request) => Promise<Response>,
  options: DescribedOptions = {},
): Described {
  const { except = [], prefix = "" } = options;
  const faults: string[] = [];
  const operations = new Set<string>();
  const schemas = new Schemas(description);
  let count = 0;

  const note = (fault: string) => {
    if (!except.some((pattern) => pattern.test(fault))) faults.push(fault);
  };

  function findOperation(method: string, pathname: string) {
    const path = findPath(description, method, pathname.slice(prefix.length));
    const name = `${method} ${path ?? pathname}`;
    const found = path && description.paths[path]?.[method.toLowerCase()];
    return { name, path, operation: found as Operation | undefined };
  }

  function checkResponse(
    name: string,
    operation: Operation,
    status: number,
    text: string,
  ): void {
    const { responses } = operation;
    const range = `${Math.floor(status / 100)}XX`;
    const response = schemas.resolve(
      responses[status] ?? responses[range] ??
        responses[range.toLowerCase()] ?? responses.default,
    );
    if (response === undefined) {
      return note(`${name} has the status ${status}, which is not described`);
    }
    operations.add(name);
    count++;
    const where = `response ${status} of ${name}`;
    const { content = {} } = response;
    const schema = content[JSON_TYPE]?.schema;
    if (schema === undefined) {
      // The body may have another type, such as text.
      const hasBody = Object.keys(content).length > 0;
      if (text !== "" && !hasBody) note(`${where} has a body`);
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return note(`${where} is not JSON`);
    }
    schemas.check(schema, body, "response").forEach((it) => note(where + it));
  }

  function checkRequest(
    { name, path, operation }: {
      name: string;
      path: string | undefined;
      operation: Operation;
    },
    request: Request,
    sent: string,
  ): void {
    const where = `request of ${name}`;
    const { searchParams, pathname } = new URL(request.url);
    const shared = description.paths[path ?? ""]?.parameters as
      | Parameter[]
      | undefined;
    const parameters = [...shared ?? [], ...operation.parameters ?? []]
      .map((parameter) => schemas.resolve(parameter) as Parameter);
    const inPath = paramsOf(path ?? "", pathname.slice(prefix.length));
    const check = (place: string, given: Iterable<[string, string]>) => {
      const seen = new Set<string>();
      for (const [key, value] of given) {
        seen.add(key);
        const found = parameters.find((it) =>
          it.in === place && it.name === key
        );
        if (!found) {
          note(`${where} has the parameter ${key} in its ${place}`);
          continue;
        }
        if (!found.schema) continue;
        const read = coerce(value, schemas.resolve(found.schema));
        schemas.check(found.schema, read, "response")
          .forEach((it) => note(`${where}, ${key} in its ${place}${it}`));
      }
      for (const it of parameters) {
        if (it.in === place && it.required && !seen.has(it.name)) {
          note(`${where} has no parameter ${it.name} in its ${place}`);
        }
      }
    };
    check("query", searchParams);
    check("path", inPath);
    const content = schemas.resolve(operation.requestBody)?.content;
    const form = content?.[FORM_TYPE]?.schema;
    const json = content?.[JSON_TYPE]?.schema;
    if (sent === "") {
      if (schemas.resolve(operation.requestBody)?.required) {
        note(`${where} has no body`);
      }
    } else if (form) {
      schemas.check(form, readFields(sent, form), "request")
        .forEach((it) => note(where + it));
    } else if (json) {
      schemas.check(json, JSON.parse(sent), "request")
        .forEach((it) => note(where + it));
    } else {
      note(`${where} has a body`);
    }
  }

  return {
    async fetch(request) {
      const sent = await request.clone().text();
      const response = await fetch(request);
      const { pathname } = new URL(request.url);
      const found = findOperation(request.method, pathname);
      const { operation, name } = found;
      if (operation === undefined) {
        note(`${name} is not described`);
        return response;
      }
      const text = await response.clone().text();
      checkRequest({ ...found, operation }, request, sent);
      checkResponse(name, operation, response.status, text);
      return response;
    },
    check(method, path, status, body) {
      const { name, operation } = findOperation(method, prefix + path);
      if (operation === undefined) return note(`${name} is not described`);
      checkResponse(name, operation, status, body);
    },
    faults,
    operations,
    get count() {
      return count;
    },
  };
}

function findPath(
  { paths }: Description,
  method: string,
  pathname: string,
): string | undefined {
  // Templates last: "/key/sshrsa/" must not match "/key/{id}/".
  return Object.keys(paths)
    .filter((path) => method.toLowerCase() in (paths[path] ?? {}))
    .sort((a, b) => a.split("{").length - b.split("{").length)
    .find((path) => paramsPattern(path).test(pathname));
}

function paramsPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[^{}]+\}/g, "([^/]+)")}$`);
}

function paramsOf(path: string, pathname: string): [string, string][] {
  const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) =>
    name
  );
  const [, ...values] = paramsPattern(path).exec(pathname) ?? [];
  return names.map((name, i) => [name, decodeURIComponent(values[i] ?? "")]);
}

/** Parses a form, and converts its fields to the types of the schema. */
function readFields(text: string, schema: Schema): Record<string, unknown> {
  return Object.fromEntries(
    [...new URLSearchParams(text)].map(([name, value]) => [
      name,
      coerce(value, schema.properties?.[name]),
    ]),
  );
}

/** Converts a string to the type of the schema, if it has that form. */
function coerce(value: string, schema: Schema | undefined): unknown {
  // A list in a query is a parameter that is repeated.
  if (schema?.type === "array") return [coerce(value, schema.items)];
  const types = [schema, ...schema?.anyOf ?? [], ...schema?.oneOf ?? []]
    .map((it) => it?.type);
  const isNumber = types.includes("integer") || types.includes("number");
  if (isNumber && /^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
  if (types.includes("boolean") && /^(?:true|false)$/.test(value)) {
    return value === "true";
  }
  return value;
}

/** Compiles and caches the schemas of a description. */
class Schemas {
  readonly #description: Description;
  readonly #ajv = new Ajv2019({
    allErrors: true,
    // Descriptions contain keywords of OpenAPI, and patterns of several dialects.
    strict: false,
    unicodeRegExp: false,
    logger: false,
  });
  readonly #compiled = {
    request: new Map<Schema, ValidateFunction>(),
    response: new Map<Schema, ValidateFunction>(),
  };

  constructor(description: Description) {
    this.#description = description;
    addFormats.default(this.#ajv);
    for (const side of ["request", "response"] as const) {
      this.#ajv.addSchema({
        $id: side,
        components: this.#convertAll(description.components, side),
      });
    }
  }

  /** Validates a value; returns the errors. */
  check(
    schema: Schema,
    value: unknown,
    side: "request" | "response",
  ): string[] {
    let validate = this.#compiled[side].get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(this.#closed(schema, side));
      this.#compiled[side].set(schema, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath.replaceAll("/", ".")} ${message} ${
        JSON.stringify(params)
      }`
    );
  }

  /** Resolves a value that is a reference. */
  resolve<T>(value: T): T {
    const ref = (value as { $ref?: string } | undefined)?.$ref;
    if (ref === undefined) return value;
    let target: unknown = this.#description;
    for (const key of ref.split("/").slice(1)) {
      target = (target as Record<string, unknown> | undefined)?.[key];
    }
    if (target === undefined) throw new Error(`$ref ${ref} was not found`);
    return this.resolve(target as T);
  }

  /** Converts a schema, and forbids properties that it does not describe. */
  #closed(schema: Schema, side: "request" | "response"): Schema {
    const converted = this.#convert(schema, side);
    return this.#describesProperties(schema)
      ? { ...converted, unevaluatedProperties: false }
      : converted;
  }

  /** Converts a schema of OpenAPI 3.0 to JSON Schema. */
  #convert(schema: Schema, side: "request" | "response"): Schema {
    const {
      // Not a keyword of JSON Schema.
      nullable,
      discriminator: _discriminator,
      example: _example,
      oneOf,
      anyOf,
      allOf,
      items,
      properties,
      required,
      $ref,
      ...rest
    } = schema;
    const all = (schemas: readonly Schema[]) =>
      schemas.map((it) => this.#convert(it, side));
    // `anyOf`, since alternatives often lack `required`, so that several match.
    const alternatives = [...oneOf ?? [], ...anyOf ?? []];
    const isSent = (name: string) =>
      side === "response" || !this.resolve(properties?.[name])?.readOnly;
    const converted: Schema = {
      ...rest,
      ...($ref ? { $ref: `${side}${$ref}` } : {}),
      ...(alternatives.length > 0 ? { anyOf: all(alternatives) } : {}),
      // Closed parts would exclude each other, so only the whole is closed.
      ...(allOf ? { allOf: all(allOf).map(opened) } : {}),
      ...(items ? { items: this.#closed(items, side) } : {}),
      ...(required ? { required: required.filter(isSent) } : {}),
      ...(properties
        ? {
          properties: Object.fromEntries(
            Object.entries(properties).filter(([name]) => isSent(name))
              .map(([name, it]) => [name, this.#closed(it, side)]),
          ),
        }
        : {}),
    };
    return nullable ? { anyOf: [{ type: "null" }, converted] } : converted;
  }

  #convertAll(components: unknown, side: "request" | "response") {
    const { schemas = {} } = (components ?? {}) as {
      schemas?: Record<string, Schema>;
    };
    return {
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([name, it]) => [
          name,
          this.#convert(it, side),
        ]),
      ),
    };
  }

  /** Whether a schema lists its properties. */
  #describesProperties(
    schema: Schema,
    seen: ReadonlySet<Schema> = new Set(),
  ): boolean {
    if (seen.has(schema)) return false;
    const within = new Set([...seen, schema]);
    const { additionalProperties, properties, allOf, anyOf, oneOf, $ref } =
      schema;
    if (additionalProperties) return false;
    return properties !== undefined ||
      [...allOf ?? [], ...anyOf ?? [], ...oneOf ?? []].some((it) =>
        this.#describesProperties(it, within)
      ) ||
      $ref !== undefined &&
        this.#describesProperties(this.resolve(schema), within);
  }
}

/** A schema that can be combined with others by `allOf`. */
function opened({ additionalProperties, ...schema }: Schema): Schema {
  return additionalProperties === false || additionalProperties === undefined
    ? schema
    : { ...schema, additionalProperties };
}
