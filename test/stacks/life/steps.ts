import { z } from "zod";

/** One step of a preview: what becomes of a resource. */
const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
  diffReasons: z.array(z.string()).nullish(),
});
export type Step = z.output<typeof stepSchema>;

const previewSchema = z.object({ steps: z.array(stepSchema).default([]) });

/** Steps of `pulumi preview --json`; what stays as it is left out. */
export function stepsIn(json: string): Step[] {
  const { steps } = previewSchema.parse(JSON.parse(json));
  return steps.filter(({ op }) => op !== "same" && op !== "read");
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

/** What a change does, in a line per type and kind of change; names and numbers differ from environment to environment. */
export function summaryOf(steps: readonly Step[]): string[] {
  const tags = new Set(["tags", "tagsAll", "metadata"]);
  const lines = steps.map((step) => {
    const reasons = step.diffReasons ?? [];
    const type = typeOf(step);
    if (step.op === "update" && reasons.length > 0 && reasons.every((reason) => tags.has(reason)))
      return `- update: ${type.startsWith("kubernetes:") ? "labels" : "tags"} only`;
    const what = step.op === "update" || step.op === "replace" ? ` (${reasons.join(", ")})` : "";
    return `- ${step.op}: ${type.slice(type.lastIndexOf(":") + 1)}${what}`;
  });
  return [...new Set(lines)].sort();
}
