import { z } from "zod";

/** One resource as `pulumi preview --json` shows it, as far as tests look at it. */
const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
  newState: z.object({
    type: z.string(),
    custom: z.boolean(),
    inputs: z.record(z.string(), z.unknown()).default({}),
    parent: z.string().optional(),
    provider: z.string().optional(),
    dependencies: z.array(z.string()).default([]),
    propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).default({}),
    protect: z.boolean().optional(),
  }),
});
export type Step = z.output<typeof stepSchema>;

const previewSchema = z.object({ steps: z.array(stepSchema) });

const diagnosticsSchema = z.object({
  diagnostics: z.array(z.object({ message: z.string(), severity: z.string() })).default([]),
});

/** What a preview that failed says about it. */
export function errorsIn(json: string): string[] {
  return diagnosticsSchema
    .parse(JSON.parse(json))
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ message }) => message);
}

/** The resources of a preview, the engine's own left out. */
export function stepsOf(json: string): Step[] {
  return previewSchema
    .parse(JSON.parse(json))
    .steps.filter(({ newState }) => newState.type !== "pulumi:pulumi:Stack");
}

const podsSchema = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels: z.object({ "app.kubernetes.io/name": z.string() }) }),
    }),
  }),
});

/** The workload whose pods a resource makes; none for what makes no pods. */
export function appsOf({ newState }: Step): string[] {
  const { data } = podsSchema.safeParse(newState.inputs);
  return data === undefined ? [] : [data.spec.template.metadata.labels["app.kubernetes.io/name"]];
}

/** `aws:eks/nodeGroup:NodeGroup` is `NodeGroup`. */
const shortType = (type: string) => type.slice(type.lastIndexOf(":") + 1);

export const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

/** What the engine creates before something else, and deletes after it. */
export class Order {
  readonly #steps: readonly Step[];
  readonly #direct: ReadonlyMap<string, readonly string[]>;
  readonly #before = new Map<string, ReadonlySet<string>>();

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#direct = new Map(steps.map(({ newState, urn }) => [urn, directly(newState)]));
  }

  /** Custom resources of a type, `Addon` or `aws:eks/addon:Addon`, by name; all of them without names. */
  all(type: string, ...names: readonly string[]): string[] {
    return this.#steps
      .filter(
        ({ newState }) => newState.custom && (newState.type === type || shortType(newState.type) === type),
      )
      .map(({ urn }) => urn)
      .filter((urn) => names.length === 0 || names.includes(nameOf(urn)));
  }

  /** @throws Error unless there is exactly one */
  one(type: string, name: string): string {
    const [urn, ...others] = this.all(type, name);
    if (urn === undefined || others.length > 0) throw new Error(`${others.length + 1} or no ${type} ${name}`);
    return urn;
  }

  inputs(urn: string): Readonly<Record<string, unknown>> {
    return this.#steps.find((step) => step.urn === urn)?.newState.inputs ?? {};
  }

  /** Everything that a resource waits for, directly or not; and that waits for it when everything is deleted. */
  before(urn: string): ReadonlySet<string> {
    const known = this.#before.get(urn);
    if (known !== undefined) return known;
    const found = new Set<string>();
    this.#before.set(urn, found);
    for (const next of this.#direct.get(urn) ?? []) {
      found.add(next);
      for (const further of this.before(next)) found.add(further);
    }
    return found;
  }

  /** Names of those that a resource doesn't wait for. */
  notBefore(urn: string, others: readonly string[]): string[] {
    const before = this.before(urn);
    return others.filter((other) => !before.has(other)).map(nameOf);
  }
}

/** As the engine orders deletions: what it depends on, its provider, and its parent with all that that depends on. */
function directly(state: Step["newState"]): string[] {
  const provider = state.provider?.slice(0, state.provider.lastIndexOf("::"));
  return [
    ...state.dependencies,
    ...Object.values(state.propertyDependencies).flatMap((urns) => urns ?? []),
    ...[provider, state.parent].filter((urn) => urn !== undefined),
  ];
}

/** The resources as a tree of text: what belongs to what, and of each what a review must not overlook. */
export function graphText(steps: readonly Step[]): string {
  const urns = new Set(steps.map(({ urn }) => urn));
  const children = new Map<string, Step[]>();
  for (const step of steps) {
    if (step.newState.type.startsWith("pulumi:providers:") && nameOf(step.urn).startsWith("default"))
      continue;
    const parent = urns.has(step.newState.parent ?? "") ? (step.newState.parent ?? "") : "";
    children.set(parent, [...(children.get(parent) ?? []), step]);
  }
  const lines = (parent: string, depth: number): string[] =>
    (children.get(parent) ?? [])
      .map((step) => ({ step, line: describe(step) }))
      .sort((a, b) => (a.line < b.line ? -1 : 1))
      .flatMap(({ line, step }) => [`${"  ".repeat(depth)}${line}`, ...lines(step.urn, depth + 1)]);
  return `${lines("", 0).join("\n")}\n`;
}

function describe({ newState, urn }: Step): string {
  const { custom, inputs, protect, type } = newState;
  const type_ = custom ? shortType(type) : `[${shortType(type)}]`;
  const shown = (keyInputs[shortType(type)] ?? [])
    .map((path) => at(inputs, path))
    .filter((text) => text !== "");
  return [type_, nameOf(urn), ...(custom ? shown : []), ...(protect ? ["protected"] : [])].join(" ");
}

/** Inputs by path: what changes the bill, the safety or the place of something. */
const keyInputs: Readonly<Record<string, readonly string[]>> = {
  Addon: ["addonVersion"],
  Bucket: ["bucket"],
  Budget: ["limitAmount"],
  Cluster: ["version", "vpcConfig.endpointPublicAccess", "upgradePolicy.supportType", "deletionProtection"],
  DaemonSet: ["spec.template.spec.containers.0.image"],
  Deployment: ["spec.replicas", "spec.template.spec.containers.0.image"],
  Ingress: ["spec.rules.0.host", "spec.rules.0.http.paths.0.path"],
  Instance: ["engineVersion", "instanceClass", "multiAz", "allocatedStorage", "deletionProtection"],
  Job: ["spec.template.spec.containers.0.image"],
  Key: ["enableKeyRotation", "deletionWindowInDays"],
  LaunchTemplate: ["blockDeviceMappings.0.ebs.volumeSize", "instanceMarketOptions.marketType"],
  Listener: ["port", "protocol", "sslPolicy"],
  LoadBalancer: ["name", "loadBalancerType", "internal", "enableDeletionProtection"],
  LogGroup: ["name", "retentionInDays"],
  MetricAlarm: ["metricName", "comparisonOperator", "threshold"],
  NodeGroup: ["capacityType", "instanceTypes", "scalingConfig", "releaseVersion"],
  PersistentVolumeClaim: ["spec.resources.requests.storage"],
  PodIdentityAssociation: ["namespace", "serviceAccount"],
  Record: ["type", "name"],
  Role: ["name"],
  RolePolicyAttachment: ["policyArn"],
  SecurityGroupEgressRule: ["cidrIpv4", "fromPort", "toPort"],
  SecurityGroupIngressRule: ["cidrIpv4", "fromPort", "toPort"],
  Service: ["spec.type"],
  StatefulSet: ["spec.replicas", "spec.template.spec.containers.0.image"],
  StorageClass: ["parameters"],
  Subnet: ["availabilityZone", "cidrBlock"],
  TargetGroup: ["protocol", "port", "proxyProtocolV2"],
  TopicSubscription: ["protocol", "endpoint"],
  Vpc: ["cidrBlock"],
  VpcEndpoint: ["serviceName"],
};

/** What the engine shows for text that is known once something exists. Source: Pulumi SDK 3.248, runtime/rpc.js, unknownValue. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function at(inputs: unknown, path: string): string {
  const value = path
    .split(".")
    .reduce<unknown>(
      (holder, step) =>
        typeof holder === "object" && holder !== null
          ? Object.entries(holder).find(([key]) => key === step)?.[1]
          : undefined,
      inputs,
    );
  if (value === undefined || value === null) return "";
  if (value === unknown) return "?";
  return typeof value === "object"
    ? JSON.stringify(value)
    : String(value).replace(contentHash, "$1-(content)");
}

/** What a tag of ours ends with: another one with every change of what the image is built from. */
const contentHash = /(\.amazonaws\.com\/.+:.+)-[0-9a-f]{12}$/;
