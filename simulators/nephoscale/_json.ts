/**
 * Resources in the format of the API.
 *
 * @module
 */

import type { Image, Size, Zone } from "./_catalog.ts";
import type { Contents, Key, KeyKind, Server } from "./_records.ts";

const KEY_TYPES: Readonly<Record<KeyKind, number>> = { password: 1, sshrsa: 2 };

/** Converts resources to the format of the API. */
export class Converter {
  readonly #baseUrl: string;

  /**
   * Creates a converter.
   *
   * @param baseUrl Base URL of the `uri` fields, without a slash at its end.
   */
  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Returns the address of a resource. */
  uri(path: string, id: number): string {
    return `${this.#baseUrl}/${path}/${id}/`;
  }

  #keyUri(key: Key): string {
    return this.uri(`key/${key.kind}`, key.id);
  }

  /** Converts a zone. */
  zone(zone: Zone) {
    return {
      uri: this.uri("datacenter/zone", zone.id),
      id: zone.id,
      name: zone.name,
    };
  }

  /** Converts an image. */
  image(image: Image) {
    return {
      max_cpu: 64,
      deployable_type: image.deployableType,
      is_active: image.isActive,
      friendly_name: image.name,
      uri: this.uri("image/server", image.id),
      max_memory: 128,
      id: image.id,
      is_default: image.isDefault,
      create_time: image.createTime,
      architecture: image.architecture,
      base_type: image.family,
    };
  }

  /** Converts a size. */
  size(size: Size) {
    return {
      sku: size.sku,
      friendly_name: size.name,
      uri: this.uri("server/type/cloud", size.id),
      id: size.id,
      billable_type: 1,
    };
  }

  /** Converts a key, without its value. */
  key(key: Key) {
    return {
      name: key.name,
      key_group: key.group,
      uri: this.#keyUri(key),
      key_type: KEY_TYPES[key.kind],
      create_time: key.createTime,
      id: key.id,
    };
  }

  /** Converts the nodes of an account. */
  servers({ servers, keys }: Contents) {
    return [...servers.values()].map((it) => this.#server(it, keys));
  }

  #server(server: Server, keys: Contents["keys"]) {
    return {
      server_keys: this.#keyRefs(keys, server.serverKey),
      name: server.name,
      zone: this.zone(server.zone),
      image: { ...this.image(server.image), has_agent: true },
      hostname: server.hostname,
      podzone: "P1A2",
      uri: this.uri("server/cloud", server.id),
      ipaddresses: server.addresses,
      power_status: server.power,
      create_time: server.createTime,
      postinit_state: server.addresses ? 1 : 0,
      console_keys: this.#keyRefs(keys, server.consoleKey),
      memory: server.size.ramMib,
      service_type: this.size(server.size),
      network_ports: [
        portJson(server, "eth0", 0, "public"),
        portJson(server, "eth1", 1, "private"),
      ],
      id: server.id,
      is_console_enabled: server.consoleKey !== undefined,
    };
  }

  #keyRefs(keys: Contents["keys"], id: number | undefined) {
    const key = id === undefined ? undefined : keys.get(id);
    if (key === undefined) return [];
    return [{
      key_type: KEY_TYPES[key.kind],
      key_group: key.group,
      id: key.id,
      uri: this.#keyUri(key),
    }];
  }
}

function portJson(
  server: Server,
  devname: string,
  index: number,
  kind: string,
) {
  const hex = (server.id * 2 + index).toString(16).padStart(6, "0").slice(-6);
  return {
    macaddress: `00:16:3e:${hex.match(/../g)!.join(":")}`,
    devname,
    network_domain: {
      domain_type: index,
      name: `default_${kind}_network_${server.zone.datacenter.airport}`,
    },
  };
}
