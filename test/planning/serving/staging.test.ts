import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planServing } from "../../../planning/serving/serving.ts";
import { planStaging } from "../../../planning/serving/staging.ts";
import type { ModelInput } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { propertyRuns } from "../../support/properties.ts";
import { anyModel, planned } from "../../support/servingModels.ts";

const spec = awsSpec("prod");
const revision = "0123456789abcdef0123456789abcdef01234567";

function model(name: string, more: ModelInput) {
  const plan = planned(name, more);
  if (plan === undefined) throw new Error(`${name} fits`);
  return plan;
}

const gated: ModelInput = {
  model: "meta-llama/Llama-3.1-8B-Instruct",
  gpus: ["L40S"],
  quantization: "bf16",
};
const chat = model("chat", gated);

test("any set of models stages just what its servers read from the bucket, each once, by Jobs that Kubernetes takes", () => {
  fc.assert(
    fc.property(fc.array(anyModel, { maxLength: 5 }), (drawn) => {
      const models = drawn.map((each, index) => ({ ...each, name: `${each.name}-${index}` }));
      const { plans } = planServing({ ...spec, models: {} }, models);
      const staged = planStaging(spec, models);
      const read = plans.flatMap(({ launches, name }) =>
        launches.map(({ model: repository, weights }) => [name, repository, weights.source]),
      );
      const filled = staged.flatMap(({ file, models: users }) => {
        const { model: repository, target } = JSON.parse(file);
        return users.map((user) => [user, repository, target]);
      });
      for (const each of read) expect(filled).toContainEqual(each);
      expect(new Set(staged.map(({ prefix }) => prefix)).size).toBe(staged.length);
      expect(new Set(staged.map(({ name }) => name)).size).toBe(staged.length);
      for (const { name } of staged) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,52}[a-z0-9]$/);
    }),
    { numRuns: propertyRuns(200) },
  );
});

describe("one model", () => {
  test("is described as m2m/stage reads it, and its Job may touch nothing but its prefix", () => {
    const [plan] = planStaging(spec, [{ ...chat, revision }]);
    const prefix = `weights/${gated.model}/${revision}`;
    expect(JSON.parse(plan?.file ?? "")).toEqual({
      model: gated.model,
      revision,
      allowUnpinned: false,
      target: `s3://ai-platform-prod-models/${prefix}`,
      tokenSecret: "ai-weights/hugging-face",
    });
    const statements = plan?.role.policies.weights?.Statement ?? [];
    const objects = statements.find(({ Sid }) => Sid === "Objects");
    expect(objects?.Resource).toEqual([`arn:aws:s3:::ai-platform-prod-models/${prefix}/*`]);
    expect(objects?.Action).not.toContain("s3:DeleteObject");
    const list = statements.find(({ Sid }) => Sid === "List");
    expect(list?.Condition).toMatchObject({ StringLike: { "s3:prefix": [prefix, `${prefix}/*`] } });
    expect(plan?.role).toMatchObject({ namespace: "ai-weights", serviceAccount: plan?.name });
  });

  test("that others load as well is staged once; another revision is another Job", () => {
    const twice = planStaging(spec, [chat, { ...chat, name: "other" }]);
    expect(twice.map(({ models }) => models)).toEqual([["chat", "other"]]);
    const names = planStaging(spec, [chat, { ...chat, revision }]).map(({ name }) => name);
    expect(new Set(names).size).toBe(2);
  });

  test("may take as long as a slow hub needs, and half an hour at least", () => {
    const seconds = (diskMiB: number) =>
      planStaging(spec, [{ ...chat, memory: { ...chat.memory, diskMiB } }])[0]?.deadlineSeconds;
    expect(seconds(600)).toBe(1800);
    // 140,000 MiB take 49 minutes at 50 MB/s.
    expect(seconds(140_000)).toBeGreaterThan(3 * 49 * 60);
  });

  test("of Ollama's library has a store of its own instead", () => {
    const small = model("small", { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama" });
    expect(planStaging(spec, [small])).toEqual([]);
  });
});
