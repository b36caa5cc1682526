/**
 * Designate: zones, record sets, and exports of zones. It has no imports,
 * transfers and shares of zones, and no addresses of floating IPs.
 *
 * @module
 */

import { type Account, urlOf } from "./_account.ts";
import { recordSetRoutes } from "./_designate_sets.ts";
import { addSet, type NewSet, type Zones } from "./_designate_state.ts";
import { createZone, exportRoutes, zoneRoutes } from "./_designate_zones.ts";
import { jsonResponse, type Routes, Store } from "../kit/mod.ts";

export { dnsError } from "./_designate_requests.ts";

/**
 * Creates the routes of Designate.
 *
 * @param account The account.
 * @param count Number of zones at the start.
 * @returns The routes.
 */
export function dnsRoutes(account: Account, count: number): Routes {
  const state: Zones = { account, zones: new Store(), exports: new Store() };
  for (let number = 1; number <= count; number++) seedZone(state, number);
  const routes: Routes = {
    ...exportRoutes(state),
    ...zoneRoutes(state),
    ...recordSetRoutes(state),
    ...limitRoutes(state),
  };
  return {
    "GET /": ({ url }) => jsonResponse(200, { versions: versionsOf(url) }),
    ...Object.fromEntries(
      Object.entries(routes).map(([route, handler]) => [
        route.replace(" ", " /v2"),
        handler,
      ]),
    ),
  };
}

function versionsOf(url: URL): object[] {
  const links = [
    { href: `${urlOf("dns", url)}/v2`, rel: "self" },
    { href: "https://docs.openstack.org/api-ref/dns", rel: "help" },
  ];
  const updated = "2022-06-29T00:00:00Z";
  return [
    { id: "v2", links, status: "SUPPORTED", updated },
    { id: "v2.0", links, status: "CURRENT", updated },
  ];
}

function limitRoutes({ account }: Zones): Routes {
  const limitOf = (name: string) => account.settings.quotas[name] ?? 100_000;
  const names = ["zones", "zone_recordsets", "zone_records"];
  const all = [...names, "recordset_records", "api_export_size"];
  return {
    "GET /limits": () =>
      jsonResponse(200, {
        ...Object.fromEntries(
          [...names, "recordset_records"].map((name) => [
            `max_${name}`,
            limitOf(name),
          ]),
        ),
        min_ttl: null,
        max_zone_name_length: 255,
        max_recordset_name_length: 255,
        max_page_limit: 1000,
      }),
    "GET /quotas/{project}": () =>
      jsonResponse(
        200,
        Object.fromEntries(all.map((name) => [name, limitOf(name)])),
      ),
  };
}

function seedZone(state: Zones, number: number): void {
  const { account } = state;
  const name = `zone-${number}.example.`;
  const zone = createZone(state, { name, email: `hostmaster@zone.example` });
  const at = (label: string) => `${label}.${name}`;
  const sets: readonly NewSet[] = [
    {
      name,
      type: "MX",
      ttl: 300,
      records: [`10 mx1.${name}`, `20 mx2.${name}`],
    },
    { name, type: "TXT", records: ['"v=spf1 mx -all"'] },
    {
      name: at("www"),
      type: "A",
      ttl: 300,
      records: ["192.0.2.1", "192.0.2.2"],
      description: "Web servers",
    },
    { name: at("www"), type: "AAAA", ttl: 300, records: ["2001:db8::1"] },
    { name: at("*.dev"), type: "CNAME", ttl: 300, records: [at("www")] },
    // Another client has created it without values.
    { name: at("empty"), type: "A", records: [] },
  ];
  for (const set of sets) addSet(account, zone, set);
}
