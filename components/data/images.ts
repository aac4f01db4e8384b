import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { BakedPlan } from "../../planning/data/baked.ts";
import { type ImageChoice, type ImagePlan, imageTag } from "../../planning/data/images.ts";
import type { MirrorPlan } from "../../planning/data/mirrors.ts";
import { mirrorOf, modelsOf } from "../../planning/data/repositories.ts";
import { hubTokenSecret } from "../../planning/serving/staging.ts";
import type { BuildSource } from "../../spec/buildContext.ts";
import type { Data } from "./data.ts";
import { Image, type ImageArgs } from "./image.ts";
import { Mirror, type MirrorArgs } from "./mirror.ts";

export interface ImagesArgs {
  readonly plans: readonly ImagePlan[];
  /** Copies of others' images. Default: none. */
  readonly mirrors?: readonly MirrorPlan[];
  /** Images of servers with a model's weights in them. Default: none. */
  readonly baked?: readonly BakedPlan[];
  /** What each is built from, by its folder. */
  readonly sources: ReadonlyMap<string, BuildSource>;
  /** Where the repositories are. */
  readonly data: Pick<Data, "registry" | "repository">;
  readonly region: string;
  /** Token of Hugging Face, for gated models whose weights are baked. Default: none; their builds then say so. */
  readonly hubToken?: pulumi.Input<string> | undefined;
  readonly transform?: (ImageArgs["transform"] & MirrorArgs["transform"]) | undefined;
}

/** What a pod names, and what it must come after. */
export interface ChosenImage {
  readonly ref: pulumi.Input<string>;
  readonly after: readonly pulumi.Resource[];
}

/**
 * The images in the environment's own repositories: programs of ours, servers with weights in them, and copies of others'.
 * Docker signs in with ECR's authorization token, which is a secret, lives for twelve hours and is another one at each `up`.
 */
export class Images extends pulumi.ComponentResource {
  readonly #images: ReadonlyMap<string, Image>;
  readonly #baked: ReadonlyMap<string, ChosenImage>;
  readonly #mirrors: ReadonlyMap<string, Mirror>;

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Images", name, {}, opts);
    const child = { parent: this };
    const { baked = [], data, hubToken, mirrors = [], plans, region, sources, transform } = args;

    const token = aws.ecr.getAuthorizationTokenOutput({ region }, child);
    const login = { user: token.userName, password: token.password };
    const build = (plan: ImagePlan) => {
      const source = found(sources, plan.source);
      const repository = data.repository(plan.program).url;
      return new Image(plan.program, { plan, source, repository, login, transform }, child);
    };
    const bake = (plan: BakedPlan): ChosenImage => {
      const source = found(sources, plan.source);
      const repository = pulumi.interpolate`${data.registry}/${plan.repository}`;
      const secrets = plan.gated && hubToken !== undefined ? { [hubTokenSecret.name]: hubToken } : {};
      const image = new Image(
        `model-${plan.model}`,
        { plan, source, repository, login, secrets, transform },
        { ...child, dependsOn: data.repository(modelsOf(plan.repository)) },
      );
      return { ref: pulumi.interpolate`${repository}:${imageTag(plan, source.hash)}`, after: [image] };
    };
    const copy = (plan: MirrorPlan) => {
      const program = mirrorOf(plan.image);
      const after = { ...child, dependsOn: data.repository(program) };
      return new Mirror(program, { plan, registry: data.registry, login, transform }, after);
    };
    this.#images = new Map(plans.map((plan) => [plan.program, build(plan)]));
    this.#baked = new Map(baked.map((plan) => [plan.model, bake(plan)]));
    this.#mirrors = new Map(mirrors.map((plan) => [plan.image, copy(plan)]));
    this.registerOutputs();
  }

  /**
   * What pods name: of a program of ours the digest, known when it is pushed; of a mirror and of a server with a model in it
   * what is known before, so that a preview shows which model in which version will run. Their tags can't move.
   * @throws Error for one that was not planned
   */
  of(choice: ImageChoice): ChosenImage {
    switch (choice.kind) {
      case "pulled":
        return { ref: choice.ref, after: [] };
      case "built":
        return { ref: found(this.#images, choice.program).ref, after: [] };
      case "baked":
        return found(this.#baked, choice.model);
      case "mirrored": {
        const mirror = found(this.#mirrors, choice.image);
        return { ref: mirror.ref, after: [mirror] };
      }
    }
  }
}

function found<Value>(all: ReadonlyMap<string, Value>, name: string): Value {
  const value = all.get(name);
  if (value === undefined) throw new Error(`no image of ${name} is planned: ${[...all.keys()].join(", ")}`);
  return value;
}
