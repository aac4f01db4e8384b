import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Fault, orderFaults, recordedCalls } from "../../../sandbox/aws/server.ts";
import { type Missing, takeOver } from "../life/imports.ts";
import type { Living } from "../life/living.ts";
import { type Page, saidOf } from "./page.ts";

const minutes = 60_000;

/** What is made once in an environment, with the call that makes it. */
const once = [
  ...["CreateVpc", "CreateInternetGateway", "CreateNatGateway", "AllocateAddress", "CreateCluster"],
  ...["CreateDBInstance", "CreateLoadBalancer"],
];

/** Too many calls, some of them for a moment; of gateways, as long as it is ordered: so the engine waits for one. */
const throttled: readonly Fault[] = [
  { service: "ec2", operation: "CreateSubnet", error: "RequestLimitExceeded", status: 503, times: 3 },
  { service: "kms", operation: "CreateKey", error: "ThrottlingException", times: 3 },
  { service: "eks", operation: "CreateCluster", error: "ThrottlingException", status: 429, times: 3 },
  { service: "ec2", operation: "DescribeNatGateways", error: "RequestLimitExceeded", status: 503 },
];
const lostAnswer: Fault = {
  ...{ service: "rds", operation: "CreateDBInstance", error: "ServiceUnavailable", status: 503 },
  ...{ times: 1, answered: true },
};

/** All the while, EC2 has none of the type that the plan took for GPUs. */
const noFirstChoice: Fault = {
  service: "capacity",
  operation: "g6.xlarge",
  error: "InsufficientInstanceCapacity",
};

/** An environment comes up although calls are throttled, an answer is lost and its engine is killed. */
export function comesUpInterrupted(life: () => Living, page: Page): void {
  test(
    "throttled calls are tried again; what a killed engine or a lost answer left outside the state is taken over",
    async () => {
      const { aws, environment, project } = life();
      await orderFaults(aws, [...throttled, lostAnswer, noFirstChoice]);
      const running = project.pulumi(...life().upArgs);
      await waitsFor(life(), ["network-nat-public-a"]);
      running.kill("SIGKILL");
      expect((await running).signal).toBe("SIGKILL");
      await orderFaults(aws, [noFirstChoice]);

      page.drill(
        "The engine was killed",
        "Its machine went away while it waited for a NAT gateway that AWS had begun to make.",
      );
      page.command("pulumi up -s dev", await life().refusedUp());
      await life().succeed("cancel", "--yes", "--stack", environment);
      const refused = await life().refusedUp();
      page.command(
        "pulumi cancel -s dev && pulumi up -s dev",
        `${saidOf("pulumi:pulumi:Stack", refused)}\n\n${saidOf("aws:ec2:NatGateway", refused)}`,
      );
      await life().succeed(
        ...["refresh", "--stack", environment, "--yes", "--skip-preview", "--clear-pending-creates"],
      );
      const [gateway] = await life().byHand(
        ...["ec2", "describe-nat-gateways", "--query", "NatGateways[].NatGatewayId"],
      );
      const runner = { folder: project.folder, run: life().succeed.bind(life()) };
      const take = (kind: string, id?: string) =>
        takeOver(runner, environment, ({ type }: Missing) => (type === kind ? id : undefined));
      expect(await take("aws:ec2/natGateway:NatGateway", gateway)).toMatch(/NatGateway \S+ imported/);

      page.drill(
        "An answer got lost",
        "AWS made the database, and the connection broke before it said so. The client tried again.",
      );
      const lost = await life().fail(...life().upArgs, "--continue-on-error");
      page.command("pulumi up -s dev --continue-on-error", saidOf("aws:rds:Instance", lost));
      const database = `ai-platform-${environment}-postgres`;
      expect(await take("aws:rds/instance:Instance", database)).toMatch(/rds:Instance \S+ imported/);

      await life().up();
      expect(await life().preview()).toEqual([]);
      const calls = await recordedCalls(aws);
      for (const { operation, times = 1 } of throttled) {
        const failed = calls.filter((call) => call.operation === operation && call.status >= 400);
        expect(failed.length, operation).toBeGreaterThanOrEqual(times);
      }
      for (const operation of once) {
        // The lost answer is recorded as the failure that the client saw.
        const done = calls.filter((call) => call.operation === operation && [200, 503].includes(call.status));
        expect(done, operation).toHaveLength(1);
      }
    },
    20 * minutes,
  );
}

const stateSchema = z.object({
  checkpoint: z.object({
    latest: z.object({
      resources: z.array(z.object({ urn: z.string() })).default([]),
      pending_operations: z.array(z.object({ resource: z.object({ urn: z.string() }) })).default([]),
    }),
  }),
});

/** Waits until these resources, and nothing else, have been on their way for two seconds. */
async function waitsFor({ environment, project }: Living, names: readonly string[]): Promise<void> {
  const file = join(project.folder, "state/.pulumi/stacks/ai-platform", `${environment}.json`);
  let seen = "";
  let since = Date.now();
  const deadline = since + 10 * minutes;
  while (Date.now() - since < 2000) {
    if (Date.now() > deadline) throw new Error(`on their way at last: ${seen}`);
    await sleep(100);
    const pending = await pendingIn(file);
    const now = JSON.stringify(pending);
    if (now === seen && pending.join() === names.join()) continue;
    seen = now;
    since = Date.now();
  }
}

/** What the engine is making; nothing while the file is being written. */
async function pendingIn(file: string): Promise<string[]> {
  try {
    const { latest } = stateSchema.parse(JSON.parse(await readFile(file, "utf8"))).checkpoint;
    return latest.pending_operations.map(({ resource }) =>
      resource.urn.slice(resource.urn.lastIndexOf("::") + 2),
    );
  } catch {
    return [];
  }
}
