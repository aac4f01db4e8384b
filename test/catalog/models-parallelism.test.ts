import fc from "fast-check";
import { expect, test } from "vitest";
import { tensorParallelProblem } from "../../catalog/models/parallelism.ts";

const gqa = (heads: number, kvHeads: number) => ({ kind: "gqa", heads, kvHeads, headDim: 128 }) as const;

test.each([
  ["Llama 8B, 32 heads and 8 for keys, over 8", gqa(32, 8), 8],
  ["Qwen2.5 7B, 28 and 4, over 4", gqa(28, 4), 4],
  ["Gemma 3 1B, 4 and 1, over 4: each GPU copies the one", gqa(4, 1), 4],
  ["gpt-oss, 64 and 8, over 16: two GPUs share one", gqa(64, 8), 16],
])("%s, can be split", (_, attention, degree) => {
  expect(tensorParallelProblem(attention, degree)).toBeUndefined();
});

test("Qwen2.5 7B over 8: 28 heads are no multiple", () => {
  expect(tensorParallelProblem(gqa(28, 4), 8)).toBe(
    "28 attention heads can't be split over 8 GPUs: 1, 2, 4 would do",
  );
});

test("phi-4 over 4: 40 heads are a multiple, 10 for keys are not, nor is 4 one of 10", () => {
  expect(tensorParallelProblem(gqa(40, 10), 4)).toBe(
    "10 key-value heads can be neither split over nor copied to 4 GPUs: 1, 2, 5 would do",
  );
});

test("latent attention only asks for its heads: DeepSeek R1 over 16, but not over 3", () => {
  const latent = {
    kind: "mla",
    heads: 128,
    qLoraRank: 1536,
    kvLoraRank: 512,
    ropeHeadDim: 64,
    nopeHeadDim: 128,
    valueHeadDim: 128,
  } as const;
  expect(tensorParallelProblem(latent, 16)).toBeUndefined();
  expect(tensorParallelProblem(latent, 3)).toContain("128 attention heads");
});

test("what is said to do, does", () => {
  const attention = fc
    .tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 8 }))
    .map(([kvHeads, group]) => gqa(kvHeads * group, kvHeads));
  fc.assert(
    fc.property(attention, fc.integer({ min: 1, max: 64 }), (heads, degree) => {
      const problem = tensorParallelProblem(heads, degree);
      const degrees = problem?.match(/: ([\d, ]+) would do$/)?.[1]?.split(", ") ?? [];
      for (const other of degrees) expect(tensorParallelProblem(heads, Number(other))).toBeUndefined();
      expect(tensorParallelProblem(heads, 1)).toBeUndefined();
    }),
  );
});
