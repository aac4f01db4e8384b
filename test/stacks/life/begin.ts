import { afterAll, beforeAll } from "vitest";
import { Living } from "./living.ts";

const minutes = 60_000;

/** For all tests of a block: a simulated AWS, and an environment that is to be brought up in it. */
export function begin(environment: Living["environment"]): () => Living {
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
