/** Groups of AWS regions that share nothing with each other, by what their ARNs start with. */
export type Partition = "aws" | "aws-cn" | "aws-us-gov";

/** Source: AWS General Reference, "Amazon Resource Names (ARNs)". */
export function partitionOf(region: string): Partition {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/**
 * The region of a region's partition that is open to all of its accounts and keeps what is theirs as a whole.
 * Source: AWS General Reference, "AWS service endpoints"; AWS Account Management reference guide, "Enable or disable AWS Regions
 * in your account".
 */
export function homeRegion(region: string): string {
  return homeRegions[partitionOf(region)];
}

const homeRegions: Readonly<Record<Partition, string>> = {
  aws: "us-east-1",
  "aws-cn": "cn-north-1",
  "aws-us-gov": "us-gov-west-1",
};

/** What the names of a region's endpoints end with. Source: AWS General Reference, "AWS service endpoints". */
export function dnsSuffix(region: string): string {
  return partitionOf(region) === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
