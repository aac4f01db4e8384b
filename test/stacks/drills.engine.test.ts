import { describe, expect, test } from "vitest";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { getsTheNextGpu, runsOutOfCapacity } from "./drills/capacity.ts";
import { comesUpInterrupted } from "./drills/killed.ts";
import { Page } from "./drills/page.ts";
import { begin } from "./life/begin.ts";

/**
 * What goes wrong while dev is brought up and changed, and what a person sees of it: the real engine and provider against
 * the simulated AWS, which is told to fail. golden/drills.md holds the messages. The tests build on each other.
 */

const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

describe.skipIf(unfit)("dev", () => {
  const page = new Page();
  const life = begin("dev");

  comesUpInterrupted(life, page);
  getsTheNextGpu(life);
  runsOutOfCapacity(life, page);

  test("says what the page says", () => expect(page.text).toMatchFileSnapshot("golden/drills.md"));
});
