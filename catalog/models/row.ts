import type { CatalogModel, GroupedQueryAttention, ModelShape } from "./architecture.ts";
import { architectureOf } from "./parameters.ts";

/** What a row of the catalog must say of a shape; the rest is that of a plain dense model in bf16. */
type ShapeRow = Pick<
  ModelShape,
  "layers" | "hiddenSize" | "intermediateSize" | "vocabulary" | "attention" | "maxContext"
> &
  Partial<ModelShape>;

type ModelRow = ShapeRow &
  Pick<CatalogModel, "id" | "licence"> &
  Partial<Pick<CatalogModel, "artefacts" | "distilled" | "gated" | "ollama" | "task">>;

/** Shapes that several models share leave out what differs between them. */
export type SharedShape = Omit<ShapeRow, "maxContext">;

const smallEnoughForCpu = 2e9;

/** A row of the catalog, with its parameters counted. */
export function model({
  id,
  licence,
  gated,
  ollama,
  distilled,
  artefacts,
  task = "generate",
  ...shape
}: ModelRow): CatalogModel {
  const architecture = architectureOf({
    tiedEmbeddings: false,
    slidingWindow: undefined,
    experts: undefined,
    towerParameters: 0,
    nextTokenLayers: 0,
    published: "bf16",
    ...shape,
  });
  return {
    ...architecture,
    id,
    task,
    licence,
    gated: gated ?? false,
    ollama,
    distilled: distilled ?? architecture.parameters < smallEnoughForCpu,
    artefacts: artefacts ?? {},
  };
}

/** Attention with `heads` query heads that share `kvHeads` key and value heads. */
export function gqa(heads: number, kvHeads: number, headDim: number): GroupedQueryAttention {
  return { kind: "gqa", heads, kvHeads, headDim };
}
