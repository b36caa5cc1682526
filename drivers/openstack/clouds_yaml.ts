/**
 * Options of the drivers for OpenStack from `clouds.yaml`, `secure.yaml`,
 * `clouds-public.yaml` and `OS_*` variables. You read the files and the
 * environment; this module sends no request.
 *
 * ```ts
 * import { cloudOptions } from "@nephos/nephos/clouds-yaml";
 *
 * const { authUrl, region } = cloudOptions({
 *   cloud: "mine",
 *   cloudsYaml: `
 * clouds:
 *   mine:
 *     auth:
 *       auth_url: https://keystone.example.com:5000/v3
 *       username: me
 *       project_name: web
 *     region_name: RegionOne
 * `,
 *   secureYaml: `
 * clouds:
 *   mine:
 *     auth:
 *       password: XXXXXXXX
 * `,
 * });
 * console.log(authUrl, region);
 * ```
 *
 * @see {@link https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html | Configuring OpenStack SDK Applications}
 *
 * @module
 */

import { type Fetch, given, joinWords, mistake } from "../../core/mod.ts";
import {
  listNames,
  type Mapping,
  member,
  merge,
  OPERATION,
  parseFile,
  placeIn,
  problem,
  type Setting,
  type Settings,
  settingsOf,
  settingsOfEnv,
  toList,
  toMapping,
  toString,
  type YamlFile,
} from "./_cloud_settings.ts";
import type { OpenStackInterface, OpenStackOptions } from "./_identity.ts";
import { fillRegion, onlyRegion, PROFILES, REGION } from "./_profiles.ts";

export type { OpenStackInterface, OpenStackOptions };

/** Where {@linkcode cloudOptions} finds the options. */
export interface CloudSources {
  /**
   * Text of `clouds.yaml`. OpenStack's own tools look for it in the current
   * folder, `~/.config/openstack` and `/etc/openstack`.
   */
  readonly cloudsYaml?: string | undefined;
  /** Text of `secure.yaml`. It takes precedence over `cloudsYaml`. */
  readonly secureYaml?: string | undefined;
  /** Text of `clouds-public.yaml`, with profiles of public clouds. */
  readonly cloudsPublicYaml?: string | undefined;
  /** Environment variables: `Deno.env.toObject()` or `process.env`. */
  readonly env?: object | undefined;
  /**
   * Name of the cloud.
   *
   * @default {`OS_CLOUD`; else the `OS_*` variables; else the only cloud}
   */
  readonly cloud?: string | undefined;
  /**
   * Region of the cloud.
   *
   * @default {`OS_REGION_NAME`; else the first region of the cloud in the files}
   */
  readonly region?: string | undefined;
  /**
   * Sends the requests of the driver. It becomes an option of the driver, and
   * has to do what `verify`, `cacert`, `cert` and `key` say. Without it, these
   * keys are an error, because `fetch` has no such settings.
   */
  readonly fetch?: Fetch | undefined;
}

/** Variables that choose a cloud, but describe none. */
const SELECTORS = [
  "cloud",
  "region_name",
  "client_config_file",
  "client_secure_file",
  "cloud_name",
];

/** How to log in. */
interface Login {
  readonly secret: "password" | "token" | "application_credential_secret";
  /** Version of the identity API, if the type is for only one. */
  readonly version?: 2 | 3;
}

const AUTH_TYPES: Readonly<Record<string, Login>> = {
  password: { secret: "password" },
  v2password: { secret: "password", version: 2 },
  v3password: { secret: "password", version: 3 },
  token: { secret: "token" },
  v2token: { secret: "token", version: 2 },
  v3token: { secret: "token", version: 3 },
  v3applicationcredential: {
    secret: "application_credential_secret",
    version: 3,
  },
};

/** Settings that change what a token is good for. */
const UNSUPPORTED = ["trust_id", "passcode"];

/** A cloud, before its region is known. */
interface Cloud {
  readonly settings: Settings;
  /** Where a setting of the cloud belongs, for errors. */
  readonly placeOf: (key: string) => string;
}

/** A region of a cloud. */
interface Region {
  readonly name: string;
  readonly settings: Settings;
}

/**
 * Reads the options of a driver, as OpenStack's own tools do.
 *
 * The cloud is `cloud`, else `OS_CLOUD`. Otherwise, it consists of the `OS_*`
 * variables, under the name `envvars` or `OS_CLOUD_NAME`. If there are none of
 * these variables, it is the only cloud of the files. The variables of the
 * credentials are not combined with a cloud of the files.
 *
 * The same key can be in several places. The first of these takes precedence:
 *
 * 1. `region`, then `OS_REGION_NAME`; only for the region.
 * 2. `values` of the chosen entry of `regions`.
 * 3. `secure.yaml`.
 * 4. `clouds.yaml`.
 * 5. The `profile` of the cloud in `clouds-public.yaml`. Without it, the public
 *    cloud of this package with that id.
 *
 * A key in `auth` takes precedence over the same key outside of it, and a newer
 * name (`project_name`) over an older one (`tenant_name`). Other keys are
 * ignored.
 *
 * Differences from OpenStack's own tools:
 *
 * - A number or a boolean without quotes is an error where a string is expected.
 * - If a public cloud of this package has several regions, none is chosen.
 * - A `profile` is never downloaded.
 * - A missing `auth_type` follows from the secret that the cloud has.
 *
 * @param sources Texts of the files, environment variables and the choice.
 * @returns Options of a driver. They contain secrets.
 * @throws {TypeError} If a text is not valid YAML, or the cloud does not exist,
 *   or a value is missing, invalid or not supported. The message names the file
 *   and the key, and contains no value of them.
 *
 * @see {@link https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html | Configuring OpenStack SDK Applications}
 *
 * @example
 * ```ts
 * import { cloudOptions } from "@nephos/nephos/clouds-yaml";
 *
 * async function readOptions(folder: string) {
 *   return cloudOptions({
 *     env: Deno.env.toObject(),
 *     cloudsYaml: await Deno.readTextFile(`${folder}/clouds.yaml`),
 *   });
 * }
 * ```
 */
export function cloudOptions(sources: CloudSources = {}): OpenStackOptions {
  const { env = {}, fetch } = sources;
  const variables = settingsOfEnv(env);
  const cloud = chooseCloud(sources, variables);
  const wanted = sources.region ??
    given(variables.get("region_name"), toString);
  const { settings, region } = inRegion(cloud, wanted, sources);
  const reader = new Reader(settings, cloud.placeOf, region);
  if (fetch === undefined) checkCertificates(settings);
  for (const key of UNSUPPORTED) {
    const setting = reader.find(key);
    if (setting) throw problem(setting, "is not supported");
  }
  const login = chooseLogin(reader);
  const options: OpenStackOptions = {
    authUrl: reader.url(reader.required("auth_url")),
    ...toCredentials(reader, login),
    identityApiVersion: login.version ?? toIdentityVersion(reader),
    region,
    interface: toInterface(reader),
    endpoints: toEndpoints(reader),
    microversion: toMicroversion(reader),
    fetch,
  };
  return withoutAbsent(options);
}

/** Reads the settings of a cloud in its region. */
class Reader {
  constructor(
    readonly settings: Settings,
    readonly placeOf: (key: string) => string,
    readonly region: string | undefined,
  ) {}

  /** Finds a setting by its names, the best one first. */
  find(...names: readonly string[]): Setting | undefined {
    return names.flatMap((name) => [`auth.${name}`, name])
      .map((key) => this.settings.get(key))
      .find((setting) => setting !== undefined);
  }

  text(...names: readonly string[]): string | undefined {
    return given(this.find(...names), toString);
  }

  required(...names: readonly string[]): Setting {
    const setting = this.find(...names);
    if (setting) return setting;
    throw problem(this.placeOf(`auth.${names[0]}`), "is required");
  }

  /** A URL, which may depend on the region. */
  url(setting: Setting): string {
    const url = toString(setting);
    if (!url.includes("{")) return url;
    if (/[{}]/.test(url.replaceAll(REGION, ""))) {
      throw problem(
        setting,
        `may contain ${REGION}, but no other braces`,
      );
    }
    if (this.region !== undefined) return fillRegion(url, this.region);
    throw problem(
      this.placeOf("region_name"),
      "is required, because each region has its own identity service",
    );
  }

  /** A version, such as `3` or `"2.79"`. */
  version(setting: Setting): string {
    const { value } = setting;
    // 2.90 without quotes is the number 2.9.
    return Number.isInteger(value) ? String(value) : toString(setting);
  }
}

function chooseCloud(sources: CloudSources, variables: Settings): Cloud {
  const files = [
    parseFile("clouds.yaml", sources.cloudsYaml, "cloudsYaml"),
    parseFile("secure.yaml", sources.secureYaml, "secureYaml"),
  ];
  const names = [...new Set(files.flatMap((it) => Object.keys(cloudsIn(it))))];
  const envName = given(variables.get("cloud_name"), toString) ?? "envvars";
  const hasEnv = [...variables.keys()].some((key) => !SELECTORS.includes(key));
  if (hasEnv && names.includes(envName)) {
    throw new TypeError(
      `${OPERATION}: the files contain a cloud ${JSON.stringify(envName)}, ` +
        "which is the name for the OS_* variables; set OS_CLOUD_NAME",
    );
  }
  const all = hasEnv ? [...names, envName] : names;
  if (all.length === 0 && sources.cloud === undefined) {
    throw new TypeError(
      `${OPERATION}: cloudsYaml or variables such as OS_AUTH_URL are required`,
    );
  }
  const fromEnv = given(variables.get("cloud"), toString);
  const only = names.length === 1 ? names[0] : undefined;
  const name = sources.cloud ?? fromEnv ?? (hasEnv ? envName : only);
  if (name === undefined || !all.includes(name)) {
    const isFromEnv = sources.cloud === undefined && fromEnv !== undefined;
    const known = all.filter((it) => it === envName || isCloud(files, it));
    const expected = listNames(known, "the name of a cloud in cloudsYaml");
    throw mistake(OPERATION, isFromEnv ? "OS_CLOUD" : "cloud", expected, name);
  }
  if (hasEnv && name === envName) {
    const placeOf = (key: string) =>
      `OS_${key.replace("auth.", "").toUpperCase()}`;
    return { settings: variables, placeOf };
  }
  const path = member("clouds", name);
  const settings = files.map((file) =>
    settingsOf(file, path, ownValue(cloudsIn(file), name))
  );
  const file = files.find((it) => Object.hasOwn(cloudsIn(it), name))!;
  const placeOf = (key: string) => placeIn(file, `${path}.${key}`);
  return { settings: merge(...settings), placeOf };
}

/** Whether a file has settings for a name, and not some other value. */
function isCloud(files: readonly YamlFile[], name: string): boolean {
  return files.some((file) => {
    const value = ownValue(cloudsIn(file), name);
    return typeof value === "object" && !Array.isArray(value);
  });
}

function cloudsIn(file: YamlFile): Mapping {
  return toMapping(ownValue(file.content, "clouds"), placeIn(file, "clouds"));
}

/** Value of a key; a key such as `constructor` has none of its own. */
function ownValue(mapping: Mapping, key: string): unknown {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

/** Combines a cloud with its profile and its region. */
function inRegion(
  cloud: Cloud,
  wanted: string | undefined,
  sources: CloudSources,
): { settings: Settings; region: string | undefined } {
  const profile = profileFor(cloud, sources);
  const known = regionsIn(cloud.settings) ?? regionsIn(profile.settings) ?? [];
  const region = known.length === 0
    ? { name: wanted ?? profile.region, settings: new Map() }
    : wanted === undefined
    ? known[0]
    : known.find(({ name }) => name === wanted);
  if (region === undefined) {
    const option = sources.region === undefined ? "OS_REGION_NAME" : "region";
    const names = known.map(({ name }) => name);
    const expected = listNames(names, "a region of the cloud");
    throw mistake(OPERATION, option, expected, wanted);
  }
  return {
    settings: merge(profile.settings, cloud.settings, region.settings),
    region: region.name,
  };
}

/** Settings of the public cloud that a cloud names. */
function profileFor(
  { settings }: Cloud,
  { cloudsPublicYaml }: CloudSources,
): { settings: Settings; region?: string | undefined } {
  const setting = settings.get("profile") ?? settings.get("cloud");
  if (setting === undefined || setting.path === "OS_CLOUD") {
    return { settings: new Map() };
  }
  const id = toString(setting);
  const file = parseFile(
    "clouds-public.yaml",
    cloudsPublicYaml,
    "cloudsPublicYaml",
  );
  const section = "public-clouds";
  const own = toMapping(
    ownValue(file.content, section),
    placeIn(file, section),
  );
  if (Object.hasOwn(own, id)) {
    return { settings: settingsOf(file, member(section, id), own[id]) };
  }
  const site = id.replace(/\/+$/, "");
  const profile = Object.hasOwn(PROFILES, id)
    ? PROFILES[id]
    : Object.values(PROFILES).find((it) => it.site === site);
  if (profile) {
    const authUrl = { ...setting, value: profile.authUrl };
    return {
      settings: new Map([["auth.auth_url", authUrl]]),
      region: onlyRegion(profile),
    };
  }
  // The profile may be for other tools.
  if (settings.has("auth.auth_url") || settings.has("auth_url")) {
    return { settings: new Map() };
  }
  const ids = [...new Set([...Object.keys(own), ...Object.keys(PROFILES)])];
  throw problem(setting, `must be ${listNames(ids, "")}`);
}

/** Regions that a file lists. */
function regionsIn(settings: Settings): Region[] | undefined {
  const list = settings.get("regions");
  if (list) return toList(list).map(toRegion);
  const name = settings.get("region_name");
  if (name === undefined) return undefined;
  // Older files have several names in this key.
  const names = Array.isArray(name.value)
    ? toList(name).map(toString)
    : toString(name).split(",");
  return names.map((name) => ({ name, settings: new Map() }));
}

/** Reads `DFW` or `{ name: DFW, values: { ... } }`. */
function toRegion(entry: Setting): Region {
  const { value, file, path } = entry;
  if (file === undefined || typeof value !== "object") {
    return { name: toString(entry), settings: new Map() };
  }
  const region = settingsOf(file, path, value);
  const name = region.get("name");
  if (name === undefined) {
    throw problem(placeIn(file, `${path}.name`), "is required");
  }
  const values = region.get("values");
  return {
    name: toString(name),
    settings: settingsOf(file, `${path}.values`, values?.value),
  };
}

function checkCertificates(settings: Settings): void {
  const isWrong: Readonly<Record<string, (value: unknown) => boolean>> = {
    verify: (value) => `${value}`.toLowerCase() !== "true",
    insecure: (value) => `${value}`.toLowerCase() === "true",
    cacert: () => true,
    cert: () => true,
    key: () => true,
  };
  for (const [key, isSet] of Object.entries(isWrong)) {
    const setting = settings.get(key);
    if (setting === undefined || !isSet(setting.value)) continue;
    throw problem(
      setting,
      "is not supported by fetch; pass your own fetch, which does it",
    );
  }
}

function chooseLogin(reader: Reader): Login {
  const setting = reader.settings.get("auth_type") ??
    reader.settings.get("auth_plugin");
  if (setting === undefined) {
    const types = ["password", "v3applicationcredential", "token"];
    const type = types.find((type) =>
      reader.find(...namesOf(AUTH_TYPES[type]!.secret))
    );
    return AUTH_TYPES[type ?? "password"]!;
  }
  const type = toString(setting);
  if (Object.hasOwn(AUTH_TYPES, type)) return AUTH_TYPES[type]!;
  throw problem(
    setting,
    `must be ${joinWords(Object.keys(AUTH_TYPES))}; others are not supported`,
  );
}

/** Names of a secret, the best one first. */
function namesOf(secret: Login["secret"]): string[] {
  return secret === "token" ? ["token", "auth_token"] : [secret];
}

function toCredentials(
  reader: Reader,
  { secret, version }: Login,
): OpenStackOptions {
  const text = (...names: readonly string[]) => reader.text(...names);
  const isScoped = reader.find("project_id", "tenant_id") !== undefined ||
    reader.find("project_name", "tenant_name") !== undefined;
  const project = (suffix: string) => {
    const names = [`project_${suffix}`, `tenant_${suffix}`];
    return text(...version === 2 ? names.reverse() : names);
  };
  const isApplication = secret === "application_credential_secret";
  return {
    username: text("username", "user_name"),
    userId: text("user_id"),
    ...toDomain(reader, "user", isScoped),
    ...secret === "password" &&
      { password: toString(reader.required(secret)) },
    ...secret === "token" &&
      {
        token: text("token", "auth_token") ?? toString(reader.required(secret)),
      },
    ...isApplication && {
      applicationCredentialId: text("application_credential_id"),
      applicationCredentialName: text("application_credential_name"),
      applicationCredentialSecret: toString(reader.required(secret)),
    },
    projectId: project("id"),
    projectName: project("name"),
    ...isScoped ? toDomain(reader, "project", isScoped) : {
      domainId: text("domain_id"),
      domainName: text("domain_name"),
    },
    // The driver checks the value.
    systemScope: text("system_scope") as "all" | undefined,
  };
}

/**
 * Domain of the user or the project. With a project, `domain_id` and
 * `domain_name` stand for both.
 */
function toDomain(
  reader: Reader,
  owner: "user" | "project",
  isScoped: boolean,
): OpenStackOptions {
  const prefixes = [`${owner}_`, ...isScoped ? [""] : [], "default_"];
  for (const prefix of prefixes) {
    const id = reader.text(`${prefix}domain_id`);
    const name = reader.text(`${prefix}domain_name`);
    if (id === undefined && name === undefined) continue;
    return owner === "user"
      ? { userDomainId: id, userDomainName: name }
      : { projectDomainId: id, projectDomainName: name };
  }
  return {};
}

function toIdentityVersion(reader: Reader): 2 | 3 | undefined {
  const setting = reader.settings.get("identity_api_version");
  if (setting === undefined) return undefined;
  const [, major] = /^([23])(?:\.0)?$/.exec(reader.version(setting)) ?? [];
  if (major) return major === "2" ? 2 : 3;
  throw problem(setting, "must be 2 or 3");
}

function toInterface(reader: Reader): OpenStackInterface | undefined {
  const setting = reader.settings.get("endpoint_type") ??
    reader.settings.get("interface");
  if (setting === undefined) return undefined;
  const name = toString(setting).replace(/URL$/, "");
  const known = ["public", "internal", "admin"] as const;
  const found = known.find((it) => it === name);
  if (found) return found;
  throw problem(setting, `must be ${joinWords(known)}`);
}

function toMicroversion(reader: Reader): string | undefined {
  const setting = reader.settings.get("compute_default_microversion") ??
    reader.settings.get("compute_api_version");
  if (setting === undefined) return undefined;
  const version = reader.version(setting);
  // Versions of the API without microversions.
  if (/^2(?:\.[01])?$/.test(version)) return undefined;
  if (/^2\.\d+$/.test(version)) return version;
  throw problem(setting, 'must be "2" or a version such as "2.79"');
}

/** Base URLs by type of service: `block_storage_endpoint_override`. */
function toEndpoints(reader: Reader): OpenStackOptions["endpoints"] {
  const endpoints = new Map<string, string>();
  for (const suffix of ["_endpoint", "_endpoint_override"]) {
    for (const [key, setting] of reader.settings) {
      if (!key.endsWith(suffix)) continue;
      const type = key.slice(0, -suffix.length).replaceAll("_", "-");
      endpoints.set(type, reader.url(setting));
    }
  }
  return endpoints.size > 0 ? Object.fromEntries(endpoints) : undefined;
}

function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
