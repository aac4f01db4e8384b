import { describe, expect, test } from "vitest";
import { type Gpu, gpu, gpuNames } from "../../catalog/gpus.ts";

/** vLLM's rule: 9.x is 3, 10.x is 4, else 2, and nothing below 8.0. */
function flashAttentionOf({ computeCapability }: Gpu): number | undefined {
  const major = Math.floor(computeCapability);
  if (major < 8) return undefined;
  return major === 9 ? 3 : major === 10 ? 4 : 2;
}

describe.each(gpuNames)("%s", (name) => {
  test("stands under its own name", () => {
    expect(gpu(name).name).toBe(name);
  });

  test("has the FlashAttention that follows from its compute capability", () => {
    expect(gpu(name).flashAttention).toBe(flashAttentionOf(gpu(name)));
  });

  test("has MIG profiles that are as big as their names say, and none bigger than the card", () => {
    for (const [profile, gigabytes] of Object.entries(gpu(name).mig)) {
      expect(profile).toMatch(new RegExp(`^\\dg\\.${gigabytes}gb$`));
      // Names are nominal: 1 GB stands for up to 1 GiB, rounded up.
      expect(gigabytes * 1000).toBeLessThanOrEqual(gpu(name).memoryMiB * 1.05);
    }
  });
});

test("only cards on NVIDIA's boards for data centers have NVLink", () => {
  expect(gpuNames.filter((name) => gpu(name).nvlink)).toEqual([
    "A100-40",
    "A100-80",
    "H100",
    "H200",
    "B200",
    "B300",
  ]);
});

test("A10G, L4, L40S and T4 can't be partitioned", () => {
  expect(gpuNames.filter((name) => Object.keys(gpu(name).mig).length === 0)).toEqual([
    "T4",
    "A10G",
    "L4",
    "L40S",
  ]);
});
