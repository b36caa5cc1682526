/**
 * Keystone: tokens and the service catalogue.
 *
 * @module
 */

import { type Account, type Service, urlOf } from "./_account.ts";
import {
  authenticationRequired,
  badRequest,
  isToken,
  requireToken,
} from "./_requests.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  readJson,
  Refusal,
  type Routes,
  toUuid,
} from "../kit/mod.ts";

const METHODS = ["password", "token", "application_credential"];
const DOMAIN = { id: "default", name: "Default" };
const APPLICATION_CREDENTIAL = "f1d2d2f924e986ac86fdf7b36c94bcdf";

/** Id of the application credential whose secret is the user's password. */
export const APPLICATION_CREDENTIAL_ID: string = APPLICATION_CREDENTIAL;

/** Creates the routes of Keystone. */
export function identityRoutes(account: Account): Routes {
  return {
    "GET /": ({ url }) =>
      jsonResponse(300, { versions: { values: [versionJson(url)] } }),
    "GET /v3": ({ url }) => jsonResponse(200, { version: versionJson(url) }),
    "GET /v3/": ({ url }) => jsonResponse(200, { version: versionJson(url) }),
    "POST /v3/auth/tokens": (call) => createToken(account, call),
    "GET /v3/auth/tokens": (call) => showToken(account, call),
    "DELETE /v3/auth/tokens": (call) => revokeToken(account, call),
    "GET /v3/auth/projects": ({ request, url }) => {
      requireToken(account, request);
      const base = `${urlOf("identity", url)}/v3`;
      return jsonResponse(200, {
        projects: [{
          id: account.projectId,
          name: account.settings.projectName,
          domain_id: DOMAIN.id,
          description: "",
          enabled: true,
          parent_id: DOMAIN.id,
          is_domain: false,
          tags: [],
          options: {},
          links: { self: `${base}/projects/${account.projectId}` },
        }],
        links: { next: null, self: `${base}/auth/projects`, previous: null },
      });
    },
    "GET /v3/auth/catalog": ({ request, url }) => {
      requireToken(account, request);
      const self = `${urlOf("identity", url)}/v3/auth/catalog`;
      return jsonResponse(200, {
        catalog: catalogJson(account, url),
        links: { self },
      });
    },
    "POST /v2.0/tokens": (call) => createAccess(account, call),
  };
}

/** Adds a token; returns it. */
export function issueToken(account: Account): string {
  const token = account.takeSecret("gAAAAAB");
  account.tokens.set(token, account.timeline.now + account.settings.tokenMs);
  return token;
}

async function createToken(account: Account, call: Call): Promise<Response> {
  const { auth } = await readJson(call.request);
  if (!isObject(auth)) throw missing("auth", "request body");
  const { identity } = auth;
  if (!isObject(identity)) {
    throw badRequest("'identity' is a required property");
  }
  const methods = identity["methods"];
  if (!Array.isArray(methods)) {
    throw badRequest("'methods' is a required property");
  }
  if (methods.length === 0) throw authenticationRequired();
  for (const method of methods) authenticate(account, `${method}`, identity);
  const scope = readScope(account, auth["scope"]);
  const token = issueToken(account);
  const body = tokenJson(account, call.url, token, methods, scope);
  return jsonResponse(201, { token: body }, {
    "X-Subject-Token": token,
    "Vary": "X-Auth-Token",
  });
}

/** Checks one method of authentication. */
function authenticate(
  account: Account,
  method: string,
  identity: JsonObject,
): void {
  const data = identity[method];
  if (!METHODS.includes(method)) {
    throw new Refusal(
      401,
      "Attempted to authenticate with an unsupported method.",
    );
  }
  if (!isObject(data)) throw missing(method, "identity");
  switch (method) {
    case "password": {
      const { user } = data;
      if (!isObject(user)) throw missing("user", method);
      if (
        !isUser(account, user) ||
        user["password"] !== account.settings.password
      ) throw authenticationRequired();
      return;
    }
    case "token":
      if (!isToken(account, data["id"])) {
        throw new Refusal(404, "Could not recognize Fernet token");
      }
      return;
    case "application_credential": {
      const { id, name, user, secret } = data;
      const isKnown = id === APPLICATION_CREDENTIAL ||
        name === "deploy" && isObject(user) && isUser(account, user);
      if (!isKnown) {
        throw new Refusal(
          404,
          `Could not find Application Credential: ${id ?? name}.`,
        );
      }
      if (secret !== account.settings.password) throw authenticationRequired();
    }
  }
}

function isUser(account: Account, { id, name, domain }: JsonObject): boolean {
  if (id !== undefined) return id === account.userId;
  if (!isObject(domain)) throw missing("domain", "user");
  return name === account.settings.username && isDomain(domain);
}

function isDomain({ id, name }: JsonObject): boolean {
  return id === DOMAIN.id || name === DOMAIN.name;
}

/**
 * Reads what a token is valid for: without a scope, the user's own project.
 * Returns `undefined` for a token that is only good for another one.
 */
function readScope(account: Account, scope: unknown): object | undefined {
  if (!isObject(scope)) {
    return scope === "unscoped" ? undefined : { project: projectJson(account) };
  }
  const { project, domain, system } = scope;
  if (isObject(system) && system["all"] === true) return { system };
  if (isObject(domain)) {
    if (isDomain(domain)) return { domain: DOMAIN };
    throw authenticationRequired();
  }
  if (!isObject(project)) throw missing("project", "scope");
  const { id, name, domain: owner } = project;
  if (id === undefined && !isObject(owner)) throw missing("domain", "project");
  const isKnown = id === undefined
    ? name === account.settings.projectName && isObject(owner) &&
      isDomain(owner)
    : id === account.projectId;
  if (!isKnown) throw authenticationRequired();
  return { project: projectJson(account) };
}

function showToken(account: Account, { request, url }: Call): Response {
  requireToken(account, request);
  const subject = request.headers.get("x-subject-token") ?? "";
  if (subject === "") {
    throw new Refusal(
      403,
      "You are not authorized to perform the requested action: " +
        "identity:validate_token.",
    );
  }
  if (!isToken(account, subject)) {
    throw new Refusal(404, "Could not recognize Fernet token");
  }
  const scope = { project: projectJson(account) };
  const token = tokenJson(account, url, subject, ["password"], scope);
  return jsonResponse(200, { token }, { "X-Subject-Token": subject });
}

function revokeToken(account: Account, { request }: Call): Response {
  requireToken(account, request);
  const subject = request.headers.get("x-subject-token") ?? "";
  if (!account.tokens.delete(subject)) {
    throw new Refusal(404, "Could not find token.");
  }
  return noContent();
}

/** Creates a token of version 2 of the API. */
async function createAccess(account: Account, call: Call): Promise<Response> {
  const { auth } = await readJson(call.request);
  if (!isObject(auth)) throw missing("auth", "request body");
  const { passwordCredentials, token, tenantId, tenantName } = auth;
  const { username, password, projectName } = account.settings;
  const isKnown = isObject(passwordCredentials)
    ? passwordCredentials["username"] === username &&
      passwordCredentials["password"] === password
    : isObject(token) && isToken(account, token["id"]);
  const isProject = tenantId === undefined
    ? tenantName === undefined || tenantName === projectName
    : tenantId === account.projectId;
  if (!isKnown || !isProject) throw authenticationRequired();
  return jsonResponse(200, { access: accessJson(account, call.url) });
}

/** Converts a new token and the catalogue to the form of version 2. */
export function accessJson(account: Account, url: URL): object {
  const id = issueToken(account);
  const { username, region } = account.settings;
  return {
    token: {
      id,
      issued_at: account.microTimestamp(),
      expires: account.timestamp(account.tokens.get(id)),
      tenant: {
        id: account.projectId,
        name: account.settings.projectName,
        enabled: true,
        description: "",
      },
      audit_ids: [account.takeSecret("A")],
    },
    serviceCatalog: services(account, url).map(([type, name, address]) => ({
      type,
      name,
      endpoints: [{
        id: toUuid(1),
        region,
        publicURL: address,
        internalURL: address,
        adminURL: address,
      }],
      endpoints_links: [],
    })),
    user: { id: account.userId, name: username, username, roles: [] },
    metadata: { is_admin: 0, roles: [] },
  };
}

function tokenJson(
  account: Account,
  url: URL,
  token: string,
  methods: readonly unknown[],
  scope: object | undefined,
): object {
  const endsAt = account.tokens.get(token) ?? account.timeline.now;
  return {
    methods,
    user: {
      domain: DOMAIN,
      id: account.userId,
      name: account.settings.username,
      password_expires_at: null,
    },
    audit_ids: [account.takeSecret("A")],
    expires_at: account.microTimestamp(endsAt) + "Z",
    issued_at: account.microTimestamp() + "Z",
    ...scope,
    ...scope && {
      is_domain: false,
      roles: [{ id: "9fe2ff9ee4384b1894a90878d3e92bab", name: "member" }],
      catalog: catalogJson(account, url),
    },
  };
}

function projectJson(account: Account) {
  const { projectName: name } = account.settings;
  return { domain: DOMAIN, id: account.projectId, name };
}

/** Type, name and URL of each service. */
function services(account: Account, url: URL): [string, string, string][] {
  const at = (service: Service) => urlOf(service, url);
  return [
    ["identity", "keystone", `${at("identity")}/v3`],
    ["compute", "nova", `${at("compute")}/v2.1`],
    ["image", "glance", at("image")],
    ["network", "neutron", at("network")],
    ["volumev3", "cinderv3", `${at("volume")}/v3/${account.projectId}`],
    ["dns", "designate", at("dns")],
  ];
}

function catalogJson(account: Account, url: URL): object[] {
  const { region } = account.settings;
  return services(account, url).map(([type, name, address], index) => ({
    endpoints: ["admin", "internal", "public"].map((it, position) => ({
      id: toUuid(index * 3 + position, "c0ffee00-0000-4000-8000"),
      interface: it,
      region_id: region,
      url: address,
      region,
    })),
    id: toUuid(index, "5e41ce00-0000-4000-8000"),
    type,
    name,
  }));
}

function versionJson(url: URL): object {
  const href = `${urlOf("identity", url)}/v3/`;
  return {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href }],
    "media-types": [{
      base: "application/json",
      type: "application/vnd.openstack.identity-v3+json",
    }],
  };
}

function missing(name: string, parent: string): Refusal {
  return badRequest(
    `Expecting to find ${name} in ${parent}. The server could not comply with ` +
      "the request since it is either malformed or otherwise incorrect. The " +
      "client is assumed to be in error.",
  );
}
