/**
 * Peers that list EC2 nodes: the driver, AWS's own client, and a loop that does
 * not parse the pages.
 *
 * @module
 */

import {
  EC2Client,
  paginateDescribeInstances,
} from "npm:@aws-sdk/client-ec2@3.1169.0";
import { Ec2NodeDriver } from "../drivers/aws/ec2.ts";

/** Region of the simulated account. */
export const REGION = "us-east-1";
/** Credentials of the simulated account. */
export const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const drivers: Record<string, Ec2NodeDriver> = {};
const clients: Record<string, EC2Client> = {};

/** The driver for a server; all calls share it. */
export function driverFor(url: string): Ec2NodeDriver {
  return drivers[url] ??= new Ec2NodeDriver({
    ...KEYS,
    region: REGION,
    baseUrl: url,
  });
}

/** Adds a string to a checksum that depends on the order of the strings. */
function add(sum: number, text: string | undefined): number {
  for (let at = 0; at < (text?.length ?? 0); at += 7) {
    sum = (Math.imul(sum, 31) + text!.charCodeAt(at)) | 0;
  }
  return sum;
}

/** Each lists nodes, and returns their count and checksum. */
export const EC2_PEERS: Readonly<
  Record<string, (url: string) => Promise<{ nodes: number; sum: number }>>
> = {
  async nephos(url) {
    const all = await driverFor(url).listNodes();
    let sum = 0;
    for (const { id, name, state, sizeId, publicIps, extra } of all) {
      for (const text of [id, name, state, sizeId, publicIps[0]]) {
        sum = add(sum, text);
      }
      for (const { volumeId } of extra.volumes) sum = add(sum, volumeId);
    }
    return { nodes: all.length, sum };
  },
  async aws(url) {
    const client = clients[url] ??= new EC2Client({
      region: REGION,
      credentials: KEYS,
      endpoint: url,
    });
    const all = [];
    for await (const page of paginateDescribeInstances({ client }, {})) {
      for (const { Instances = [] } of page.Reservations ?? []) {
        all.push(...Instances);
      }
    }
    let sum = 0;
    for (const instance of all) {
      const name = instance.Tags?.find(({ Key }) => Key === "Name")?.Value;
      for (
        const text of [
          instance.InstanceId,
          name,
          instance.State?.Name,
          instance.InstanceType,
          instance.PublicIpAddress,
        ]
      ) sum = add(sum, text);
      for (const { Ebs } of instance.BlockDeviceMappings ?? []) {
        sum = add(sum, Ebs?.VolumeId);
      }
    }
    return { nodes: all.length, sum };
  },
  async baseline(url) {
    let nodes = 0;
    for (let token: string | undefined = "0"; token;) {
      const query: string =
        `Action=DescribeInstances&Version=2016-11-15&NextToken=${token}`;
      const text: string = await (await fetch(`${url}/?${query}`)).text();
      token = /<nextToken>(\d+)/.exec(text.slice(-200))?.[1];
      // Counts the nodes without parsing the XML.
      nodes += text.split("<amiLaunchIndex>").length - 1;
    }
    return { nodes, sum: 0 };
  },
};
