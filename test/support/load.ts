import { once, setMaxListeners } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** Clients that go on asking a model while something happens to the platform, and what each of them saw. */

/** Where to ask, and with whose key. */
export interface Target {
  /** Of the adapter, at the gateway: without `/v1`. */
  readonly origin: string;
  readonly key: string;
}

/** A client: asks, waits for the whole answer, pauses, asks again. It never tries anything twice. */
export interface Client {
  readonly model: string;
  readonly kind: "stream" | "whole";
  /** Whether it keeps one connection for all its requests, or opens one for each. */
  readonly connection: "kept" | "new";
  /** To generate, each time. */
  readonly tokens: number;
  /** Milliseconds between an answer and the next request: up to so many, evenly spread. */
  readonly pauseMs: number;
}

/**
 * Long streams at any time, and short answers between which a kept connection is idle, for a moment or for seconds. As many
 * of each on kept connections as on new ones.
 */
export const everyKind = (models: { readonly streamed: string; readonly short: string }): Client[] =>
  (["kept", "new"] as const).flatMap((connection): Client[] => {
    const stream: Client = { model: models.streamed, kind: "stream", connection, tokens: 1500, pauseMs: 50 };
    const short: Client = { model: models.short, kind: "whole", connection, tokens: 4, pauseMs: 500 };
    return [stream, stream, short, short, { ...short, pauseMs: 6000 }];
  });

/** One request, as its client saw it. Times are milliseconds since the load began. */
export interface Asked {
  readonly client: Client;
  readonly startedMs: number;
  /** Of the first token; undefined where none came, and for whole answers. */
  readonly firstMs: number | undefined;
  readonly endedMs: number;
  /** The longest time without a word between a stream's first token and its end. */
  readonly gapMs: number;
  readonly tokens: number;
  /** Whether another model answered. */
  readonly fallback: boolean;
  /** Whether its connection had served another request before. */
  readonly reused: boolean;
  /** What was wrong; undefined for an answer that came whole. */
  readonly fault: string | undefined;
}

interface Load {
  /** Milliseconds since it began. */
  now(): number;
  /** No client asks anew; what is under way ends. */
  stop(): Promise<Asked[]>;
}

/** What clients saw while something happened, and two seconds on either side. */
export interface Seen<T> {
  readonly asked: readonly Asked[];
  readonly happened: T;
  /** When it began and ended, in milliseconds since the load began. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export async function underLoad<T>(
  target: Target,
  clients: readonly Client[],
  happens: () => Promise<T>,
): Promise<Seen<T>> {
  const load = startLoad(target, clients);
  try {
    await sleep(2000);
    const fromMs = load.now();
    const happened = await happens();
    const untilMs = load.now();
    await sleep(2000);
    return { asked: await load.stop(), happened, fromMs, untilMs };
  } finally {
    await load.stop();
  }
}

/** An answer that takes longer than this is one that was lost. */
const limitMs = 60_000;

function startLoad(target: Target, clients: readonly Client[]): Load {
  const began = performance.now();
  const now = () => performance.now() - began;
  const asked: Asked[] = [];
  const stopping = new AbortController();
  setMaxListeners(clients.length, stopping.signal);
  const working = clients.map(async (client) => {
    const agent = new Agent({ keepAlive: client.connection === "kept", maxSockets: 1 });
    while (!stopping.signal.aborted) {
      asked.push(await ask(target, client, agent, now));
      const pause = Math.random() * client.pauseMs;
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    agent.destroy();
  });
  return {
    now,
    async stop() {
      stopping.abort();
      await Promise.all(working);
      return asked.toSorted((a, b) => a.startedMs - b.startedMs);
    },
  };
}

async function ask({ key, origin }: Target, client: Client, agent: Agent, now: () => number): Promise<Asked> {
  const startedMs = now();
  const sent = request(`${origin}/v1/chat/completions`, {
    agent,
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(limitMs),
  });
  // Errors after the answer began come by the answer.
  sent.on("error", () => undefined);
  const heard = { text: "", firstMs: undefined as number | undefined, lastMs: 0, gapMs: 0 };
  let response: IncomingMessage | undefined;
  let broken: string | undefined;
  try {
    sent.end(JSON.stringify(bodyOf(client)));
    [response] = (await once(sent, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    for await (const part of response) {
      const at = now();
      heard.text += part;
      if (heard.firstMs !== undefined) heard.gapMs = Math.max(heard.gapMs, at - heard.lastMs);
      else if (client.kind === "stream" && heard.text.includes("data: {")) heard.firstMs = at;
      heard.lastMs = at;
    }
  } catch (error) {
    broken = `${(error as NodeJS.ErrnoException).code ?? "error"}: ${(error as Error).message}`;
  }
  const answer =
    broken === undefined && response ? judge(client, response.statusCode, heard.text) : undefined;
  return {
    client,
    startedMs,
    firstMs: heard.firstMs,
    endedMs: now(),
    gapMs: heard.gapMs,
    tokens: answer?.tokens ?? 0,
    fallback: response?.headers["x-served-fallback"] === "true",
    reused: sent.reusedSocket,
    fault: answer ? answer.fault : `${broken}, after ${heard.text.length} characters`,
  };
}

/** Without chance, what the sandbox's models say comes to no end by itself: it is as long as it may be. */
const bodyOf = ({ kind, model, tokens }: Client) => ({
  model,
  messages: [{ role: "user", content: "hi" }],
  temperature: 0,
  max_tokens: tokens,
  ...(kind === "stream" ? { stream: true, stream_options: { include_usage: true } } : {}),
});

const counted = z.object({ usage: z.object({ completion_tokens: z.int() }) });

interface Judged {
  readonly tokens: number;
  readonly fault: string | undefined;
}

/** An answer is whole when it has its end, and as many tokens as were asked for. */
function judge({ kind, tokens: wanted }: Client, status: number | undefined, text: string): Judged {
  const wrong = (fault: string) => ({ tokens: 0, fault: `${fault}: ${text.slice(-300)}` });
  if (status !== 200) return wrong(`status ${status}`);
  const events = kind === "whole" ? [text] : eventsOf(text);
  if (kind === "stream" && events.pop() !== "[DONE]") return wrong("a stream without its end");
  const found = events.flatMap((event) => {
    const { data, success } = counted.safeParse(JSON.parse(event));
    return success ? [data.usage.completion_tokens] : [];
  });
  const tokens = found.at(-1);
  if (tokens === undefined) return wrong("an answer without its usage");
  return tokens === wanted ? { tokens, fault: undefined } : wrong(`${tokens} tokens instead of ${wanted}`);
}

const eventsOf = (text: string) =>
  text
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));

/** Of values, the smallest that `share` of them are not above; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
