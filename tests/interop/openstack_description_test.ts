/**
 * Checks the drivers and the simulator against OpenStack's published OpenAPI
 * descriptions, which are not part of the repository.
 *
 * The schemas of requests are those that the services enforce. Those of
 * responses were written by people; the samples of the services differ from them.
 *
 * @module
 */

import { subject } from "../conformance/openstack_network.ts";
import { describedTest } from "../_support/reference.ts";

/** Services with a description. */
const SERVICES = ["compute", "identity", "image", "network", "volume"];

const FOLDER = new URL("../../../shared/reference/", import.meta.url);

/** Methods whose only requests are to operations that are left out. */
const LEFT_OUT = /Router|Gateway|ServerGroup|^setServerTags$|^getQuotas$/;

/**
 * Statuses of success that the descriptions get wrong. These are in the samples
 * and in the documentation for people.
 */
const STATUSES: Readonly<Record<string, number>> = {
  "POST /v3/auth/tokens": 201,
  "POST /v2.1/servers/{id}/action": 200,
  "POST /v2.1/servers/{server_id}/metadata": 200,
  "POST /v2.1/servers/{server_id}/os-interface": 200,
  "POST /v2.1/servers/{server_id}/os-volume_attachments": 200,
  "DELETE /v3/{project_id}/snapshots/{id}": 202,
  "DELETE /v3/{project_id}/volumes/{id}": 202,
};

/** Where the descriptions are wrong or incomplete. */
const EXCEPT = [
  // The versions are left out.
  /^GET \/v2\.1\/ is not described$/,
  // Keystone documents these fields of a token.
  /^response 201 of POST \/v3\/auth\/tokens\.token\.catalog\..*"region_id"\}$/,
  /^response 201 of POST \/v3\/auth\/tokens\.token\.project .*"domain"\}$/,
  /^response 201 of POST \/v3\/auth\/tokens\.token .*"issued_at"\}$/,
  // Actions that return nothing have the schemas of those that do.
  /^response 202 of POST \/v2\.1\/servers\/\{id\}\/action is not JSON$/,
  /^response 202 of POST \/v3\/\{project_id\}\/volumes\/\{id\}\/action is not JSON$/,
  // A rebuild returns the server.
  /^response 202 of POST \/v2\.1\/servers\/\{id\}\/action .*"server"\}$/,
  // A server that booted from a volume has no image: "", as the samples show.
  /^response 200 of GET \/v2\.1\/servers\/\{id\}\.server\.image must be object,null/,
  // The limits are in "limits", as the samples show.
  /^response 200 of GET \/v2\.1\/limits .*"limits"\}$/,
  // An action names its server, as the samples show.
  /^response 200 of GET \/v2\.1\/servers\/\{server_id\}\/os-instance-actions.*"instance_uuid"\}$/,
  // Groups are named by {"name": "web"}, as the samples show; not by null.
  /^request of POST \/v2\.1\/servers\/\{id\}\/action .*"(?:add|remove)SecurityGroup"\}$/,
  // Cinder documents this filter.
  /^request of GET \/v3\/\{project_id\}\/snapshots\/detail has the parameter volume_id in its query$/,
  // Neutron sends more: for pages, projects, tags and its own numbers of rows.
  /^request of GET \/v2\.0\/[\w-]+ has the parameter (?:limit|marker) in its query$/,
  /^response \d+ of [A-Z]+ \/v2\.0\/.*"(?:project_id|standard_attr_id|tags|\w+_links)"\}$/,
  // These lists have the parameter of one record.
  /^request of GET \/v2\.0\/[\w-]+ has no parameter id in its path$/,
  // A list and an object of extensions are described as strings.
  /^response \d+ of [A-Z]+ \/v2\.0\/.*\.(?:security_group_rules|port_details) must be string,null/,
  // Ports are numbers; Neutron accepts strings, too.
  /\/v2\.0\/security-group-rules.*\.port_range_(?:min|max) must be string/,
  // A subnet without a gateway has null.
  /^request of POST \/v2\.0\/subnets\.subnet\.gateway_ip must be string/,
];

type Operations = Record<string, { responses: Record<string, unknown> }>;

interface ServiceDescription {
  readonly paths: Readonly<Record<string, Operations>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const fileOf = (service: string) => `openstack.${service}.openapi.json`;

/** Reads the descriptions of all services as one. */
async function readAll(): Promise<string> {
  const all = await Promise.all(
    SERVICES.map(async (service): Promise<ServiceDescription> => {
      const text = await Deno.readTextFile(new URL(fileOf(service), FOLDER));
      // Schemas of two services may have the same name.
      const { paths, components } = JSON.parse(
        text.replaceAll("#/components/schemas/", `$&${service}.`),
      ) as ServiceDescription;
      const schemas = Object.entries(components.schemas)
        .map(([name, schema]) => [
          `${service}.${name}`,
          name.endsWith("Response") ? loosened(schema) : schema,
        ]);
      correctStatuses(paths);
      return { paths, components: { schemas: Object.fromEntries(schemas) } };
    }),
  );
  return JSON.stringify({
    paths: Object.assign({}, ...all.map(({ paths }) => paths)),
    components: {
      schemas: Object.assign(
        {},
        ...all.map(({ components }) => components.schemas),
      ),
    },
  });
}

/** Corrects statuses of success, and allows all errors, which are JSON. */
function correctStatuses(paths: ServiceDescription["paths"]): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { responses = {} }] of Object.entries(operations)) {
      const [success] = Object.keys(responses)
        .filter((status) => status.startsWith("2"));
      const status = STATUSES[`${method.toUpperCase()} ${path}`];
      if (status !== undefined) responses[status] = responses[success ?? ""];
      for (const status of Object.keys(responses)) {
        if (status.startsWith("4")) delete responses[status];
      }
      responses["4XX"] = { content: { "application/json": { schema: {} } } };
    }
  }
}

/**
 * Allows what all services send, and the schemas of their responses forget: null
 * for what is missing, times without a zone, and ids without dashes.
 */
function loosened(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    const types = [value?.type].flat().filter((it) => typeof it === "string");
    if (key === "properties" || types.length === 0) return value;
    const { format: _format, type: _type, ...rest } = value;
    return {
      ...rest,
      type: [...types, "null"],
      ...rest.enum && { enum: [...rest.enum, null] },
    };
  });
}

/** The first description that is missing, or any of them. */
function neededFile(): string {
  const names = new Set<string>();
  try {
    for (const { name } of Deno.readDirSync(FOLDER)) names.add(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const files = SERVICES.map(fileOf);
  return files.find((file) => !names.has(file)) ?? files[0]!;
}

const methods = Object.fromEntries(
  Object.entries(subject.methods).filter(([name]) => !LEFT_OUT.test(name)),
);

Deno.test(
  describedTest({ ...subject, methods }, neededFile(), {
    read: readAll,
    except: EXCEPT,
  }),
);
