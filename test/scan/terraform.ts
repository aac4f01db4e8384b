import { execa } from "execa";
import { z } from "zod";
import { buildProvider } from "../../sandbox/aws/provider.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { isObject } from "../../spec/faults/path.ts";
import type { Identity, Rendered } from "../support/render.ts";

/** What Terraform calls the properties of a type, by what Pulumi calls them. */
interface Properties {
  readonly [name: string]: {
    readonly terraform: string;
    /** Whether it is a list in Pulumi, and a list or a set in Terraform: one of at most one item is none in Pulumi. */
    readonly list: boolean;
    readonly collection: boolean;
    readonly object?: Properties | undefined;
  };
}

const propertiesSchema: z.ZodType<Properties> = z.lazy(() =>
  z.record(
    z.string(),
    z.object({
      terraform: z.string(),
      list: z.boolean(),
      collection: z.boolean(),
      object: propertiesSchema.optional(),
    }),
  ),
);
const namesSchema = z.object({
  types: z.record(z.string(), z.string()),
  resources: z.record(z.string(), propertiesSchema),
});

/** The names of the Terraform AWS provider. */
export type TerraformNames = z.output<typeof namesSchema>;

/** Asks the Terraform AWS provider itself, behind Pulumi's bridge. */
export async function terraformNames(): Promise<TerraformNames> {
  const { stdout } = await execa(await buildProvider(silent), ["names"]);
  return namesSchema.parse(JSON.parse(stdout));
}

/** Makes generated values tell whose they are, so that they can be written as references. */
export const marked: Identity = (type, name) => `<${type}|${name}>`;
const mark = /<([^|<>]+)\|([^|<>]+)>-(\w+)/;

/** A resource in a plan. */
interface Planned {
  readonly address: string;
  readonly mode: "managed";
  readonly type: string;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

interface Configured extends Pick<Planned, "address" | "mode" | "type" | "name"> {
  readonly expressions: Readonly<Record<string, { readonly references: readonly string[] }>>;
}

/** A plan as `terraform show -json` writes it: the parts that tools judge. */
export interface TerraformPlan {
  readonly format_version: "1.2";
  readonly terraform_version: string;
  readonly planned_values: { readonly root_module: { readonly resources: readonly Planned[] } };
  readonly configuration: { readonly root_module: { readonly resources: readonly Configured[] } };
}

/**
 * The AWS resources of an environment as Terraform would plan them. What AWS generates is unknown in a plan and there is a
 * reference in its place.
 * @param resources rendered with `marked` identities
 * @throws Error for a type or a property that Terraform doesn't have
 */
export function terraformPlan(resources: readonly Rendered[], names: TerraformNames): TerraformPlan {
  const ours = resources.filter(({ type }) => type.startsWith("aws:"));
  const writer = new Writer(ours, names);
  const written = ours.map((resource) => writer.write(resource));
  return {
    format_version: "1.2",
    terraform_version: "1.9.0",
    planned_values: { root_module: { resources: written.map(({ planned }) => planned) } },
    configuration: { root_module: { resources: written.map(({ configured }) => configured) } },
  };
}

/** Properties that name another resource by a name that the program knows, by the name's own property. */
const named: Readonly<Record<string, { readonly type: string; readonly property: string }>> = {
  bucket: { type: "aws:s3/bucket:Bucket", property: "bucket" },
  role: { type: "aws:iam/role:Role", property: "name" },
  repository: { type: "aws:ecr/repository:Repository", property: "name" },
};

class Writer {
  readonly #resources: readonly Rendered[];
  readonly #names: TerraformNames;

  constructor(resources: readonly Rendered[], names: TerraformNames) {
    this.#resources = resources;
    this.#names = names;
  }

  write(resource: Rendered): { readonly planned: Planned; readonly configured: Configured } {
    const { inputs, name, type } = resource;
    const head = {
      address: this.#address(type, name),
      mode: "managed" as const,
      type: this.#type(type),
      name,
    };
    const given = this.#object(inputs, this.#names.resources[type] ?? {}, type);
    const references = Object.fromEntries(
      Object.entries(inputs).flatMap(([property, value]) => {
        const found = this.#referred(property, value, resource);
        return found.length === 0 ? [] : [[this.#terraformName(type, property), { references: found }]];
      }),
    );
    const known = Object.entries(given).filter(
      ([property, value]) => !(property in references && isUnknown(value)),
    );
    return {
      planned: { ...head, values: Object.fromEntries(known) },
      configured: { ...head, expressions: references },
    };
  }

  #type(type: string): string {
    const terraform = this.#names.types[type];
    if (terraform === undefined)
      throw new Error(`${type} is no type that the Terraform provider was built with`);
    return terraform;
  }

  #address(type: string, name: string): string {
    return `${this.#type(type)}.${name}`;
  }

  #terraformName(type: string, property: string): string {
    const terraform = this.#names.resources[type]?.[property]?.terraform;
    if (terraform === undefined) throw new Error(`${type} has no property ${property} in Terraform`);
    return terraform;
  }

  #object(value: object, properties: Properties, where: string): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const property = properties[key];
        if (property === undefined) throw new Error(`${where} has no property ${key} in Terraform`);
        const written = this.#value(item, property, `${where}.${key}`);
        return [property.terraform, property.collection && !property.list ? [written] : written];
      }),
    );
  }

  #value(value: unknown, { object }: { readonly object?: Properties | undefined }, where: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, { object }, where));
    if (isObject(value)) return object === undefined ? value : this.#object(value, object, where);
    return typeof value === "string" ? this.#text(value) : value;
  }

  /** A text with references in the places of generated values. */
  #text(text: string): string {
    return text.replace(new RegExp(mark, "g"), (_, type: string, name: string, attribute: string) =>
      this.#names.types[type] === undefined
        ? `${name}-${attribute}`
        : `${this.#address(type, name)}.${attribute}`,
    );
  }

  /** Addresses that a property refers to, each with and without the attribute, as Terraform lists them. */
  #referred(property: string, value: unknown, { type }: Rendered): string[] {
    const marks = [...JSON.stringify(value).matchAll(new RegExp(mark, "g"))];
    const generated = marks.flatMap(([, of = "", name = "", attribute]) =>
      this.#names.types[of] === undefined
        ? []
        : [`${this.#address(of, name)}.${attribute}`, this.#address(of, name)],
    );
    const target = named[property];
    const known =
      target === undefined || target.type === type
        ? undefined
        : this.#resources.find((it) => it.type === target.type && it.inputs[target.property] === value);
    return known === undefined ? generated : [...generated, this.#address(known.type, known.name)];
  }
}

/** Whether nothing of a planned value is known. */
const isUnknown = (value: unknown): boolean =>
  typeof value === "string" && /^aws_\w+\.[\w-]+\.\w+$/.test(value);
