/**
 * Reads an OpenAPI description, version 3.0 or 3.1.
 *
 * @module
 */

/** A schema of OpenAPI 3.0 or 3.1, as far as it is read here. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly nullable?: boolean;
  readonly deprecated?: boolean;
  readonly writeOnly?: boolean;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** The type of a value in JSON. */
export type JsonType = "object" | "array" | "string" | "number" | "boolean";

/** A schema without references, and without the notations of each version. */
export interface Flat {
  /** Name of the component, if the schema refers to one. */
  readonly ref?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: JsonType | undefined;
  readonly format?: string | undefined;
  /** Whether the value may be `null`. */
  readonly nullable: boolean;
  readonly deprecated: boolean;
  readonly enum?: readonly unknown[] | undefined;
  readonly example?: unknown;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly minItems?: number | undefined;
  /** Properties that a response can have. */
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additional?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  /** Schemas of which the value matches at least one. */
  readonly alternatives: readonly Schema[];
}

/** An operation: a method and a path. */
export interface Operation {
  /** The method in upper case. */
  readonly method: string;
  /** The path with its parameters, such as `/servers/{id}`. */
  readonly path: string;
}

/** A response with a JSON body. */
export interface JsonReply extends Operation {
  readonly status: number;
  readonly schema: Schema;
  /** Body that the description gives as an example. */
  readonly example?: unknown;
}

interface ContentJson {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

interface ResponseJson {
  readonly content?: Readonly<Record<string, ContentJson>>;
}

interface OperationJson {
  readonly responses?: Readonly<Record<string, ResponseJson>>;
}

interface DescriptionJson {
  readonly openapi: string;
  readonly info: { readonly title?: string; readonly version?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, OperationJson>>>
  >;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
  };
}

const METHODS = ["get", "post", "put", "patch", "delete"];
const SCHEMAS = "#/components/schemas/";
/** More nested references than this are a circle. */
const MAX_DEPTH = 50;

/** An OpenAPI description. */
export class Description {
  /** The parsed file. */
  readonly json: DescriptionJson;

  /**
   * Parses a description.
   *
   * @param text Content of the file, in JSON.
   * @param file Name of the file, for errors.
   * @throws {TypeError} If the text is not an OpenAPI description of version 3.
   */
  constructor(text: string, file: string) {
    let json: Partial<DescriptionJson>;
    try {
      json = Object(JSON.parse(text));
    } catch {
      throw new TypeError(
        `${file}: expected JSON; convert YAML first: npx js-yaml ${file}`,
      );
    }
    if (!/^3\.[01]\./.test(String(json.openapi)) || !json.paths) {
      throw new TypeError(
        `${file}: expected OpenAPI 3.0 or 3.1, got ${
          json.openapi ?? "a file without a version"
        }`,
      );
    }
    this.json = { info: {}, ...json } as DescriptionJson;
  }

  /** Title and version of the API, such as `"Acme API 2.0"`. */
  get title(): string {
    const { title = "the API", version = "" } = this.json.info;
    return `${title} ${version}`.trim();
  }

  /** URL of the first server, or `undefined`. */
  get url(): string | undefined {
    return this.json.servers?.[0]?.url.replace(/\/$/, "");
  }

  /** Names of the component schemas. */
  get schemaNames(): string[] {
    return Object.keys(this.json.components?.schemas ?? {});
  }

  /** Schema that refers to a component. */
  schemaOf(name: string): Schema {
    return { $ref: SCHEMAS + escapePointer(name) };
  }

  /** All operations, in the order of the file. */
  operations(): Operation[] {
    return Object.entries(this.json.paths).flatMap(([path, operations]) =>
      METHODS.filter((method) => method in operations)
        .map((method) => ({ method: method.toUpperCase(), path }))
    );
  }

  /**
   * Finds the response of an operation.
   *
   * @param operation Method and path.
   * @param status Status of the response; by default the first success.
   * @returns The response, or `undefined` if it has no JSON body.
   */
  reply(operation: Operation, status?: number): JsonReply | undefined {
    const responses = this.#responsesOf(operation);
    const code = status ??
      Object.keys(responses).map(Number).find((it) => it >= 200 && it < 300);
    if (code === undefined) return undefined;
    const range = `${Math.floor(code / 100)}xx`;
    const response = responses[code] ?? responses[range] ??
      responses[range.toUpperCase()] ?? responses["default"];
    return this.#jsonReply(operation, code, response);
  }

  /** All responses of an operation with a JSON body, failures included. */
  replies(operation: Operation): JsonReply[] {
    return Object.entries(this.#responsesOf(operation)).flatMap(
      ([code, response]) => {
        // A range, such as "4XX", counts as its first status.
        const status = parseInt(code.replace(/xx$/i, "00")) || 500;
        return this.#jsonReply(operation, status, response) ?? [];
      },
    );
  }

  #responsesOf({ method, path }: Operation) {
    return this.json.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  }

  #jsonReply(
    { method, path }: Operation,
    status: number,
    response: ResponseJson | undefined,
  ): JsonReply | undefined {
    const content = Object.entries(this.resolve(response)?.content ?? {})
      .find(([type]) => /^application\/(?:.*\+)?json\b/.test(type))?.[1];
    if (content?.schema === undefined) return undefined;
    const [first] = Object.values(content.examples ?? {});
    const example = this.resolve(first)?.value ?? content.example;
    return { method, path, status, schema: content.schema, example };
  }

  /** Follows references. */
  resolve<T>(value: T, depth = 0): T {
    const ref = (value as { $ref?: unknown } | undefined)?.$ref;
    if (typeof ref !== "string") return value;
    if (!ref.startsWith("#/")) {
      throw new TypeError(
        `$ref ${ref} points to another file; ` +
          "make one file first: npx @redocly/cli bundle --dereferenced",
      );
    }
    let target: unknown = this.json;
    for (const key of ref.slice(2).split("/")) {
      target = (target as Record<string, unknown> | undefined)
        ?.[unescapePointer(key)];
    }
    if (target === undefined) throw new TypeError(`$ref ${ref} was not found`);
    if (depth > MAX_DEPTH) throw new TypeError(`$ref ${ref} is circular`);
    return this.resolve(target as T, depth + 1);
  }

  /**
   * Follows the references of a schema, merges `allOf`, and reads the notations
   * of both versions. Parts of the schema, such as its properties, stay as they
   * are.
   */
  flatten(schema: Schema, depth = 0): Flat {
    if (depth > MAX_DEPTH) {
      throw new TypeError(`a schema contains itself: ${schema.$ref ?? ""}`);
    }
    const { $ref, allOf = [] } = schema;
    if ($ref !== undefined) {
      const target = this.flatten(this.resolve(schema), depth + 1);
      const ref = $ref.startsWith(SCHEMAS)
        ? unescapePointer($ref.slice(SCHEMAS.length))
        : undefined;
      return { ...target, ref: ref ?? target.ref };
    }
    const { alternatives, acceptsNull } = this.#alternatives(schema);
    const [only] = alternatives;
    const parts = [
      ...allOf,
      ...(only && alternatives.length === 1 ? [only] : []),
    ].map((part) => this.flatten(part, depth + 1));
    const own = ownPart(
      schema,
      alternatives.length > 1 ? alternatives : [],
      acceptsNull,
    );
    return parts.reduce(merge, own);
  }

  /** Alternatives that say something about the form of the value. */
  #alternatives({ anyOf, oneOf }: Schema) {
    const all = [...oneOf ?? [], ...anyOf ?? []];
    const isNull = (it: Schema) => it.type === "null" || it.const === null;
    return {
      alternatives: all.filter((it) =>
        !isNull(it) &&
        ["$ref", "type", "properties", "enum", "const", "allOf", "anyOf"]
          .some((key) => key in it)
      ),
      acceptsNull: all.some(isNull),
    };
  }
}

/** Reads what a schema says itself. */
function ownPart(
  schema: Schema,
  alternatives: readonly Schema[],
  acceptsNull: boolean,
): Flat {
  const { properties = {}, required = [] } = schema;
  const types = [schema.type ?? []].flat();
  const values = "const" in schema ? [schema.const] : schema.enum;
  const inferred = "properties" in schema || "additionalProperties" in schema
    ? "object"
    : "items" in schema
    ? "array"
    : undefined;
  return {
    description: schema.description,
    type: toJsonType(types.find((it) => it !== "null") ?? inferred),
    format: schema.format,
    nullable: schema.nullable === true || acceptsNull ||
      types.includes("null"),
    deprecated: schema.deprecated === true,
    enum: values?.filter((it) => it !== null),
    example: schema.example ?? schema.examples?.[0],
    pattern: schema.pattern,
    minLength: schema.minLength,
    minimum: schema.minimum,
    minItems: schema.minItems,
    properties: Object.fromEntries(
      Object.entries(properties).filter(([, it]) => !it.writeOnly),
    ),
    required: required.filter((name) => !properties[name]?.writeOnly),
    additional: schema.additionalProperties,
    items: schema.items,
    alternatives,
  };
}

/** Merges a part of `allOf` into a schema. */
function merge(whole: Flat, part: Flat): Flat {
  const hasOwnForm = whole.type !== undefined || whole.ref !== undefined;
  const shared = Object.keys(part.properties)
    .filter((name) => name in whole.properties);
  return {
    // A schema that only adds words to a component is still that component.
    ref: hasOwnForm ? undefined : part.ref,
    description: whole.description ?? part.description,
    type: whole.type ?? part.type,
    format: whole.format ?? part.format,
    nullable: whole.nullable || !hasOwnForm && part.nullable,
    deprecated: whole.deprecated || part.deprecated,
    enum: whole.enum ?? part.enum,
    example: whole.example ?? part.example,
    pattern: whole.pattern ?? part.pattern,
    minLength: whole.minLength ?? part.minLength,
    minimum: whole.minimum ?? part.minimum,
    minItems: whole.minItems ?? part.minItems,
    properties: {
      ...whole.properties,
      ...part.properties,
      ...Object.fromEntries(shared.map((name) => [
        name,
        { allOf: [whole.properties[name]!, part.properties[name]!] },
      ])),
    },
    required: [...new Set([...whole.required, ...part.required])],
    additional: whole.additional ?? part.additional,
    items: whole.items ?? part.items,
    alternatives: [...whole.alternatives, ...part.alternatives],
  };
}

function toJsonType(type: string | undefined): JsonType | undefined {
  return type === "integer" ? "number" : type as JsonType | undefined;
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapePointer(key: string): string {
  return decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
}
