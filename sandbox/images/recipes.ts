import { type ImageName, images } from "../../catalog/images.ts";
import type { GoProgram } from "../toolchain/go.ts";
import type { BaseName } from "./base.ts";
import { ollamaPrograms } from "./ollama/programs.ts";
import { prometheusPrograms } from "./prometheus/programs.ts";
import { prometheusAdapterPrograms } from "./prometheus-adapter/programs.ts";

/** How an image comes about on a machine that reaches no image registry. */
export type Recipe =
  /** A Dockerfile with its locks (requirements.lock, packages.json), if any, beside it; the folder is relative to the checkout. */
  | {
      readonly kind: "dockerfile";
      readonly folder: string;
      /** Programs that it takes from Go modules, by `COPY --from=packages NAME`. Default: none. */
      readonly programs?: readonly GoProgram[];
    }
  /** One of the bases, as an image of its own. */
  | { readonly kind: "base"; readonly base: BaseName }
  /** Made by the node for itself, before anything else can run. */
  | { readonly kind: "node"; readonly folder: string }
  /** Not at all: it is for hardware that no such machine has. */
  | { readonly kind: "none" };

/** Every image of the catalog; upstream software comes from the packages that its projects release. */
export const recipes = {
  traefik: { kind: "dockerfile", folder: "sandbox/images/traefik" },
  postgres: { kind: "dockerfile", folder: "sandbox/images/postgres" },
  seaweedfs: { kind: "dockerfile", folder: "sandbox/images/seaweedfs" },
  mlflow: { kind: "dockerfile", folder: "sandbox/images/mlflow" },
  python: { kind: "base", base: "python" },
  experiments: { kind: "dockerfile", folder: images.experiments.source },
  adapter: { kind: "dockerfile", folder: images.adapter.source },
  ollama: { kind: "dockerfile", folder: "sandbox/images/ollama", programs: ollamaPrograms },
  prometheus: { kind: "dockerfile", folder: "sandbox/images/prometheus", programs: prometheusPrograms },
  prometheusAdapter: {
    kind: "dockerfile",
    folder: "sandbox/images/prometheus-adapter",
    programs: prometheusAdapterPrograms,
  },
  training: { kind: "none" },
  pause: { kind: "node", folder: "sandbox/cluster/pauseimage" },
} as const satisfies Record<ImageName, Recipe>;

/** Names of the images that this folder builds. */
export type BuildableName = {
  [Name in ImageName]: (typeof recipes)[Name]["kind"] extends "node" | "none" ? never : Name;
}[ImageName];

export function isBuildable(name: string): name is BuildableName {
  return Object.entries(recipes).some(
    ([known, { kind }]) => known === name && kind !== "node" && kind !== "none",
  );
}

export const buildableNames: readonly BuildableName[] = Object.keys(recipes).filter(isBuildable);
