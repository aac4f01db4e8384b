import { findModel } from "../catalog/models/models.ts";
import type { Position } from "./faults/fault.ts";
import type { Finding } from "./faults/issues.ts";
import { isObject, type Path, pathText } from "./faults/path.ts";
import { either, nearest } from "./faults/wording.ts";
import type { FileFault, ModelConfig, ModelConfigFile, ModelConfigs } from "./modelConfigs.ts";

/** A description whose models say all that their files say. */
export interface Merged {
  readonly data: Readonly<Record<string, unknown>>;
  /** Models that say nothing and have no file to start from. */
  readonly findings: readonly Finding[];
  /** Fields of which nothing can be said, because the file that may have them can't be read. */
  readonly unread: readonly Path[];
  /** Faults of the files that its models use. */
  readonly faults: readonly (FileFault & { readonly path: Path })[];
  /** Where a value stands that came from a file; undefined for what the description itself says. */
  readonly positionOf: (path: Path) => Position | undefined;
}

/**
 * Starts each model from the fields of its `model-config.yaml`: those that the description gives replace them, whole
 * fields at a time. A `config.json` beside it is the architecture of a model that has none and that the catalog
 * doesn't know.
 */
export function mergeModelConfigs(data: Readonly<Record<string, unknown>>, configs: ModelConfigs): Merged {
  const { models } = data;
  if (!isObject(models)) return { data, findings: [], unread: [], faults: [], positionOf: () => undefined };

  const merged = Object.entries(models).map(([name, entry]) => {
    const config = configs.get(name);
    return {
      name,
      ...(config && isObject(entry) ? mergeModel(entry, config) : { fields: entry, files: [] }),
    };
  });
  const files = new Map(merged.map(({ name, files }) => [name, files]));
  return {
    data: { ...data, models: Object.fromEntries(merged.map(({ fields, name }) => [name, fields])) },
    findings: Object.entries(models).flatMap(([name, entry]) =>
      isObject(entry) && entry.model === undefined && !configs.has(name)
        ? [{ path: ["models", name, "model"], problem: withoutFile(name, [...configs.keys()]) }]
        : [],
    ),
    unread: merged.flatMap(({ files, name }) =>
      files
        .filter(({ file }) => file.faults.length > 0)
        .map(({ whenUnread }) => ["models", name, whenUnread]),
    ),
    faults: merged.flatMap(({ files, name }) =>
      files.flatMap(({ file }) => file.faults.map((fault) => ({ ...fault, path: ["models", name] }))),
    ),
    positionOf: ([section, name, ...rest]) => {
      if (section !== "models") return undefined;
      return files
        .get(String(name))
        ?.map((file) => positionIn(file, rest))
        .find((found) => found !== undefined);
    },
  };
}

function withoutFile(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const meant = near.length > 0 ? `did you mean ${either(near)}? ` : "";
  return `is missing, and there is no m2m/${name}/model-config.yaml to take it from: ${meant}needs a Hugging Face id such as Qwen/Qwen3-8B`;
}

/** A file with the part of it that was taken: the fields, and under which path the file's own begins. */
interface UsedFile {
  readonly file: ModelConfigFile;
  readonly fields: ReadonlySet<string>;
  readonly under: Path;
  /** Required field that is missing without it. */
  readonly whenUnread: "model" | "architecture";
}

function mergeModel(
  entry: Readonly<Record<string, unknown>>,
  { huggingFace, yaml }: ModelConfig,
): { readonly fields: unknown; readonly files: readonly UsedFile[] } {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
  const fields: Record<string, unknown> = { ...yaml.fields, ...given };
  const taken = Object.keys(yaml.fields).filter((name) => !Object.hasOwn(given, name));
  const files: UsedFile[] = [{ file: yaml, fields: new Set(taken), under: [], whenUnread: "model" }];
  const { architecture, model } = fields;
  if (huggingFace && architecture === undefined && typeof model === "string" && !findModel(model)) {
    fields.architecture = huggingFace.fields;
    const part = { fields: new Set(["architecture"]), under: ["architecture"] };
    files.push({ file: huggingFace, ...part, whenUnread: "architecture" });
  }
  return { fields, files };
}

/** Of the value itself, or of the nearest that holds the place where it is missing. */
function positionIn({ fields, file, under }: UsedFile, path: Path): Position | undefined {
  const [field] = path;
  if (field === undefined || !fields.has(String(field))) return undefined;
  for (let steps = path.slice(under.length); steps.length > 0; steps = steps.slice(0, -1)) {
    const position = file.positions.get(pathText(steps));
    if (position) return position;
  }
  return { file: file.file, line: 1, column: 1 };
}
