import { describe, expect, test } from "vitest";
import { imagePin, imageRef } from "../../../catalog/images.ts";
import { priceImages } from "../../../planning/cost/services.ts";
import type { ImageChoice } from "../../../planning/data/images.ts";
import {
  type MirroredImageName,
  mirroredRef,
  planMirrors,
  serverImage,
} from "../../../planning/data/mirrors.ts";
import { planServerRepositories } from "../../../planning/data/repositories.ts";
import { fitName } from "../../../planning/names.ts";
import { planPlatform } from "../../../planning/plan.ts";
import { awsSpec } from "../../support/foundation.ts";

const names: MirroredImageName[] = ["ollama", "tgi", "triton", "vllm"];
const all = names.map((name) => serverImage(name, true));
const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

describe("a mirror", () => {
  test("is planned once for each image that is to be one, and for no other", () => {
    const others: ImageChoice[] = [serverImage("tgi", false), { kind: "built", program: "adapter" }];
    expect(planMirrors(awsSpec("prod"), [...all, ...all, ...others]).map(({ image }) => image)).toEqual(
      names,
    );
    expect(planMirrors(awsSpec("prod"), others)).toEqual([]);
  });

  test("keeps upstream's name, tag and digest, known before it is there", () => {
    const [vllm] = planMirrors(awsSpec("prod"), [serverImage("vllm", true)]);
    if (vllm === undefined) throw new Error("nothing is planned");
    const { digest, tag } = imagePin("vllm");
    expect(vllm.upstream).toBe(`vllm/vllm-openai:${tag}@${digest}`);
    expect(mirroredRef(vllm, host)).toBe(`${host}/ai-platform-prod/mirror/vllm/vllm-openai:${tag}@${digest}`);
    expect(mirroredRef({ ...vllm, digest: undefined }, host)).not.toContain("@");
  });

  test("has a repository of its own, which goes with all that is in it", () => {
    const mirrors = planMirrors(awsSpec("prod"), all);
    const repositories = planServerRepositories(mirrors, []);
    expect(new Set(repositories.map(({ name }) => name)).size).toBe(names.length);
    for (const { forceDelete, name } of repositories) {
      expect(fitName("ecr-repository", name)).toBe(name);
      expect(forceDelete).toBe(true);
    }
  });

  test("has a price, from the size in the catalog", () => {
    const [item] = priceImages("us-east-1", [{ name: "vllm", gb: imagePin("vllm").packedGB ?? 0 }]);
    expect((item?.usdPerHour ?? 0) * 730).toBeCloseTo(1.8, 6);
  });
});

describe("an environment", () => {
  test("mirrors the images of its servers, and none where it is told not to", async () => {
    const spec = awsSpec("prod");
    const models = { tiny: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama" as const } };
    const platform = async (mirror: boolean) => {
      const { infrastructure, serving } = await planPlatform({
        ...spec,
        models: { tiny: { ...models.tiny, kvCacheType: "auto", concurrency: 2 } },
        images: { mirror },
      });
      return { mirrors: infrastructure?.mirrors, image: serving.plans[0]?.image, cost: infrastructure?.cost };
    };
    const on = await platform(true);
    expect(on.image).toEqual(serverImage("ollama", true));
    expect(on.mirrors?.map(({ image }) => image)).toEqual(["ollama"]);
    const off = await platform(false);
    expect(off.image).toEqual({ kind: "pulled", ref: imageRef("ollama") });
    expect(off.mirrors).toEqual([]);
    const month = (on.cost?.usdPerMonth ?? 0) - (off.cost?.usdPerMonth ?? 0);
    expect(month).toBeCloseTo(0.1 * (imagePin("ollama").packedGB ?? 0), 6);
  });
});
