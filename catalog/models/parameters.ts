import type { Attention, Experts, ModelArchitecture, ModelShape, VisionTower } from "./architecture.ts";

/**
 * Adds up the parameters of a shape.
 *
 * Counted are the matrices; norms, biases, routers' biases and attention sinks are left out: together they are less
 * than 0.1 % of any model here. With h = hiddenSize, per layer:
 *
 *     grouped queries   h * headDim * (heads + 2 * kvHeads)  +  heads * headDim * h
 *     latent            queries  h * q + q * heads * (nope + rope), or h * heads * (nope + rope) uncompressed
 *                       keys, values  h * (kv + rope) + kv * heads * (nope + value)  +  heads * value * h
 *     feed-forward      3 * h * intermediateSize  (gate, up, down)
 *     experts           (count + shared) * 3 * h * intermediateSize  +  h * count  (router)
 *
 * and vocabulary * h for the embedding, once more for an output head of its own. A layer for multi-token prediction
 * is one more layer with a 2h * h projection and copies of embedding and head.
 * Source of the shapes: Hugging Face transformers 5.23.0, models/<model_type>/modeling_*.py.
 */
export function architectureOf(shape: ModelShape): ModelArchitecture {
  const { layers, hiddenSize, vocabulary, tiedEmbeddings, experts } = shape;
  const embedding = vocabulary * hiddenSize;
  const embeddingParameters = tiedEmbeddings ? embedding : 2 * embedding;
  const attention = attentionParameters(shape.attention, hiddenSize);
  const dense = 3 * hiddenSize * shape.intermediateSize;
  const denseLayers = experts ? experts.denseLayers : layers;
  const routed = experts ? experts.count * expertParameters(experts, hiddenSize) : 0;
  const always = experts
    ? experts.shared * expertParameters(experts, hiddenSize) + hiddenSize * experts.count
    : 0;
  const allRouted = (layers - denseLayers) * routed;
  const parameters =
    embeddingParameters +
    shape.towerParameters +
    layers * attention +
    denseLayers * dense +
    (layers - denseLayers) * always +
    allRouted;
  const idle = experts ? (allRouted * (experts.count - experts.active)) / experts.count : 0;
  return {
    ...shape,
    parameters,
    activeParameters: parameters - idle - (tiedEmbeddings ? 0 : embedding),
    embeddingParameters,
    expertParameters: allRouted,
    draftParameters:
      shape.nextTokenLayers *
      (attention + (experts ? routed + always : dense) + 2 * hiddenSize ** 2 + embeddingParameters),
  };
}

/**
 * Parameters of a vision tower and the projection from its width to the model's: with v = its hiddenSize,
 *
 *     layers * (4 v^2 + 2 v * intermediateSize)  +  patches of 3 colours  +  a position per patch  +  v * hiddenSize
 */
export function towerParameters(tower: VisionTower, hiddenSize: number): number {
  const { layers, hiddenSize: v, intermediateSize, patchSize, imageSize } = tower;
  const patches = Math.floor(imageSize / patchSize) ** 2;
  return layers * (4 * v ** 2 + 2 * v * intermediateSize) + v * (3 * patchSize ** 2 + patches + hiddenSize);
}

function attentionParameters(attention: Attention, hiddenSize: number): number {
  if (attention.kind === "gqa") {
    const { heads, kvHeads, headDim } = attention;
    return hiddenSize * headDim * (heads + 2 * kvHeads) + heads * headDim * hiddenSize;
  }
  const { heads, qLoraRank, kvLoraRank, ropeHeadDim, nopeHeadDim, valueHeadDim } = attention;
  const queryWidth = heads * (nopeHeadDim + ropeHeadDim);
  const queries =
    qLoraRank === undefined ? hiddenSize * queryWidth : hiddenSize * qLoraRank + qLoraRank * queryWidth;
  const keysAndValues =
    hiddenSize * (kvLoraRank + ropeHeadDim) + kvLoraRank * heads * (nopeHeadDim + valueHeadDim);
  return queries + keysAndValues + heads * valueHeadDim * hiddenSize;
}

function expertParameters({ intermediateSize }: Experts, hiddenSize: number): number {
  return 3 * hiddenSize * intermediateSize;
}
