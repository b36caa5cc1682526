/**
 * Makes fixtures: responses of a provider, by the name of the operation.
 *
 * @module
 */

import { describedBy } from "../../testing/openapi.ts";
import type { Description, JsonReply, Schema } from "./description.ts";
import { pluralOf } from "./names.ts";
import { toReserved } from "./reserved.ts";
import type { Resource } from "./resources.ts";
import { valueOf } from "./values.ts";

/** A response as a file. */
export interface Fixture {
  /** Name of the file without its extension, such as `"list_nodes"`. */
  readonly name: string;
  /** Where the response comes from, such as `"GET /servers"`. */
  readonly source: string;
  /** Content of the file. */
  readonly text: string;
  /** How the response deviates from the description. */
  readonly faults: readonly string[];
}

/** An operation that a fixture is made of. */
export interface Wanted {
  /** Name of the fixture. */
  readonly name: string;
  /** The response. */
  readonly reply: JsonReply;
}

/**
 * Names the default fixtures of resources: the list, one, and a new one.
 *
 * @param description The description.
 * @param resources The resources.
 * @returns The operations whose responses have JSON.
 */
export function defaultFixtures(
  description: Description,
  resources: readonly Resource[],
): Wanted[] {
  return resources.flatMap(({ noun, list, get, create }) =>
    ([
      [`list_${pluralOf(noun)}`, list],
      [`get_${noun}`, get],
      [`create_${noun}`, create],
    ] as const).flatMap(([name, operation]) => {
      const reply = operation && description.reply(operation);
      return reply ? [{ name, reply }] : [];
    })
  );
}

/**
 * Reads the name and the operation of one more fixture.
 *
 * @param description The description.
 * @param option A fixture, such as `"start_node=POST /servers/{id}/poweron"`;
 *   a status can follow: `"error_404=GET /servers/{id} 404"`.
 * @returns The operation.
 * @throws {TypeError} If the description does not contain the response.
 */
export function readFixtureOption(
  description: Description,
  option: string,
): Wanted {
  const [, name, method, path, status] =
    /^(\w+)=([A-Za-z]+) (\S+)(?: (\d{3}))?$/.exec(option) ?? [];
  if (!name || !method || !path) {
    throw new TypeError(
      `--operation: expected "name=METHOD /path [status]", got "${option}"`,
    );
  }
  const reply = description.reply(
    { method: method.toUpperCase(), path },
    status === undefined ? undefined : Number(status),
  );
  if (reply === undefined) {
    throw new TypeError(
      `--operation: the description has no JSON response of ${method} ${path}`,
    );
  }
  return { name, reply };
}

/**
 * Makes a fixture: the example of the description if it is valid, else what the
 * schema declares of it, else values that match the schema. A list says that it
 * has only one page.
 *
 * @param description The description.
 * @param wanted Name and response.
 * @returns The fixture.
 */
export function makeFixture(description: Description, wanted: Wanted): Fixture {
  const { name, reply } = wanted;
  const own = ownHosts(description);
  const made = valueOf(description, reply.schema);
  const { example } = reply;
  const candidates = [
    example,
    declared(description, reply.schema, example),
    made,
  ].filter((it) => it !== undefined).flatMap((value) => [
    onlyPage(value, null),
    onlyPage(value, ""),
    value,
  ]).map((value) => {
    const text = JSON.stringify(toReserved(value, own), null, 2) + "\n";
    return { text, faults: faultsOf(description, reply, text) };
  });
  const best = candidates.find(({ faults }) => faults.length === 0) ??
    candidates.at(-1)!;
  return { name, source: `${reply.method} ${reply.path}`, ...best };
}

/** Compares a response with the description. */
function faultsOf(
  { json }: Description,
  { method, path, status, schema }: JsonReply,
  text: string,
): readonly string[] {
  const response = { content: { "application/json": { schema } } };
  const described = describedBy({
    ...json,
    paths: { "/": { get: { responses: { [status]: response } } } },
  }, () => Promise.reject(new TypeError("only bodies are checked")));
  described.check("GET", "/", status, text);
  return described.faults.map((fault) =>
    fault.replace("GET /", `${method} ${path}`)
  );
}

/** The part of a value that a schema declares. */
function declared(
  description: Description,
  schema: Schema,
  value: unknown,
): unknown {
  const { properties, items, additional } = description.flatten(schema);
  if (Array.isArray(value)) {
    return items
      ? value.map((item) => declared(description, items, item))
      : value;
  }
  const names = Object.keys(properties);
  const isOpen = names.length === 0 || Boolean(additional);
  if (typeof value !== "object" || value === null || isOpen) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => names.includes(name))
      .map(([name, inner]) => [
        name,
        declared(description, properties[name]!, inner),
      ]),
  );
}

/** Says in a list that it has only one page. */
function onlyPage(body: unknown, noPage: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const lists = Object.values(body).filter(Array.isArray);
  if (lists.length !== 1) return body;
  const total = lists[0]!.length;
  const isPaging = /^(?:meta|pagination|paging|links)$/;

  function settle(record: object): object {
    return Object.fromEntries(
      Object.entries(record).map(([key, value]) => {
        if (isPaging.test(key) && value && typeof value === "object") {
          return [key, settle(value)];
        }
        if (typeof value === "number") {
          if (/^(?:total|total_\w+|results|count)$/.test(key)) {
            return [key, total];
          }
          if (/^(?:page|pages|last_page|current_page)$/.test(key)) {
            return [key, 1];
          }
        }
        return /^(?:next|previous|prev)(?:_page)?$/.test(key)
          ? [key, noPage]
          : [key, value];
      }),
    );
  }

  return settle(body);
}

/** Host names of the API, without the first part. */
function ownHosts({ json }: Description): string[] {
  return (json.servers ?? []).flatMap(({ url }) => {
    const host = URL.parse(url)?.hostname;
    return host ? [host.split(".").slice(-2).join(".")] : [];
  });
}
