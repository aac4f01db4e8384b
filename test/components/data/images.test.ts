import { describe, expect, test } from "vitest";
import { Data } from "../../../components/data/data.ts";
import { Images } from "../../../components/data/images.ts";
import { planData } from "../../../planning/data/data.ts";
import { imageTag, planImages } from "../../../planning/data/images.ts";
import { tagsByComponent } from "../../../planning/ownership.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";
import { renderStack } from "../../support/stacks.ts";

const spec = awsSpec("prod");
const plans = planImages([{ kind: "built", program: "experiments" }], [{ instanceTypes: ["m7i.large"] }]);
const [plan] = plans;
if (plan === undefined) throw new Error("nothing is planned");

const sourceOf = (hash: string) =>
  new Map([["experiments", { folder: "../services/experiments", hash }]] as const);

const rendered = (hash: string) =>
  render(() => {
    const { region } = spec.cloud;
    const data = new Data("data", {
      plan: planData(spec),
      region,
      tags: tagsByComponent(spec),
      protectState: true,
    });
    new Images("images", { plans, sources: sourceOf(hash), data, region });
  });

const repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/experiments";

describe("an image of ours", () => {
  test("is built from its folder, at up only, and pushed under a tag of its content", async () => {
    const { inputs } = find(await rendered("a".repeat(64)), "Image", "experiments");
    expect(inputs).toMatchObject({
      context: { location: "../services/experiments" },
      platforms: ["linux/amd64"],
      buildArgs: { SOURCE_DATE_EPOCH: "0" },
      tags: [`${repository}:${imageTag(plan, "a".repeat(64))}`],
      buildOnPreview: false,
      push: false,
      exports: [{ raw: "type=registry,oci-mediatypes=true,rewrite-timestamp=true" }],
    });
    const other = find(await rendered("b".repeat(64)), "Image", "experiments").inputs;
    expect(other.tags).not.toEqual(inputs.tags);
  });

  test("keeps its cache in the same repository, in the form that ECR takes, under the one tag that may move", async () => {
    const resources = await rendered("a".repeat(64));
    const ref = `${repository}:cache`;
    const { cacheFrom, cacheTo } = find(resources, "Image", "experiments").inputs;
    expect(cacheFrom).toEqual([{ registry: { ref } }]);
    expect(cacheTo[0].registry).toMatchObject({
      ref,
      mode: "max",
      imageManifest: true,
      ociMediaTypes: true,
      ignoreError: true,
    });
    expect(find(resources, "Repository", "experiments").inputs).toMatchObject({
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [{ filter: "cache", filterType: "WILDCARD" }],
    });
  });

  test("signs in with ECR's token, which nobody sees", async () => {
    const { inputs, secrets } = find(await rendered("a".repeat(64)), "Image", "experiments");
    expect(inputs.registries).toEqual([{ address: repository, username: "AWS", password: "ecr-token" }]);
    expect(secrets).toEqual(["registries"]);
  });

  test("of a program that isn't built is nobody's", async () => {
    await render(() => {
      const data = { repository: () => expect.unreachable() };
      const images = new Images("images", { plans: [], sources: new Map(), data, region: "us-east-1" });
      expect(() => images.ref("experiments")).toThrow("no image of experiments is built");
    });
  });
});

/** Programs of ours that run, with what makes their pods. */
const services = { adapter: "adapter", experiments: "experiments" };

describe.each([
  ["dev", { ...services, training: "train-digits" }],
  ["staging", services],
  ["prod", services],
] as const)("in %s", (environment, programs) => {
  test("our programs run by digest, from the environment's own repository", async () => {
    const resources = await renderStack(environment);
    const built = resources.filter(({ type }) => type === "docker-build:index:Image");
    expect(built.map(({ name }) => name).sort()).toEqual(Object.keys(programs));
    for (const [program, app] of Object.entries(programs)) {
      const pods = resources.find(
        ({ inputs, type }) =>
          /:(Deployment|Job)$/.test(type) && inputs.metadata.labels["app.kubernetes.io/name"] === app,
      );
      expect(pods?.inputs.spec.template.spec.containers[0].image, program).toMatch(
        new RegExp(
          `^123456789012\\.dkr\\.ecr\\.us-east-1\\.amazonaws\\.com/${program}:0\\.1\\.0-[0-9a-f]{12}@sha256:[0-9a-f]{64}$`,
        ),
      );
    }
  });
});

test("local builds and pushes none", async () => {
  const resources = await renderStack("local");
  expect(resources.filter(({ type }) => type.startsWith("docker-build:"))).toEqual([]);
});
