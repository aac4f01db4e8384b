import { expect, test } from "vitest";
import { planPlatform } from "../../planning/plan.ts";
import { awsSpec } from "../support/foundation.ts";

const block = { id: "cr-0123456789abcdef0", instanceType: "p5.48xlarge", count: 1, zone: "us-east-1a" };

test("a plan says until when it has the nodes of a capacity block", async () => {
  const { problems, warnings } = await planPlatform(
    awsSpec("staging", {
      capacity: {
        purchase: ["capacity-block", "on-demand"],
        gpus: ["H100"],
        capacityBlocks: [{ ...block, endsAt: "2027-01-31T12:30:00+01:00" }],
      },
      models: { chat: { model: "meta-llama/Llama-3.3-70B-Instruct", quantization: "fp8" } },
    }),
  );
  expect(problems).toEqual([]);
  expect(warnings.find((warning) => warning.startsWith(block.id))).toMatch(
    /^cr-0123456789abcdef0 ends 2027-01-31T12:30:00\+01:00: EKS empties gpu-h100-\S+ at 2027-01-31T10:50Z, and with it goes chat$/,
  );
});
