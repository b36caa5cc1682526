/**
 * Holds requests and answers to an OpenAPI description.
 *
 * @module
 */

import { Ajv2019, type ValidateFunction } from "npm:ajv@8.17.1/dist/2019.js";
import addFormats from "npm:ajv-formats@3.0.1";

/** The part of an OpenAPI description that is read here. */
export interface Description {
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What `$ref` points into. */
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

/** What {@linkcode describedBy} makes. */
export interface Described {
  /** Passes requests on and looks at them and at their answers. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** All that does not fit the description so far. */
  readonly faults: readonly string[];
  /** Operations that were seen, such as `"GET /servers/{id}/"`. */
  readonly operations: ReadonlySet<string>;
  /** How many answers were held to a schema, and as many requests. */
  readonly count: number;
  /** Holds an answer to the description that was not fetched: a fixture. */
  check(method: string, path: string, status: number, body: string): void;
}

/** Settings of {@linkcode describedBy}. */
export interface DescribedOptions {
  /**
   * Faults that are the description's own, each with a comment that says why.
   *
   * @default {none}
   */
  readonly except?: readonly RegExp[];
  /**
   * What the paths of the description begin with at the server.
   *
   * @default {""}
   */
  readonly prefix?: string;
}

/** Names all operations of a description. */
export function operationsOf({ paths }: Description): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).filter((method) => METHODS.includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`)
  );
}

/**
 * Wraps a `fetch` function and holds what passes to a description. A property
 * or a parameter that no schema names is a fault as well: a driver sends what
 * is documented, and a simulator invents nothing. Nor may a request hold what
 * is read-only.
 *
 * @param description The description.
 * @param fetch The function to wrap.
 * @param options What to overlook.
 * @returns The wrapped function and what it saw.
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

  function checkAnswer(
    name: string,
    operation: Operation,
    status: number,
    text: string,
  ): void {
    const { responses } = operation;
    const response = schemas.resolve(responses[status] ?? responses.default);
    if (response === undefined) {
      return note(`${name} answers ${status}, which is not described`);
    }
    operations.add(name);
    count++;
    const where = `answer ${status} of ${name}`;
    const schema = response.content?.[JSON_TYPE]?.schema;
    if (schema === undefined) {
      if (text !== "") note(`${where} has a body`);
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return note(`${where} is not JSON`);
    }
    schemas.check(schema, body, "answer").forEach((it) => note(where + it));
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
        schemas.check(found.schema, read, "answer")
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
      checkAnswer(name, operation, response.status, text);
      return response;
    },
    check(method, path, status, body) {
      const { name, operation } = findOperation(method, prefix + path);
      if (operation === undefined) return note(`${name} is not described`);
      checkAnswer(name, operation, status, body);
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
  // Templates last: "/key/sshrsa/" is no "/key/{id}/".
  return Object.keys(paths)
    .filter((path) => method.toLowerCase() in (paths[path] ?? {}))
    .sort((a, b) => Number(a.includes("{")) - Number(b.includes("{")))
    .find((path) => paramsPattern(path).test(pathname));
}

function paramsPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
}

function paramsOf(path: string, pathname: string): [string, string][] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const [, ...values] = paramsPattern(path).exec(pathname) ?? [];
  return names.map((name, i) => [name, decodeURIComponent(values[i] ?? "")]);
}

/** Reads a form; fields that are to be numbers become numbers. */
function readFields(text: string, schema: Schema): Record<string, unknown> {
  return Object.fromEntries(
    [...new URLSearchParams(text)].map(([name, value]) => [
      name,
      coerce(value, schema.properties?.[name]),
    ]),
  );
}

/** Reads a text as what it is to be, where that is plain. */
function coerce(value: string, schema: Schema | undefined): unknown {
  const types = [schema, ...schema?.anyOf ?? [], ...schema?.oneOf ?? []]
    .map((it) => it?.type);
  const isNumber = types.includes("integer") || types.includes("number");
  if (isNumber && /^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
  if (types.includes("boolean") && /^(?:true|false)$/.test(value)) {
    return value === "true";
  }
  return value;
}

/** Compiles the schemas of a description, each once. */
class Schemas {
  readonly #description: Description;
  readonly #ajv = new Ajv2019({
    allErrors: true,
    // Descriptions have keywords of OpenAPI, and patterns of many dialects.
    strict: false,
    unicodeRegExp: false,
    logger: false,
  });
  readonly #compiled = {
    request: new Map<Schema, ValidateFunction>(),
    answer: new Map<Schema, ValidateFunction>(),
  };

  constructor(description: Description) {
    this.#description = description;
    addFormats.default(this.#ajv);
    for (const side of ["request", "answer"] as const) {
      this.#ajv.addSchema({
        $id: side,
        components: this.#convertAll(description.components, side),
      });
    }
  }

  /** Checks a value, and says what is wrong. */
  check(
    schema: Schema,
    value: unknown,
    side: "request" | "answer",
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

  /** Follows a reference, if it is one. */
  resolve<T>(value: T): T {
    const ref = (value as { $ref?: string } | undefined)?.$ref;
    if (ref === undefined) return value;
    let target: unknown = this.#description;
    for (const key of ref.split("/").slice(1)) {
      target = (target as Record<string, unknown> | undefined)?.[key];
    }
    if (target === undefined) throw new Error(`Cannot resolve "${ref}"`);
    return this.resolve(target as T);
  }

  /** A schema at a place where only what it describes may be. */
  #closed(schema: Schema, side: "request" | "answer"): Schema {
    const converted = this.#convert(schema, side);
    return this.#describesProperties(schema)
      ? { ...converted, unevaluatedProperties: false }
      : converted;
  }

  /** Turns a schema of OpenAPI 3.0 into one of JSON Schema. */
  #convert(schema: Schema, side: "request" | "answer"): Schema {
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
    const all = (them: readonly Schema[]) =>
      them.map((it) => this.#convert(it, side));
    // Alternatives often leave out what is required, so that several fit.
    const either = [...oneOf ?? [], ...anyOf ?? []];
    const isSent = (name: string) =>
      side === "answer" || !this.resolve(properties?.[name])?.readOnly;
    const converted: Schema = {
      ...rest,
      ...($ref ? { $ref: `${side}${$ref}` } : {}),
      ...(either.length > 0 ? { anyOf: all(either) } : {}),
      // Parts that are closed would close out each other; the whole is closed.
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

  #convertAll(components: unknown, side: "request" | "answer") {
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

  /** Whether a schema says which properties there are. */
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

/** A schema that may be joined with others. */
function opened({ additionalProperties, ...schema }: Schema): Schema {
  return additionalProperties === false || additionalProperties === undefined
    ? schema
    : { ...schema, additionalProperties };
}
