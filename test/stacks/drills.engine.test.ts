import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { getsTheNextGpu, runsOutOfCapacity } from "./drills/capacity.ts";
import { comesUpInterrupted } from "./drills/killed.ts";
import { Page } from "./drills/page.ts";
import { Living } from "./life/living.ts";

/**
 * What goes wrong while dev is brought up and changed, and what a person sees of it: the real engine and provider against
 * the simulated AWS, which is told to fail. golden/drills.md holds the messages. The tests build on each other.
 */

const minutes = 60_000;
const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

describe.skipIf(unfit)("dev", () => {
  const page = new Page();
  let living: Living | undefined;
  beforeAll(async () => {
    living = await Living.begin("dev");
  }, 60 * minutes);
  afterAll(() => living?.end(), 5 * minutes);
  const life = () => {
    if (living === undefined) throw new Error("dev has not begun");
    return living;
  };

  comesUpInterrupted(life, page);
  getsTheNextGpu(life);
  runsOutOfCapacity(life, page);

  test("says what the page says", () => expect(page.text).toMatchFileSnapshot("golden/drills.md"));
});
