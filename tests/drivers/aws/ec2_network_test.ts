import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
} from "@std/assert";
import { Ec2NodeDriver } from "../../../drivers/aws/ec2.ts";
import { Ec2NetworkDriver } from "../../../drivers/aws/ec2_network.ts";
import { replay } from "../../_support/replay.ts";
import { done, ec2, get, post, REGION } from "./_ec2.ts";

// The conformance suite and the checks of arguments are in ec2_test.ts.

Deno.test("Ec2NetworkDriver extends Ec2NodeDriver by methods for networks", () => {
  const cloud = ec2(undefined);
  assert(cloud instanceof Ec2NodeDriver);
  assertEquals([cloud.provider, cloud.region], ["ec2", REGION]);
  assertFalse("listVpcs" in Ec2NodeDriver.prototype);
});

Deno.test("Ec2NetworkDriver.fromEnv() creates an Ec2NetworkDriver", () => {
  const cloud: Ec2NetworkDriver = Ec2NetworkDriver.fromEnv({
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: REGION,
  });
  assertInstanceOf(cloud, Ec2NetworkDriver);
  assertEquals(cloud.region, REGION);
});

Deno.test("Ec2NetworkDriver lists, creates, changes and deletes security groups", async () => {
  const permissions = {
    GroupId: "sg-1a2b3c4d",
    "IpPermissions.1.IpProtocol": "tcp",
    "IpPermissions.1.FromPort": "22",
    "IpPermissions.1.ToPort": "22",
    "IpPermissions.1.IpRanges.1.CidrIp": "203.0.113.0/24",
    "IpPermissions.1.IpRanges.1.Description": "SSH from the office",
  };
  using fetch = replay([
    {
      request: get("DescribeSecurityGroups", { MaxResults: "1000" }),
      fixture: "ec2/list_security_groups.xml",
    },
    post("RevokeSecurityGroupIngress", permissions),
    post("AuthorizeSecurityGroupIngress", {
      GroupId: "sg-1a2b3c4d",
      "IpPermissions.1.IpProtocol": "-1",
      "IpPermissions.1.Ipv6Ranges.1.CidrIpv6": "2001:db8::/32",
      "IpPermissions.1.Groups.1.GroupId": "sg-2",
    }),
    post("CreateSecurityGroup", {
      GroupName: "db",
      GroupDescription: "Data bases",
      VpcId: "vpc-1",
      "TagSpecification.1.ResourceType": "security-group",
      "TagSpecification.1.Tag.1.Key": "env",
      "TagSpecification.1.Tag.1.Value": "prod",
    }, done("CreateSecurityGroup", "<groupId>sg-9</groupId>")),
    post("DeleteSecurityGroup", { GroupId: "sg-9" }),
  ]);
  const cloud = ec2(fetch);
  const [group] = await cloud.listSecurityGroups();
  assert(group);
  assertEquals(
    [group.id, group.name, group.groupDescription, group.vpcId, group.tags],
    [
      "sg-1a2b3c4d",
      "my-security-group",
      "My security group",
      "vpc-1a2b3c4d",
      {},
    ],
  );
  const rules = group.ipPermissions!;
  assertEquals(rules, [{
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    ipRanges: [{
      cidrIp: "203.0.113.0/24",
      description: "SSH from the office",
    }],
  }]);
  assertEquals(group.ipPermissionsEgress, [{
    ipProtocol: "-1",
    ipRanges: [{ cidrIp: "0.0.0.0/0" }],
  }]);
  // Rules of a record can be sent back.
  await cloud.revokeIngress(group, { rules });
  await cloud.authorizeIngress(group, {
    rules: [{
      ipProtocol: "-1",
      ipv6Ranges: [{ cidrIpv6: "2001:db8::/32" }],
      groups: [{ groupId: "sg-2" }],
    }],
  });
  const made = await cloud.createSecurityGroup({
    name: "db",
    description: "Data bases",
    vpc: "vpc-1",
    tags: { env: "prod" },
  });
  assertEquals(made, { id: "sg-9" });
  await cloud.deleteSecurityGroup(made);
});

Deno.test("Ec2NetworkDriver lists VPCs and subnets", async () => {
  using fetch = replay([
    {
      request: get("DescribeVpcs", { MaxResults: "1000" }),
      fixture: "ec2/list_vpcs.xml",
    },
    {
      request: get("DescribeSubnets", {
        "Filter.1.Name": "vpc-id",
        "Filter.1.Value.1": "vpc-1a2b3c4d",
        MaxResults: "1000",
      }),
      fixture: "ec2/list_subnets.xml",
    },
  ]);
  const cloud = ec2(fetch);
  const [vpc] = await cloud.listVpcs();
  assertEquals(
    [vpc!.id, vpc!.name, vpc!.cidrBlock, vpc!.isDefault],
    ["vpc-a01106c2", "vpc-a01106c2", "10.0.0.0/16", false],
  );
  const filters = { "vpc-id": "vpc-1a2b3c4d" };
  const [subnet] = await cloud.listSubnets({ filters });
  assertEquals(
    subnet,
    {
      id: "subnet-9d4a7b6c",
      name: "MySubnet",
      subnetId: "subnet-9d4a7b6c",
      state: "available",
      vpcId: "vpc-1a2b3c4d",
      cidrBlock: "10.0.1.0/24",
      availableIpAddressCount: 251,
      availabilityZone: "us-east-1a",
      defaultForAz: false,
      mapPublicIpOnLaunch: false,
      tags: { Name: "MySubnet" },
    } as typeof subnet,
  );
});

Deno.test("Ec2NetworkDriver allocates, associates and releases Elastic IP addresses", async () => {
  const association = {
    AllocationId: "eipalloc-12345678",
    InstanceId: "i-1234567890abcdef0",
  };
  const associated = done(
    "AssociateAddress",
    "<associationId>eipassoc-9</associationId>",
  );
  using fetch = replay([
    { request: get("DescribeAddresses"), fixture: "ec2/list_addresses.xml" },
    post("AllocateAddress", {
      Domain: "vpc",
      "TagSpecification.1.ResourceType": "elastic-ip",
      "TagSpecification.1.Tag.1.Key": "env",
      "TagSpecification.1.Tag.1.Value": "",
    }, {
      ...done(
        "AllocateAddress",
        "<publicIp>203.0.113.9</publicIp><allocationId>eipalloc-9</allocationId>",
      ),
    }),
    post("AssociateAddress", association, associated),
    post(
      "AssociateAddress",
      { ...association, AllowReassociation: "false" },
      associated,
    ),
    // The record contains the id of the association; an id does not.
    post("DisassociateAddress", { AssociationId: "eipassoc-12345678" }),
    {
      request: get("DescribeAddresses", {
        "AllocationId.1": "eipalloc-12345678",
      }),
      fixture: "ec2/list_addresses.xml",
    },
    post("DisassociateAddress", { AssociationId: "eipassoc-12345678" }),
    post("ReleaseAddress", { AllocationId: "eipalloc-12345678" }),
  ]);
  const cloud = ec2(fetch);
  const [address] = await cloud.listAddresses();
  assert(address);
  assertEquals(
    [address.id, address.publicIp, address.instanceId, address.associationId],
    [
      "eipalloc-12345678",
      "203.0.113.0",
      "i-1234567890abcdef0",
      "eipassoc-12345678",
    ],
  );
  const made = await cloud.allocateAddress({ tags: ["env"] });
  assertEquals([made.id, made.publicIp], ["eipalloc-9", "203.0.113.9"]);
  const node = "i-1234567890abcdef0";
  assertEquals(await cloud.associateAddress(address, { node }), {
    associationId: "eipassoc-9",
  });
  await cloud.associateAddress(address, { node, allowReassociation: false });
  await cloud.disassociateAddress(address);
  await cloud.disassociateAddress(address.id);
  await cloud.releaseAddress(address);
});
