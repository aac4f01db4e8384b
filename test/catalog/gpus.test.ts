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

  test("has MIG profiles that are about as big as their names say, and no more of them than fit", () => {
    for (const [profile, { memoryMiB, perCard }] of Object.entries(gpu(name).mig)) {
      const [, units = 0, gigabytes = 0] = /^(\d)g\.(\d+)gb$/.exec(profile)?.map(Number) ?? [];
      // Names are nominal: 1 GB stands for up to 1 GiB, and the smallest slices have a tenth less.
      expect(memoryMiB, profile).toBeLessThanOrEqual(gigabytes * 1024);
      expect(memoryMiB, profile).toBeGreaterThan(gigabytes * 1024 * 0.87);
      // All slices of a card together are no more than the card, in memory and in its seven or four units.
      expect(perCard * memoryMiB, profile).toBeLessThanOrEqual(gpu(name).memoryMiB);
      expect(perCard * units, profile).toBeLessThanOrEqual(7);
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
