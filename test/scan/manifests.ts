import { isObject } from "../../spec/faults/path.ts";
import type { Rendered } from "../support/render.ts";

/** The Kubernetes objects of an environment as manifests. */
export function manifests(resources: readonly Rendered[]): Record<string, unknown>[] {
  return resources.flatMap(({ inputs, name, type }) => {
    const [, group = "", version = "", kind = ""] = /^kubernetes:(.+)\/(\w+):(\w+)$/.exec(type) ?? [];
    if (kind === "") return [];
    return [
      {
        apiVersion: group === "core" ? version : `${group}/${version}`,
        kind,
        ...inputs,
        // Pulumi names what the program doesn't, and checkov passes over what has no name.
        metadata: { name, ...inputs.metadata },
      },
    ];
  });
}

/** Whether an object makes pods, which checkov reads as resources of their own. */
export const makesPods = ({ spec }: Readonly<Record<string, unknown>>): boolean =>
  isObject(spec) && isObject(spec.template) && isObject(spec.template.spec);
