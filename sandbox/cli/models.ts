import type { StackService } from "./services.ts";

/** What people must know who ask a model of the sandbox. */
export const standIns =
  "In the sandbox every model is a tiny one with random weights: its tokens are real, what it says makes no sense.";

/** Whether the platform serves any. */
export const servesModels = (services: readonly Pick<StackService, "name">[]): boolean =>
  services.some(({ name }) => name === adapter);

const adapter = "adapter";

/** How to ask a model, as commands for a shell; none where there is no model. */
export function askingModels(services: readonly StackService[], url: (path: string) => string): string[] {
  const front = services.find(({ name }) => name === adapter);
  if (front?.path === undefined || front.auth.kind === "none") return [];
  const { keys, secret } = front.auth;
  const model = services.find(
    ({ name, workload }) => name !== adapter && workload.namespace === front.workload.namespace,
  );
  const body = { model: model?.name, messages: [{ role: "user", content: "Why is the sky blue?" }] };
  const key = `kubectl get secret ${secret.name} -n ${secret.namespace} -o jsonpath={.data.${keys[0]}}`;
  return [
    "Ask a model, as with OpenAI:",
    `  KEY=$(node sandbox/cli/main.mjs ${key} | base64 -d)`,
    `  curl ${url(front.path)}/chat/completions -H "Authorization: Bearer $KEY" \\`,
    `    -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
  ];
}
