import { expect, test } from "vitest";
import { planPlatform } from "../../../planning/plan.ts";
import { planDocument } from "../../../report/plan/document.ts";
import { renderPlan } from "../../../report/plan/text.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";

test("each model's line says its server, what is legacy, its path, and how long it takes from no node", async () => {
  const plan = await planPlatform(describeEnvironment("staging", repoRoot));
  const text = renderPlan(plan, { color: false, why: false });
  const [, serving = ""] = text.split("\nServing\n");
  const lineOf = (name: string) => serving.split("\n").find((line) => line.trim().startsWith(name)) ?? "";
  expect(lineOf("mixtral-8x7b")).toMatch(/ tgi \(legacy\) +\/models\/mixtral-8x7b .* s: node 180 s, image /);
  expect(lineOf("qwen3-1.7b")).toMatch(/ ollama +\d+ s/);
  expect(serving).toContain("at /llm, by the adapter");

  for (const { name, serving: served } of planDocument(plan).models) {
    const planned = plan.serving.plans.find(({ model }) => model === name);
    expect(served).toMatchObject({
      server: planned?.server,
      coldStart: { seconds: planned?.timing.coldStartSeconds },
    });
  }
});
