/**
 * Letters of a region's availability zones, where they are not a, b and c. Which building a letter means differs from
 * account to account, and in us-west-1 an account sees two of three.
 * Source: EC2 DescribeAvailabilityZones as of moto 5.2.5, ec2/models/availability_zones_and_regions.py.
 */
const letters: Readonly<Record<string, string>> = {
  "ap-northeast-1": "acd",
  "ap-northeast-2": "abcd",
  "ca-central-1": "abd",
  "cn-north-1": "ab",
  "us-east-1": "abcdef",
  "us-west-1": "ab",
  "us-west-2": "abcd",
};

/** Names of the availability zones of a region, such as `us-east-1a`, in the order in which they are taken. */
export function zonesOfRegion(region: string): string[] {
  return [...(letters[region] ?? "abc")].map((letter) => `${region}${letter}`);
}
