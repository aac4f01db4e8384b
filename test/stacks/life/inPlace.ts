import { expect, test } from "vitest";
import { recordedCalls } from "../../../sandbox/aws/server.ts";
import type { ChangeName } from "./changes.ts";
import type { Living } from "./living.ts";
import { lostBy } from "./steps.ts";

/** Changes that must cost nothing that can't be made again, as they are previewed: alone, or those that don't meet. */
const harmless: readonly (readonly ChangeName[])[] = [
  ["a tag"],
  ["a node label", "more nodes", "the database's class", "the database's disk"],
  ["a newer AMI", "a larger root disk", "days that logs are kept", "the gateway's host"],
];

/** Where a description names no teams, the one that has a key is called after the owner: another owner is another team. */
const oldOwnersKey = "delete adapter-platform-team-first";

const minutes = 60_000;

/**
 * An environment of Kubernetes 1.35 is changed in place. It stays changed.
 */
export function changesInPlace(life: () => Living): readonly ChangeName[] {
  const before: readonly ChangeName[] = ["Kubernetes 1.35"];
  const changed: readonly ChangeName[] = [...before, ...harmless.flat()];
  const after: readonly ChangeName[] = [...changed, "Kubernetes 1.36"];

  test.each(harmless.map((names) => ({ names, title: names.join(", ") })))(
    "$title: loses nothing that holds data",
    async ({ names }) => {
      await life().change(...before, ...names);
      const steps = await life().preview();
      expect(lostBy(steps)).toEqual(names.includes("a tag") ? [oldOwnersKey] : []);
    },
    2 * minutes,
  );

  test(
    "all of it together is carried out, and then nothing is left to do",
    async () => {
      await life().change(...changed);
      expect(await life().up()).toMatch(/~ \d+ updated/);
      expect(await life().preview()).toEqual([]);
    },
    5 * minutes,
  );

  test(
    "Kubernetes goes up by one minor: control plane, what nodes need, nodes, the rest",
    async () => {
      await life().change(...after);
      const steps = await life().preview();
      expect(lostBy(steps)).toEqual([]);
      const calls = (await recordedCalls(life().aws)).length;
      await life().up();
      const updates = (await recordedCalls(life().aws))
        .slice(calls)
        .map(({ operation }) => operation)
        .filter((operation) => /^Update(Cluster|Addon|Nodegroup)/.test(operation));
      expect(updates.filter((operation, index) => operation !== updates[index - 1])).toEqual([
        "UpdateClusterVersion",
        "UpdateAddon",
        "UpdateNodegroupVersion",
        "UpdateAddon",
      ]);
      expect(await life().preview()).toEqual([]);
    },
    5 * minutes,
  );

  return after;
}
