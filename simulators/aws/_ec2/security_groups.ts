/**
 * Security groups of EC2 and their rules.
 *
 * @module
 */

import {
  type Action,
  action,
  type Actions,
  page,
  PAGE_PARAMS,
  SUCCESS,
} from "./action.ts";
import { GROUP, pick, VPC } from "./lookup.ts";
import {
  addTags,
  applyFilters,
  type Fields,
  filters,
  integer,
  list,
  refuse,
  refuseMissing,
  refuseValue,
  required,
  requireValue,
  string,
  structure,
  tagSet,
  tagsFor,
  tagSpecifications,
  type Values,
} from "./query.ts";
import { ACCOUNT, type Rule, type SecurityGroup } from "./records.ts";
import type { Region } from "./region.ts";
import type { Xml } from "./xml.ts";
import { ipv4ToNumber, numberToIpv4 } from "../../kit/mod.ts";

const strings = list(required(string));

const permission = structure({
  FromPort: integer(-1, 65_535),
  Groups: list(structure({
    Description: string,
    GroupId: string,
    GroupName: string,
    UserId: string,
    VpcId: string,
  })),
  IpProtocol: string,
  IpRanges: list(structure({ CidrIp: required(string), Description: string })),
  Ipv6Ranges: list(
    structure({ CidrIpv6: required(string), Description: string }),
  ),
  PrefixListIds: list(
    structure({ Description: string, PrefixListId: required(string) }),
  ),
  ToPort: integer(-1, 65_535),
});

/** Parameters of the operations that add or remove rules. */
const RULES = {
  // CidrIp, FromPort, ToPort and IpProtocol are the short form for one rule.
  CidrIp: string,
  FromPort: integer(-1, 65_535),
  GroupId: string,
  GroupName: string,
  IpPermissions: list(permission),
  IpProtocol: string,
  SecurityGroupRuleId: strings,
  SourceSecurityGroupName: string,
  SourceSecurityGroupOwnerId: string,
  TagSpecification: tagSpecifications,
  ToPort: integer(-1, 65_535),
} as const;

type Rules = Values<typeof RULES>;

/** Operations on security groups. */
export const SECURITY_GROUP_ACTIONS: Actions = {
  DescribeSecurityGroups: action(
    { ...PAGE_PARAMS, Filter: filters, GroupId: strings, GroupName: strings },
    (params, context) => {
      const { GroupId: ids, GroupName: names } = params;
      const region = context.region.described([...ids, ...names]);
      const all = ids.length + names.length > 0
        ? [
          ...ids.map((id) => pick(region.groups, id, GROUP)),
          ...names.map((name) => groupOf(region, undefined, name)),
        ]
        : [...region.groups.values()];
      const found = applyFilters(all, params.Filter, GROUP_FIELDS);
      const rules = { order: (it: SecurityGroup) => it.order };
      const { items, nextToken } = page(found, params, context, rules);
      return {
        securityGroupInfo: items.map((it) => groupXml(it, region)),
        nextToken,
      };
    },
  ),

  CreateSecurityGroup: action(
    {
      GroupDescription: required(string),
      GroupName: required(string),
      TagSpecification: tagSpecifications,
      VpcId: string,
    },
    (params, { region }) => {
      const { GroupName: name, GroupDescription: description } = params;
      if (!/^[ -~]{1,255}$/.test(name) || /^sg-/.test(name)) {
        refuseValue(
          `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.`,
        );
      }
      const allowed = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
      if (!allowed.test(description)) {
        refuseValue(
          `Value (${description}) for parameter GroupDescription is invalid.`,
        );
      }
      const vpc = params.VpcId === undefined
        ? region.defaultVpc
        : pick(region.vpcs, params.VpcId, VPC);
      for (const it of region.groups.all) {
        if (it.vpc !== vpc || it.name !== name) continue;
        refuse(
          "InvalidGroup.Duplicate",
          `The security group '${name}' already exists for VPC '${vpc.id}'`,
        );
      }
      const tags = tagsFor(params.TagSpecification, "security-group");
      const { id } = region.addGroup(name, description, vpc, tags);
      return {
        ...SUCCESS,
        groupId: id,
        tagSet: tagSet(tags),
        securityGroupArn: region.arn(`security-group/${id}`),
      };
    },
  ),

  DeleteSecurityGroup: action(
    { GroupId: string, GroupName: string },
    (params, { region }) => {
      const found = groupOf(region, params.GroupId, params.GroupName);
      const { id, name } = found;
      if (name === "default") {
        refuse(
          "CannotDelete",
          `the specified group: "${id}" name: "default" cannot be deleted by a user`,
        );
      }
      const isUsed =
        region.instances.all.some(({ groups, state }) =>
          state !== "terminated" && groups.includes(found)
        ) || region.groups.all.some((it) =>
          it !== found && it.rules.some(({ peer }) =>
            peer.value === id
          )
        );
      if (isUsed) {
        refuse("DependencyViolation", `resource ${id} has a dependent object`);
      }
      region.groups.delete(id);
      return { ...SUCCESS, groupId: id };
    },
  ),

  AuthorizeSecurityGroupIngress: authorize(false),

  AuthorizeSecurityGroupEgress: authorize(true),

  RevokeSecurityGroupIngress: action(RULES, (params, { region }) => {
    const found = groupOf(region, params.GroupId, params.GroupName);
    const ids = params.SecurityGroupRuleId;
    const given = ids.length > 0 ? [] : rulesOf(params, region, found, false);
    const revoked = found.rules.filter((rule) =>
      !rule.isEgress &&
      (ids.includes(rule.id) || given.some((it) => isSame(it, rule)))
    );
    if (revoked.length < Math.max(ids.length, given.length)) {
      refuse(
        ids.length > 0
          ? "InvalidSecurityGroupRuleId.NotFound"
          : "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
      );
    }
    found.rules = found.rules.filter((rule) => !revoked.includes(rule));
    return {
      ...SUCCESS,
      revokedSecurityGroupRuleSet: revoked.map((rule) => ({
        ...ruleXml(rule, found),
        referencedGroupId: rule.peer.kind === "group"
          ? rule.peer.value
          : undefined,
      })),
    };
  }),
};

/** Finds a security group by id or, in the default VPC, by name. */
function groupOf(
  region: Region,
  id: string | undefined,
  name: string | undefined,
): SecurityGroup {
  if (id !== undefined) return pick(region.groups, id, GROUP);
  const wanted = requireValue(name, "GroupId");
  return [...region.groups.values()]
    .find((it) => it.vpc.isDefault && it.name === wanted) ??
    refuse(
      "InvalidGroup.NotFound",
      `The security group '${wanted}' does not exist in default VPC '${region.defaultVpc.id}'`,
    );
}

function authorize(isEgress: boolean): Action {
  return action(RULES, (params, { region }) => {
    const found = groupOf(region, params.GroupId, params.GroupName);
    tagsFor(params.TagSpecification, "security-group-rule");
    const added = rulesOf(params, region, found, isEgress);
    for (const rule of added) {
      if (!found.rules.some((it) => isSame(it, rule))) continue;
      const { protocol, from, to, peer } = rule;
      refuse(
        "InvalidPermission.Duplicate",
        `the specified rule "peer: ${peer.value}, ${protocol}, from port: ${from}, to port: ${to}, ALLOW" already exists`,
      );
    }
    found.rules = [...found.rules, ...added];
    return {
      ...SUCCESS,
      securityGroupRuleSet: added.map((rule) => ({
        ...ruleXml(rule, found),
        groupOwnerId: ACCOUNT,
        referencedGroupInfo: rule.peer.kind === "group"
          ? { groupId: rule.peer.value, userId: ACCOUNT }
          : undefined,
        tagSet: tagSet(addTags(params.TagSpecification[0]?.Tag ?? [])),
      })),
    };
  });
}

function isSame(a: Rule, b: Rule): boolean {
  return a.isEgress === b.isEgress && a.protocol === b.protocol &&
    a.from === b.from && a.to === b.to && a.peer.value === b.peer.value;
}

/** Protocols by number, and the word for all protocols. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  all: "-1",
};

/** Reads the rules of a request, one per protocol and peer. */
function rulesOf(
  params: Rules,
  region: Region,
  owner: SecurityGroup,
  isEgress: boolean,
): Rule[] {
  const short = {
    FromPort: params.FromPort,
    ToPort: params.ToPort,
    IpProtocol: params.IpProtocol,
    IpRanges: params.CidrIp === undefined
      ? []
      : [{ CidrIp: params.CidrIp, Description: undefined }],
    Ipv6Ranges: [],
    PrefixListIds: [],
    Groups: params.SourceSecurityGroupName === undefined ? [] : [{
      GroupName: params.SourceSecurityGroupName,
      GroupId: undefined,
      Description: undefined,
    }],
  };
  const all = params.IpPermissions.length > 0
    ? params.IpPermissions
    : params.IpProtocol === undefined && params.CidrIp === undefined
    ? refuseMissing("ipPermissions")
    : [short];
  return all.flatMap((it) => {
    const name = requireValue(it?.IpProtocol, "ipProtocol").toLowerCase();
    const protocol = PROTOCOLS[name] ?? name;
    if (!/^(?:tcp|udp|icmp|icmpv6|-1|\d{1,3})$/.test(protocol)) {
      refuse(
        "InvalidPermission.Malformed",
        `Unsupported IP protocol "${name}" - supported: [tcp, udp, icmp, icmpv6, -1 or a number]`,
      );
    }
    const hasPorts = protocol === "tcp" || protocol === "udp";
    const { FromPort: from, ToPort: to } = it!;
    if (hasPorts && (from === undefined || to === undefined || from > to)) {
      refuseValue(
        `Invalid value '${from} to ${to}' for portRange. Must specify both from and to ports with TCP/UDP.`,
      );
    }
    const isAll = protocol === "-1";
    const peers = [
      ...it!.IpRanges.map(({ CidrIp: value, Description: description }) => {
        const [ip = "", bits = ""] = value.split("/");
        const isCidr = numberToIpv4(ipv4ToNumber(ip)) === ip &&
          /^\d{1,2}$/.test(bits) &&
          Number(bits) <= 32;
        if (!isCidr) refuseValue(`CIDR block ${value} is malformed`);
        return { kind: "cidr" as const, value, description };
      }),
      ...it!.Ipv6Ranges.map(({ CidrIpv6: value, Description: description }) => {
        if (!/^[\da-f:.]{2,45}\/\d{1,3}$/i.test(value)) {
          refuseValue(`CIDR block ${value} is malformed`);
        }
        return { kind: "cidr6" as const, value, description };
      }),
      ...it!.PrefixListIds.map((
        { PrefixListId: value, Description: description },
      ) => ({ kind: "prefix" as const, value, description })),
      ...it!.Groups.map((peer) => ({
        kind: "group" as const,
        value: groupOf(region, peer?.GroupId, peer?.GroupName).id,
        description: peer?.Description,
      })),
    ];
    if (peers.length === 0) {
      refuse(
        "InvalidParameterValue",
        `Rules of ${owner.id} need a peer: a CIDR block, a group or a prefix list`,
      );
    }
    return peers.map(({ description, ...peer }): Rule => ({
      id: region.ids.next("sgr"),
      isEgress,
      protocol,
      from: isAll ? undefined : from,
      to: isAll ? undefined : to,
      peer,
      description,
    }));
  });
}

function ruleXml(rule: Rule, { id }: SecurityGroup) {
  const { kind, value } = rule.peer;
  return {
    securityGroupRuleId: rule.id,
    groupId: id,
    isEgress: rule.isEgress,
    ipProtocol: rule.protocol,
    fromPort: rule.from ?? -1,
    toPort: rule.to ?? -1,
    cidrIpv4: kind === "cidr" ? value : undefined,
    cidrIpv6: kind === "cidr6" ? value : undefined,
    prefixListId: kind === "prefix" ? value : undefined,
    description: rule.description,
  };
}

/**
 * Converts the rules of one direction. Rules with the same protocol and ports
 * become one permission.
 */
function permissionsXml(rules: readonly Rule[], isEgress: boolean): Xml {
  const byPorts = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.isEgress !== isEgress) continue;
    const key = `${rule.protocol} ${rule.from} ${rule.to}`;
    const others = byPorts.get(key);
    if (others) others.push(rule);
    else byPorts.set(key, [rule]);
  }
  return [...byPorts.values()].map((members) => {
    const of = (kind: Rule["peer"]["kind"]) =>
      members.filter(({ peer }) => peer.kind === kind);
    return {
      ipProtocol: members[0]!.protocol,
      fromPort: members[0]!.from,
      toPort: members[0]!.to,
      groups: of("group").map(({ peer, description }) => ({
        userId: ACCOUNT,
        groupId: peer.value,
        description,
      })),
      ipRanges: of("cidr").map(({ peer, description }) => ({
        cidrIp: peer.value,
        description,
      })),
      ipv6Ranges: of("cidr6").map(({ peer, description }) => ({
        cidrIpv6: peer.value,
        description,
      })),
      prefixListIds: of("prefix").map(({ peer, description }) => ({
        prefixListId: peer.value,
        description,
      })),
    };
  });
}

function groupXml(it: SecurityGroup, region: Region): Xml {
  return {
    ownerId: ACCOUNT,
    groupId: it.id,
    groupName: it.name,
    groupDescription: it.description,
    vpcId: it.vpc.id,
    securityGroupArn: region.arn(`security-group/${it.id}`),
    ipPermissions: permissionsXml(it.rules, false),
    ipPermissionsEgress: permissionsXml(it.rules, true),
    tagSet: it.tags.size > 0 ? tagSet(it.tags) : undefined,
  };
}

const GROUP_FIELDS: Fields<SecurityGroup> = {
  description: ({ description }) => description,
  "group-id": ({ id }) => id,
  "group-name": ({ name }) => name,
  "ip-permission.cidr": ({ rules }) =>
    rules.filter((it) => !it.isEgress && it.peer.kind === "cidr")
      .map(({ peer }) => peer.value),
  "ip-permission.from-port": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ from }) => from),
  "ip-permission.protocol": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ protocol }) => protocol),
  "ip-permission.to-port": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ to }) => to),
  "owner-id": () => ACCOUNT,
  "vpc-id": ({ vpc }) => vpc.id,
};
