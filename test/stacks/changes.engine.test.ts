import { describe, expect, test } from "vitest";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { begin } from "./life/begin.ts";
import { drift } from "./life/drift.ts";
import { changesInPlace } from "./life/inPlace.ts";
import type { Living } from "./life/living.ts";
import { lostState } from "./life/lost.ts";
import { changesOfPlace } from "./life/moved.ts";

/**
 * What happens to whole environments after they came up: changes, upgrades, what somebody does by hand, lost states. The
 * real engine against the simulated AWS. The tests of an environment build on each other, as its days do.
 */

const minutes = 60_000;
const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

function comesUp(life: () => Living): void {
  test("comes up", { timeout: 15 * minutes }, async () => {
    expect(await life().up()).toMatch(/\+ \d{3} created/);
  });
}

describe.skipIf(unfit)("dev", () => {
  const life = begin("dev");

  test("begins with an older Kubernetes", () => life().change("Kubernetes 1.35"));
  comesUp(life);
  drift(life);
  lostState(life);
  const upgraded = changesInPlace(life);
  changesOfPlace(life, upgraded);
});
