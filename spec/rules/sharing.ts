import { gpu, gpuNames } from "../../catalog/gpus.ts";
import type { Finding } from "../faults/issues.ts";
import { either } from "../faults/wording.ts";
import type { ModelInPlace, ModelRule, PlacedModelRule } from "./model.ts";

/** One way to share a card, not two and not none. */
export const oneSharing: ModelRule = ({ spec: { gpuSharing } }) => {
  if (gpuSharing === undefined) return [];
  const { mig, timeSlicing } = gpuSharing;
  if ((mig === undefined) !== (timeSlicing === undefined)) return [];
  const problem = `needs either mig or timeSlicing${mig === undefined ? "" : ", not both: slices are there so that nobody has to wait"}`;
  return [{ path: ["gpuSharing"], problem }];
};

/** A share is part of one card, and vLLM's memory is what is counted for it. */
export const sharing: PlacedModelRule = (model) => {
  const { engine, spec } = model;
  if (spec.gpuSharing === undefined) return [];
  const findings: Finding[] = [];
  if (engine !== "vllm") {
    const problem = `a share of a GPU is for vllm, and the engine is ${engine}: leave it out, or take vllm`;
    findings.push({ path: ["gpuSharing"], problem });
  }
  if (spec.server === "triton") {
    const problem = "triton takes whole GPUs, and gpuSharing asks for a share of one: take native";
    findings.push({ path: ["server"], problem });
  }
  for (const field of ["tensorParallel", "pipelineParallel"] as const) {
    const wanted = spec[field] ?? 1;
    if (wanted === 1) continue;
    const problem = `makes ${wanted} GPUs, and gpuSharing asks for a share of one: leave out one of the two`;
    findings.push({ path: [field], problem });
  }
  return [...findings, ...withoutSlices(model)];
};

/** Cards that can't be cut as it is asked: those that are named, or all that there are. */
function withoutSlices({ gpus, spec }: ModelInPlace): Finding[] {
  const mig = spec.gpuSharing?.mig;
  if (mig === undefined || gpus.length === 0) return [];
  const cut = (name: (typeof gpuNames)[number]) => Object.hasOwn(gpu(name).mig, mig);
  const cards = either(gpuNames.filter(cut));
  if (spec.gpus !== undefined) {
    return spec.gpus.flatMap((name, index) =>
      cut(name)
        ? []
        : [{ path: ["gpus", index], problem: `can't be cut into ${mig} by MIG: that takes ${cards}` }],
    );
  }
  if (gpus.some(cut)) return [];
  const problem = `none of ${gpus.join(", ")} can be cut so, and there is no other: that takes ${cards}`;
  return [{ path: ["gpuSharing", "mig"], problem }];
}
