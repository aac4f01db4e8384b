import { quantizations } from "../../catalog/quantizations.ts";
import type { Finding } from "../faults/issues.ts";
import type { ModelInPlace, PlacedModelRule } from "./model.ts";

/** What an environment without GPUs can't do at all. */
export const withoutGpus: PlacedModelRule = ({ engine, environment, spec, supply }) => {
  if (supply.size > 0) return [];
  const none = `${environment} has no GPU`;
  const findings: Finding[] = [];
  if (engine !== "ollama") {
    findings.push({
      path: ["engine"],
      problem: `${none}, which ${engine} needs: there, ollama serves quantized or distilled models on the CPU`,
    });
  }
  if (spec.gpus) {
    findings.push({
      path: ["gpus"],
      problem: `${none}: leave it out, or describe the model under another name`,
    });
  }
  return findings;
};

/** A CPU is for models that are quantized or small: others answer too slowly to be of use. */
export const onCpuQuantized: PlacedModelRule = (model) => {
  const { id, known, onCpu } = model;
  if (!onCpu) return [];
  return model.formats.flatMap(({ name, path }) => {
    const { cpu, bits } = quantizations[name];
    if (!cpu || bits.layers < 16 || known?.distilled) return [];
    return [
      {
        path,
        problem: `${why(model)}, and a CPU takes quantized or distilled models: ${name} is not quantized and ${id} is not known to be distilled. Take q4_K_M or q8_0`,
      },
    ];
  });
};

function why({ environment, supply }: ModelInPlace): string {
  return supply.size === 0
    ? `${environment} has no GPU`
    : "ollama runs on the CPU where a model names no gpus";
}
