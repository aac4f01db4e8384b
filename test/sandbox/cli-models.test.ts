import { describe, expect, test } from "vitest";
import { askingModels, servesModels } from "../../sandbox/cli/models.ts";
import type { StackService } from "../../sandbox/cli/services.ts";

const workload = (name: string) => ({ kind: "Deployment", namespace: "ai-models", name }) as const;
const services: StackService[] = [
  {
    name: "mlflow",
    path: "/mlflow",
    workload: { ...workload("mlflow"), namespace: "ai-tracking" },
    auth: { kind: "none" },
  },
  { name: "tinyllama", workload: workload("tinyllama"), auth: { kind: "none" } },
  {
    name: "adapter",
    path: "/llm/v1",
    workload: workload("adapter"),
    auth: {
      kind: "bearer",
      secret: { namespace: "ai-models", name: "adapter-keys-team" },
      user: "team",
      keys: ["2026-11"],
    },
  },
];

describe("how to ask a model", () => {
  test("names the team's key, the adapter's URL and a model that there is", () => {
    const lines = askingModels(services, (path) => `http://localhost:8080${path}`).join("\n");
    expect(lines).toContain("get secret adapter-keys-team -n ai-models -o jsonpath={.data.2026-11}");
    expect(lines).toContain("curl http://localhost:8080/llm/v1/chat/completions");
    expect(lines).toContain('"model":"tinyllama"');
  });

  test("is said only where models are served", () => {
    expect(servesModels(services)).toBe(true);
    expect(servesModels(services.slice(0, 1))).toBe(false);
    expect(askingModels(services.slice(0, 1), String)).toEqual([]);
  });
});
