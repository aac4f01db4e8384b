import { z } from "zod";

/** One step of a preview: what becomes of a resource. */
const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
});
export type Step = z.output<typeof stepSchema>;

const previewSchema = z.object({ steps: z.array(stepSchema).default([]) });

/** Steps of `pulumi preview --json`; what stays as it is left out. */
export function stepsIn(json: string): Step[] {
  const { steps } = previewSchema.parse(JSON.parse(json));
  return steps.filter(({ op }) => !["same", "read", "refresh"].includes(op));
}

/** Without its parents: `aws:ec2/subnet:Subnet`. */
export const typeOf = ({ urn }: Step) => (urn.split("::").at(-2) ?? "").split("$").at(-1) ?? "";

/** What holds data, or what everything stands on: it must outlive every harmless change. */
const stateful: readonly string[] = [
  "aws:ec2/vpc:Vpc",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:ebs/volume:Volume",
  "aws:ecr/repository:Repository",
  "aws:eks/cluster:Cluster",
  "aws:kms/key:Key",
  "aws:lb/loadBalancer:LoadBalancer",
  "aws:rds/instance:Instance",
  "aws:s3/bucket:Bucket",
  "kubernetes:apps/v1:StatefulSet",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "random:index/randomPassword:RandomPassword",
];

/** Names of what would be lost by these steps. */
export function lostBy(steps: readonly Step[]): string[] {
  return steps
    .filter(({ op }) => op !== "update" && op !== "create")
    .filter((step) => stateful.includes(typeOf(step)))
    .map(({ op, urn }) => `${op} ${urn.slice(urn.lastIndexOf("::") + 2)}`);
}
