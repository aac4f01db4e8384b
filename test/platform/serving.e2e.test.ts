import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { serviceEnvironment } from "../../sandbox/cli/testing/python.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { adapterOrigin, eventually, inPod, kubectl, kubectlOutput, teamKey } from "../support/local.ts";

/** The running platform's models, as clients reach them: through Traefik and the adapter, behind it Ollama and llama.cpp. */

const minutes = (count: number) => count * 60_000;

/** Deterministic, and longer than its answers may be: what it says never comes to an end by itself. */
const endless = { model: "tinyllama", temperature: 0, messages: [{ role: "user", content: "hi" }] };

const embedder = "qwen3-embedding-0.6b";

let origin = "";
const keys: Record<"platform-team" | "trial", string> = { "platform-team": "", trial: "" };

beforeAll(async () => {
  origin = await adapterOrigin();
  for (const team of ["platform-team", "trial"] as const) keys[team] = await teamKey(team);
}, minutes(1));

interface Asked {
  readonly key?: string;
  readonly method?: string;
  readonly signal?: AbortSignal;
}

function ask(path: string, body: object | undefined, { key = keys["platform-team"], ...more }: Asked = {}) {
  return fetch(`${origin}${path}`, {
    method: "POST",
    signal: AbortSignal.timeout(60_000),
    headers: {
      "Content-Type": "application/json",
      ...(key === "" ? {} : { Authorization: `Bearer ${key}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...more,
  });
}

/** One figure of the adapter's metrics, which only its pod shows; 0 where it is not there. */
async function figure(series: string): Promise<number> {
  const page = await inPod(
    "ai-models",
    "deployment/adapter",
    "python",
    "-c",
    "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9000/metrics').read().decode())",
  );
  const line = page.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

describe.sequential("the models of the local platform", () => {
  test(
    "answer the clients that OpenAI and Ollama publish, whole and in pieces",
    async () => {
      const service = join(repoRoot, "services", "adapter");
      const { env, python } = await serviceEnvironment("adapter", service, silent);
      const script = join(repoRoot, "test", "support", "ask_models.py");
      const { stdout } = await execa(python, [script, origin, keys["platform-team"], "tinyllama", embedder], {
        env,
      });
      const said = JSON.parse(stdout);
      expect(said).toMatchObject({
        models: ["qwen3-0.6b", embedder, "tinyllama"],
        wrong_key: "invalid_api_key",
        openai: { tokens: 8 },
        ollama: { models: ["qwen3-0.6b", embedder, "tinyllama"], done: true },
      });
      // The same prompt, without chance: the same words, whichever way they come.
      expect(said.openai.chat.trim().split(" ")).toHaveLength(8);
      expect(said.openai.pieces.join("")).toBe(said.openai.chat);
      expect(said.openai.pieces.length).toBeGreaterThan(1);
      expect(said.ollama.generated).toBe(said.openai.chat);
      expect(said.ollama.pieces.join("")).toBe(said.openai.chat);
      expect(said.openai.completion.trim()).not.toBe("");
      // A text is the same vector each time, of length one and another than another text's.
      const [river = [], stone, again] = z.array(z.array(z.number())).parse(said.vectors);
      expect(again).toEqual(river);
      expect(stone).not.toEqual(river);
      expect(Math.hypot(...river)).toBeCloseTo(1, 5);
      expect(said.ollama.vectors[0]).toHaveLength(river.length);
    },
    minutes(5),
  );

  test(
    "stream: words come while others are still to come, and whoever leaves stops the engine",
    async () => {
      const left =
        'adapter_requests_total{endpoint="/v1/chat/completions",model="tinyllama",outcome="client_gone",team="platform-team"}';
      const generated =
        'adapter_generated_tokens_total{model="tinyllama",team="platform-team",upstream="tinyllama"}';
      await eventually(60, async () => {
        const before = { left: await figure(left), generated: await figure(generated) };
        const leaving = new AbortController();
        const response = await ask(
          "/v1/chat/completions",
          { ...endless, stream: true, max_tokens: 1900 },
          { signal: leaving.signal },
        );
        expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
        let text = "";
        for await (const part of response.body ?? []) {
          text += Buffer.from(part).toString();
          if (text.includes('"content"')) break;
        }
        leaving.abort();
        expect(text).toMatch(/^data: \{/);
        expect(text).not.toContain("[DONE]");
        await eventually(10, async () => expect(await figure(left)).toBe(before.left + 1));
        const tokens = (await figure(generated)) - before.generated;
        expect(tokens).toBeGreaterThan(0);
        expect(tokens).toBeLessThan(1900);
      });
    },
    minutes(2),
  );

  test("stream event by event to the end, each of its own", async () => {
    const response = await ask("/v1/chat/completions", { ...endless, stream: true, max_tokens: 200 });
    const events = (await response.text()).split("\n\n").filter((event) => event.startsWith("data: "));
    expect(events.at(-1)).toBe("data: [DONE]");
    expect(events.length).toBeGreaterThan(200);
    expect(response.headers.get("x-served-upstream")).toBe("tinyllama");
  });

  test("answer Ollama's calls as lines of JSON", async () => {
    const response = await ask("/api/generate", {
      model: "tinyllama",
      prompt: "hi",
      options: { num_predict: 5 },
    });
    const lines = (await response.text()).trim().split("\n");
    const last = z
      .object({ done: z.literal(true), eval_count: z.number() })
      .parse(JSON.parse(lines.at(-1) ?? ""));
    expect(last.eval_count).toBe(lines.length - 1);
  });

  test("know no wrong key, and no request without one", async () => {
    for (const key of ["", "sk-wrong", `${keys.trial}x`]) {
      const openai = await ask("/v1/chat/completions", { ...endless, max_tokens: 1 }, { key });
      expect(openai.status).toBe(401);
      expect(await openai.json()).toMatchObject({ error: { code: "invalid_api_key" } });
      expect((await ask("/api/generate", { model: "tinyllama", prompt: "hi" }, { key })).status).toBe(401);
    }
  });

  test("do what they are for and nothing else", async () => {
    const input = { input: "hi", prompt: "hi", messages: endless.messages, max_tokens: 1 };
    const status = async (path: string, model: string) => (await ask(path, { ...input, model })).status;
    expect(await status("/v1/embeddings", embedder)).toBe(200);
    for (const path of ["/v1/chat/completions", "/v1/completions", "/api/generate"])
      expect(await status(path, embedder), path).toBe(400);
    for (const path of ["/v1/embeddings", "/api/embed"])
      expect(await status(path, "tinyllama"), path).toBe(400);
  });

  test("are there only for the teams that may ask them", async () => {
    const asked = { model: "qwen3-0.6b", prompt: "hi", max_tokens: 1 };
    expect((await ask("/v1/completions", asked, { key: keys.trial })).status).toBe(404);
    expect((await ask("/v1/completions", asked)).status).toBe(200);
  });

  test("stop a team at its limit, say when it may come again, and go on answering others", async () => {
    const small = { model: "tinyllama", prompt: "hi", max_tokens: 1 };
    const answers = [];
    for (let count = 0; count < 8; count++)
      answers.push(await ask("/v1/completions", small, { key: keys.trial }));
    const refused = answers.filter(({ status }) => status === 429);
    // Six a minute; one may have come back meanwhile.
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(7);
    for (const answer of refused) {
      const seconds = Number(answer.headers.get("retry-after"));
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(10);
      expect(await answer.json()).toMatchObject({ error: { type: expect.any(String) } });
    }
    expect((await ask("/v1/completions", small)).status).toBe(200);
  });

  test("can't be changed, pulled or deleted from outside, with any key or method", async () => {
    for (const path of [
      "blobs/sha256:0",
      "copy",
      "create",
      "delete",
      "experimental/web_fetch",
      "pull",
      "push",
      "me",
    ]) {
      for (const method of ["POST", "DELETE", "GET"]) {
        const response = await ask(`/api/${path}`, method === "GET" ? undefined : { model: "tinyllama" }, {
          method,
        });
        expect(response.status, `${method} ${path}`).toBe(404);
      }
    }
    expect((await ask("/metrics", undefined, { method: "GET" })).status).toBe(404);
    const entrance = origin.replace(/\/llm$/, "");
    for (const path of ["/api/tags", "/models/tinyllama/api/tags"])
      expect((await fetch(`${entrance}${path}`)).status, path).toBe(404);
  });

  test(
    "let only the adapter near: Ollama asks for no key",
    async () => {
      const url = "http://tinyllama.ai-models.svc.cluster.local:11434/api/version";
      const from = (namespace: string, workload: string) =>
        kubectl(
          "exec",
          `--namespace=${namespace}`,
          workload,
          "--",
          "python",
          "-c",
          `import urllib.request; print(urllib.request.urlopen("${url}", timeout=5).read())`,
        );
      expect((await from("ai-models", "deployment/adapter")).stdout).toContain("0.33.3");
      expect((await from("ai-tracking", "deployment/mlflow")).all).toMatch(/timed out|refused/);
    },
    minutes(1),
  );

  test("are counted by team and model", async () => {
    const series = 'adapter_generated_tokens_total{model="tinyllama",team="trial",upstream="tinyllama"}';
    const requests =
      'adapter_requests_total{endpoint="/v1/completions",model="tinyllama",outcome="ok",team="platform-team"}';
    expect(await figure(series)).toBeGreaterThan(0);
    const before = await figure(requests);
    await (await ask("/v1/completions", { model: "tinyllama", prompt: "hi", max_tokens: 1 })).text();
    await eventually(10, async () => expect(await figure(requests)).toBe(before + 1));
  });

  test(
    "stand in for each other: another answers while one is away, and says so",
    async () => {
      const served = async () => {
        const answer = await ask("/v1/completions", { model: "qwen3-0.6b", prompt: "hi", max_tokens: 2 });
        return [
          answer.status,
          answer.headers.get("x-served-upstream"),
          answer.headers.get("x-served-fallback"),
        ];
      };
      const scaled = (replicas: number) =>
        kubectlOutput("scale", "--namespace=ai-models", "statefulset/qwen3-0-6b", `--replicas=${replicas}`);
      const fallbacks = 'adapter_fallbacks_total{model="qwen3-0.6b",upstream="tinyllama"}';
      expect(await served()).toEqual([200, "qwen3-0.6b", null]);
      const before = await figure(fallbacks);
      await scaled(0);
      try {
        await eventually(60, async () => expect(await served()).toEqual([200, "tinyllama", "true"]));
        expect(await figure(fallbacks)).toBeGreaterThan(before);
      } finally {
        await scaled(1);
      }
      await eventually(120, async () => expect(await served()).toEqual([200, "qwen3-0.6b", null]));
    },
    minutes(5),
  );

  test(
    "say of themselves what they are: in the sandbox a stand-in, pulled as the real one would be",
    async () => {
      const tag = "tinyllama:1.1b-chat-v1-q4_K_M";
      const license = await inPod("ai-models", "statefulset/tinyllama", "ollama", "show", "--license", tag);
      expect(license).toContain("random weights");
      const log = await kubectlOutput("logs", "--namespace=kube-system", "ollama-library-ai-platform-local");
      expect(log).toContain(`random weights instead of ${tag}`);
    },
    minutes(1),
  );
});
