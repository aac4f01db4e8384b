import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { Position } from "./faults/fault.ts";
import { isObject, type Path, pathText } from "./faults/path.ts";
import { plainData } from "./faults/plain.ts";

/** One file that describes a model: what it says and where, or why it can't be read. */
export interface ModelConfigFile {
  /** For messages: `m2m/tinyllama/model-config.yaml`. */
  readonly file: string;
  /** Its fields; none for a file with faults. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Where the values stand, by their path as text: `gpus[0]`. */
  readonly positions: ReadonlyMap<string, Position>;
  readonly faults: readonly FileFault[];
}

export interface FileFault {
  readonly problem: string;
  readonly position: Position;
}

/** What `m2m/<name>/` says about a model. */
export interface ModelConfig {
  readonly yaml: ModelConfigFile;
  /** The model's Hugging Face `config.json`, where it lies beside the YAML. */
  readonly huggingFace: ModelConfigFile | undefined;
}

/** By name. */
export type ModelConfigs = ReadonlyMap<string, ModelConfig>;

/**
 * Reads every `<folder>/<name>/model-config.yaml`, with the `config.json` beside it, in the order of their names. A
 * file that can't be read is there with its faults, so that only who uses it is stopped by them; a folder that
 * doesn't exist has no models.
 */
export function readModelConfigs(folder: string): ModelConfigs {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(
    names
      .filter((name) => existsSync(join(folder, name, "model-config.yaml")))
      .map((name) => [name, readModelConfig(folder, name)]),
  );
}

function readModelConfig(folder: string, name: string): ModelConfig {
  const shownAs = (file: string) => `${basename(folder)}/${name}/${file}`;
  const read = (file: string) => {
    try {
      return modelConfigFile(readFileSync(join(folder, name, file), "utf8"), shownAs(file));
    } catch (error) {
      return unreadable(shownAs(file), `can't be read: ${error instanceof Error ? error.message : error}`);
    }
  };
  return {
    yaml: read("model-config.yaml"),
    huggingFace: existsSync(join(folder, name, "config.json")) ? read("config.json") : undefined,
  };
}

/** Reads YAML, and JSON by its file's name: it is YAML as well, but its faults are told in its own words. */
export function modelConfigFile(text: string, file: string): ModelConfigFile {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { col, line } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const notJson = file.endsWith(".json") ? jsonFault(text, file) : undefined;
  if (notJson) return { file, fields: {}, positions: new Map(), faults: [notJson] };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: "core" });
  const faults = [
    ...firstOfEachLine(
      [...document.errors, ...document.warnings].map((error) => ({
        problem: syntaxProblem(error, text),
        position: at(error.pos[0]),
      })),
    ),
    ...beyondJson(document, at),
  ];
  if (faults.length > 0) return { file, fields: {}, positions: new Map(), faults };

  const { data } = plainData(document.toJS());
  if (!isObject(data)) return unreadable(file, "needs fields, such as model: Qwen/Qwen3-8B");
  return { file, fields: data, positions: positionsIn(document.contents, at), faults };
}

function unreadable(file: string, problem: string): ModelConfigFile {
  const position = { file, line: 1, column: 1 };
  return { file, fields: {}, positions: new Map(), faults: [{ problem, position }] };
}

/** A slip makes a parser stumble several times over the same line. */
function firstOfEachLine(faults: readonly FileFault[]): FileFault[] {
  const lines = faults.map(({ position }) => position.line);
  return faults.filter(({ position }, index) => lines.indexOf(position.line) === index);
}

/** V8 tells most faults with "in JSON at position 49". */
function jsonFault(text: string, file: string): FileFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/ at position (\d+)/.exec(message)?.[1] ?? 0);
    const problem = `can't be read as JSON: ${message.replace(/ in JSON at position.*/, "")}`;
    const before = text.slice(0, offset).split("\n");
    return { problem, position: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 } };
  }
}

function syntaxProblem({ code, message, pos }: YAMLError, text: string): string {
  if (code === "MULTIPLE_DOCS") return "starts a second document: one file describes one model";
  if (code !== "DUPLICATE_KEY") return `can't be read as YAML: ${message}`;
  const key = /^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? "a field";
  return `${key} stands here for the second time`;
}

/** What YAML has and JSON has not, and what would not survive in an object. */
function beyondJson(document: Document, at: (offset: number) => Position): FileFault[] {
  const faults: FileFault[] = [];
  const refuse = (node: Node, problem: string) => {
    faults.push({ problem, position: at(node.range?.[0] ?? 0) });
  };
  visit(document, {
    Alias: (_, node) => refuse(node, `*${node.source}: write the value out, aliases are not read`),
    Pair: (_, { key }) => {
      if (isNode(key) && !isScalar(key)) refuse(key, "is no name that a field may have");
      if (isScalar(key) && key.value === "__proto__")
        refuse(key, "__proto__ is no name that a field may have");
    },
  });
  return faults;
}

/** Of every field the position of its value, or of its name where it has none; of every element of a list. */
function positionsIn(contents: unknown, at: (offset: number) => Position): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  const start = (node: unknown) => (isNode(node) ? node.range?.[0] : undefined);
  const walk = (node: unknown, path: Path) => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = String(isScalar(key) ? key.value : key);
        note(isScalar(value) && value.value === null ? key : value, key, [...path, name]);
        walk(value, [...path, name]);
      }
    }
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        note(item, item, [...path, index]);
        walk(item, [...path, index]);
      });
    }
  };
  const note = (node: unknown, otherwise: unknown, path: Path) => {
    const offset = start(node) ?? start(otherwise);
    if (offset !== undefined) positions.set(pathText(path), at(offset));
  };
  walk(contents, []);
  return positions;
}
