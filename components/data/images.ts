import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OwnImageName } from "../../catalog/images.ts";
import type { ImagePlan } from "../../planning/data/images.ts";
import type { BuildSource } from "../../spec/buildContext.ts";
import type { Data } from "./data.ts";
import { Image, type ImageArgs } from "./image.ts";

export interface ImagesArgs {
  readonly plans: readonly ImagePlan[];
  /** What each is built from. */
  readonly sources: ReadonlyMap<OwnImageName, BuildSource>;
  /** Where the repositories are. */
  readonly data: Pick<Data, "repository">;
  readonly region: string;
  readonly transform?: ImageArgs["transform"];
}

/**
 * The images of ours that an environment runs, each in its own repository. Docker signs in with ECR's authorization token,
 * which is a secret, lives for twelve hours and is another one at each `up`.
 */
export class Images extends pulumi.ComponentResource {
  readonly #images: ReadonlyMap<OwnImageName, Image>;

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Images", name, {}, opts);
    const child = { parent: this };
    const { data, plans, region, sources, transform } = args;

    const token = aws.ecr.getAuthorizationTokenOutput({ region }, child);
    const login = { user: token.userName, password: token.password };
    const build = (plan: ImagePlan) => {
      const source = found(sources, plan.program);
      const repository = data.repository(plan.program).url;
      return new Image(plan.program, { plan, source, repository, login, transform }, child);
    };
    this.#images = new Map(plans.map((plan) => [plan.program, build(plan)]));
    this.registerOutputs();
  }

  /**
   * Reference by digest, known when the image is pushed.
   * @throws Error for a program whose image is not built
   */
  ref(program: OwnImageName): pulumi.Output<string> {
    return found(this.#images, program).ref;
  }
}

function found<Value>(all: ReadonlyMap<OwnImageName, Value>, program: OwnImageName): Value {
  const value = all.get(program);
  if (value === undefined) throw new Error(`no image of ${program} is built: ${[...all.keys()].join(", ")}`);
  return value;
}
