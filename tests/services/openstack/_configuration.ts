/**
 * Configuration files of the services of OpenStack.
 *
 * @module
 */

import type { PowerDns } from "../powerdns.ts";

/** Name of the only region. */
export const REGION = "RegionOne";

/** User of the services at Keystone. */
export const SERVICE_USER = {
  username: "service",
  password: "service-secret",
  projectName: "service",
} as const;

/** What the configurations depend on. */
export interface Settings {
  /** Folder of all files. */
  readonly folder: string;
  /** Ports of 127.0.0.1, by service. */
  readonly ports: Readonly<
    Record<
      | "keystone"
      | "glance"
      | "placement"
      | "nova"
      | "neutron"
      | "cinder"
      | "designate"
      | "mdns"
      | "rabbitmq"
      | "epmd"
      | "erlang",
      number
    >
  >;
  /** The server that serves the zones of Designate. */
  readonly nameServer: Pick<PowerDns, "apiKey" | "dnsPort" | "url">;
}

/** Sections of a file. */
type Sections = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean>>>
>;

/** Names of the databases. */
export const DATABASES = [
  "keystone",
  "placement",
  "glance",
  "nova_api",
  "nova_cell0",
  "nova",
  "neutron",
  "cinder",
  "designate",
] as const;

/** URL of a database, for SQLAlchemy. */
export function databaseUrl(
  { folder }: Settings,
  name: typeof DATABASES[number],
): string {
  return `mysql+pymysql://root@localhost/${name}?unix_socket=${folder}/mariadb.sock&charset=utf8`;
}

/** URL of Keystone, with its version. */
export function authUrl({ ports }: Settings): string {
  return `http://127.0.0.1:${ports.keystone}/v3`;
}

/** Endpoints in the service catalogue, by type of the service. */
export function catalogue({ ports }: Settings): Record<string, string> {
  return {
    compute: `http://127.0.0.1:${ports.nova}/v2.1`,
    dns: `http://127.0.0.1:${ports.designate}`,
    image: `http://127.0.0.1:${ports.glance}`,
    network: `http://127.0.0.1:${ports.neutron}`,
    placement: `http://127.0.0.1:${ports.placement}`,
    volumev3: `http://127.0.0.1:${ports.cinder}/v3/%(project_id)s`,
  };
}

/** Path of the configuration of a service. */
export function configurationOf({ folder }: Settings, service: string): string {
  return `${folder}/${service}.conf`;
}

/** Writes all configuration files. */
export async function writeConfigurations(settings: Settings): Promise<void> {
  const { folder } = settings;
  for (const name of ["keys", "credential-keys", "images", "locks"]) {
    await Deno.mkdir(`${folder}/${name}`, { mode: 0o700 });
  }
  // Keystone encrypts its tokens with them. 0 is the key to come.
  for (const name of ["keys/0", "keys/1", "credential-keys/0"]) {
    await Deno.writeTextFile(`${folder}/${name}`, fernetKey(), { mode: 0o600 });
  }
  const files = {
    "keystone.conf": keystone(settings),
    "placement.conf": placement(settings),
    "glance.conf": glance(settings),
    "glance-paste.ini": GLANCE_PASTE,
    "nova.conf": nova(settings),
    "nova-paste.ini": NOVA_PASTE,
    "neutron.conf": neutron(settings),
    "neutron-paste.ini": NEUTRON_PASTE,
    "cinder.conf": cinder(settings),
    "cinder-paste.ini": CINDER_PASTE,
    "designate.conf": designate(settings),
    "designate-paste.ini": DESIGNATE_PASTE,
  };
  for (const [name, sections] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, ini(sections));
  }
  // JSON is YAML.
  const pools = JSON.stringify([pool(settings)]);
  await Deno.writeTextFile(poolsOf(settings), pools);
}

/** Path of the description of the name servers, for Designate. */
export function poolsOf({ folder }: Settings): string {
  return `${folder}/pools.yaml`;
}

function ini(sections: Sections): string {
  return Object.entries(sections).map(([name, values]) =>
    [
      `[${name}]`,
      ...Object.entries(values).map(([key, value]) => `${key} = ${value}`),
      "",
    ].join("\n")
  ).join("\n");
}

function fernetKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** How a service logs in at Keystone. */
function login(settings: Settings) {
  return {
    auth_type: "password",
    auth_url: authUrl(settings),
    www_authenticate_uri: authUrl(settings),
    username: SERVICE_USER.username,
    password: SERVICE_USER.password,
    project_name: SERVICE_USER.projectName,
    user_domain_id: "default",
    project_domain_id: "default",
    region_name: REGION,
  };
}

/** Sections of most services; each ignores options that it does not know. */
function common({ folder, ports }: Settings) {
  return {
    DEFAULT: {
      transport_url: `rabbit://guest:guest@127.0.0.1:${ports.rabbitmq}//`,
      use_stderr: true,
      my_ip: "127.0.0.1",
      state_path: folder,
    },
    oslo_concurrency: { lock_path: `${folder}/locks` },
    oslo_messaging_notifications: { driver: "noop" },
    oslo_messaging_rabbit: {
      heartbeat_in_pthread: false,
      rabbit_retry_interval: 1,
    },
  };
}

function database(settings: Settings, name: typeof DATABASES[number]) {
  return { connection: databaseUrl(settings, name) };
}

function keystone(settings: Settings): Sections {
  const { folder } = settings;
  return {
    DEFAULT: { use_stderr: true },
    database: database(settings, "keystone"),
    token: { provider: "fernet", expiration: 86_400 },
    // The fewest rounds of bcrypt: each login computes them.
    identity: { password_hash_rounds: 4 },
    fernet_tokens: { key_repository: `${folder}/keys` },
    credential: { key_repository: `${folder}/credential-keys` },
    cache: { enabled: false },
    oslo_messaging_notifications: { driver: "noop" },
  };
}

function placement(settings: Settings): Sections {
  return {
    DEFAULT: { use_stderr: true },
    placement_database: database(settings, "placement"),
    api: { auth_strategy: "keystone" },
    keystone_authtoken: login(settings),
  };
}

function glance(settings: Settings): Sections {
  const { folder, ports } = settings;
  const { DEFAULT, ...sections } = common(settings);
  return {
    DEFAULT: {
      ...DEFAULT,
      bind_host: "127.0.0.1",
      bind_port: ports.glance,
      workers: 0,
      enabled_backends: "file:file",
      node_staging_uri: `file://${folder}/images/staging`,
    },
    ...sections,
    database: database(settings, "glance"),
    glance_store: { default_backend: "file" },
    file: { filesystem_store_datadir: `${folder}/images/files` },
    os_glance_staging_store: {
      filesystem_store_datadir: `${folder}/images/staging`,
    },
    os_glance_tasks_store: {
      filesystem_store_datadir: `${folder}/images/tasks`,
    },
    paste_deploy: {
      flavor: "keystone",
      config_file: `${folder}/glance-paste.ini`,
    },
    keystone_authtoken: login(settings),
  };
}

function nova(settings: Settings): Sections {
  const { folder, ports } = settings;
  const { DEFAULT, ...sections } = common(settings);
  return {
    DEFAULT: {
      ...DEFAULT,
      host: "compute1",
      osapi_compute_listen: "127.0.0.1",
      osapi_compute_listen_port: ports.nova,
      osapi_compute_workers: 1,
      enabled_apis: "osapi_compute",
      compute_driver: "nephos.Hypervisor",
      allow_resize_to_same_host: true,
    },
    ...sections,
    api: { auth_strategy: "keystone" },
    api_database: database(settings, "nova_api"),
    database: database(settings, "nova"),
    // A user with the role "reader" may not change anything.
    oslo_policy: { enforce_new_defaults: true, enforce_scope: true },
    wsgi: { api_paste_config: `${folder}/nova-paste.ini` },
    conductor: { workers: 1 },
    // The scheduler finds the hypervisor by itself, soon after its start.
    scheduler: { workers: 1, discover_hosts_in_cells_interval: 2 },
    quota: { instances: -1, cores: -1, ram: -1, key_pairs: 1000 },
    glance: { endpoint_override: `http://127.0.0.1:${ports.glance}` },
    cinder: { catalog_info: "volumev3::publicURL", os_region_name: REGION },
    service_user: { ...login(settings), send_service_user_token: true },
    placement: login(settings),
    neutron: {
      ...login(settings),
      endpoint_override: `http://127.0.0.1:${ports.neutron}`,
    },
    keystone_authtoken: login(settings),
  };
}

function neutron(settings: Settings): Sections {
  const { folder, ports } = settings;
  const { DEFAULT, ...sections } = common(settings);
  return {
    DEFAULT: {
      ...DEFAULT,
      bind_host: "127.0.0.1",
      bind_port: ports.neutron,
      api_workers: 1,
      rpc_workers: 0,
      rpc_state_report_workers: 0,
      auth_strategy: "keystone",
      core_plugin: "ml2",
      service_plugins: "router",
      api_paste_config: `${folder}/neutron-paste.ini`,
      dhcp_agent_notification: false,
    },
    ...sections,
    database: database(settings, "neutron"),
    quotas: {
      default_quota: -1,
      quota_floatingip: -1,
      quota_network: -1,
      quota_port: -1,
      quota_router: -1,
      quota_security_group: -1,
      quota_security_group_rule: -1,
      quota_subnet: -1,
    },
    ml2: {
      type_drivers: "local,flat",
      tenant_network_types: "local",
      mechanism_drivers: "nephos",
      extension_drivers: "port_security",
    },
    ml2_type_flat: { flat_networks: "*" },
    // Neutron tells Nova about changes of ports.
    nova: login(settings),
    placement: login(settings),
    keystone_authtoken: login(settings),
  };
}

function cinder(settings: Settings): Sections {
  const { folder, ports } = settings;
  const { DEFAULT, ...sections } = common(settings);
  return {
    DEFAULT: {
      ...DEFAULT,
      host: "volume1",
      osapi_volume_listen: "127.0.0.1",
      osapi_volume_listen_port: ports.cinder,
      osapi_volume_workers: 1,
      api_paste_config: `${folder}/cinder-paste.ini`,
      auth_strategy: "keystone",
      enabled_backends: "fake",
      glance_api_servers: `http://127.0.0.1:${ports.glance}`,
      quota_volumes: -1,
      quota_snapshots: -1,
      quota_gigabytes: -1,
    },
    ...sections,
    database: database(settings, "cinder"),
    fake: {
      // Does nothing; Cinder tests itself with it.
      volume_driver: "cinder.tests.fake_driver.FakeLoggingVolumeDriver",
      volume_backend_name: "fake",
      target_helper: "fake",
    },
    nova: { ...login(settings), interface: "public" },
    keystone_authtoken: {
      ...login(settings),
      service_token_roles_required: true,
      service_token_roles: "admin",
    },
  };
}

function designate(settings: Settings): Sections {
  const { folder, ports } = settings;
  const { DEFAULT, ...sections } = common(settings);
  return {
    DEFAULT: {
      ...DEFAULT,
      quota_zones: 100_000,
      quota_zone_recordsets: 100_000,
      quota_zone_records: 100_000,
      quota_recordset_records: 100,
      quota_api_export_size: 100_000,
    },
    ...sections,
    "service:api": {
      listen: `127.0.0.1:${ports.designate}`,
      api_base_uri: `http://127.0.0.1:${ports.designate}/`,
      api_paste_config: `${folder}/designate-paste.ini`,
      auth_strategy: "keystone",
      enable_api_v2: true,
      enable_host_header: true,
      workers: 1,
    },
    "service:central": {
      workers: 1,
      managed_resource_email: "hostmaster@example.net",
    },
    "service:worker": {
      workers: 1,
      threads: 20,
      poll_delay: 1,
      poll_retry_interval: 1,
      poll_max_retries: 20,
      poll_timeout: 5,
    },
    "service:mdns": { workers: 1, listen: `127.0.0.1:${ports.mdns}` },
    "storage:sqlalchemy": database(settings, "designate"),
    keystone_authtoken: login(settings),
  };
}

/** The name server, and how Designate tells it which zones there are. */
function pool({ ports, nameServer }: Settings) {
  const { apiKey, dnsPort: port, url } = nameServer;
  const host = "127.0.0.1";
  return {
    name: "default",
    description: "PowerDNS",
    attributes: {},
    ns_records: [{ hostname: "ns1.example.net.", priority: 1 }],
    nameservers: [{ host, port }],
    targets: [{
      type: "pdns4",
      description: "PowerDNS",
      masters: [{ host, port: ports.mdns }],
      options: {
        host,
        port,
        api_endpoint: url,
        api_token: apiKey,
      },
    }],
  };
}

// The chains of the services: each file is the shortest one that works.

const AUTHTOKEN = {
  "paste.filter_factory": "keystonemiddleware.auth_token:filter_factory",
};

const HTTP_PROXY = {
  "paste.filter_factory": "oslo_middleware:HTTPProxyToWSGI.factory",
};

const GLANCE_PASTE: Sections = {
  "pipeline:glance-api-keystone": {
    pipeline: "http_proxy_to_wsgi versionnegotiation authtoken context rootapp",
  },
  "composite:rootapp": {
    "paste.composite_factory": "glance.api:root_app_factory",
    "/": "apiversions",
    "/v2": "apiv2app",
  },
  "app:apiversions": {
    "paste.app_factory": "glance.api.versions:create_resource",
  },
  "app:apiv2app": { "paste.app_factory": "glance.api.v2.router:API.factory" },
  "filter:versionnegotiation": {
    "paste.filter_factory":
      "glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory",
  },
  "filter:context": {
    "paste.filter_factory":
      "glance.api.middleware.context:ContextMiddleware.factory",
  },
  "filter:authtoken": { ...AUTHTOKEN, delay_auth_decision: true },
  "filter:http_proxy_to_wsgi": HTTP_PROXY,
};

const NOVA_PASTE: Sections = {
  "composite:osapi_compute": {
    use: "call:nova.api.openstack.urlmap:urlmap_factory",
    "/": "versions",
    "/v2.1": "version",
    "/v2.1/+": "compute",
  },
  "composite:compute": {
    use: "call:nova.api.auth:pipeline_factory_v21",
    keystone:
      "http_proxy_to_wsgi compute_req_id faultwrap request_log sizelimit authtoken keystonecontext app",
  },
  "pipeline:versions": {
    pipeline: "faultwrap request_log http_proxy_to_wsgi versions_app",
  },
  "pipeline:version": {
    pipeline:
      "compute_req_id faultwrap request_log http_proxy_to_wsgi version_app",
  },
  "app:app": {
    "paste.app_factory": "nova.api.openstack.compute:APIRouterV21.factory",
  },
  "app:versions_app": {
    "paste.app_factory": "nova.api.openstack.compute.versions:Versions.factory",
  },
  "app:version_app": {
    "paste.app_factory":
      "nova.api.openstack.compute.versions:VersionsV2.factory",
  },
  "filter:compute_req_id": {
    "paste.filter_factory":
      "nova.api.compute_req_id:ComputeReqIdMiddleware.factory",
  },
  "filter:faultwrap": {
    "paste.filter_factory": "nova.api.openstack:FaultWrapper.factory",
  },
  "filter:request_log": {
    "paste.filter_factory": "nova.api.openstack.requestlog:RequestLog.factory",
  },
  "filter:sizelimit": {
    "paste.filter_factory": "oslo_middleware:RequestBodySizeLimiter.factory",
  },
  "filter:keystonecontext": {
    "paste.filter_factory": "nova.api.auth:NovaKeystoneContext.factory",
  },
  "filter:authtoken": AUTHTOKEN,
  "filter:http_proxy_to_wsgi": HTTP_PROXY,
};

const NEUTRON_PASTE: Sections = {
  "composite:neutron": {
    use: "egg:Paste#urlmap",
    "/": "versions",
    "/v2.0": "api",
  },
  "composite:versions": {
    use: "call:neutron.auth:pipeline_factory",
    keystone: "http_proxy_to_wsgi versions_app",
  },
  "composite:api": {
    use: "call:neutron.auth:pipeline_factory",
    keystone:
      "http_proxy_to_wsgi request_id catch_errors authtoken keystonecontext extensions app",
  },
  "app:versions_app": {
    "paste.app_factory": "neutron.pecan_wsgi.app:versions_factory",
  },
  "app:app": { "paste.app_factory": "neutron.api.v2.router:APIRouter.factory" },
  "filter:request_id": {
    "paste.filter_factory": "oslo_middleware:RequestId.factory",
  },
  "filter:catch_errors": {
    "paste.filter_factory": "oslo_middleware:CatchErrors.factory",
  },
  "filter:keystonecontext": {
    "paste.filter_factory": "neutron.auth:NeutronKeystoneContext.factory",
  },
  "filter:extensions": {
    "paste.filter_factory":
      "neutron.api.extensions:plugin_aware_extension_middleware_factory",
  },
  "filter:authtoken": AUTHTOKEN,
  "filter:http_proxy_to_wsgi": HTTP_PROXY,
};

const CINDER_PASTE: Sections = {
  "composite:osapi_volume": {
    use: "call:cinder.api:root_app_factory",
    "/": "versions",
    "/v3": "api",
  },
  "composite:api": {
    use: "call:cinder.api.middleware.auth:pipeline_factory",
    keystone:
      "request_id http_proxy_to_wsgi faultwrap sizelimit authtoken keystonecontext app",
  },
  "pipeline:versions": {
    pipeline: "request_id http_proxy_to_wsgi faultwrap versions_app",
  },
  "app:app": {
    "paste.app_factory": "cinder.api.v3.router:APIRouter.factory",
  },
  "app:versions_app": {
    "paste.app_factory": "cinder.api.versions:Versions.factory",
  },
  "filter:request_id": {
    "paste.filter_factory":
      "cinder.api.middleware.request_id:RequestId.factory",
  },
  "filter:faultwrap": {
    "paste.filter_factory": "cinder.api.middleware.fault:FaultWrapper.factory",
  },
  "filter:sizelimit": {
    "paste.filter_factory": "oslo_middleware:RequestBodySizeLimiter.factory",
  },
  "filter:keystonecontext": {
    "paste.filter_factory":
      "cinder.api.middleware.auth:CinderKeystoneContext.factory",
  },
  "filter:authtoken": AUTHTOKEN,
  "filter:http_proxy_to_wsgi": HTTP_PROXY,
};

const DESIGNATE_PASTE: Sections = {
  "composite:osapi_dns": {
    use: "egg:Paste#urlmap",
    "/": "versions",
    "/v2": "api",
  },
  "composite:versions": {
    use: "call:designate.api.middleware:auth_pipeline_factory",
    keystone: "http_proxy_to_wsgi maintenance faultwrapper versions_app",
  },
  "composite:api": {
    use: "call:designate.api.middleware:auth_pipeline_factory",
    keystone:
      "http_proxy_to_wsgi request_id faultwrapper validation sizelimit authtoken keystonecontext maintenance normalizeuri app",
  },
  "app:versions_app": { "paste.app_factory": "designate.api.versions:factory" },
  "app:app": { "paste.app_factory": "designate.api.v2:factory" },
  "filter:request_id": {
    "paste.filter_factory": "oslo_middleware:RequestId.factory",
  },
  "filter:sizelimit": {
    "paste.filter_factory": "oslo_middleware:RequestBodySizeLimiter.factory",
  },
  "filter:keystonecontext": {
    "paste.filter_factory":
      "designate.api.middleware:KeystoneContextMiddleware.factory",
  },
  "filter:maintenance": {
    "paste.filter_factory":
      "designate.api.middleware:MaintenanceMiddleware.factory",
  },
  "filter:normalizeuri": {
    "paste.filter_factory":
      "designate.api.middleware:NormalizeURIMiddleware.factory",
  },
  "filter:faultwrapper": {
    "paste.filter_factory":
      "designate.api.middleware:FaultWrapperMiddleware.factory",
  },
  "filter:validation": {
    "paste.filter_factory":
      "designate.api.middleware:APIv2ValidationErrorMiddleware.factory",
  },
  "filter:authtoken": AUTHTOKEN,
  "filter:http_proxy_to_wsgi": HTTP_PROXY,
};
