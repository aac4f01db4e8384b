import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { images, ownImageNames } from "../../../catalog/images.ts";
import { type ImageChoice, type ImagePlan, imageTag, planImages } from "../../../planning/data/images.ts";
import { cacheTag, planRepositories } from "../../../planning/data/repositories.ts";
import { imageChoicesOf, planServices } from "../../../planning/services.ts";
import { awsSpec } from "../../support/foundation.ts";
import { planOf } from "../../support/stacks.ts";

const built: ImageChoice = { kind: "built", program: "experiments" };
const onNodes = (...instanceTypes: [string, ...string[]]) => planImages([built], [{ instanceTypes }]);
const [plan] = onNodes("m7i.large");
if (plan === undefined) throw new Error("nothing is planned");

describe("images", () => {
  test("are built once each, and only those that are not pulled", () => {
    const pulled: ImageChoice = { kind: "pulled", ref: "ai-platform/experiments:0.1.0" };
    const nodes = [{ instanceTypes: ["m7i.large"] }] as const;
    expect(planImages([pulled], nodes)).toEqual([]);
    expect(planImages([built, pulled, built], nodes).map(({ program }) => program)).toEqual(["experiments"]);
  });

  test("are built for the architectures of the plan's nodes and no other", () => {
    expect(plan.platforms).toEqual(["linux/amd64"]);
    expect(onNodes("m7g.large")[0]?.platforms).toEqual(["linux/arm64"]);
    expect(onNodes("m7g.large", "m7i.large", "c7i.large")[0]?.platforms).toEqual([
      "linux/amd64",
      "linux/arm64",
    ]);
  });

  test("have nothing of an environment in them, and a repository in each", () => {
    for (const environment of ["dev", "staging", "prod"] as const) {
      const spec = awsSpec(environment);
      const choices = imageChoicesOf(planServices(spec));
      expect(planImages(choices, [{ instanceTypes: ["m7i.large"] }])).toEqual([plan]);
      const repositories = planRepositories(spec).map(({ program }) => program);
      expect(repositories).toEqual(expect.arrayContaining([plan.program]));
    }
  });

  test("of the local platform are those that it loads", () => {
    expect(planOf("local").experiments.image).toEqual({
      kind: "pulled",
      ref: `ai-platform/experiments:${images.experiments.version}`,
    });
  });

  test("say what they are by OCI's names", () => {
    expect(plan.labels).toEqual({
      "org.opencontainers.image.title": "experiments",
      "org.opencontainers.image.version": images.experiments.version,
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
  });

  test("come from a folder of this repository, all of them", () => {
    for (const name of ownImageNames) expect(images[name].source).toMatch(/^services\//);
    const own = Object.values(images).filter(({ source }) => !source.includes("://"));
    expect(own).toHaveLength(ownImageNames.length);
  });
});

describe("a tag", () => {
  const hash = fc.stringMatching(/^[0-9a-f]{64}$/);

  test("is a version and a hash, in the form of ECR's, and never the cache's", () => {
    fc.assert(
      fc.property(hash, (content) => {
        const tag = imageTag(plan, content);
        expect(tag).toMatch(/^0\.1\.0-[0-9a-f]{12}$/);
        expect(tag).not.toBe(cacheTag);
        expect(imageTag({ ...plan }, content)).toBe(tag);
      }),
    );
  });

  test("is another one with any change of what makes the image", () => {
    const changes: Partial<ImagePlan>[] = [
      { platforms: ["linux/arm64"] },
      { buildArgs: { ...plan.buildArgs, A: "1" } },
      { labels: { ...plan.labels, a: "1" } },
      { output: "type=registry" },
      { version: "0.2.0" },
    ];
    fc.assert(
      fc.property(hash, hash, (content, other) => {
        const all = [plan, ...changes.map((change) => ({ ...plan, ...change }))];
        const tags = [content, other].flatMap((each) => all.map((variant) => imageTag(variant, each)));
        expect(new Set(tags).size).toBe(content === other ? all.length : 2 * all.length);
      }),
    );
  });
});
