import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { repoRoot } from "../../../../sandbox/lib/paths.ts";

/** Properties as the provider names them: what `pulumi-resource-aws names` prints. */
export interface Properties {
  [name: string]: { list: boolean; object?: Properties | undefined };
}

type Interfaces = ReadonlyMap<string, ts.InterfaceDeclaration>;

const sdk = join(repoRoot, "node_modules", "@pulumi", "aws");
const shared = { inputs: "types/input.d.ts", outputs: "types/output.d.ts" } as const;
const parsed = new Map<string, Interfaces>();

/** What differs between the provider's names and the SDK's typings. */
export interface Differences {
  /** Properties of the provider that the SDK calls or shapes otherwise. */
  wrong: string[];
  /** Properties of the SDK that the provider does not have. */
  missing: string[];
}

/** Compares a resource type, such as aws:ec2/vpc:Vpc, with its state in the typings. */
export function compareResource(token: string, properties: Properties): Differences {
  const [, file = "", name = ""] = token.split(":");
  return compareAll(token, properties, `${file}.d.ts`, `${name}State`, "inputs");
}

/** Compares a function, such as aws:ec2/getVpc:getVpc, with its result in the typings. */
export function compareFunction(token: string, properties: Properties): Differences {
  const [, path = "", name = ""] = token.split(":");
  const file = `${path.replace(/^index\//, "")}.d.ts`;
  return compareAll(
    token,
    properties,
    file,
    `${name.charAt(0).toUpperCase()}${name.slice(1)}Result`,
    "outputs",
  );
}

function compareAll(
  token: string,
  properties: Properties,
  file: string,
  name: string,
  types: keyof typeof shared,
): Differences {
  const found = interfaces(file).get(name);
  if (found === undefined) return { wrong: [`${token}: the SDK has no ${name}`], missing: [] };
  const differences: Differences = { wrong: [], missing: [] };
  const { id: _, ...named } = properties;
  compare(token, named, found, interfaces(shared[types]), differences);
  // Every resource and every result has an id, whether or not Terraform's type lists one.
  differences.missing = differences.missing.filter((path) => path !== `${token}.id`);
  return differences;
}

function compare(
  path: string,
  ours: Properties,
  theirs: ts.InterfaceDeclaration,
  types: Interfaces,
  differences: Differences,
): void {
  const members = new Map(
    theirs.members.filter(ts.isPropertySignature).map((member) => [member.name.getText(), member]),
  );
  for (const [name, property] of Object.entries(ours)) {
    const text = members.get(name)?.type?.getText();
    if (text === undefined) {
      differences.wrong.push(`${path}.${name}`);
      continue;
    }
    const list = text.replace(/\{[^}]*\}/g, "").includes("[]");
    if (list !== property.list)
      differences.wrong.push(`${path}.${name}: ${list ? "a list" : "no list"} in the SDK`);
    const nested = types.get(/\b(?:inputs|outputs)\.([\w.]+)/.exec(text)?.[1] ?? "");
    if (property.object !== undefined && nested !== undefined)
      compare(`${path}.${name}`, property.object, nested, types, differences);
  }
  for (const name of members.keys()) if (!(name in ours)) differences.missing.push(`${path}.${name}`);
}

/** The interfaces of a file of typings, by name; those in namespaces by `namespace.Name`. */
function interfaces(file: string): Interfaces {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const found = new Map<string, ts.InterfaceDeclaration>();
  const visit = (node: ts.Node, prefix: string): void => {
    if (ts.isInterfaceDeclaration(node)) found.set(prefix + node.name.text, node);
    else if (ts.isModuleDeclaration(node) && node.body !== undefined && ts.isModuleBlock(node.body))
      for (const statement of node.body.statements) visit(statement, `${prefix}${node.name.text}.`);
  };
  const source = ts.createSourceFile(
    file,
    readFileSync(join(sdk, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  for (const statement of source.statements) visit(statement, "");
  parsed.set(file, found);
  return found;
}
