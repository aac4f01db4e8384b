import type { z } from "zod";
import { capacitySchema } from "./capacity.ts";
import { isObject } from "./faults/path.ts";
import { type ModelSpec, modelSchema } from "./models.ts";
import { type Environment, environments } from "./platform.ts";
import { retrievalSchema } from "./retrieval.ts";
import {
  accessSchema,
  anyGatewaySchema,
  budgetSchema,
  cloudSchema,
  clusterSchema,
  networkSchema,
  nlpSchema,
  postgresSchema,
  storageSchema,
} from "./sections.ts";
import { trainingSchema } from "./training.ts";

/**
 * What rules that look at several fields at once can judge: a whole description, or of a faulty one the sections and
 * models that have no fault of their own.
 */
export interface Judged {
  readonly environment: Environment | undefined;
  readonly cloud?: z.output<typeof cloudSchema> | undefined;
  readonly budget?: z.output<typeof budgetSchema> | undefined;
  readonly network?: z.output<typeof networkSchema> | undefined;
  readonly cluster?: z.output<typeof clusterSchema> | undefined;
  readonly gateway?: z.output<typeof anyGatewaySchema> | undefined;
  readonly storage?: z.output<typeof storageSchema> | undefined;
  readonly capacity?: z.output<typeof capacitySchema> | undefined;
  readonly retrieval?: z.output<typeof retrievalSchema> | undefined;
  readonly nlp?: z.output<typeof nlpSchema> | undefined;
  readonly postgres?: z.output<typeof postgresSchema> | undefined;
  readonly access?: z.output<typeof accessSchema> | undefined;
  readonly training?: z.output<typeof trainingSchema> | undefined;
  readonly models: Readonly<Record<string, ModelSpec>>;
  /** Of all models, the faulty ones too. Undefined: none is faulty. */
  readonly modelNames?: readonly string[] | undefined;
}

/** The sound parts of a description. */
export function soundParts(data: Readonly<Record<string, unknown>>): Judged {
  const environment = environments.find((name) => name === data.environment);
  const models = isObject(data.models) ? Object.entries(data.models) : [];
  return {
    environment,
    modelNames: models.map(([name]) => name),
    models: Object.fromEntries(
      models.flatMap(([name, entry]) => {
        const model = sound(modelSchema, entry);
        return model ? [[name, model]] : [];
      }),
    ),
    access: sound(accessSchema, data.access ?? {}),
    nlp: sound(nlpSchema, data.nlp ?? {}),
    retrieval: sound(retrievalSchema, data.retrieval ?? {}),
    gateway: sound(anyGatewaySchema, data.gateway ?? {}),
    postgres: sound(postgresSchema, data.postgres ?? {}),
    ...(environment !== "local" && {
      cloud: sound(cloudSchema, data.cloud),
      budget: sound(budgetSchema, data.budget),
      network: sound(networkSchema, data.network ?? {}),
      cluster: sound(clusterSchema, data.cluster ?? {}),
      storage: sound(storageSchema, data.storage ?? {}),
      capacity: sound(capacitySchema, data.capacity ?? {}),
      training: sound(trainingSchema, data.training ?? {}),
    }),
  };
}

function sound<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> | undefined {
  return schema.safeParse(data).data;
}
