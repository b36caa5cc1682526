/**
 * The kinds of records, and the fields that a table shows.
 *
 * @module
 */

import type { Kind, Row } from "./output.ts";

/** Servers. */
export const NODE: Kind = {
  noun: "node",
  columns: ["id", "name", "state", "publicIps", "locationId", "sizeId"],
  more: [
    "privateIps",
    "imageId",
    "createdAt",
    "tags",
    "rootPassword",
    "extra",
  ],
};

/** Servers of several accounts. */
export const FLEET_NODE: Kind = {
  ...NODE,
  columns: ["driver", ...NODE.columns],
  more: [...NODE.more ?? [], "provider", "ref"],
  reference: "ref",
};

/** Sizes, with their prices. */
export const SIZE: Kind = {
  noun: "size",
  columns: [
    "id",
    "vcpus",
    "ramMib",
    "diskGb",
    "architecture",
    "price.hourly",
    "price.monthly",
    "price.currency",
  ],
  more: [
    "name",
    "transferGb",
    "gpus",
    "price",
    "locationPrices",
    "locationIds",
    "isAvailable",
    "extra",
  ],
  reference: "id",
};

/** Images. */
export const IMAGE: Kind = {
  noun: "image",
  columns: ["id", "name"],
  more: ["extra"],
  reference: "id",
};

/** Locations. */
export const LOCATION: Kind = {
  noun: "location",
  columns: ["id", "name", "country"],
  more: ["extra"],
  reference: "id",
};

/** Key pairs. */
export const KEY_PAIR: Kind = {
  noun: "key pair",
  columns: ["id", "name", "fingerprint"],
  more: ["publicKey", "privateKey", "password", "extra"],
};

/** Volumes. */
export const VOLUME: Kind = {
  noun: "volume",
  columns: ["id", "name", "sizeGb", "state", "nodeId", "locationId"],
  more: ["createdAt", "extra"],
};

/** Snapshots of volumes. */
export const SNAPSHOT: Kind = {
  noun: "snapshot",
  columns: ["id", "name", "sizeGb", "state", "volumeId", "createdAt"],
  more: ["extra"],
};

/** Tags that nodes have. */
export const TAG: Kind = {
  noun: "tag",
  columns: ["key", "value", "nodes"],
  reference: "tag",
  more: ["tag"],
};

/** Sizes that fit, with their price per month. */
export const OFFER: Kind = {
  noun: "offer",
  columns: [
    "driver",
    "size.id",
    "monthly",
    "currency",
    "source",
    "asOf",
    "locations",
  ],
  more: ["size", "provider", "price"],
  reference: "size.id",
};

/** Prices of sizes. */
export const PRICE: Kind = {
  noun: "price",
  columns: ["id", "hourly", "monthly", "currency", "asOf"],
  reference: "id",
};

/** What the nodes of a fleet cost. */
export const COST: Kind = {
  noun: "cost",
  columns: ["of", "nodes", "unpriced", "monthly"],
  reference: "of",
};

/** What a command did. */
export const CHANGE: Kind = {
  noun: "change",
  columns: ["id", "name", "action"],
};

/**
 * Adds a column for a secret that the provider tells only once, if it is there.
 *
 * @param kind Kind of the record.
 * @param record The record, as the provider has created it.
 * @param field Field with the secret.
 * @returns The kind to show.
 */
export function withSecret(kind: Kind, record: Row, field: string): Kind {
  return field in record
    ? { ...kind, columns: [...kind.columns, field] }
    : kind;
}

/** Zones. */
export const ZONE: Kind = {
  noun: "zone",
  columns: ["id", "name", "kind", "state", "nameServers"],
  more: ["ttl", "createdAt", "extra"],
};

/** Record sets of a zone. */
export const RECORD_SET: Kind = {
  noun: "record set",
  columns: ["name", "type", "ttl", "data"],
  more: ["id", "extra"],
};

/** Changes of record sets. */
export const RECORD_CHANGE: Kind = {
  noun: "change",
  columns: ["action", "name", "type", "before", "after"],
};
