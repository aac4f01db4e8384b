import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import type { Rule } from "./rule.ts";

/** In lists of names, each stands once: the order of some means something, and a double is a slip. */
export const namedOnce: Rule = ({ access, capacity, gateway, models, network }) => [
  ...doubles(["capacity", "purchase"], capacity?.purchase),
  ...doubles(["capacity", "families"], capacity?.families),
  ...doubles(["capacity", "gpus"], capacity?.gpus),
  ...doubles(["gateway", "allowedCidrs"], gateway?.allowedCidrs),
  ...doubles(["network", "zones"], network?.zones),
  ...doubles(["network", "interfaceEndpoints"], network?.interfaceEndpoints),
  ...Object.entries(access?.teams ?? {}).flatMap(([team, { keys, models: asked }]) => [
    ...doubles(["access", "teams", team, "keys"], keys),
    ...doubles(["access", "teams", team, "models"], asked),
  ]),
  ...Object.entries(models).flatMap(([name, { clients, fallbacks, gpus, purchase, quantization }]) => [
    ...doubles(["models", name, "clients"], clients),
    ...doubles(["models", name, "fallbacks"], fallbacks),
    ...doubles(["models", name, "gpus"], gpus),
    ...doubles(["models", name, "purchase"], purchase),
    ...doubles(["models", name, "quantization"], Array.isArray(quantization) ? quantization : undefined),
  ]),
];

function doubles(path: Path, names: readonly string[] = []): Finding[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ path: [...path, index], problem: "stands in this list twice" }],
  );
}
