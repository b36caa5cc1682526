/**
 * Security groups of Neutron, and their rules.
 *
 * @module
 */

import { parseCidr } from "./_addresses.ts";
import type { SecurityGroup, SecurityGroupRule } from "./_network_records.ts";
import {
  inUse,
  invalidRequest,
  type Kind,
  type Project,
  required,
  text,
} from "./_neutron.ts";
import { type JsonObject, Refusal } from "../kit/mod.ts";

/** Names of protocols; a number from 0 to 255 is one, too. */
const PROTOCOLS = [
  "ah",
  "dccp",
  "egp",
  "esp",
  "gre",
  "hopopt",
  "icmp",
  "igmp",
  "ip",
  "ipip",
  "ipv6-encap",
  "ipv6-frag",
  "ipv6-icmp",
  "icmpv6",
  "ipv6-nonxt",
  "ipv6-opts",
  "ipv6-route",
  "ospf",
  "pgm",
  "rsvp",
  "sctp",
  "tcp",
  "udp",
  "udplite",
  "vrrp",
];

/** Kind of security groups; the one named "default" always exists. */
export function securityGroupKind(project: Project): Kind<SecurityGroup> {
  return {
    one: "security_group",
    many: "security_groups",
    changeable: ["name", "description", "stateful"],
    unknown: unknownGroup,
    store: project.groups,
    show: (group) => ({
      ...group,
      stateful: true,
      shared: false,
      security_group_rules: rulesOf(project, group)
        .map((rule) => ruleJson(project, rule)),
    }),
    create(value) {
      const name = text(value, "name");
      if (name === "default") throw defaultExists();
      return addGroup(project, name, text(value, "description"));
    },
    update(group, value) {
      const name = text(value, "name", group.name);
      if (group.name === "default" && name !== "default") {
        throw inUse(
          "SecurityGroupCannotUpdateDefault",
          "Updating default security group not allowed.",
        );
      }
      if (group.name !== "default" && name === "default") throw defaultExists();
      group.name = name;
      group.description = text(value, "description", group.description);
    },
    remove(group) {
      if (group.name === "default") {
        throw inUse(
          "SecurityGroupCannotRemoveDefault",
          "Insufficient rights for removing default security group.",
        );
      }
      const isUsed = project.ports.list.some(({ security_groups }) =>
        security_groups.includes(group.id)
      );
      if (isUsed) {
        const message = `Security Group ${group.id} in use.`;
        throw inUse("SecurityGroupInUse", message);
      }
      for (const { id } of rulesOf(project, group)) project.rules.delete(id);
    },
  };
}

/** Kind of rules, which cannot be changed. */
export function ruleKind(project: Project): Kind<SecurityGroupRule> {
  return {
    one: "security_group_rule",
    many: "security_group_rules",
    changeable: ["description"],
    initial: [
      "security_group_id",
      "direction",
      "ethertype",
      "protocol",
      "port_range_min",
      "port_range_max",
      "remote_ip_prefix",
      "remote_group_id",
      "remote_address_group_id",
    ],
    unknown: (id) =>
      new Refusal(404, `Security group rule ${id} does not exist`, {
        code: "SecurityGroupRuleNotFound",
      }),
    store: project.rules,
    show: (rule) => ruleJson(project, rule),
    create: (value) => addRule(project, readRule(project, value)),
    update(rule, value) {
      rule.description = text(value, "description", rule.description ?? "");
    },
    remove({ security_group_id: id }) {
      project.groups.touch({ id });
    },
  };
}

/** Adds the group that every project has. */
export function newDefaultGroup(project: Project): void {
  const group = addGroup(project, "default", "Default security group");
  for (const ethertype of ["IPv4", "IPv6"] as const) {
    addRule(project, {
      security_group_id: group.id,
      direction: "ingress",
      ethertype,
      remote_group_id: group.id,
    });
  }
}

/** Creates the error of an unknown group. */
export function unknownGroup(id: unknown): Refusal {
  return new Refusal(404, `Security group ${id} does not exist`, {
    code: "SecurityGroupNotFound",
  });
}

function defaultExists(): Refusal {
  return inUse(
    "SecurityGroupDefaultAlreadyExists",
    "Default security group already exists.",
  );
}

function rulesOf(project: Project, { id }: SecurityGroup) {
  return project.rules.list.filter((rule) => rule.security_group_id === id);
}

/** Adds a group that allows all outgoing traffic. */
function addGroup(
  project: Project,
  name: string,
  description: string,
): SecurityGroup {
  const id = project.account.takeId();
  const group = project.groups.add({ id, name, description });
  for (const ethertype of ["IPv4", "IPv6"] as const) {
    addRule(project, { security_group_id: id, direction: "egress", ethertype });
  }
  return group;
}

function addRule(
  project: Project,
  rule:
    & Pick<SecurityGroupRule, "security_group_id" | "direction" | "ethertype">
    & Partial<SecurityGroupRule>,
): SecurityGroupRule {
  project.groups.touch({ id: rule.security_group_id });
  return project.rules.add({
    id: project.account.takeId(),
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    description: null,
    ...rule,
  });
}

function ruleJson(project: Project, rule: SecurityGroupRule): object {
  const { projectId } = project.account;
  const { remote_ip_prefix } = rule;
  return {
    ...rule,
    remote_address_group_id: null,
    normalized_cidr: remote_ip_prefix === null
      ? null
      : parseCidr(remote_ip_prefix)?.text ?? null,
    tenant_id: projectId,
    project_id: projectId,
    ...project.rules.stampOf(rule),
    standard_attr_id: Number.parseInt(rule.id.slice(-8), 16),
  };
}

function refuseRule(type: string, message: string): Refusal {
  return new Refusal(400, message, { code: `SecurityGroup${type}` });
}

function readRule(project: Project, value: JsonObject) {
  const security_group_id = required(value, "security_group_id");
  const direction = required(value, "direction");
  if (direction !== "ingress" && direction !== "egress") {
    throw invalidRequest(
      `Invalid input for direction. Reason: ${direction} is not in ` +
        "valid_values.",
    );
  }
  const ethertype = readEthertype(value);
  const rule = {
    security_group_id,
    direction,
    ethertype,
    ...readProtocol(value),
    ...readRemote(value, ethertype),
    description: text(value, "description"),
  } as const;
  for (const id of [security_group_id, rule.remote_group_id]) {
    if (id !== null && !project.groups.has(id)) throw unknownGroup(id);
  }
  const same = project.rules.list.find((other) =>
    Object.entries(rule).every(([key, it]) =>
      key === "description" || Reflect.get(other, key) === it
    )
  );
  if (same === undefined) return rule;
  throw inUse(
    "SecurityGroupRuleExists",
    `Security group rule already exists. Rule id is ${same.id}.`,
  );
}

function readEthertype(value: JsonObject) {
  const wanted = text(value, "ethertype", "IPv4");
  const found = (["IPv4", "IPv6"] as const)
    .find((it) => it.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  throw refuseRule(
    "RuleInvalidEtherType",
    `Security group rule for ethertype '${wanted}' not supported. Allowed ` +
      "values are ['IPv4', 'IPv6'].",
  );
}

function readProtocol(value: JsonObject) {
  const protocol = value["protocol"] === undefined || value["protocol"] === null
    ? null
    : `${value["protocol"]}`.toLowerCase();
  const isNumber = /^\d{1,3}$/.test(protocol ?? "") && Number(protocol) < 256;
  if (protocol !== null && !isNumber && !PROTOCOLS.includes(protocol)) {
    const names = PROTOCOLS.map((it) => `'${it}'`).join(", ");
    throw refuseRule(
      "RuleInvalidProtocol",
      `Security group rule protocol ${protocol} not supported. Only protocol ` +
        `values [None, ${names}] and integer representations [0 to 255] are ` +
        "supported.",
    );
  }
  const [port_range_min, port_range_max] = ["port_range_min", "port_range_max"]
    .map((name) => {
      const port = value[name] ?? null;
      if (port === null || /^\d+$/.test(`${port}`) && Number(port) < 65_536) {
        return port === null ? null : Number(port);
      }
      throw refuseRule("InvalidPortValue", `Invalid value for port ${port}`);
    }) as [number | null, number | null];
  const hasPorts = port_range_min !== null || port_range_max !== null;
  if (protocol === null && hasPorts) {
    throw refuseRule(
      "ProtocolRequiredWithPorts",
      "Must also specify protocol if port range is given.",
    );
  }
  const isTransport = ["tcp", "udp", "6", "17"].includes(protocol ?? "");
  const isRange = port_range_min !== null && port_range_max !== null &&
    port_range_min <= port_range_max;
  if (isTransport && hasPorts && !isRange) {
    throw refuseRule(
      "InvalidPortRange",
      "For TCP/UDP protocols, port_range_min must be <= port_range_max",
    );
  }
  return { protocol, port_range_min, port_range_max };
}

function readRemote(value: JsonObject, ethertype: "IPv4" | "IPv6") {
  const remote_group_id = text(value, "remote_group_id") || null;
  const prefix = text(value, "remote_ip_prefix") || null;
  if (prefix === null) return { remote_group_id, remote_ip_prefix: null };
  if (remote_group_id !== null) {
    throw refuseRule(
      "MultipleRemoteEntites",
      "Only one of remote_ip_prefix or remote_group_id or " +
        "remote_address_group_id may be provided.",
    );
  }
  const range = parseCidr(prefix);
  if (range === undefined) {
    throw invalidRequest(
      `Invalid input for remote_ip_prefix. Reason: '${prefix}' is not a valid ` +
        "IP subnet.",
    );
  }
  if (ethertype !== `IPv${range.version}`) {
    throw refuseRule(
      "RuleParameterConflict",
      `Conflicting value ethertype ${ethertype} for CIDR ${prefix}`,
    );
  }
  const remote_ip_prefix = prefix.includes("/") ? prefix : range.text;
  return { remote_group_id, remote_ip_prefix };
}
