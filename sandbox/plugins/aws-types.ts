import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { repoRoot } from "../lib/paths.ts";

/** What the typings of @pulumi/aws say about a resource type. */
export interface AwsType {
  /** Inputs that must be given. */
  required: string[];
  /** Inputs that may be given. */
  optional: string[];
  /** Outputs that are no inputs: unknown until the resource exists. */
  outputs: string[];
}

/** A line of the simulated AWS provider's table. */
export interface AwsEntry extends AwsType {
  /** Type token. */
  type: string;
  /** Paths whose change means a new resource, such as "launchTemplate.id". */
  replaces: string[];
  /** The schema does not say what a change replaces: changes show as updates. */
  replacementUnknown?: boolean;
}

export const tableFile = join(import.meta.dirname, "internal", "aws", "resources.jsonl");

/** Reads the table and the version of the SDK that it was made for. */
export function readTable(): { sdk: string; entries: AwsEntry[] } {
  const [header = "{}", ...lines] = readFileSync(tableFile, "utf8").trim().split("\n");
  return { sdk: JSON.parse(header).sdk, entries: lines.map((line) => JSON.parse(line)) };
}

const sdk = join(repoRoot, "node_modules", "@pulumi", "aws");

/** Version of the installed @pulumi/aws. */
export const awsVersion = (): string => JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")).version;

/** Reads all resource types of the installed @pulumi/aws from its typings, by type token. */
export function awsTypes(): Map<string, AwsType> {
  const types = new Map<string, AwsType>();
  for (const file of readdirSync(sdk, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts") || file.includes("node_modules") || file.startsWith("types")) continue;
    const script = readFileSync(join(sdk, file.replace(/\.d\.ts$/, ".js")), "utf8");
    const token = /__pulumiType = '(aws:[^']+)'/.exec(script)?.[1];
    if (token !== undefined) types.set(token, readType(join(sdk, file), token));
  }
  return types;
}

function readType(file: string, token: string): AwsType {
  const name = token.slice(token.lastIndexOf(":") + 1);
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const type: AwsType = { required: [], optional: [], outputs: [] };
  const outputs: string[] = [];
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === `${name}Args`)
      for (const member of statement.members)
        if (ts.isPropertySignature(member) && ts.isIdentifier(member.name))
          (member.questionToken === undefined ? type.required : type.optional).push(member.name.text);
    if (ts.isClassDeclaration(statement) && statement.name?.text === name)
      for (const member of statement.members)
        if (ts.isPropertyDeclaration(member) && ts.isIdentifier(member.name) && isOutput(member))
          outputs.push(member.name.text);
  }
  const inputs = new Set([...type.required, ...type.optional]);
  type.outputs = outputs.filter((output) => !inputs.has(output));
  return type;
}

const isOutput = (member: ts.PropertyDeclaration): boolean =>
  member.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ReadonlyKeyword) === true &&
  member.modifiers.every((modifier) => modifier.kind !== ts.SyntaxKind.StaticKeyword);
