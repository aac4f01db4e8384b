import type { Environment } from "../../spec/platform.ts";
import type { Resources } from "../services.ts";

/** Pods of the adapter, as they are planned for and as they are made. */
export interface AdapterPods {
  readonly replicas: number;
  readonly resources: Resources;
}

/** 61 MiB and what requests hold. A core passes on 7,000 tokens a second: docs/serving/adapter.md. */
export function adapterPods(environment: Environment): AdapterPods {
  const local = environment === "local";
  return {
    replicas: local ? 1 : 2,
    resources: {
      requests: { cpu: local ? "50m" : "500m", memory: "128Mi" },
      limits: { memory: "512Mi" },
    },
  };
}
