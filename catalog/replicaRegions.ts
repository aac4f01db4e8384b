/**
 * Region that copies of data are kept in, where nobody names one: in the same country, or for the European Union in
 * another of its members, and far enough away that one disaster doesn't take both. Regions without such a neighbour
 * are not here: which law a copy may come under is for people to decide.
 * Source of the places: AWS, "Regions and Availability Zones".
 */
const replicaRegions: Readonly<Record<string, string>> = {
  "us-east-1": "us-west-2",
  "us-east-2": "us-west-2",
  "us-west-1": "us-east-2",
  "us-west-2": "us-east-2",
  "ca-central-1": "ca-west-1",
  "ca-west-1": "ca-central-1",
  "eu-central-1": "eu-west-1",
  "eu-west-1": "eu-central-1",
  "eu-west-3": "eu-central-1",
  "eu-north-1": "eu-central-1",
  "eu-south-1": "eu-central-1",
  "eu-south-2": "eu-west-3",
  "ap-northeast-1": "ap-northeast-3",
  "ap-northeast-3": "ap-northeast-1",
  "ap-south-1": "ap-south-2",
  "ap-south-2": "ap-south-1",
  "ap-southeast-2": "ap-southeast-4",
  "ap-southeast-4": "ap-southeast-2",
};

/** Undefined where the catalog knows no region under the same law. */
export function replicaRegionOf(region: string): string | undefined {
  return replicaRegions[region];
}
