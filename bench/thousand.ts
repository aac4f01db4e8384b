import { WebService } from "../components/kubernetes/webService.ts";

/** Custom resources that one web service without a route consists of. */
export const resourcesPerService = 5;

/** A program of many resources, written as ours are: one component per service. */
export function manyServices(count: number): void {
  for (let index = 0; index < count; index++) {
    new WebService(`service-${index}`, {
      app: `service-${index}`,
      namespace: "bench",
      labels: { "app.kubernetes.io/part-of": "ai-platform", environment: "bench" },
      image: "example/service:1.0.0",
      command: ["serve"],
      env: { INDEX: String(index) },
      port: 8000,
      health: { ready: "/readyz", alive: "/healthz", startSeconds: 60 },
      replicas: 2,
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      user: 10001,
      from: [{ namespace: "ai-gateway", app: "traefik" }],
      to: ["aws"],
    });
  }
}
