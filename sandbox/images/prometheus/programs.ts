import { images } from "../../../catalog/images.ts";
import type { GoProgram } from "../../toolchain/go.ts";

/** Prometheus of the pinned version. Of the ways to find targets it has Kubernetes': the others are half of its build. */
export const prometheusPrograms: readonly GoProgram[] = [
  {
    name: "prometheus",
    moduleDir: "sandbox/images/prometheus/server",
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    ldflags: `-X github.com/prometheus/common/version.Version=${images.prometheus.version}`,
    tags: ["remove_all_sd", "enable_kubernetes_sd"],
  },
];
