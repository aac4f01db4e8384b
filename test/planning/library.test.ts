import { describe, expect, test } from "vitest";
import { planPlatform } from "../../planning/plan.ts";
import { library, prodWith } from "../support/library.ts";

describe("m2m/", () => {
  test.each(library)("%s can be served as its file asks, on what prod may have", async (name) => {
    const spec = prodWith(name);
    const { models, problems } = await planPlatform(spec);
    expect(problems).toEqual([]);
    const asked = spec.models[name];
    const [served] = models;
    expect(models).toHaveLength(1);
    expect(served).toMatchObject({ name, engine: asked?.engine, deployment: { context: asked?.context } });
    if (asked?.gpus !== undefined) expect(asked.gpus).toContain(served?.gpu?.name);
    expect(served?.nodes).not.toEqual([]);
  });
});
