import { expect, test } from "vitest";
import type { Living } from "./living.ts";
import { typeOf } from "./steps.ts";

const minutes = 60_000;

/** What somebody changes behind the stack's back is found by a refresh and put right by the next `up`; what the autoscaler changes is not. */
export function drift(life: () => Living): void {
  test(
    "a refresh of an environment that nobody touched finds nothing",
    async () => {
      expect(await life().refresh()).toMatch(/Resources:\s+\d{3} unchanged/);
    },
    2 * minutes,
  );

  test(
    "what was changed by hand is shown by a refresh, and put right by an up; what the autoscaler decides stays",
    async () => {
      const { environment } = life();
      const name = `ai-platform-${environment}`;
      const [vpc = ""] = await life().byHand(
        ...["ec2", "describe-vpcs", "--filters", `Name=tag:Name,Values=${name}-vpc`],
        ...["--query", "Vpcs[].VpcId"],
      );
      await life().byHand("ec2", "delete-tags", "--resources", vpc, "--tags", "Key=Owner");
      const [group = ""] = await life().byHand(
        ...["ec2", "describe-security-groups", "--filters", `Name=vpc-id,Values=${vpc}`],
        ...["Name=group-name,Values=default", "--query", "SecurityGroups[].GroupId"],
      );
      await life().byHand(
        ...["ec2", "authorize-security-group-ingress", "--group-id", group],
        ...["--protocol", "tcp", "--port", "22", "--cidr", "0.0.0.0/0"],
      );
      await life().byHand("s3api", "delete-public-access-block", "--bucket", `${name}-models`);
      const grown = await grow(life());

      const shown = await life().preview("--refresh");
      expect(shown.map((step) => `${step.op} ${typeOf(step)}`).sort()).toEqual([
        "create aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "update aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "update aws:ec2/vpc:Vpc",
      ]);
      await life().refresh();
      await life().up();
      expect(await life().preview("--refresh")).toEqual([]);
      expect(await sizeOf(life(), grown)).toBe("3");
    },
    5 * minutes,
  );
}

/** Lets a node group of one node grow to three, as the cluster autoscaler does. @returns its Auto Scaling group */
async function grow(life: Living): Promise<string> {
  const [group = ""] = await life.byHand(
    ...["autoscaling", "describe-auto-scaling-groups"],
    ...["--query", "AutoScalingGroups[?DesiredCapacity==`1`].AutoScalingGroupName"],
  );
  await life.byHand(
    ...["autoscaling", "set-desired-capacity", "--auto-scaling-group-name", group],
    ...["--desired-capacity", "3"],
  );
  return group;
}

async function sizeOf(life: Living, group: string): Promise<string | undefined> {
  const [size] = await life.byHand(
    ...["autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", group],
    ...["--query", "AutoScalingGroups[].DesiredCapacity"],
  );
  return size;
}
