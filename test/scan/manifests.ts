import type { Rendered } from "../support/render.ts";

/** The Kubernetes objects of an environment as manifests. */
export function manifests(resources: readonly Rendered[]): object[] {
  return resources.flatMap(({ inputs, type }) => {
    const [, group = "", version = "", kind = ""] = /^kubernetes:(.+)\/(\w+):(\w+)$/.exec(type) ?? [];
    if (kind === "") return [];
    return [{ apiVersion: group === "core" ? version : `${group}/${version}`, kind, ...inputs }];
  });
}
