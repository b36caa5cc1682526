/**
 * Filters of lists: the header `X-Filter`.
 *
 * @see {@link https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting | Filtering and sorting}
 *
 * @module
 */

import { BadRequest } from "./_requests.ts";
import { isObject, type JsonObject } from "../kit/mod.ts";

/**
 * Fields that each list can be filtered by, as the API description names them.
 */
export const FILTERS = {
  linodes: ["id", "label", "region", "image", "ipv4", "tags", "group"],
  types: ["class", "disk", "gpus", "label", "memory", "transfer", "vcpus"],
  regions: ["country", "site_type"],
  images: [
    "deprecated",
    "is_public",
    "label",
    "size",
    "status",
    "tags",
    "type",
    "vendor",
  ],
  volumes: ["label", "tags"],
  disks: ["label", "size"],
  stackscripts: ["deployments_total", "description", "is_public", "label"]
    .concat(["mine", "rev_note"]),
  events: ["action", "created", "entity", "id", "read"],
  domains: ["domain", "group", "tags"],
  records: ["name", "tag", "target", "type"],
  none: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/**
 * Filters and sorts a list.
 *
 * @param items Items of the list, in the format of the API.
 * @param header Value of the header `X-Filter`.
 * @param filterable Fields that the list can be filtered by.
 * @returns The matching items, in the requested order.
 * @throws {BadRequest} If `header` is invalid, or filters by another field.
 */
export function applyFilter(
  items: readonly JsonObject[],
  header: string,
  filterable: readonly string[],
): readonly JsonObject[] {
  let filter: unknown;
  try {
    filter = JSON.parse(header);
  } catch {
    throw new BadRequest("Cannot parse X-Filter");
  }
  if (!isObject(filter)) throw new BadRequest("X-Filter must be an object");
  const { "+order_by": by, "+order": order = "asc", ...rest } = filter;
  const found = items.filter((item) => matches(item, rest, filterable));
  if (by === undefined) return found;
  const sign = order === "desc" ? -1 : 1;
  const key = (item: JsonObject) => valueAt(item, String(by));
  // Times have a resolution of one second; ids decide between equal times.
  return found.sort((a, b) =>
    sign * (compare(key(a), key(b)) || compare(a["id"], b["id"]))
  );
}

function matches(
  item: JsonObject,
  filter: JsonObject,
  filterable: readonly string[],
): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "+and" || name === "+or") {
      const parts = Array.isArray(wanted) ? wanted.filter(isObject) : [];
      const matchesPart = (part: JsonObject) => matches(item, part, filterable);
      return name === "+and"
        ? parts.every(matchesPart)
        : parts.some(matchesPart);
    }
    if (!filterable.includes(name.split(".")[0] ?? "")) {
      throw new BadRequest(`Cannot filter by ${name}`);
    }
    return [valueAt(item, name)].flat().some((value) =>
      isObject(wanted)
        ? Object.entries(wanted).every(([operator, operand]) =>
          compareWith(value, operator, operand)
        )
        : value === wanted
    );
  });
}

function compareWith(
  value: unknown,
  operator: string,
  operand: unknown,
): boolean {
  switch (operator) {
    case "+contains":
      return String(value).toLowerCase().includes(
        String(operand).toLowerCase(),
      );
    case "+neq":
      return value !== operand;
    case "+gt":
      return compare(value, operand) > 0;
    case "+gte":
      return compare(value, operand) >= 0;
    case "+lt":
      return compare(value, operand) < 0;
    case "+lte":
      return compare(value, operand) <= 0;
    default:
      throw new BadRequest(`Unknown filter operator ${operator}`);
  }
}

function valueAt(item: JsonObject, name: string): unknown {
  return name.split(".").reduce<unknown>(
    (value, key) =>
      isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined,
    item,
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
