/**
 * Actions of EC2: how they are sent, and how their answers are read.
 *
 * @module
 */

import {
  type ApiResponse,
  type CallOptions,
  type Connection,
  Deadline,
  idOf,
  linkedPages,
  type Listing,
  NotFoundError,
  type Ref,
  type XmlElement,
} from "../../core/mod.ts";
import {
  type Ec2ListOptions,
  toFilters,
  toForm,
  toSame,
} from "./_ec2_requests.ts";

/** What an action is about, by the names of the parameters. */
export type Refs = Readonly<Record<string, Ref | readonly Ref[]>>;

/** Makes a record of an element. */
export type Convert<T> = (item: XmlElement) => T;

/** How EC2 lists things of a kind. */
export interface Kind<T> {
  /** Action that does. */
  readonly action: string;
  /** Parameter for ids. */
  readonly id: string;
  /** Where the things are in the answer. */
  readonly path: readonly string[];
  /** Makes a record of one. */
  readonly convert: Convert<T>;
  /** Largest page; 0 where there are no pages. */
  readonly maxSize: number;
}

/** Describes a kind. */
export function kind<T>(
  action: string,
  id: string,
  list: string,
  convert: Convert<T>,
  maxSize = 1000,
): Kind<T> {
  const path = [...list.split("."), "item"];
  return { action: `Describe${action}`, id, path, convert, maxSize };
}

/** Lists things of a kind. */
export function list<T>(
  connection: Connection,
  operation: string,
  kind: Kind<T>,
  options: Ec2ListOptions,
  parameters?: Readonly<Record<string, unknown>>,
): Listing<T> {
  const { convert } = kind;
  const load = () => Promise.resolve(convert);
  return listWith(connection, operation, kind, load, options, parameters);
}

/** Lists things of a kind, by what is loaded when the first page is wanted. */
export function listWith<T>(
  connection: Connection,
  operation: string,
  { action, id, path, maxSize }: Kind<unknown>,
  load: () => Promise<Convert<T>>,
  options: Ec2ListOptions,
  parameters: Readonly<Record<string, unknown>> = {},
): Listing<T> {
  const { pageSize = maxSize, filters } = options;
  const pages = linkedPages((answer: XmlElement) => {
    const NextToken = answer.textAt("nextToken");
    return NextToken && { NextToken };
  });
  let convert: Convert<T>;
  return connection.list<XmlElement, T>("/", {
    items: (answer) =>
      answerTo(action, answer).all(...path).map((item) => convert(item)),
    pages: (list) =>
      pages({
        ...list,
        async ask(params, limits) {
          convert = await load();
          return await list.ask(params, limits);
        },
      }),
  }, {
    ...options,
    operation,
    params: toAction(action, {
      // EC2 refuses it together with ids.
      MaxResults: maxSize && !parameters[id]
        ? Math.max(5, Math.min(pageSize, maxSize))
        : undefined,
      Filter: toFilters(filters),
      ...parameters,
    }),
  });
}

/** Gets one thing of a kind, with a request for its id. */
export async function get<T>(
  connection: Connection,
  operation: string,
  { action: Action, id, path, convert }: Kind<T>,
  ref: Ref,
  options: CallOptions,
  parameters?: object,
): Promise<T> {
  const response = await send(connection, operation, options, { [id]: [ref] }, {
    Action,
    ...parameters,
  });
  const found = response.read((answer) => answer.all(...path).map(convert)[0]);
  if (found) return found;
  throw response.error(`${idOf(ref)} is not there`, NotFoundError, 404);
}

/** Sends an action, and reads what came of it. */
export async function ask<T>(
  connection: Connection,
  operation: string,
  options: CallOptions,
  refs: Refs,
  parameters: object,
  read: (answer: XmlElement) => T,
  isIdempotent?: boolean,
): Promise<T> {
  const response = await send(
    connection,
    operation,
    options,
    refs,
    parameters,
    isIdempotent,
  );
  return response.read(read);
}

/**
 * Sends an action, and makes sure that it is what was answered. Where the
 * parameters do not say which, it is called as the operation is.
 */
export async function send(
  connection: Connection,
  operation: string,
  options: CallOptions,
  refs: Refs,
  parameters: object = {},
  isIdempotent?: boolean,
): Promise<ApiResponse<XmlElement>> {
  const form = toAction(
    operation.replace(/^./, (letter) => letter.toUpperCase()),
    { ...toSame(options), ...toIds(refs, operation), ...parameters },
  );
  const action = form.Action!;
  const response = await connection.request<XmlElement>("/", {
    ...options,
    operation,
    // What reads may be sent again as often as it takes.
    ...(/^(?:Describe|Get)/.test(action)
      ? { params: form }
      : { method: "POST", data: form, idempotent: isIdempotent }),
  });
  response.read((answer) => answerTo(action, answer));
  return response;
}

/** Sends an action that deletes something. */
export async function remove(
  connection: Connection,
  operation: string,
  options: CallOptions,
  refs: Refs,
  parameters?: object,
): Promise<void> {
  try {
    await send(connection, operation, options, refs, parameters, true);
  } catch (error) {
    // An earlier attempt has done it, though its answer was lost.
    if (!NotFoundError.is(error) || !error.mayHaveBeenApplied) throw error;
  }
}

/** Looks at something, then sends an action, both under one deadline. */
export async function lookAndSend(
  connection: Connection,
  operation: string,
  options: CallOptions,
  refs: Refs,
  look: (call: CallOptions) => Promise<object>,
): Promise<void> {
  const { signal, timeoutMs } = options;
  const { provider } = connection;
  const about = { provider, operation, mayHaveBeenApplied: false };
  const ids = toIds(refs, operation);
  await Deadline.run({ signal, timeoutMs }, about, async ({ signal }) => {
    const call = { ...options, signal, timeoutMs: undefined };
    const found = await look(call);
    about.mayHaveBeenApplied = true;
    await send(connection, operation, call, ids, found);
  });
}

/** Makes the form of an action. */
function toAction(Action: string, parameters: object): Record<string, string> {
  return toForm({ Action, Version: "2016-11-15", ...parameters });
}

/**
 * Makes sure that an answer is one to an action.
 *
 * @throws {TypeError} If it is something else, or nothing.
 */
function answerTo(action: string, answer: XmlElement | undefined): XmlElement {
  if (answer?.name === `${action}Response`) return answer;
  throw new TypeError(`There is no ${action}Response`);
}

/** Reads the ids out of what an action is about. */
function toIds(
  refs: Refs,
  operation: string,
): Record<string, string | string[]> {
  const entries = Object.entries(refs).map(([name, ref]) => [
    name,
    Array.isArray(ref)
      ? ref.map((it) => idOf(it, operation))
      : idOf(ref as Ref, operation),
  ]);
  return Object.fromEntries(entries);
}
