/**
 * Rules for official images of Amazon EC2, from `data/ec2.json`.
 *
 * This module is loaded on demand, together with its data. It imports only
 * types, so that a bundler can put it into a chunk of its own.
 *
 * @module
 */

import type { ImageRule, ImageRuleList } from "../../core/compute/mod.ts";
import data from "../../data/ec2.json" with { type: "json" };

interface Ec2ImageRule extends ImageRule {
  /**
   * Partitions of AWS in which the rule holds. Accounts are those of one
   * partition: elsewhere, a stranger may have the same number.
   *
   * @default {["aws"]}
   */
  readonly partitions?: readonly string[];
}

interface Ec2ImageRuleList extends ImageRuleList {
  readonly rules: readonly Ec2ImageRule[];
}

const { rules, ...list }: Ec2ImageRuleList = data.images;

// Partitions other than "aws", by the beginning of their regions.
const PARTITION = /^(?:cn|us-gov|us-iso[a-z]*|eu-iso[a-z]*|eusc)(?=-)/;

/**
 * Returns the rules that hold in a region.
 *
 * @param region Id of the region.
 * @returns The rules.
 */
export function imageRules(region: string): ImageRuleList {
  const [part] = PARTITION.exec(region) ?? [];
  const partition = part === undefined ? "aws" : `aws-${part}`;
  return {
    ...list,
    rules: rules.filter(({ partitions = ["aws"] }) =>
      partitions.includes(partition)
    ),
  };
}
