import type { GoProgram } from "../../toolchain/go.ts";

/** prometheus-adapter of the pinned version. */
export const prometheusAdapterPrograms: readonly GoProgram[] = [
  {
    name: "prometheus-adapter",
    moduleDir: "sandbox/images/prometheus-adapter/server",
    package: "sigs.k8s.io/prometheus-adapter/cmd/adapter",
  },
];
