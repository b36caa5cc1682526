/**
 * Keystone: tokens and the service catalogue.
 *
 * @module
 */

import { type Account, type Service, urlOf } from "./_account.ts";
import { badRequest } from "./_requests.ts";
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

const DOMAIN = { id: "default", name: "Default" };
const APPLICATION_CREDENTIAL = "f1d2d2f924e986ac86fdf7b36c94bcdf";
const REFUSED = "The request you have made requires authentication.";

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
      requireOwnToken(account, request);
      return jsonResponse(200, {
        links: { self: `${url.origin}${url.pathname}`, next: null },
        projects: [projectJson(account)],
      });
    },
    "GET /v3/auth/catalog": ({ request, url }) => {
      requireOwnToken(account, request);
      return jsonResponse(200, { catalog: catalogJson(account, url) });
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
  if (!isObject(auth)) throw missing("auth");
  const { identity } = auth;
  if (!isObject(identity)) throw missing("identity");
  const methods = identity["methods"];
  if (!Array.isArray(methods) || methods.length === 0) throw missing("methods");
  const isScoped = methods.map((method) =>
    authenticate(account, `${method}`, identity)
  ).every((it) => it);
  const scope = readScope(account, auth["scope"]);
  const token = issueToken(account);
  const body = tokenJson(account, call.url, token, methods, isScoped && scope);
  return jsonResponse(201, { token: body }, {
    "X-Subject-Token": token,
    "Vary": "X-Auth-Token",
  });
}

/** Checks one method of authentication; returns whether it allows a scope. */
function authenticate(
  account: Account,
  method: string,
  identity: JsonObject,
): boolean {
  const data = identity[method];
  if (!isObject(data)) throw missing(method);
  switch (method) {
    case "password": {
      const { user } = data;
      if (!isObject(user)) throw missing("user");
      requireUser(account, user, user["password"]);
      return true;
    }
    case "token":
      if (!account.tokens.has(`${data["id"]}`)) throw new Refusal(401, REFUSED);
      return true;
    case "application_credential": {
      const { id, name, user, secret } = data;
      const isKnown = id === APPLICATION_CREDENTIAL ||
        name === "deploy" && isObject(user) && isUser(account, user);
      if (!isKnown || secret !== account.settings.password) {
        throw new Refusal(401, REFUSED);
      }
      return true;
    }
    default:
      throw new Refusal(
        401,
        `Attempted to authenticate with an unsupported method. (${method})`,
      );
  }
}

function requireUser(account: Account, user: JsonObject, password: unknown) {
  if (isUser(account, user) && password === account.settings.password) return;
  throw new Refusal(401, REFUSED);
}

function isUser(account: Account, { id, name, domain }: JsonObject): boolean {
  if (id !== undefined) return id === account.userId;
  if (!isObject(domain)) throw missing("domain");
  return name === account.settings.username && isDomain(domain);
}

function isDomain({ id, name }: JsonObject): boolean {
  return id === DOMAIN.id || name === DOMAIN.name;
}

/** What a token is valid for; without a scope, the user's own project. */
function readScope(account: Account, scope: unknown): object {
  if (!isObject(scope)) {
    return scope === "unscoped" ? {} : { project: projectJson(account) };
  }
  const { project, domain, system } = scope;
  if (isObject(system) && system["all"] === true) return { system };
  if (isObject(domain)) {
    if (isDomain(domain)) return { domain: DOMAIN };
    throw new Refusal(401, REFUSED);
  }
  if (!isObject(project)) throw missing("project");
  const { id, name, domain: owner } = project;
  const isKnown = id === undefined
    ? name === account.settings.projectName && isObject(owner) &&
      isDomain(owner)
    : id === account.projectId;
  if (!isKnown) throw new Refusal(401, REFUSED);
  return { project: projectJson(account) };
}

function showToken(account: Account, { request, url }: Call): Response {
  requireOwnToken(account, request);
  const subject = request.headers.get("x-subject-token") ?? "";
  if (!account.tokens.has(subject)) {
    throw new Refusal(404, `Could not find token: ${subject}.`);
  }
  const scope = { project: projectJson(account) };
  const token = tokenJson(account, url, subject, ["password"], scope);
  return jsonResponse(200, { token }, { "X-Subject-Token": subject });
}

function revokeToken(account: Account, { request }: Call): Response {
  requireOwnToken(account, request);
  const subject = request.headers.get("x-subject-token") ?? "";
  if (!account.tokens.delete(subject)) {
    throw new Refusal(404, "Could not find token.");
  }
  return noContent();
}

function requireOwnToken(account: Account, request: Request): void {
  const endsAt = account.tokens.get(request.headers.get("x-auth-token") ?? "");
  if (endsAt !== undefined && account.timeline.now < endsAt) return;
  throw new Refusal(401, REFUSED);
}

/** Creates a token of version 2 of the API. */
async function createAccess(account: Account, call: Call): Promise<Response> {
  const { auth } = await readJson(call.request);
  if (!isObject(auth)) throw missing("auth");
  const { passwordCredentials, token, tenantId, tenantName } = auth;
  const { username, password, projectName } = account.settings;
  const isKnown = isObject(passwordCredentials)
    ? passwordCredentials["username"] === username &&
      passwordCredentials["password"] === password
    : isObject(token) && account.tokens.has(`${token["id"]}`);
  const isProject = tenantId === undefined
    ? tenantName === undefined || tenantName === projectName
    : tenantId === account.projectId;
  if (!isKnown || !isProject) throw new Refusal(401, REFUSED);
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
  scope: object | false,
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

function missing(name: string): Refusal {
  return badRequest(`'${name}' is a required property`);
}
