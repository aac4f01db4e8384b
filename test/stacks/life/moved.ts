import { expect, test } from "vitest";
import type { ChangeName } from "./changes.ts";
import type { Living } from "./living.ts";
import { lostBy } from "./steps.ts";

const minutes = 60_000;

/**
 * What is replaced: nodes, beside the old ones. What AWS refuses to move can be taken back.
 * @param now the changes in force
 */
export function changesOfPlace(life: () => Living, now: readonly ChangeName[]): void {
  const moved: readonly ChangeName[] = [...now, "another instance type", "a private subnet's range"];

  test(
    "another instance type, a private subnet's range: nodes are replaced, and nothing else is lost",
    async () => {
      await life().change(...moved);
      const steps = await life().preview();
      expect(lostBy(steps)).toEqual([]);
    },
    2 * minutes,
  );

  test(
    "nodes move, the new ones before the old ones go",
    async () => {
      await life().change(...moved);
      const output = await life().up();
      const made = output.search(/NodeGroup system-\S+ created replacement/);
      const gone = output.search(/NodeGroup system-\S+ deleted original/);
      expect(made).toBeGreaterThan(0);
      expect(gone).toBeGreaterThan(made);
      expect(await life().preview()).toEqual([]);
    },
    5 * minutes,
  );
}
