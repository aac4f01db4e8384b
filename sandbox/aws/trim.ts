import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { hurried, speedFile } from "./hurry.ts";

/**
 * The AWS services whose resource types and data sources the provider keeps. All 260 take an hour to compile on two
 * cores and half a gigabyte of disk; these take minutes.
 */
export const services = [
  "acm",
  "autoscaling",
  "budgets",
  "ce",
  "cloudwatch",
  "ec2",
  "ecr",
  "eks",
  "elb",
  "elbv2",
  "iam",
  "kms",
  "logs",
  "meta",
  "rds",
  "route53",
  "s3",
  "secretsmanager",
  "servicequotas",
  "sns",
  "ssm",
  "sts",
] as const;

const servicePath = "github.com/hashicorp/terraform-provider-aws/internal/service/";
const servicesFile = "internal/provider/sdkv2/service_packages_gen.go";
const clientsFile = "internal/conns/awsclient_gen.go";

/** What of the provider's module a build reads. */
const parts = ["go.mod", "LICENSE", "internal", "names", "version"];

/** The provider keeps its constructors to itself; this package of ours, put among its sources, hands them out. */
const exported = "export/export.go";

/**
 * Copies the sources of the Terraform AWS provider with only some of its services: two generated files list all
 * services and all clients of the AWS SDK, and only they tie the rest in.
 */
export async function copyTrimmed(from: string, to: string, wanted: readonly string[]): Promise<void> {
  const kept = await withDependencies(join(from, "internal/service"), wanted);
  const files = (await readdir(from, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(from, join(entry.parentPath, entry.name)))
    .filter((file) => needed(file, kept));
  const used = new Set<string>();
  for (const file of files) {
    const text = await readFile(join(from, file), "utf8");
    if (file !== clientsFile) for (const client of calledClients(text)) used.add(client);
    await put(
      join(to, file),
      hurried("provider", file, file === servicesFile ? onlyServices(text, kept) : text),
    );
  }
  await put(join(to, exported), await readFile(join(import.meta.dirname, "export.go.txt"), "utf8"));
  await put(join(to, clientsFile), onlyClients(await readFile(join(from, clientsFile), "utf8"), used));
  await putSpeed("provider", to);
}

/** Copies the sources of Terraform's plugin SDK, which waits too. */
export async function copySdk(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const file = relative(from, join(entry.parentPath, entry.name));
    if (!entry.isFile() || /_test\.go$|(^|\/)testdata\/|^website\//.test(file)) continue;
    await put(join(to, file), hurried("sdk", file, await readFile(join(from, file), "utf8")));
  }
  await putSpeed("sdk", to);
}

async function putSpeed(module: "provider" | "sdk", to: string): Promise<void> {
  const speed = speedFile(module);
  if (speed !== undefined) await put(join(to, speed.path), speed.text);
}

/** Whether a build with these services reads the file. */
function needed(file: string, kept: ReadonlySet<string>): boolean {
  if (!parts.some((part) => file === part || file.startsWith(`${part}/`))) return false;
  if (/_test\.go$|\/testdata\/|^internal\/acctest\//.test(file)) return false;
  const service = /^internal\/service\/([a-z0-9]+)\//.exec(file)?.[1];
  return service === undefined || kept.has(service);
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The services and those that they import: a service also looks its neighbours up at run time. */
async function withDependencies(folder: string, wanted: readonly string[]): Promise<Set<string>> {
  const kept = new Set<string>();
  const waiting = [...wanted];
  for (let service = waiting.pop(); service !== undefined; service = waiting.pop()) {
    if (kept.has(service)) continue;
    kept.add(service);
    for (const source of await goSources(join(folder, service)))
      for (const [, imported = ""] of source.matchAll(new RegExp(`"${servicePath}([a-z0-9]+)"`, "g")))
        waiting.push(imported);
  }
  return kept;
}

/** The list of service packages, with the imports and entries of these alone. */
export function onlyServices(text: string, kept: ReadonlySet<string>): string {
  const named = /^\s+(?:"[^"]*\/internal\/service\/([a-z0-9]+)"|([a-z0-9]+)\.ServicePackage\(ctx\),)$/;
  return text
    .split("\n")
    .filter((line) => {
      const match = named.exec(line);
      const service = match?.[1] ?? match?.[2];
      return service === undefined || kept.has(service);
    })
    .join("\n");
}

/** The clients of the AWS SDK: the functions that are called, and the imports that they need. */
export function onlyClients(text: string, used: ReadonlySet<string>): string {
  const [head = "", ...functions] = text.split(/\n(?=func )/);
  const kept = functions.filter((code) => used.has(/\) (\w+Client)\(/.exec(code)?.[1] ?? ""));
  const packages = new Set(kept.map((code) => /\*(\w+)\.Client \{/.exec(code)?.[1]));
  const imports = head.split("\n").filter((line) => {
    const match = /^\s+(?:(\w+) )?"github\.com\/aws\/aws-sdk-go-v2\/service\/(\w+)"$/.exec(line);
    return match === null || packages.has(match[1] ?? match[2]);
  });
  return [imports.join("\n"), ...kept].join("\n");
}

const calledClients = (text: string): string[] =>
  [...text.matchAll(/\.(\w+Client)\(/g)].map(([, client = ""]) => client);

async function goSources(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => name.endsWith(".go") && !name.endsWith("_test.go"));
  return Promise.all(sources.map((name) => readFile(join(folder, name), "utf8")));
}
