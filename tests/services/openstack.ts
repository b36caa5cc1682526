/**
 * A real OpenStack on loopback: Keystone, Glance, Placement, Nova with its fake
 * hypervisor, Neutron without a data plane, Cinder with a driver that does
 * nothing, and Designate with PowerDNS as its name server. MariaDB and RabbitMQ
 * are below. All of them are Debian's.
 *
 * ```sh
 * deno run -A tests/services/openstack.ts
 * ```
 *
 * starts it, prints variables for a shell, and stops it at Ctrl-C. The services
 * choose free ports, so that several instances may run at the same time. Logs
 * are in `.out/openstack/`.
 *
 * @module
 */

import { freePort } from "../_support/sshd.ts";
import { PYTHON } from "../_support/needs.ts";
import { isListening, Processes, responds } from "./_processes.ts";
import { FILES as POWERDNS_FILES, startPowerDns } from "./powerdns.ts";
import {
  authUrl,
  catalogue,
  configurationOf,
  DATABASES,
  databaseUrl,
  poolsOf,
  REGION,
  type Settings,
  writeConfigurations,
} from "./openstack/_configuration.ts";
import {
  Client,
  type OpenStackUser,
  seedFlavors,
  seedIdentity,
  seedImage,
  seedNetworks,
  USERS,
} from "./openstack/_seeds.ts";

export type { OpenStackUser } from "./openstack/_seeds.ts";

/**
 * Environment variable with the URL of Keystone, for tests. It is no variable
 * of OpenStack's own, so that no test runs in somebody's real cloud.
 */
export const CLOUD_VARIABLE = "NEPHOS_OPENSTACK_URL";

/**
 * Environment variable with the port of 127.0.0.1 on which a name server serves
 * the zones of Designate.
 */
export const DNS_PORT_VARIABLE = "NEPHOS_OPENSTACK_DNS_PORT";

/** Debian packages with the services. */
export const PACKAGES: readonly string[] = [
  "mariadb-server",
  "pdns-backend-sqlite3",
  "pdns-server",
  "python3-cinder",
  "python3-designate",
  "python3-designateclient",
  "python3-glance",
  "python3-keystone",
  "python3-neutron",
  "python3-nova",
  "python3-placement",
  "python3-pymysql",
  "rabbitmq-server",
];

/** A file of each service, by the package that it belongs to. */
const FILES: Readonly<Record<string, string>> = {
  "mariadb-server": "/usr/sbin/mariadbd",
  ...POWERDNS_FILES,
  "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
  ...Object.fromEntries(
    [
      ...["cinder", "designate", "designateclient", "glance", "keystone"],
      ...["neutron", "nova", "placement", "pymysql"],
    ].map((name) => [
      `python3-${name}`,
      `/usr/lib/python3/dist-packages/${name}/__init__.py`,
    ]),
  ),
};

/** A running OpenStack. Declare it with `await using`. */
export interface OpenStack extends AsyncDisposable {
  /** URL of Keystone, with its version. */
  readonly authUrl: string;
  /** Port of 127.0.0.1 on which the zones of Designate are served. */
  readonly dnsPort: number;
  /** Name of the only region. */
  readonly region: string;
  /** Users to log in as. */
  readonly users: Readonly<Record<keyof typeof USERS, OpenStackUser>>;
  /**
   * Gets the endpoint of a service.
   *
   * @param service Type of the service, such as `"compute"`.
   * @returns URL as in the service catalogue.
   */
  url(service: string): string;
  /** Variables as the tools of OpenStack read them, for the user `demo`. */
  environment(): Record<string, string>;
}

/**
 * Finds out why the services cannot be started on this machine.
 *
 * @returns The reason; `undefined` if there is none.
 */
export function missing(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  const packages = Object.entries(FILES).filter(([, file]) => !isFile(file))
    .map(([name]) => name);
  if (packages.length > 0) {
    return `needs the services; apt-get install ${packages.sort().join(" ")}`;
  }
  return Deno.uid() === 0 ? undefined : "needs root";
}

/**
 * Starts OpenStack and waits until a server could be booted.
 *
 * @param options Folder of the logs, and where to report progress.
 * @returns The cloud, with users, an image, flavors and networks.
 * @throws {Error} If a service cannot be started, with the end of its log.
 */
export async function startOpenStack({
  logs = new URL("../../.out/openstack", import.meta.url).pathname,
  onProgress = () => {},
}: {
  readonly logs?: string;
  readonly onProgress?: (text: string) => void;
} = {}): Promise<OpenStack> {
  const reason = missing();
  if (reason !== undefined) throw new Error(`startOpenStack: ${reason}`);
  await using stack = new AsyncDisposableStack();
  const processes = stack.use(
    await Processes.prepare({
      logs,
      env: { PYTHONPATH: new URL("./python", import.meta.url).pathname },
    }),
  );
  const nameServer = stack.use(
    await startPowerDns({
      name: "openstack-powerdns",
      // PowerDNS copies the zones of Designate.
      settings: { secondary: "yes" },
    }),
  );
  const { folder } = processes;
  const settings = { folder, ports: choosePorts(), nameServer };
  await writeConfigurations(settings);
  await new Starter(processes, settings, onProgress).start();
  const running = stack.move();
  return {
    authUrl: authUrl(settings),
    dnsPort: nameServer.dnsPort,
    region: REGION,
    users: USERS,
    url: (service) => {
      const url = catalogue(settings)[service];
      if (url === undefined) throw new RangeError(`no service ${service}`);
      return url;
    },
    environment: () => environmentOf(settings),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Starts the services, each as soon as those that it needs are ready. */
class Starter {
  readonly #processes: Processes;
  readonly #settings: Settings;
  readonly #onProgress: (text: string) => void;
  readonly #start = performance.now();

  constructor(
    processes: Processes,
    settings: Settings,
    onProgress: (text: string) => void,
  ) {
    this.#processes = processes;
    this.#settings = settings;
    this.#onProgress = onProgress;
  }

  async start(): Promise<void> {
    const bus = this.#rabbitmq();
    const database = this.#mariadb();
    const schemaOf = (service: string) =>
      database.then(() => this.#schema(service));
    const identity = schemaOf("keystone").then(() => this.#keystone());
    const placement = schemaOf("placement").then(() => this.#placement());
    const ready = (service: string) => Promise.all([bus, schemaOf(service)]);
    await Promise.all([
      ready("nova").then(() => this.#nova(Promise.all([identity, placement]))),
      ready("neutron").then(() => this.#neutron()),
      ready("glance").then(() => this.#glance()),
      ready("cinder").then(() => this.#cinder()),
      ready("designate").then(() => this.#designate()),
    ]);
    await this.#seed();
  }

  async #mariadb(): Promise<void> {
    const { folder } = this.#settings;
    const data = `${folder}/mariadb`;
    await this.#processes.run({
      name: "mariadb-install",
      command: [
        "mariadb-install-db",
        "--no-defaults",
        "--user=root",
        `--datadir=${data}`,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
      ],
    });
    await Deno.writeTextFile(
      `${folder}/databases.sql`,
      DATABASES.map((name) => `CREATE DATABASE ${name};\n`).join(""),
    );
    const socket = `${folder}/mariadb.sock`;
    // The data is deleted at the end: nothing needs to survive a crash.
    await this.#processes.start({
      name: "mariadb",
      command: [
        "mariadbd",
        "--no-defaults",
        "--user=root",
        `--datadir=${data}`,
        `--socket=${socket}`,
        `--init-file=${folder}/databases.sql`,
        "--skip-networking",
        "--skip-name-resolve",
        "--max-connections=600",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-flush-method=nosync",
        "--character-set-server=utf8mb3",
        "--collation-server=utf8mb3_general_ci",
        "--default-time-zone=+00:00",
      ],
    });
    await this.#processes.ready("mariadb", async () => {
      (await Deno.connect({ transport: "unix", path: socket })).close();
      return true;
    });
    this.#report("database");
  }

  async #rabbitmq(): Promise<void> {
    const { folder, ports } = this.#settings;
    await this.#processes.start({
      name: "epmd",
      command: ["epmd", "-address", "127.0.0.1", "-port", `${ports.epmd}`],
    });
    await this.#processes.ready("epmd", () => isListening(ports.epmd));
    await this.#processes.start({
      name: "rabbitmq",
      command: ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
      env: {
        RABBITMQ_NODENAME: "nephos@localhost",
        RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
        RABBITMQ_NODE_PORT: `${ports.rabbitmq}`,
        RABBITMQ_DIST_PORT: `${ports.erlang}`,
        RABBITMQ_MNESIA_BASE: `${folder}/rabbitmq`,
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_LOGS: "-",
        RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/no-plugins`,
        RABBITMQ_CONFIG_FILE: `${folder}/no-rabbitmq`,
        RABBITMQ_CONF_ENV_FILE: "/dev/null",
        RABBITMQ_PID_FILE: `${folder}/rabbitmq.pid`,
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
          "-kernel inet_dist_use_interface {127,0,0,1}",
        ERL_EPMD_ADDRESS: "127.0.0.1",
        ERL_EPMD_PORT: `${ports.epmd}`,
      },
    });
    await this.#processes.ready("rabbitmq", () => isListening(ports.rabbitmq));
    this.#report("message bus");
  }

  /** Creates the tables of a service. */
  async #schema(service: string): Promise<void> {
    await this.#processes.run({
      name: `${service}-schema`,
      command: [
        PYTHON,
        "-m",
        "nephos_openstack.schema",
        service,
        configurationOf(this.#settings, service),
      ],
      env: {
        ADMIN_PASSWORD: USERS.admin.password,
        AUTH_URL: authUrl(this.#settings),
        CELL0: databaseUrl(this.#settings, "nova_cell0"),
        REGION,
      },
    });
    this.#report(`tables of ${service}`);
  }

  async #keystone(): Promise<void> {
    await this.#serve(
      "keystone",
      "keystone.server.wsgi:initialize_public_application",
      { OS_KEYSTONE_CONFIG_FILES: configurationOf(this.#settings, "keystone") },
    );
    await seedIdentity(this.#settings);
  }

  async #placement(): Promise<void> {
    await this.#serve("placement", "placement.wsgi:init_application", {
      OS_PLACEMENT_CONFIG_DIR: this.#settings.folder,
    });
  }

  async #glance(): Promise<void> {
    await this.#daemon("glance", "glance", "glance.cmd.api");
    await this.#listening("glance", "glance");
  }

  async #neutron(): Promise<void> {
    await this.#daemon("neutron", "neutron", "neutron.cmd.eventlet.server");
    await this.#listening("neutron", "neutron");
  }

  async #nova(others: Promise<unknown>): Promise<void> {
    await this.#daemon("nova-api", "nova", "nova.cmd.api_os_compute");
    // The others log in when they start, and end if there is no such user yet.
    await others;
    await this.#daemon("nova-conductor", "nova", "nova.cmd.conductor");
    await this.#daemon("nova-scheduler", "nova", "nova.cmd.scheduler");
    // Otherwise nova-compute waits 10 seconds for it.
    await this.#processes.ready("nova-conductor", async () => {
      const log = await this.#processes.log("nova-conductor");
      return log.includes("Starting conductor node");
    });
    await this.#daemon("nova-compute", "nova", "nova.cmd.compute");
    await this.#listening("nova-api", "nova");
  }

  async #cinder(): Promise<void> {
    await this.#daemon("cinder-volume", "cinder", "cinder.cmd.volume");
    await this.#daemon("cinder-scheduler", "cinder", "cinder.cmd.scheduler");
    await this.#daemon("cinder-api", "cinder", "cinder.cmd.api");
    await this.#listening("cinder-api", "cinder");
  }

  async #designate(): Promise<void> {
    await this.#daemon("designate-api", "designate", "designate.cmd.api");
    await this.#daemon("designate-mdns", "designate", "designate.cmd.mdns");
    const central = "designate-central";
    await this.#daemon(central, "designate", "designate.cmd.central");
    await this.#processes.ready(central, async () => {
      const log = await this.#processes.log(central);
      return log.includes("Starting central service");
    });
    // The worker reads the list of name servers once.
    await this.#processes.run({
      name: "designate-pool",
      command: [
        PYTHON,
        "-m",
        "nephos_openstack.run",
        "designate-manage",
        "designate.cmd.manage:main",
        "--config-file",
        configurationOf(this.#settings, "designate"),
        ...["pool", "update", "--file", poolsOf(this.#settings)],
      ],
    });
    await this.#daemon("designate-worker", "designate", "designate.cmd.worker");
    await this.#listening("designate-api", "designate");
    await this.#processes.ready(
      "designate-mdns",
      () => isListening(this.#settings.ports.mdns),
    );
  }

  /** Starts a service that has a server of its own. */
  async #daemon(name: string, service: string, module: string): Promise<void> {
    await this.#processes.start({
      name,
      command: [
        PYTHON,
        "-m",
        "nephos_openstack.run",
        name,
        `${module}:main`,
        "--config-file",
        configurationOf(this.#settings, service),
      ],
    });
  }

  /** Serves a service that is only an application. */
  async #serve(
    name: "keystone" | "placement",
    application: string,
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    const port = `${this.#settings.ports[name]}`;
    const serve = [PYTHON, "-m", "nephos_openstack.serve"];
    await this.#processes.start({
      name,
      command: [...serve, port, application],
      env,
    });
    await this.#listening(name, name);
  }

  async #listening(
    name: string,
    service: keyof Settings["ports"],
  ): Promise<void> {
    const url = `http://127.0.0.1:${this.#settings.ports[service]}/`;
    await this.#processes.ready(name, () => responds(url));
    this.#report(name);
  }

  async #seed(): Promise<void> {
    const url = authUrl(this.#settings);
    const { compute, image, network, volumev3 } = catalogue(this.#settings);
    const admin = await Client.login(url, USERS.admin);
    const demo = await Client.login(url, USERS.demo);
    await seedImage(admin, image!);
    await seedFlavors(admin, compute!);
    await seedNetworks(admin, demo, network!);
    const volume = volumev3!.replace("%(project_id)s", admin.projectId);
    await this.#reported(admin, volume, ["cinder-scheduler", "cinder-volume"]);
    await this.#reported(admin, compute!, [
      "nova-conductor",
      "nova-scheduler",
      "nova-compute",
    ]);
    await this.#processes.ready("nova-compute", async () => {
      const { hypervisors } = await admin.request(
        "GET",
        `${compute}/os-hypervisors`,
      );
      return hypervisors.length > 0;
    });
    this.#report("all services");
  }

  /** Waits until services say that they work. */
  async #reported(
    admin: Client,
    url: string,
    names: readonly string[],
  ): Promise<void> {
    for (const name of names) {
      await this.#processes.ready(name, async () => {
        const { services } = await admin.request("GET", `${url}/os-services`);
        return services.some((service: { binary: string; state: string }) =>
          service.binary === name && service.state === "up"
        );
      });
    }
  }

  #report(what: string): void {
    const seconds = (performance.now() - this.#start) / 1000;
    this.#onProgress(`${seconds.toFixed(1)} s: ${what}`);
  }
}

function choosePorts(): Settings["ports"] {
  return {
    keystone: freePort(),
    glance: freePort(),
    placement: freePort(),
    nova: freePort(),
    neutron: freePort(),
    cinder: freePort(),
    designate: freePort(),
    mdns: freePort(),
    rabbitmq: freePort(),
    epmd: freePort(),
    erlang: freePort(),
  };
}

function environmentOf(settings: Settings): Record<string, string> {
  const { username, password, projectName } = USERS.demo;
  return {
    OS_AUTH_URL: authUrl(settings),
    OS_IDENTITY_API_VERSION: "3",
    OS_REGION_NAME: REGION,
    OS_USERNAME: username,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: projectName,
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
    [CLOUD_VARIABLE]: authUrl(settings),
    [DNS_PORT_VARIABLE]: `${settings.nameServer.dnsPort}`,
  };
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const interrupted = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted.resolve());
  }
  await using openstack = await startOpenStack({ onProgress: console.error });
  for (const [name, value] of Object.entries(openstack.environment())) {
    console.log(`${name}=${value}`);
  }
  await interrupted.promise;
}
