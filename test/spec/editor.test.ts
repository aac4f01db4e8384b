import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const file = resolve(import.meta.dirname, "../../stacks/written-in-an-editor.ts");
const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ["node"],
};

let written = "";
let version = 0;
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: (name) => (name === file ? String(version) : "0"),
  getScriptSnapshot: (name) => {
    const text = name === file ? written : ts.sys.readFile(name);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => resolve(import.meta.dirname, "../.."),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
});

function write(description: string): number {
  const text = `import { definePlatform } from "../spec/platform.ts";\nexport default definePlatform(${description});\n`;
  written = text.replace("|", "");
  version += 1;
  return text.indexOf("|");
}

/** What an editor offers at the bar. */
function offered(description: string): string[] {
  const position = write(description);
  return (service.getCompletionsAtPosition(file, position, undefined)?.entries ?? []).map(({ name }) => name);
}

/** What an editor underlines. */
function underlined(description: string): string[] {
  write(description);
  return service
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const dev = `environment: "dev", ownership: { owner: "a", costCenter: "b" }, cloud: { region: "us-east-1" }, gateway: { host: "a.example.com" }`;

describe("in an editor", () => {
  test("fields are offered, in sections, in models by name, in lists", () => {
    expect(offered(`{ ${dev}, | }`)).toEqual(
      expect.arrayContaining(["models", "capacity", "network", "budget"]),
    );
    expect(offered(`{ ${dev}, capacity: { | } }`)).toEqual(
      expect.arrayContaining(["gpus", "purchase", "reservations"]),
    );
    expect(offered(`{ ${dev}, models: { llama: { | } } }`)).toEqual(
      expect.arrayContaining(["model", "quantization", "tensorParallel"]),
    );
    expect(offered(`{ ${dev}, capacity: { reservations: [{ | }] } }`)).toEqual(
      expect.arrayContaining(["id", "instanceType", "zone"]),
    );
  });

  test("values are offered", () => {
    expect(offered(`{ ${dev}, models: { llama: { quantization: "|" } } }`)).toEqual(
      expect.arrayContaining(["awq", "fp8", "q4_K_M"]),
    );
    expect(offered(`{ ${dev}, capacity: { gpus: ["|"] } }`)).toEqual(expect.arrayContaining(["L4", "H100"]));
    expect(offered(`{ environment: "|" }`)).toEqual(["local", "dev", "staging", "prod"]);
  });

  test("sound descriptions are not underlined, and models may leave everything to their file", () => {
    expect(underlined(`{ ${dev}, models: { llama: {} } }`)).toEqual([]);
    expect(underlined(`{ environment: "local", ownership: { owner: "a", costCenter: "b" } }`)).toEqual([]);
  });

  test.each([
    [
      "a cloud in local",
      `{ environment: "local", ownership: { owner: "a", costCenter: "b" }, cloud: { region: "x" } }`,
    ],
    ["no host in AWS", `{ ${dev.replace('{ host: "a.example.com" }', "{}")} }`],
    ["an unknown field", `{ ${dev}, budget: { usdPerMonth: 1, colour: 2 } }`],
    ["an unknown GPU", `{ ${dev}, capacity: { gpus: ["L5"] } }`],
    ["text for a number", `{ ${dev}, postgres: { storageGi: "10" } }`],
  ])("%s is underlined", (_, description) => {
    expect(underlined(description).length).toBeGreaterThan(0);
  });
});
