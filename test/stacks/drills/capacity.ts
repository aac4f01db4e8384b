import { expect, test } from "vitest";
import { type Fault, orderFaults } from "../../../sandbox/aws/server.ts";
import type { Living } from "../life/living.ts";
import { lostBy, typeOf } from "../life/steps.ts";
import { type Page, saidOf } from "./page.ts";

const minutes = 60_000;

/** EC2 has none of these types left. */
const short = (...types: readonly string[]): Fault[] =>
  types.map((operation) => ({ service: "capacity", operation, error: "InsufficientInstanceCapacity" }));

const gpus = ["g6.xlarge", "g6.2xlarge", "g6.4xlarge"];

/** No GPUs, then no nodes for everything else, in an environment that is up. */
export function runsOutOfCapacity(life: () => Living, page: Page): void {
  test(
    "a GPU that can't be had stops no environment, and its group says why it has no node",
    async () => {
      const { aws } = life();
      const group = await nodeGroup(life(), "gpu-l4-g6-xlarge-spot-");
      await orderFaults(aws, short("g6.xlarge"));
      await setSize(life(), group, 1);
      expect(await typesOf(life(), group)).toEqual(["g6.2xlarge"]);

      await orderFaults(aws, short(...gpus));
      await setSize(life(), group, 2);
      page.drill(
        "No GPU is left",
        `EC2 has no ${gpus.join(", no ")}. The environment is up: groups of GPUs begin with no node. The cluster autoscaler wants a second one for a model.`,
      );
      const health = ["--query", "nodegroup.[status, health.issues[0].[code, message]]", "--output", "yaml"];
      const { cluster, asked } = ask(life());
      page.command(
        `aws eks describe-nodegroup ${cluster.join(" ")} --nodegroup-name ${group} ${health[0]} '${health[1]}' --output yaml`,
        await asked("eks", "describe-nodegroup", ...cluster, "--nodegroup-name", group, ...health),
      );

      // The description's next card: a group of its own beside those that can't be had.
      await life().change("another GPU");
      const steps = await life().preview();
      expect(lostBy(steps)).toEqual([]);
      const made = steps.filter(
        (step) => typeOf(step) === "aws:eks/nodeGroup:NodeGroup" && step.op === "create",
      );
      expect(made.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2))).toContain(
        "gpu-a10g-g5-xlarge-spot",
      );

      // AWS has some again: the group gets what it asked for.
      await orderFaults(aws, []);
      await expect.poll(() => typesOf(life(), group), { timeout: minutes }).toHaveLength(2);
      await setSize(life(), group, 0);
    },
    5 * minutes,
  );

  test(
    "nodes that can't be had cost nothing that is there, and are made when they can be had",
    async () => {
      const { aws, environment } = life();
      const before = await nodeGroup(life(), "system-m7i-large-spot-");
      await life().change("another instance type");
      await orderFaults(aws, short("m7i.xlarge"));
      const refused = await life().refusedUp();
      page.drill(
        "No node of a new type is left",
        "The system nodes are to become m7i.xlarge, of which EC2 has none.",
      );
      page.command("pulumi up -s dev", saidOf("aws:eks:NodeGroup (system-m7i-large-spot)", refused));

      // Without a refresh the next run makes it again, whatever comes of it.
      const again = await life().preview();
      expect(
        again.filter(({ op, urn }) => op === "replace" && urn.endsWith("::system-m7i-large-spot")),
      ).not.toEqual([]);

      await orderFaults(aws, []);
      const stopped = await life().fail(...life().upArgs, "--refresh");
      page.command("pulumi up -s dev --refresh", saidOf("ai-platform:foundation:NodeGroup", stopped));
      expect(await nodeGroups(life())).toContain(before);

      const urn = /--replace '([^']+)'/.exec(stopped)?.[1] ?? "";
      await life().succeed(...life().upArgs, "--refresh", "--replace", urn);
      const after = await nodeGroups(life());
      expect(after).not.toContain(before);
      expect(after.filter((name) => name.startsWith("system-m7i-large-spot-"))).toHaveLength(2);
      expect(await statusOf(life(), await nodeGroup(life(), "system-m7i-large-spot-"))).toBe("ACTIVE");
      expect(await life().preview()).toEqual([]);
      expect(environment).toBe("dev");
    },
    10 * minutes,
  );
}

const ask = (life: Living) => ({
  cluster: ["--cluster-name", `ai-platform-${life.environment}`],
  asked: (...args: readonly string[]) => life.told(...args),
});

async function nodeGroups(life: Living): Promise<string[]> {
  const { cluster } = ask(life);
  return life.byHand("eks", "list-nodegroups", ...cluster, "--query", "nodegroups[]");
}

/** The planned group of a name, which the engine puts seven digits behind. */
async function nodeGroup(life: Living, name: string): Promise<string> {
  const found = (await nodeGroups(life)).filter((each) => each.startsWith(name) && !each.includes("-or-"));
  if (found[0] === undefined || found.length > 1) throw new Error(`node groups ${name}: ${found.join(", ")}`);
  return found[0];
}

async function statusOf(life: Living, group: string): Promise<string | undefined> {
  const named = [...ask(life).cluster, "--nodegroup-name", group];
  return (await life.byHand("eks", "describe-nodegroup", ...named, "--query", "nodegroup.status"))[0];
}

async function autoscalingGroup(life: Living, group: string): Promise<string> {
  const query = ["--query", "nodegroup.resources.autoScalingGroups[].name"];
  const named = [...ask(life).cluster, "--nodegroup-name", group];
  const [name] = await life.byHand("eks", "describe-nodegroup", ...named, ...query);
  if (name === undefined) throw new Error(`${group} has no Auto Scaling group`);
  return name;
}

/** Asks for so many nodes, as the cluster autoscaler does. */
async function setSize(life: Living, group: string, size: number): Promise<void> {
  const named = ["--auto-scaling-group-name", await autoscalingGroup(life, group)];
  await life.byHand("autoscaling", "set-desired-capacity", ...named, "--desired-capacity", `${size}`);
}

/** Types of a group's instances. */
async function typesOf(life: Living, group: string): Promise<string[]> {
  await statusOf(life, group);
  const named = ["--auto-scaling-group-names", await autoscalingGroup(life, group)];
  const query = ["--query", "AutoScalingGroups[].Instances[].InstanceType"];
  return life.byHand("autoscaling", "describe-auto-scaling-groups", ...named, ...query);
}
