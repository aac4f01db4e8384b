import * as pulumi from "@pulumi/pulumi";

export interface Rendered {
  readonly type: string;
  readonly name: string;
  /** The inputs, with secrets in the clear. */
  // biome-ignore lint/suspicious/noExplicitAny: what a resource was given has no type any more
  readonly inputs: any;
  /** Paths of the inputs that are secret: `stringData`. */
  readonly secrets: readonly string[];
}

/** The account that everything is in. */
const accountId = "123456789012";

/** What lookups answer. */
const answers: Readonly<Record<string, object>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": { accountId },
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": { userName: "AWS", password: "ecr-token" },
};

/** Key and value by which the engine's protocol marks a secret. */
const secretMark = { key: "4dabf18193072939515e22adb298388d", value: "1b47061264138c4ac30d75fd1eb44270" };

/** What a resource's generated values begin with: `cluster` makes the ARN `cluster-arn`. */
export type Identity = (type: string, name: string) => string;

/**
 * Runs a piece of a Pulumi program without an engine and returns every custom resource that it registered, with the
 * inputs as the engine would get them. Generated values are predictable.
 * @param identity default: the name, which two resources of different types may share
 */
export async function render(
  program: () => unknown,
  identity: Identity = (_, name) => name,
): Promise<Rendered[]> {
  const rendered: Rendered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ custom, inputs, name, type }) => {
        if (custom) {
          const secrets: string[] = [];
          rendered.push({ type, name, inputs: inTheClear(inputs, "", secrets), secrets });
        }
        const own = identity(type, name);
        return { id: `${own}-id`, state: { ...inputs, ...generatedBy(type, own, inputs) } };
      },
      call: ({ inputs, token }) => ({ ...inputs, ...answers[token] }),
    },
    "ai-platform",
    "test",
    false,
  );
  const outputs = await pulumi.runtime.runInPulumiStack(async () => {
    const result = program();
    return { result };
  });
  await settled(outputs);
  return rendered.sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));
}

function inTheClear(value: unknown, path: string, secrets: string[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => inTheClear(item, `${path}[${index}]`, secrets));
  if (
    secretMark.key in value &&
    "value" in value &&
    value[secretMark.key as keyof typeof value] === secretMark.value
  ) {
    secrets.push(path);
    return inTheClear(value.value, path, secrets);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      inTheClear(item, path ? `${path}.${key}` : key, secrets),
    ]),
  );
}

async function settled(outputs: unknown) {
  await new Promise<void>((resolve) => {
    pulumi.all([outputs]).apply(() => resolve());
  });
  await pulumi.runtime.disconnect();
}

/** What the provider would fill in: names of objects without one, passwords, and what AWS gives back. */
function generatedBy(
  type: string,
  name: string,
  inputs: { metadata?: { name?: string }; tags?: readonly string[] },
) {
  const aws = madeByAws(name)[type];
  if (aws !== undefined) return { ...aws, arn: `${name}-arn` };
  if (type.startsWith("kubernetes:")) {
    return { metadata: { ...inputs.metadata, name: inputs.metadata?.name ?? `${name}-generated` } };
  }
  if (type === "docker-build:index:Image") return { ref: `${inputs.tags?.[0]}@sha256:${"0".repeat(64)}` };
  if (type.startsWith("random:")) return { result: `${name}-random` };
  if (type.startsWith("aws:")) return { arn: `${name}-arn` };
  return {};
}

const madeByAws = (name: string): Readonly<Record<string, object>> => ({
  "aws:eks/cluster:Cluster": {
    endpoint: "https://cluster.example.com",
    certificateAuthority: { data: "Y2VydGlmaWNhdGU=" },
    vpcConfig: { clusterSecurityGroupId: "cluster-security-group" },
  },
  "aws:eks/nodeGroup:NodeGroup": {
    resources: [{ autoscalingGroups: [{ name: `eks-${name}-0123456-asg` }] }],
  },
  "aws:acm/certificate:Certificate": {
    domainValidationOptions: [
      { resourceRecordName: "_proof.example.com", resourceRecordType: "CNAME", resourceRecordValue: "acm" },
    ],
  },
  "aws:acm/certificateValidation:CertificateValidation": { certificateArn: `${name}-issued-arn` },
  "aws:rds/instance:Instance": {
    address: `${name}.example.com`,
    masterUserSecrets: [{ secretArn: `${name}-master-arn` }],
    resourceId: `${name}-resource-id`,
  },
  "aws:ec2/launchTemplate:LaunchTemplate": { latestVersion: 7 },
  "aws:ecr/repository:Repository": { repositoryUrl: `${accountId}.dkr.ecr.us-east-1.amazonaws.com/${name}` },
});

/** The one resource of a type with a name. */
export function find(resources: readonly Rendered[], kind: string, name: string): Rendered {
  const found = resources.filter((resource) => resource.type.endsWith(`:${kind}`) && resource.name === name);
  const [resource] = found;
  if (resource === undefined || found.length > 1) {
    const there = resources.map((r) => `${r.type} ${r.name}`).join("\n  ");
    throw new Error(`${found.length} resources are ${kind} ${name}; there are:\n  ${there}`);
  }
  return resource;
}
