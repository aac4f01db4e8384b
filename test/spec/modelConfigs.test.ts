import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { modelConfigFile, readModelConfigs } from "../../spec/modelConfigs.ts";
import { modelSchema } from "../../spec/models.ts";
import { propertyRuns, propertyTimeout } from "../support/properties.ts";

const root = resolve(import.meta.dirname, "../..");
const numRuns = propertyRuns(1000);

describe("m2m/", () => {
  const configs = readModelConfigs(join(root, "m2m"));

  test.each([...configs])("%s describes a model, and says why it is there", (_name, { yaml }) => {
    expect(yaml.faults).toEqual([]);
    expect(modelSchema.safeParse(yaml.fields).error).toBeUndefined();
    const [schema, why] = readFileSync(join(root, yaml.file), "utf8").split("\n");
    expect(schema).toBe("# yaml-language-server: $schema=../model-config.schema.json");
    expect(why).toMatch(/^# .{40,}/);
  });
});

describe("reading a folder", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function folderOf(files: Readonly<Record<string, string>>): string {
    const folder = join(mkdtempSync(join(tmpdir(), "models-")), "m2m");
    folders.push(dirname(folder));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  test("gives the models in the order of their names, with what lies beside them; other files are no models", () => {
    const configs = readModelConfigs(
      folderOf({
        "b/model-config.yaml": "model: a/b\n",
        "a/model-config.yaml": "model: a/a\n",
        "a/config.json": '{ "model_type": "llama" }',
        "model-config.schema.json": "{}",
        "c/config.json": "{}",
      }),
    );
    expect([...configs.keys()]).toEqual(["a", "b"]);
    expect(configs.get("a")?.yaml).toMatchObject({
      file: "m2m/a/model-config.yaml",
      fields: { model: "a/a" },
    });
    expect(configs.get("a")?.huggingFace?.fields).toEqual({ model_type: "llama" });
    expect(configs.get("b")?.huggingFace).toBeUndefined();
  });

  test("that doesn't exist gives none", () => {
    expect(readModelConfigs("/nonexistent/m2m").size).toBe(0);
  });

  test("tells of a file that can't be read with the others", () => {
    const configs = readModelConfigs(
      folderOf({ "a/model-config.yaml/file": "", "b/model-config.yaml": "model: a/b" }),
    );
    expect(configs.get("a")?.yaml.faults[0]?.problem).toContain("can't be read");
    expect(configs.get("b")?.yaml.faults).toEqual([]);
  });
});

describe("a file", () => {
  const text = [
    "# comment",
    "model: Qwen/Qwen3-8B",
    "gpus: [L4,",
    "       L40S]",
    "purchase:",
    "  - spot",
    "context:",
    "architecture: { rope: { theta: 1 } }",
  ].join("\n");

  test("knows where each value stands, or its name where it has none", () => {
    const { faults, fields, positions } = modelConfigFile(text, "f");
    expect(faults).toEqual([]);
    expect(fields).toMatchObject({ gpus: ["L4", "L40S"], purchase: ["spot"], context: null });
    expect(
      Object.fromEntries([...positions].map(([path, { column, line }]) => [path, `${line}:${column}`])),
    ).toEqual({
      model: "2:8",
      gpus: "3:7",
      "gpus[0]": "3:8",
      "gpus[1]": "4:8",
      purchase: "6:3",
      "purchase[0]": "6:5",
      context: "7:1",
      architecture: "8:15",
      "architecture.rope": "8:23",
      "architecture.rope.theta": "8:32",
    });
  });

  test.each([
    ["nothing", "", "1:1 needs fields, such as model: Qwen/Qwen3-8B"],
    ["a list", "- a\n", "1:1 needs fields, such as model: Qwen/Qwen3-8B"],
    ["a field twice", "a: 1\nb: 2\na: 3\n", "3:1 a stands here for the second time"],
    ["two documents", "a: 1\n---\nb: 2\n", "2:1 starts a second document: one file describes one model"],
    ["an alias", "a: &x 1\nb: *x\n", "2:4 *x: write the value out, aliases are not read"],
    ["a name that is no text", "? [a]\n: 1\n", "1:3 is no name that a field may have"],
    ["a name that objects have already", "__proto__: 1\n", "1:1 __proto__ is no name that a field may have"],
    ["a tab", "a:\n\tb: 1\n", "2:1 can't be read as YAML: Tabs are not allowed as indentation"],
    ["an unknown tag", "a: !gpu 1\n", "1:4 can't be read as YAML: Unresolved tag: !gpu"],
  ])("with %s is told where", (_, content, message) => {
    const [fault] = modelConfigFile(content, "f").faults;
    expect(`${fault?.position.line}:${fault?.position.column} ${fault?.problem}`).toBe(message);
  });

  test("of JSON is told about in JSON's own words, with the line", () => {
    const [fault] = modelConfigFile('{\n  "a": 1,\n  "b": 2,\n}\n', "config.json").faults;
    expect(fault).toMatchObject({ position: { file: "config.json", line: 4, column: 1 } });
    expect(fault?.problem).toMatch(/^can't be read as JSON: (?!.*position)/);
  });

  test(
    "of any text gives fields with positions in it, or faults with theirs",
    () => {
      const piece = fc.oneof(
        fc.constantFrom(
          ...text,
          "\n",
          ": ",
          "- ",
          "&a ",
          "*a",
          "? ",
          "!!",
          "{",
          "}",
          "[",
          "]",
          "'",
          '"',
          "|\n",
          "\t",
        ),
        fc.constantFrom("model: a/b\n", "gpus: [L4]\n", "<<: *a\n", "---\n", "%YAML 1.2\n", "...\n"),
        fc.string(),
      );
      const content = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
      fc.assert(
        fc.property(content, fc.constantFrom("model-config.yaml", "config.json"), (written, file) => {
          const { faults, fields, positions } = modelConfigFile(written, file);
          const lines = written.split(/\r\n|\r|\n/);
          for (const { column, line } of [...positions.values(), ...faults.map(({ position }) => position)]) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines.length + 1);
            expect(column).toBeGreaterThanOrEqual(1);
          }
          if (faults.length > 0) expect(fields).toEqual({});
          else expect([...positions.keys()].length).toBeGreaterThanOrEqual(Object.keys(fields).length);
        }),
        { numRuns },
      );
    },
    propertyTimeout,
  );
});
