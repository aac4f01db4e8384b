import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { drift } from "./life/drift.ts";
import { changesInPlace } from "./life/inPlace.ts";
import { Living } from "./life/living.ts";
import { lostState } from "./life/lost.ts";
import { changesOfPlace } from "./life/moved.ts";
import { type Pages, writePage } from "./life/pages.ts";
import { protectedState } from "./life/refused.ts";

/**
 * Whole environments through the real engine against the simulated AWS, which hands out a real control plane with
 * simulated nodes: every pod is admitted by the API server and placed by the scheduler. The tests of an environment
 * build on each other, as its days do.
 */

const minutes = 60_000;
const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

/** A simulated AWS, and an environment that is to be brought up in it. */
function begin(environment: AwsPlatformSpec["environment"]): () => Living {
  let living: Living | undefined;
  beforeAll(async () => {
    living = await Living.begin(environment);
  }, 60 * minutes);
  afterAll(() => living?.end(), 5 * minutes);
  return () => {
    if (living === undefined) throw new Error(`${environment} has not begun`);
    return living;
  };
}

function comesUp(life: () => Living): void {
  test("comes up, and does not change a second time", { timeout: 15 * minutes }, async () => {
    expect(await life().up()).toMatch(/\+ \d{3} created/);
    expect(await readdir(join(life().aws.folder, "clusters"))).toHaveLength(1);
    expect(await life().up()).toMatch(/Resources:\s+\d{3} unchanged/);
  });
}

function goes(life: () => Living): void {
  test("is gone after a destroy", { timeout: 10 * minutes }, async () => {
    const { environment } = life();
    expect(await life().succeed("destroy", "--stack", environment, "--yes", "--skip-preview")).toMatch(
      /- \d{3} deleted/,
    );
    expect(await life().succeed("stack", "export", "--stack", environment)).not.toContain('"custom": true');
  });
}

describe.skipIf(unfit)("dev", () => {
  const life = begin("dev");
  const pages: Pages = new Map();

  test("begins with an older Kubernetes", () => life().change("Kubernetes 1.35"));
  comesUp(life);
  const upgraded = changesInPlace(life, pages);
  changesOfPlace(life, pages, upgraded);
  test("each change does what the page says", () => writePage("changes", "What a change does", pages));
  goes(life);
});

describe.skipIf(unfit)("staging", () => {
  const life = begin("staging");

  comesUp(life);
  drift(life);
  lostState(life);
  goes(life);
});

describe.skipIf(unfit)("prod", () => {
  const life = begin("prod");

  comesUp(life);
  protectedState(life);
});
