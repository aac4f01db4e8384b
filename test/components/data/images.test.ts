import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { imagePin } from "../../../catalog/images.ts";
import { Data } from "../../../components/data/data.ts";
import { Images } from "../../../components/data/images.ts";
import type { BakedPlan } from "../../../planning/data/baked.ts";
import { planData } from "../../../planning/data/data.ts";
import { type ImageChoice, imageTag, planImages } from "../../../planning/data/images.ts";
import { planMirrors, serverImage } from "../../../planning/data/mirrors.ts";
import { planServerRepositories } from "../../../planning/data/repositories.ts";
import { tagsByComponent } from "../../../planning/ownership.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";
import { renderStack } from "../../support/stacks.ts";

const spec = awsSpec("prod");
const plans = planImages([{ kind: "built", program: "experiments" }], [{ instanceTypes: ["m7i.large"] }]);
const [plan] = plans;
if (plan === undefined) throw new Error("nothing is planned");

const sourceOf = (hash: string) =>
  new Map([["services/experiments", { folder: "../services/experiments", contexts: {}, hash }]]);

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
      const data = { registry: pulumi.output("registry"), repository: () => expect.unreachable() };
      const images = new Images("images", { plans: [], sources: new Map(), data, region: "us-east-1" });
      const of = (choice: ImageChoice) => () => images.of(choice);
      expect(of({ kind: "built", program: "experiments" })).toThrow("no image of experiments is planned");
      expect(of({ kind: "baked", model: "tiny" })).toThrow("no image of tiny is planned");
      expect(of({ kind: "mirrored", image: "vllm", ref: "vllm/vllm-openai" })).toThrow("no image of vllm");
      expect(images.of({ kind: "pulled", ref: "traefik:v3" })).toEqual({ ref: "traefik:v3", after: [] });
    });
  });
});

const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

describe("a mirror", () => {
  const mirrors = planMirrors(spec, [serverImage("vllm", true), serverImage("tgi", true)]);
  const made = () =>
    render(() => {
      const { region } = spec.cloud;
      const data = new Data("data", {
        plan: planData(spec, planServerRepositories(mirrors, [])),
        region,
        tags: tagsByComponent(spec),
        protectState: true,
      });
      const images = new Images("images", { plans: [], mirrors, sources: new Map(), data, region });
      const of = (choice: ImageChoice) => new k8s.core.v1.Pod(choice.kind, pod(images.of(choice).ref));
      of(serverImage("vllm", true));
    });
  const pod = (image: pulumi.Input<string>) => ({ spec: { containers: [{ name: "main", image }] } });

  test("is copied from upstream's digest to a repository that takes each tag once", async () => {
    const resources = await made();
    const { digest, tag } = imagePin("vllm");
    expect(find(resources, "Index", "mirror-vllm").inputs).toEqual({
      sources: [`vllm/vllm-openai:${tag}@${digest}`],
      tag: `${host}/ai-platform-prod/mirror/vllm/vllm-openai:${tag}`,
      registry: { address: host, username: "AWS", password: "ecr-token" },
      push: true,
    });
    expect(find(resources, "Index", "mirror-vllm").secrets).toEqual(["registry"]);
    expect(find(resources, "Repository", "mirror-vllm").inputs).toMatchObject({
      name: "ai-platform-prod/mirror/vllm/vllm-openai",
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS" }],
      forceDelete: true,
    });
  });

  test("is what pods name, by the same digest", async () => {
    const { digest, tag } = imagePin("vllm");
    expect(find(await made(), "Pod", "mirrored").inputs.spec.containers[0].image).toBe(
      `${host}/ai-platform-prod/mirror/vllm/vllm-openai:${tag}@${digest}`,
    );
  });
});

describe("an image with a model in it", () => {
  const baked: BakedPlan = {
    model: "llama",
    repository: "ai-platform-prod/vllm/acme/llama",
    version: "c0ffee000000-bf16",
    source: "m2m/images/vllm",
    contexts: { bake: "m2m/bake", entrypoint: "m2m/entrypoint" },
    platforms: ["linux/amd64"],
    buildArgs: { SERVER: "vllm/vllm-openai:v1", MODEL: "acme/llama" },
    output: "type=registry",
    labels: {},
    gated: true,
    weightsGB: 1,
  };
  const source = {
    folder: "m2m/images/vllm",
    contexts: { bake: "m2m/bake", entrypoint: "m2m/entrypoint" },
    hash: "a".repeat(64),
  };
  const made = (plan: BakedPlan, hubToken: string | undefined) =>
    render(() => {
      const { region } = spec.cloud;
      const data = new Data("data", {
        plan: planData(spec, planServerRepositories([], [plan])),
        region,
        tags: tagsByComponent(spec),
        protectState: true,
      });
      const sources = new Map([[plan.source, source]]);
      new Images("images", { plans: [], baked: [plan], sources, data, region, hubToken });
    });

  test("is tagged with what the model is, and is built with the programs that fetch it", async () => {
    const { inputs, secrets } = find(await made(baked, "hf_token"), "Image", "model-llama");
    const name = `${host}/ai-platform-prod/vllm/acme/llama:${imageTag(baked, source.hash)}`;
    expect(name).toMatch(/:c0ffee000000-bf16-[0-9a-f]{12}$/);
    expect(inputs.tags).toEqual([name]);
    expect(inputs.context).toEqual({
      location: "m2m/images/vllm",
      named: { bake: { location: "m2m/bake" }, entrypoint: { location: "m2m/entrypoint" } },
    });
    expect(inputs.secrets).toEqual({ "hugging-face": "hf_token" });
    expect(inputs.ignoreSecretsInDiffCalculation).toEqual(["hugging-face"]);
    expect(secrets).toEqual(["registries", "secrets"]);
  });

  test("sees no token where it needs none", async () => {
    const open = await made({ ...baked, gated: false }, "hf_token");
    expect(find(open, "Image", "model-llama").inputs.secrets).toBeUndefined();
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
    const built = resources
      .filter(({ type }) => type === "docker-build:index:Image")
      .filter(({ name }) => !name.startsWith("model-"));
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
