/**
 * Routes of the catalog and the account: regions, types, StackScripts, profile.
 *
 * @module
 */

import { type Account, SEEDED_AT, USERNAME } from "./_account.ts";
import {
  price,
  type Region,
  REGIONS,
  type StackScript,
  STACKSCRIPTS,
  SURCHARGES,
  type Type,
  TYPES,
} from "./_catalog.ts";
import { FILTERS } from "./_filters.ts";
import { findInCatalog, hasCredentials, ok } from "./_requests.ts";
import type { Routes } from "../kit/mod.ts";

/** Routes of the catalog and the account. */
export function catalogRoutes(account: Account): Routes {
  return {
    "GET /account": () => ok(ACCOUNT),
    "GET /profile": () => ok(PROFILE),
    "GET /regions": (call) =>
      account.list(call, REGIONS, regionJson, FILTERS.regions),
    "GET /regions/{id}": (call) => ok(regionJson(findInCatalog(REGIONS, call))),
    "GET /linode/types": (call) =>
      account.list(call, TYPES, typeJson, FILTERS.types),
    "GET /linode/types/{id}": (call) =>
      ok(typeJson(findInCatalog(TYPES, call))),
    "GET /linode/stackscripts": (call) =>
      account.list(
        call,
        STACKSCRIPTS.filter(({ isPublic }) =>
          isPublic || hasCredentials(call.request)
        ),
        stackScriptJson,
        FILTERS.stackscripts,
      ),
    "GET /linode/stackscripts/{id}": (call) =>
      ok(stackScriptJson(findInCatalog(STACKSCRIPTS, call))),
  };
}

const ACCOUNT = {
  company: "Example Ltd",
  email: "me@example.com",
  first_name: "Jo",
  last_name: "Example",
  address_1: "1 Example Street",
  address_2: "",
  city: "Philadelphia",
  state: "PA",
  zip: "19102",
  country: "US",
  phone: "215-555-0100",
  tax_id: "",
  balance: 200,
  balance_uninvoiced: 145,
  active_since: SEEDED_AT,
  billing_source: "linode",
  capabilities: ["Linodes", "Block Storage"],
  euuid: "E1AF5EEC-526F-487D-B317EBEB34C87D71",
  credit_card: null,
  active_promotions: [],
} as const;

const PROFILE = {
  username: USERNAME,
  email: "me@example.com",
  timezone: "GMT",
  email_notifications: true,
  restricted: false,
  two_factor_auth: false,
  lish_auth_method: "keys_only",
  authorized_keys: [],
  referrals: { code: "", completed: 0, credit: 0, pending: 0, total: 0 },
} as const;

function regionJson({ id, label, country, capabilities }: Region) {
  return {
    capabilities,
    country,
    id,
    label,
    placement_group_limits: {
      maximum_linodes_per_flexible_pg: null,
      maximum_linodes_per_pg: 5,
      maximum_pgs_per_customer: null,
    },
    resolvers: { ipv4: "192.0.2.0,192.0.2.1", ipv6: "2001:db8::,2001:db8::1" },
    site_type: id.includes("edge") ? "distributed" : "core",
    status: "ok",
  };
}

function typeJson(type: Type) {
  const regionPrices = (monthly: number) =>
    Object.entries(SURCHARGES).map(([id, factor]) => ({
      id,
      ...price(monthly * factor),
    }));
  return {
    addons: {
      backups: {
        price: type.backups,
        region_prices: regionPrices(type.backups.monthly),
      },
    },
    class: type.class,
    disk: type.disk,
    gpus: type.gpus,
    id: type.id,
    label: type.label,
    memory: type.memory,
    network_out: type.networkOut,
    price: type.price,
    region_prices: regionPrices(type.price.monthly),
    successor: type.successor,
    transfer: type.transfer,
    vcpus: type.vcpus,
  };
}

function stackScriptJson(script: StackScript) {
  return {
    created: SEEDED_AT,
    deployments_active: 1,
    deployments_total: 12,
    description: script.description,
    id: script.id,
    images: script.images,
    is_public: script.isPublic,
    label: script.label,
    mine: script.mine,
    rev_note: "",
    script: script.script,
    updated: SEEDED_AT,
    user_defined_fields: script.fields,
    user_gravatar_id: "a445b305abda30ebc766bc7fda037c37",
    username: script.username,
  };
}
