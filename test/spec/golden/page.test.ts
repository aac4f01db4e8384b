import { expect, test } from "vitest";
import { cases } from "./cases.ts";
import { page } from "./page.ts";

test("every kind of fault is told as on the page faults.md", async () => {
  await expect(page(cases)).toMatchFileSnapshot("faults.md");
});
