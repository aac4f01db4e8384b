import { expect, test } from "vitest";
import type { Living } from "./living.ts";

const minutes = 60_000;

/** An environment that nobody touched is read back as it is. */
export function drift(life: () => Living): void {
  test(
    "a refresh of an environment that nobody touched finds nothing",
    async () => {
      expect(await life().refresh()).toMatch(/Resources:\s+\d{3} unchanged/);
    },
    2 * minutes,
  );
}
