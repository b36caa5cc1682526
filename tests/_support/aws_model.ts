/**
 * Checks requests and responses of the EC2 Query protocol against a service model
 * of AWS, in the format of botocore. For REST with XML, see `aws_rest_model.ts`.
 *
 * @see {@link https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html | AWS EC2 query protocol}
 *
 * @module
 */

/** The part of a model that is used here. */
export interface AwsModel {
  /** Metadata of the service. */
  readonly metadata: {
    readonly apiVersion: string;
    readonly xmlNamespace: string;
  };
  /** Operations by name. */
  readonly operations: Readonly<
    Record<string, { readonly input?: Member; readonly output?: Member }>
  >;
  /** Shapes by name. */
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** A member of a structure, or of a list. */
export interface Member {
  /** Name of its shape. */
  readonly shape: string;
  /** Name in responses, and in requests with the first letter in upper case. */
  readonly locationName?: string;
  /** Name in requests, if it differs. */
  readonly queryName?: string;
}

/** A type of the model. */
export interface Shape {
  /** Kind, such as `"structure"`. */
  readonly type: string;
  /** Members of a structure. */
  readonly members?: Readonly<Record<string, Member>>;
  /** Names of the required members. */
  readonly required?: readonly string[];
  /** Item of a list. */
  readonly member?: Member;
  /** Values of a string. */
  readonly enum?: readonly string[];
  /** Smallest number, or shortest string or list. */
  readonly min?: number;
  /** Largest number, or longest string or list. */
  readonly max?: number;
}

/** Result of {@linkcode heldTo}. */
export interface Held {
  /** Forwards requests, and checks them and their responses. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Deviations from the model so far. */
  readonly faults: readonly string[];
  /** Operations so far. */
  readonly operations: ReadonlySet<string>;
  /** Parameters so far, with their operation and without indices. */
  readonly parameters: ReadonlySet<string>;
  /** Number of checked requests. */
  readonly count: number;
  /** Checks a response that was not fetched, such as a fixture. */
  checkResponse(action: string, xml: string): void;
}

/**
 * Wraps a `fetch` function and checks requests and responses against a model.
 * Parameters and elements that are not in the model, values of another type and
 * missing members are deviations.
 *
 * @param model The model.
 * @param fetch The function to wrap.
 * @param except Deviations that are errors of the model, each with a comment that
 *   says why.
 * @returns The wrapped function and its findings.
 */
export function heldTo(
  model: AwsModel,
  fetch: (request: Request) => Promise<Response>,
  except: readonly RegExp[] = [],
): Held {
  const faults: string[] = [];
  const operations = new Set<string>();
  const parameters = new Set<string>();
  let count = 0;
  const note = (fault: string) => {
    if (!except.some((pattern) => pattern.test(fault))) faults.push(fault);
  };

  function checkRequest(pairs: Iterable<[string, string]>): string {
    const { root, repeated } = readParameters(pairs);
    for (const name of repeated) note(`${name} is given twice`);
    const action = root.get("Action")?.value ?? "";
    const operation = Object.hasOwn(model.operations, action)
      ? model.operations[action]
      : undefined;
    if (operation === undefined) {
      note(`the action "${action}" is not in the model`);
      return action;
    }
    const { apiVersion } = model.metadata;
    const version = root.get("Version")?.value;
    if (version !== apiVersion) note(`${action}: the version is ${version}`);
    root.delete("Action");
    root.delete("Version");
    const shape = operation.input && model.shapes[operation.input.shape];
    const reader = new ParameterReader(model, (fault, path) => {
      note(`${action}: ${path} ${fault}`);
    }, (path) => parameters.add(`${action} ${path}`));
    reader.structure(shape ?? { type: "structure" }, root, "");
    operations.add(action);
    return action;
  }

  function checkResponse(action: string, xml: string): void {
    let root: Element;
    try {
      root = readXml(xml);
    } catch (error) {
      return note(`${action}: ${(error as Error).message}`);
    }
    if (root.name === "Response") return checkError(root, action, note);
    if (root.name !== `${action}Response`) {
      return note(`${action}: the root is <${root.name}>`);
    }
    const { xmlNamespace } = model.metadata;
    if (root.attributes.xmlns?.replace(/\/$/, "") !== xmlNamespace) {
      note(`${action}: the namespace is ${root.attributes.xmlns}`);
    }
    const output = model.operations[action]?.output;
    // An operation without output returns true.
    const shape = output && model.shapes[output.shape] || {
      type: "structure",
      members: { Return: { shape: "", locationName: "return" } },
    };
    const reader = new ElementReader(model, (fault, path) => {
      note(`${action}: <${path}> ${fault}`);
    });
    const [requestId, ...rest] = root.children;
    if (requestId?.name !== "requestId" || !requestId.text) {
      note(`${action}: the first element is not a requestId`);
    }
    // EC2 returns true even if the model has no such member.
    const outputs = shape.members?.Return
      ? rest
      : rest.filter(({ name, text }) => name !== "return" || text !== "true");
    reader.structure(shape, { ...root, children: outputs }, "");
  }

  return {
    async fetch(request) {
      const url = new URL(request.url);
      const sent = request.method === "GET"
        ? url.search
        : await request.clone().text();
      const action = checkRequest(new URLSearchParams(sent));
      const response = await fetch(request);
      checkResponse(action, await response.clone().text());
      count++;
      return response;
    },
    checkResponse,
    faults,
    operations,
    parameters,
    get count() {
      return count;
    },
  };
}

function checkError(
  root: Element,
  action: string,
  note: (fault: string) => void,
): void {
  const names = root.children.map(({ name }) => name).join();
  const [errors] = root.children;
  const [error] = errors?.children ?? [];
  const parts = error?.children.map(({ name }) => name).join();
  if (
    names !== "Errors,RequestID" || error?.name !== "Error" ||
    parts !== "Code,Message" || error.children.some(({ text }) => !text)
  ) note(`${action}: the error is not in the format of EC2`);
}

// Parameters

interface Parameter {
  value?: string;
  readonly parts: Map<string, Parameter>;
}

function readParameters(pairs: Iterable<[string, string]>) {
  const root: Parameter = { parts: new Map() };
  const repeated: string[] = [];
  for (const [name, value] of pairs) {
    let at = root;
    for (const part of name.split(".")) {
      const next = at.parts.get(part) ?? { parts: new Map() };
      at.parts.set(part, next);
      at = next;
    }
    if (at.value !== undefined) repeated.push(name);
    at.value = value;
  }
  return { root: root.parts, repeated };
}

/** Name of a member in requests. */
export function queryName(name: string, member: Member): string {
  const { locationName: wire } = member;
  return member.queryName ??
    (wire ? wire[0]!.toUpperCase() + wire.slice(1) : name);
}

class ParameterReader {
  constructor(
    readonly model: AwsModel,
    readonly note: (fault: string, path: string) => void,
    readonly see: (path: string) => void,
  ) {}

  structure(
    shape: Shape,
    given: ReadonlyMap<string, Parameter>,
    path: string,
  ): void {
    const members = new Map(
      Object.entries(shape.members ?? {})
        .map(([name, member]) => [queryName(name, member), { name, member }]),
    );
    for (const [name, parameter] of given) {
      const found = members.get(name);
      if (!found) {
        this.note("is not in the model", path + name);
        continue;
      }
      this.#any(found.member, parameter, path + name);
    }
    for (const name of shape.required ?? []) {
      const wire = queryName(name, shape.members![name]!);
      if (!given.has(wire)) this.note("is missing", path + wire);
    }
  }

  #any(member: Member, { value, parts }: Parameter, path: string): void {
    const shape = this.model.shapes[member.shape]!;
    const isNested = shape.type === "structure" || shape.type === "list";
    if (isNested ? value !== undefined : parts.size > 0) {
      return this.note(`is not of type ${shape.type}`, path);
    }
    if (shape.type === "structure") {
      return this.structure(shape, parts, `${path}.`);
    }
    if (shape.type === "list") {
      const indices = [...parts.keys()];
      // Lists are flat, with indices from 1 without gaps.
      if (indices.some((index, at) => index !== String(at + 1))) {
        this.note(`has the indices ${indices.join(", ")}`, path);
      }
      checkSize(shape, indices.length, (fault) => this.note(fault, path));
      for (const part of parts.values()) {
        this.#any(shape.member!, part, `${path}.N`);
      }
      return;
    }
    this.see(path);
    checkText(shape, value!, "request", (fault) => this.note(fault, path));
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const BASE64 = /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/;

/**
 * Checks the text of a value.
 *
 * @param shape Type of the value.
 * @param text The text.
 * @param side Where the text is: only requests must keep to the lengths.
 * @param note Called with what is wrong.
 */
export function checkText(
  shape: Shape,
  text: string,
  side: "request" | "response",
  note: (fault: string) => void,
): void {
  const bad = () =>
    note(`is not of type ${shape.type}: ${JSON.stringify(text)}`);
  switch (shape.type) {
    case "integer":
    case "long":
      if (!/^-?\d+$/.test(text)) return bad();
      return checkSize(shape, Number(text), note);
    case "double":
    case "float":
      if (text === "" || Number.isNaN(Number(text))) bad();
      return;
    case "boolean":
      if (text !== "true" && text !== "false") bad();
      return;
    case "timestamp":
      if (!TIME.test(text) || Number.isNaN(Date.parse(text))) bad();
      return;
    case "blob":
      if (!BASE64.test(text)) bad();
      return;
    case "string":
      if (shape.enum && !shape.enum.includes(text)) {
        return note(`has the unknown value ${JSON.stringify(text)}`);
      }
      if (side === "request") checkSize(shape, text.length, note);
      return;
    default:
      note(`has the unknown type ${shape.type}`);
  }
}

/**
 * Checks a number, or the length of a string or a list.
 *
 * @param shape Its limits.
 * @param size The number or the length.
 * @param note Called with what is wrong.
 */
export function checkSize(
  { min = -Infinity, max = Infinity }: Shape,
  size: number,
  note: (fault: string) => void,
): void {
  if (size < min || size > max) {
    note(`is ${size}; it must be from ${min} to ${max}`);
  }
}

// Responses

class ElementReader {
  constructor(
    readonly model: AwsModel,
    readonly note: (fault: string, path: string) => void,
  ) {}

  structure(shape: Shape, element: Element, path: string): void {
    if (element.text) this.note("contains text", path);
    const members = new Map(
      Object.entries(shape.members ?? {})
        .map(([name, member]) => [member.locationName ?? name, member]),
    );
    const seen = new Set<string>();
    for (const child of element.children) {
      const within = path === "" ? child.name : `${path}.${child.name}`;
      const member = members.get(child.name);
      if (member === undefined) this.note("is not in the model", within);
      else if (seen.has(child.name)) this.note("occurs twice", within);
      else this.#any(this.model.shapes[member.shape], child, within);
      seen.add(child.name);
    }
  }

  #any(shape: Shape | undefined, element: Element, path: string): void {
    if (shape === undefined) {
      return checkText(
        { type: "boolean" },
        element.text,
        "response",
        (fault) => this.note(fault, path),
      );
    }
    if (shape.type === "structure") {
      return this.structure(shape, element, path);
    }
    if (shape.type === "list") {
      if (element.text) this.note("contains text", path);
      const name = shape.member!.locationName ?? "item";
      for (const child of element.children) {
        if (child.name !== name) {
          this.note(`is not in a list of <${name}>`, `${path}.${child.name}`);
        } else {
          const item = this.model.shapes[shape.member!.shape];
          this.#any(item, child, `${path}.${name}`);
        }
      }
      return;
    }
    if (element.children.length > 0) {
      return this.note(`is not of type ${shape.type}`, path);
    }
    checkText(
      shape,
      element.text,
      "response",
      (fault) => this.note(fault, path),
    );
  }
}

/** An element of XML. */
export interface Element {
  /** Name of the element. */
  readonly name: string;
  /** Attributes of the element. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Text of the element; white space between children is removed. */
  text: string;
  /** Child elements. */
  readonly children: Element[];
}

const TOKEN =
  /<\?xml [^?]*\?>|<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/**
 * Parses XML without a doctype, comments and CDATA. This is not the parser of the
 * library, so that an error of that parser cannot hide a deviation.
 *
 * @param xml The document.
 * @returns The root element.
 */
export function readXml(xml: string): Element {
  const top: Element = { name: "", attributes: {}, text: "", children: [] };
  const open = [top];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < xml.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(xml);
    if (match === null) {
      throw new Error(
        `readXml: unexpected input: ${JSON.stringify(xml.slice(at, at + 40))}`,
      );
    }
    const [, isEnd, name, attributes = "", isEmpty, text] = match;
    const parent = open.at(-1)!;
    if (text !== undefined) {
      if (/\S/.test(text) || parent.children.length === 0) {
        parent.text += unescape(text);
      }
    } else if (isEnd) {
      if (parent.name !== name || open.length === 1) {
        throw new Error(`readXml: expected </${parent.name}>, got </${name}>`);
      }
      if (parent.children.length > 0) parent.text = parent.text.trim();
      open.pop();
    } else if (name !== undefined) {
      const element: Element = {
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)]
            .map(([, key = "", value = ""]) => [key, unescape(value)]),
        ),
        text: "",
        children: [],
      };
      parent.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  const [root] = top.children;
  if (open.length > 1) {
    throw new Error(`readXml: <${open.at(-1)!.name}> has no end tag`);
  }
  if (root === undefined || top.children.length > 1 || top.text.trim()) {
    throw new Error("readXml: the document must have exactly one root");
  }
  return root;
}

function unescape(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (entity, name: string) => {
    const [, hex, decimal] = /^#(?:x([\da-fA-F]+)|(\d+))$/.exec(name) ?? [];
    if (hex ?? decimal) {
      return String.fromCodePoint(parseInt(hex ?? decimal!, hex ? 16 : 10));
    }
    const char = ENTITIES[name];
    if (char === undefined) {
      throw new Error(`readXml: unknown entity ${entity}`);
    }
    return char;
  });
}
