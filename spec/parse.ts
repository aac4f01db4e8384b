import type { z } from "zod";
import { type Fault, type Position, SpecError } from "./faults/fault.ts";
import { type Finding, findings } from "./faults/issues.ts";
import { byPosition, isObject, pathText, valueAt, withinAny } from "./faults/path.ts";
import { plainData } from "./faults/plain.ts";
import { kind, shown } from "./faults/wording.ts";
import { soundParts } from "./judged.ts";
import { type Merged, mergeModelConfigs } from "./merge.ts";
import type { ModelConfigs } from "./modelConfigs.ts";
import {
  awsSchema,
  environments,
  localSchema,
  misplaced,
  misplacedInGateway,
  type PlatformSpec,
  undecidedSchema,
} from "./platform.ts";
import { broken } from "./rules/rules.ts";

export { type Fault, SpecError } from "./faults/fault.ts";
export { unknownName } from "./faults/wording.ts";

export interface ParseOptions {
  /** What `models` start from: `readModelConfigs("m2m")`. Default: nothing, each entry says all. */
  readonly modelConfigs?: ModelConfigs;
}

/**
 * Checks a description once, at the edge, and fills its defaults. Whatever is given, however odd, the answer is a
 * platform or a SpecError.
 * @param source what to call it in messages, for example `stacks/dev.ts`
 * @throws SpecError with every fault, in the order in which they stand
 */
export function parsePlatform(input: unknown, source: string, options: ParseOptions = {}): PlatformSpec {
  const { data, refused } = plainData(input);
  if (!isObject(data)) {
    const problem =
      refused[0]?.problem ?? `needs an object { environment, ownership, ... }, not ${kind(data)}`;
    throw new SpecError(source, [{ path: "", value: shownIfAny(data), problem, position: undefined }]);
  }
  const merged = mergeModelConfigs(data, options.modelConfigs ?? new Map());
  const { issues, schema, spec } = checked(merged.data);
  const explained: Finding[] = [...refused, ...misplacedParts(data), ...merged.findings];
  const isExplained = withinAny([...explained.map(({ path }) => path), ...merged.unread]);
  const found: Finding[] = [
    ...explained,
    ...[...findings(issues, schema, merged.data), ...broken(spec ?? soundParts(merged.data))].filter(
      ({ path }) => !isExplained(path),
    ),
  ];
  if (spec && found.length === 0 && merged.faults.length === 0) return spec;
  throw new SpecError(source, faultsOf(found, merged, data));
}

function misplacedParts(data: Readonly<Record<string, unknown>>): Finding[] {
  const environment = environments.find((name) => name === data.environment);
  if (environment === undefined) return [];
  const gateway = isObject(data.gateway) ? Object.keys(data.gateway) : [];
  return [
    ...Object.keys(data).map((section) => ({ path: [section], problem: misplaced(section, environment) })),
    ...gateway.map((field) => ({
      path: ["gateway", field],
      problem: misplacedInGateway(field, environment),
    })),
  ].flatMap(({ path, problem }) => (problem === undefined ? [] : [{ path, problem }]));
}

interface Checked {
  readonly spec: PlatformSpec | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
  readonly schema: z.core.$ZodType;
}

function checked(data: Readonly<Record<string, unknown>>): Checked {
  if (localSchema.shape.environment.safeParse(data.environment).success) {
    const { data: spec, error } = localSchema.safeParse(data);
    return { spec, issues: error?.issues ?? [], schema: localSchema };
  }
  if (awsSchema.shape.environment.safeParse(data.environment).success) {
    const { data: spec, error } = awsSchema.safeParse(data);
    return { spec, issues: error?.issues ?? [], schema: awsSchema };
  }
  const { error } = undecidedSchema.safeParse(data);
  return { spec: undefined, issues: error?.issues ?? [], schema: undecidedSchema };
}

function faultsOf(found: readonly Finding[], merged: Merged, written: unknown): Fault[] {
  const order = byPosition(written);
  const places = [
    ...merged.faults.map((fault) => ({ ...fault, value: undefined })),
    ...found.map(({ path, problem }) => ({
      path,
      problem,
      value: shownIfAny(valueAt(merged.data, path)),
      position: merged.positionOf(path),
    })),
  ];
  return places
    .sort((one, other) => order(one.path, other.path) || inFile(one.position, other.position))
    .map((fault) => ({ ...fault, path: pathText(fault.path) }));
}

/** What one file says stands in its own order; positions in different files say nothing. */
function inFile(one: Position | undefined, other: Position | undefined): number {
  if (!one || !other || one.file !== other.file) return 0;
  return one.line - other.line || one.column - other.column;
}

function shownIfAny(value: unknown): string | undefined {
  return value === undefined ? undefined : shown(value);
}
