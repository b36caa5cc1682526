/**
 * Checks requests and responses of REST with XML against a service model of AWS,
 * in the format of botocore.
 *
 * @see {@link https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html | AWS restXml protocol}
 *
 * @module
 */

import {
  checkSize,
  checkText,
  type Element,
  type Held,
  type Member,
  readXml,
  type Shape,
} from "./aws_model.ts";

/** The part of a model that is used here. */
export interface AwsRestModel {
  /** Operations by name. */
  readonly operations: Readonly<Record<string, RestOperation>>;
  /** Shapes by name. */
  readonly shapes: Readonly<Record<string, RestShape>>;
}

/** An operation of the model. */
export interface RestOperation {
  /** Its requests. */
  readonly http: {
    readonly method: string;
    readonly requestUri: string;
    readonly responseCode?: number;
  };
  /** What a request contains. */
  readonly input?: RestInput;
  /** What a response contains. */
  readonly output?: Member;
  /** Its errors. */
  readonly errors?: readonly Member[];
}

/** What a request contains, and the root of its body. */
export interface RestInput extends Member {
  /** Namespace of the body. */
  readonly xmlNamespace?: { readonly uri: string };
}

/** A type of the model, with the order of its members. */
export interface RestShape extends Shape {
  /** Members of a structure, in the order of the service. */
  readonly members?: Readonly<Record<string, RestMember>>;
  /** Pattern of a string. */
  readonly pattern?: string;
}

/** A member of a structure, and where it is. */
export interface RestMember extends Member {
  /** Place of the member; the body by default. */
  readonly location?: "uri" | "querystring" | "header";
}

/** Errors that every service of AWS has. */
const COMMON = new Set([
  "AccessDenied",
  "ExpiredToken",
  "IncompleteSignature",
  "InternalFailure",
  "InvalidAction",
  "InvalidClientTokenId",
  "MalformedInput",
  "MissingAuthenticationToken",
  "SignatureDoesNotMatch",
  "Throttling",
]);

/**
 * Wraps a `fetch` function, and checks requests and responses against a model.
 * Parameters and elements that are not in the model or in another order, values of
 * another type, missing members and unknown errors are deviations.
 *
 * @param model The model.
 * @param fetch The function to wrap.
 * @returns The wrapped function and its findings.
 */
export function heldToRest(
  model: AwsRestModel,
  fetch: (request: Request) => Promise<Response>,
): Held & {
  /** Number of responses that are errors. */
  readonly errors: number;
} {
  const faults: string[] = [];
  const operations = new Set<string>();
  const parameters = new Set<string>();
  let count = 0;
  let errors = 0;
  const note = (fault: string) => {
    faults.push(fault);
  };

  async function checkRequest(request: Request): Promise<string> {
    const url = new URL(request.url);
    const found = Object.entries(model.operations).find(([, { http }]) =>
      http.method === request.method &&
      uriOf(http.requestUri).test(url.pathname)
    );
    if (!found) {
      note(`${request.method} ${url.pathname} is not in the model`);
      return "";
    }
    const [name, { input, http }] = found;
    operations.add(name);
    const about = (path: string) => (fault: string) =>
      note(`${name}: ${path} ${fault}`);
    const shape: RestShape = input ? model.shapes[input.shape]! : { type: "" };
    const members = Object.entries(shape.members ?? {});
    const values = uriOf(http.requestUri).exec(url.pathname)?.groups ?? {};
    for (const [key, text] of Object.entries(values)) {
      const found = members.find(([own, { location, locationName = own }]) =>
        location === "uri" && locationName === key
      );
      if (!found) about(key)("is not in the model");
      else checkOne(found[1], decodeURIComponent(text!), about(key));
    }
    for (const [key, text] of url.searchParams) {
      const found = members.find(([own, { location, locationName = own }]) =>
        location === "querystring" && locationName === key
      );
      if (!found) about(key)("is not in the model");
      else checkOne(found[1], text, about(key));
      parameters.add(`${name} ${key}`);
    }
    const body = await request.clone().text();
    if (Object.keys(inBody(shape).members ?? {}).length === 0) {
      if (body) about("body")("is not in the model");
      return name;
    }
    const root = readXml(body);
    if (root.name !== input?.locationName) about("root")(`is ${root.name}`);
    if (root.attributes.xmlns !== input?.xmlNamespace?.uri) {
      about("root")(`has the namespace ${root.attributes.xmlns}`);
    }
    structure(inBody(shape), root, {
      path: "",
      side: "request",
      note: (path, fault) => about(path)(fault),
      see: (path) => parameters.add(`${name} ${path}`),
    });
    return name;
  }

  function checkOne(
    member: Member,
    text: string,
    note: (fault: string) => void,
  ): void {
    const shape = model.shapes[member.shape]!;
    checkText(shape, text, "request", note);
    checkPattern(shape, text, note);
  }

  function checkBody(action: string, xml: string, status?: number): void {
    let root: Element;
    try {
      root = readXml(xml);
    } catch (error) {
      return note(`${action}: ${(error as Error).message}`);
    }
    const operation = model.operations[action];
    if (root.name === "ErrorResponse") return checkError(root, action);
    const { output, http, input } = operation ?? {};
    if (root.name !== `${action}Response`) {
      note(`${action}: the root is <${root.name}>`);
    }
    const namespace = Object.values(model.operations)
      .map(({ input }) => input?.xmlNamespace?.uri).find(Boolean);
    if (root.attributes.xmlns !== (input?.xmlNamespace?.uri ?? namespace)) {
      note(`${action}: the namespace is ${root.attributes.xmlns}`);
    }
    if (status !== undefined && status !== (http?.responseCode ?? 200)) {
      note(`${action}: the status is ${status}`);
    }
    const shape = output ? model.shapes[output.shape]! : { type: "structure" };
    structure(inBody(shape), root, {
      path: "",
      side: "response",
      note: (path, fault) => note(`${action}: <${path}> ${fault}`),
      see: () => {},
    });
  }

  function checkError(root: Element, action: string): void {
    const [error, requestId] = root.children;
    const parts = error?.children ?? [];
    const isFormed = error?.name === "Error" &&
      parts.map(({ name }) => name).join() === "Type,Code,Message" &&
      parts.every(({ text }) => text) &&
      requestId?.name === "RequestId" && requestId.text;
    if (!isFormed) note(`${action}: the error has another form`);
    const code = parts[1]?.text ?? "";
    const own = model.operations[action]?.errors?.map(({ shape }) => shape);
    if (!COMMON.has(code) && own && !own.includes(code)) {
      note(`${action}: the error ${code} is not in the model`);
    }
  }

  function structure(shape: RestShape, element: Element, at: At): void {
    const members = Object.entries(shape.members ?? {})
      .map(([name, member]) => ({ name: member.locationName ?? name, member }));
    const names = members.map(({ name }) => name);
    if (element.text) at.note(at.path, "contains text");
    let last = -1;
    for (const child of element.children) {
      const path = [at.path, child.name].filter(Boolean).join(".");
      const index = names.indexOf(child.name);
      const found = members[index];
      if (!found) at.note(path, "is not in the model");
      else any(found.member, child, { ...at, path });
      if (found && index <= last) at.note(path, "is in another order");
      last = index;
    }
    for (const name of shape.required ?? []) {
      const wire = shape.members?.[name]?.locationName ?? name;
      if (element.children.some((child) => child.name === wire)) continue;
      at.note([at.path, wire].filter(Boolean).join("."), "is missing");
    }
  }

  function any(member: Member, element: Element, at: At): void {
    const shape = model.shapes[member.shape]!;
    const noteHere = (fault: string) => at.note(at.path, fault);
    if (shape.type === "structure") return structure(shape, element, at);
    if (shape.type === "list") {
      const name = shape.member?.locationName ?? "member";
      checkSize(shape, element.children.length, noteHere);
      for (const child of element.children) {
        if (child.name !== name) noteHere(`contains <${child.name}>`);
        any(shape.member!, child, { ...at, path: `${at.path}.${name}` });
      }
      return;
    }
    if (element.children.length > 0) return noteHere("contains elements");
    at.see(at.path);
    checkText(shape, element.text, at.side, noteHere);
    if (at.side === "request") checkPattern(shape, element.text, noteHere);
  }

  return {
    async fetch(request) {
      const action = await checkRequest(request);
      const response = await fetch(request);
      if (response.status >= 400) errors++;
      checkBody(action, await response.clone().text(), response.status);
      count++;
      return response;
    },
    checkResponse: (action, xml) => checkBody(action, xml),
    faults,
    operations,
    parameters,
    get count() {
      return count;
    },
    get errors() {
      return errors;
    },
  };
}

/** Where an element is, and who is told about it. */
interface At {
  readonly path: string;
  readonly side: "request" | "response";
  readonly note: (path: string, fault: string) => void;
  readonly see: (path: string) => void;
}

/** The members that are elements of the body. */
function inBody(shape: RestShape): RestShape {
  const members = Object.entries(shape.members ?? {})
    .filter(([, { location }]) => location === undefined);
  const names = members.map(([name]) => name);
  return {
    ...shape,
    members: Object.fromEntries(members),
    required: shape.required?.filter((name) => names.includes(name)) ?? [],
  };
}

/** A pattern for paths, with a group for each member. */
function uriOf(requestUri: string): RegExp {
  const pattern = requestUri.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${pattern}$`);
}

function checkPattern(
  { pattern }: RestShape,
  text: string,
  note: (fault: string) => void,
): void {
  if (pattern === undefined || new RegExp(`^(?:${pattern})$`).test(text)) {
    return;
  }
  note(`does not match ${pattern}: ${JSON.stringify(text)}`);
}
