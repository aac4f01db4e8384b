import { createHash } from "node:crypto";
import type { QuantizationName } from "../catalog/quantizations.ts";
import type { Engine } from "../spec/models.ts";
import { type Environment, environments } from "../spec/platform.ts";

interface NameRule {
  /** Most characters, a prefix included. */
  readonly max: number;
  /** What the whole name must match. Where AWS ignores case, only lower case does. */
  readonly pattern: RegExp;
  /** What every such name starts with. */
  readonly prefix?: string;
}

/**
 * What may be called how. Lengths and characters are those of the API references of EKS, IAM, EC2, ECR, KMS, RDS, ELB,
 * CloudWatch Logs, Secrets Manager, SNS and Budgets as of botocore 1.44.5, the S3 user guide ("General purpose bucket
 * naming rules"), the Kubernetes documentation ("Object Names and IDs", "Labels and Selectors") and the OCI
 * distribution specification 1.1 (image tags). The API of managed node groups names no limit; 63 is that of the EKS
 * user guide, and of a label value, which a node carries it as. 8 of them are the engine's, which tells a group from
 * the one that it replaces.
 */
const nameRules = {
  "name-tag": { max: 256, pattern: /^[A-Za-z0-9 _.:/=+@-]+$/ },
  "eks-cluster": { max: 100, pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/ },
  "eks-node-group": { max: 55, pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/ },
  "iam-role": { max: 64, pattern: /^[a-z0-9_+=,.@-]+$/ },
  "iam-policy": { max: 128, pattern: /^[a-z0-9_+=,.@-]+$/ },
  "launch-template": { max: 128, pattern: /^[A-Za-z0-9().\-/_]{3,}$/ },
  "security-group": { max: 255, pattern: /^(?!sg-)[a-z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/ },
  "load-balancer": { max: 32, pattern: /^(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/ },
  "target-group": { max: 32, pattern: /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/ },
  "s3-bucket": {
    max: 63,
    pattern: /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(--|-s3alias$))[a-z0-9][a-z0-9-]+[a-z0-9]$/,
  },
  "rds-instance": { max: 63, pattern: /^(?!.*--)[a-z]([a-z0-9-]*[a-z0-9])?$/ },
  "rds-subnet-group": { max: 255, pattern: /^(?!default$)[a-z][a-z0-9 ._-]*$/ },
  "ecr-repository": {
    max: 256,
    pattern: /^(?=..)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/,
  },
  "image-tag": { max: 128, pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ },
  "kms-alias": { max: 256, pattern: /^alias\/(?!aws\/)[A-Za-z0-9/_-]+$/, prefix: "alias/" },
  "log-group": { max: 512, pattern: /^(?!aws\/)[A-Za-z0-9._/#-]+$/ },
  // A name that ends like "-mlflow" can't be told from the six random characters that end a secret's ARN.
  secret: { max: 512, pattern: /^(?!.*-.{6}$)[A-Za-z0-9/_+=.@-]+$/ },
  "sns-topic": { max: 256, pattern: /^[A-Za-z0-9_-]+$/ },
  budget: { max: 100, pattern: /^(?!.*\/action\/)[A-Za-z0-9 ._/-]+$/ },
  alarm: { max: 255, pattern: /^[\x20-\x7e]+$/ },
  "dns-label": { max: 63, pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/ },
  "dns-subdomain": {
    max: 253,
    pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  },
  /** A Job of `Task`, which puts nine characters behind its name; pods carry that as a label. */
  task: { max: 54, pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/ },
  "label-value": { max: 63, pattern: /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/ },
} as const satisfies Record<string, NameRule>;

export type NameKind = keyof typeof nameRules;
export const nameKinds = Object.keys(nameRules).filter((kind): kind is NameKind => kind in nameRules);

/** A name that ends like this was made by us: no other is left as it is. */
const hashed = /-[0-9a-f]{8}$/;

/**
 * Name of an AWS resource in its account: `<project>-<environment>-<name>`, such as `ai-platform-prod-artifacts`.
 *
 * Two different resources of one kind never get the same name, and the same one always gets the same. Where the plain
 * form would be too long, has characters that the kind doesn't allow, or could be read in two ways (a project called
 * `x-prod`), it is cut down to what is allowed and ends in 8 hexadecimal digits of a SHA-256 over all parts. Changing
 * a part renames the resource, which replaces most kinds.
 */
export function physicalName(
  kind: NameKind,
  {
    project,
    environment,
    name,
  }: { readonly project: string; readonly environment: Environment; readonly name: string },
): string {
  const words: readonly string[] = environments;
  const ambiguous = project.split("-").some((word) => words.includes(word));
  const identity = JSON.stringify([project, environment, name]);
  return fitted(kind, `${project}-${environment}-${name}`, identity, !ambiguous);
}

/** The same for what is unique without project and environment: names inside a cluster, label values, repositories. */
export function fitName(kind: NameKind, name: string): string {
  return fitted(kind, name, name, true);
}

function fitted(kind: NameKind, text: string, identity: string, unambiguous: boolean): string {
  const { max, pattern, prefix = "" }: NameRule = nameRules[kind];
  const fits = (candidate: string) => candidate.length <= max && pattern.test(candidate);
  const plain = prefix + text;
  if (unambiguous && fits(plain) && !hashed.test(plain)) return plain;
  const hash = `-${createHash("sha256").update(identity).digest("hex").slice(0, 8)}`;
  const room = max - prefix.length - hash.length;
  const shorten = (part: string) => part.slice(0, room).replace(/-$/, "");
  const words = text.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
  const candidates = [words, words.toLowerCase(), `n-${words.toLowerCase()}`].map(
    (body) => prefix + shorten(body) + hash,
  );
  return candidates.find(fits) ?? `${prefix}n${hash}`;
}

/** An image of a model, in the registry of the environment. */
export interface ModelImage {
  /** `ollama/llama3.1`, `vllm/qwen/qwen3-8b`. */
  readonly repository: string;
  /** Version and quantization: `8b-q4_K_M`, `main-awq`. */
  readonly tag: string;
}

/**
 * Image that carries a model: `repository:tag` names engine, model, version and quantization.
 *
 * With a name in Ollama's library that name is used, `ollama/llama3.1:8b-q4_K_M`, and its own tag is the version. Other
 * images are named after the Hugging Face id in lower case, as repositories must be; their version is the first 12
 * digits of the commit, or `main` where none is pinned.
 */
export function modelImage({
  engine,
  model,
  ollama,
  revision,
  quantization,
}: {
  readonly engine: Engine;
  readonly model: string;
  readonly ollama: string | undefined;
  readonly revision: string | undefined;
  readonly quantization: QuantizationName;
}): ModelImage {
  const { name, version } =
    engine === "ollama" && ollama !== undefined
      ? libraryName(ollama)
      : { name: model.toLowerCase(), version: revision?.slice(0, 12) ?? "main" };
  return {
    repository: fitName("ecr-repository", `${engine}/${name}`),
    tag: fitName("image-tag", `${version}-${quantization}`),
  };
}

/** Ollama's own rule: a name without a tag means `latest`. */
function libraryName(text: string): { readonly name: string; readonly version: string } {
  const [name = text, version = "latest"] = text.split(":");
  return { name, version };
}
