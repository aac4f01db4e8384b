import { expect, test } from "vitest";
import { type Fault, orderFaults } from "../../../sandbox/aws/server.ts";
import { openCluster, typesUnder } from "../../support/simulated/cluster.ts";
import type { Living } from "../life/living.ts";
import { type Page, saidOf } from "./page.ts";

const minutes = 60_000;

/** EC2 has none of these types left. */
const short = (...types: readonly string[]): Fault[] =>
  types.map((operation) => ({ service: "capacity", operation, error: "InsufficientInstanceCapacity" }));

/** The first GPU that the plan took can't be had, since before the environment came up. */
export function getsTheNextGpu(life: () => Living): void {
  test(
    "a model whose GPU can't be had gets the next type that carries it, and nobody has to do anything",
    async () => {
      const api = await openCluster(life().aws);
      const types = () => typesUnder(api, "ai-models", "qwen2-5-7b");
      await expect.poll(types, { timeout: 2 * minutes, interval: 1000 }).toEqual(["g6.2xlarge"]);
    },
    3 * minutes,
  );
}

/** No nodes of another type, in an environment that is up. */
export function runsOutOfCapacity(life: () => Living, page: Page): void {
  test(
    "nodes that can't be had cost nothing that is there, and are to be made again",
    async () => {
      const { aws } = life();
      const before = await nodeGroup(life(), "system-m7i-large-spot-");
      await life().change("another instance type");
      await orderFaults(aws, short("m7i.xlarge"));
      const refused = await life().refusedUp();
      page.drill(
        "No node of a new type is left",
        "The system nodes are to become m7i.xlarge, of which EC2 has none.",
      );
      page.command("pulumi up -s dev", saidOf("aws:eks:NodeGroup (system-m7i-large-spot)", refused));

      expect(await nodeGroups(life())).toContain(before);

      // The next run makes it again, and deletes nothing before.
      await orderFaults(aws, []);
      const steps = await life().preview();
      const again = steps.filter(({ urn }) =>
        urn.endsWith("aws:eks/nodeGroup:NodeGroup::system-m7i-large-spot"),
      );
      expect(again.map(({ op }) => op)).toContain("replace");
    },
    10 * minutes,
  );
}

async function nodeGroups(life: Living): Promise<string[]> {
  const cluster = ["--cluster-name", `ai-platform-${life.environment}`];
  return life.byHand("eks", "list-nodegroups", ...cluster, "--query", "nodegroups[]");
}

/** The planned group of a name, which the engine puts seven digits behind. */
async function nodeGroup(life: Living, name: string): Promise<string> {
  const found = (await nodeGroups(life)).filter((each) => each.startsWith(name) && !each.includes("-or-"));
  if (found[0] === undefined || found.length > 1) throw new Error(`node groups ${name}: ${found.join(", ")}`);
  return found[0];
}
