/** Groups of AWS regions that share nothing with each other, by what their ARNs start with. */
export type Partition = "aws" | "aws-cn" | "aws-us-gov";

/** Source: AWS General Reference, "Amazon Resource Names (ARNs)". */
export function partitionOf(region: string): Partition {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
