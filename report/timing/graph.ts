import { z } from "zod";

const resourceSchema = z.looseObject({
  urn: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().optional(),
  provider: z.string().optional(),
  dependencies: z.array(z.string()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
});

const deploymentSchema = z.looseObject({ resources: z.array(resourceSchema).nullish() });

/** What `pulumi stack export` prints, or the file in which a backend in a folder keeps a stack. */
const stateSchema = z
  .looseObject({
    deployment: deploymentSchema.optional(),
    checkpoint: z.looseObject({ latest: deploymentSchema.nullish() }).optional(),
  })
  .refine(({ checkpoint, deployment }) => checkpoint !== undefined || deployment !== undefined, {
    message: "neither what `pulumi stack export` prints nor a stack's file of a backend in a folder",
  });

/** A resource and what the engine made before it. */
export interface Node {
  readonly urn: string;
  /** Whether a provider makes it; a component is only a name for others. */
  readonly custom: boolean;
  readonly after: readonly string[];
}

/**
 * The resources of a stack with what each waits for: what it names, its provider, and its parent with all that that
 * waits for.
 * @throws z.ZodError for what is no stack's state
 */
export function graphOf(state: unknown): Node[] {
  const { checkpoint, deployment } = stateSchema.parse(state);
  const { resources } = deployment ?? checkpoint?.latest ?? { resources: [] };
  return (resources ?? []).map(({ custom, dependencies, parent, propertyDependencies, provider, urn }) => ({
    urn,
    custom,
    after: [
      ...new Set([
        ...(dependencies ?? []),
        ...Object.values(propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
        // A provider is named by its URN and its id.
        ...(provider === undefined ? [] : [provider.slice(0, provider.lastIndexOf("::"))]),
        ...(parent === undefined ? [] : [parent]),
      ]),
    ],
  }));
}

/** What each of the chosen waits for among them, directly or by way of others that are not. */
export function among(nodes: readonly Node[], chosen: ReadonlySet<string>): Map<string, string[]> {
  const direct = new Map(nodes.map(({ after, urn }) => [urn, after]));
  const known = new Map<string, readonly string[]>();
  const reached = (urn: string): readonly string[] => {
    if (chosen.has(urn)) return [urn];
    const before = known.get(urn);
    if (before !== undefined) return before;
    known.set(urn, []);
    const found = [...new Set((direct.get(urn) ?? []).flatMap(reached))];
    known.set(urn, found);
    return found;
  };
  return new Map(
    [...chosen].map((urn) => [
      urn,
      [...new Set((direct.get(urn) ?? []).flatMap(reached))].filter((other) => other !== urn),
    ]),
  );
}
