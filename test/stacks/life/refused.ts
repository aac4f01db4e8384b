import { expect, test } from "vitest";
import type { Living } from "./living.ts";

const minutes = 60_000;

/** What protected state is kept from, by whom, and in which words. */
export function protectedState(life: () => Living): void {
  test.each(["the VPC's range", "an intra subnet's range", "a public subnet's range"] as const)(
    "%s is refused before anything is changed",
    async (name) => {
      const { environment } = life();
      await life().change(name);
      const output = await life().fail("preview", "--stack", environment);
      expect(output).toMatch(/network-\S+" cannot be deleted\s+because it is protected/);
      expect(output).not.toMatch(/^\s+at /m);
      await life().change();
    },
    2 * minutes,
  );
}
