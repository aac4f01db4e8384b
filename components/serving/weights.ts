import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { hubTokenSecret, type StagingPlan } from "../../planning/serving/staging.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import { WeightsStage, type WeightsStageArgs } from "./weightsStage.ts";

/** Programs beside models: Python files by name, `m2m/entrypoint/*.py` and `m2m/stage/*.py`, and a shell script. */
export interface ServingPrograms {
  /** Fills a store of Ollama's: `m2m/images/ollama/pull.sh`. */
  readonly pull: string;
  readonly entrypoint: Readonly<Record<string, string>>;
  readonly stage: Readonly<Record<string, string>>;
}

export interface WeightsArgs extends Placement, Pick<WeightsStageArgs, "aws" | "after" | "within"> {
  readonly plans: readonly StagingPlan[];
  readonly programs: ServingPrograms;
  /** Token of Hugging Face, for gated models. Default: none. */
  readonly hubToken?: pulumi.Input<string> | undefined;
}

/** The models bucket, filled: one Job for each set of weights. The namespace must be there, and hold nothing else. */
export class Weights extends pulumi.ComponentResource {
  readonly #stages: ReadonlyMap<string, WeightsStage>;

  constructor(name: string, args: WeightsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:Weights", name, {}, opts);
    const child = { parent: this };
    const inNamespace = { ...child, dependsOn: [...(args.within ?? [])] };
    const { after, aws, hubToken, labels, namespace, plans } = args;
    const place = { namespace, labels };

    const program = (app: "entrypoint" | "stage") =>
      new k8s.core.v1.ConfigMap(
        `${name}-${app}`,
        { metadata: generated(app, place), immutable: true, data: { ...args.programs[app] } },
        inNamespace,
      ).metadata.name;
    const programs = { stage: program("stage"), entrypoint: program("entrypoint") };
    const token =
      hubToken !== undefined && plans.some(({ gated }) => gated)
        ? tokenSecret(name, hubToken, place, inNamespace)
        : undefined;
    this.#stages = new Map(
      plans.flatMap((plan) => {
        const stage = new WeightsStage(
          plan.name,
          { ...place, plan, programs, hubToken: token, aws, after, within: args.within ?? [] },
          child,
        );
        return plan.models.map((model) => [model, stage] as const);
      }),
    );

    this.registerOutputs({});
  }

  /** What fills the weights that a model loads; nothing for one that brings its own. */
  of(model: string): pulumi.Resource[] {
    const stage = this.#stages.get(model);
    return stage === undefined ? [] : [stage];
  }
}

function tokenSecret(
  name: string,
  token: pulumi.Input<string>,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  const { key, name: secretName } = hubTokenSecret;
  const secret = new k8s.core.v1.Secret(
    `${name}-hub-token`,
    { metadata: named(secretName, secretName, place), stringData: { [key]: token } },
    opts,
  );
  return { secret: secret.metadata.name, key };
}
