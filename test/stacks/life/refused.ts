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

  test(
    "it is not destroyed, neither by the engine nor by AWS",
    async () => {
      const { environment } = life();
      const refused = await life().fail("destroy", "--stack", environment, "--preview-only");
      expect(refused).toContain("because it is protected");
      // Whoever takes Pulumi's protection away still meets AWS's.
      await life().succeed("state", "unprotect", "--all", "--stack", environment, "--yes");
      const output = await life().fail("destroy", "--stack", environment, "--yes", "--skip-preview");
      expect(output).toContain("Cluster ai-platform-prod has deletion protection enabled");
      expect(output).toContain("Cannot delete protected DB Instance");
    },
    5 * minutes,
  );
}
