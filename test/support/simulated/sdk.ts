import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { z } from "zod";
import { awsPackages } from "../../../sandbox/aws/packages.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import { silent } from "../../../sandbox/lib/progress.ts";

/** One call of AWS, named as AWS's SDK for Python names it. */
export interface Call {
  readonly service: string;
  /** Such as `create_vpc`. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export const call = (service: string, operation: string, parameters: Call["parameters"] = {}): Call => ({
  service,
  operation,
  parameters,
});

const answerSchema = z.union([
  z.object({ error: z.string(), message: z.string() }),
  z.object({ answer: z.unknown(), error: z.undefined().optional() }),
]);
export type Answer = z.infer<typeof answerSchema>;

/**
 * AWS's own SDK for Python, which comes with the simulated AWS and knows every service, in a process of its own.
 * Calls are made one after the other.
 */
export class Sdk {
  private readonly answers: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: Interface,
    private readonly region: string,
  ) {
    this.answers = lines[Symbol.asyncIterator]();
  }

  static async open({ endpoint }: SimulatedAws, region: string): Promise<Sdk> {
    const env = {
      PATH: process.env.PATH,
      PYTHONPATH: await awsPackages(silent),
      PYTHONDONTWRITEBYTECODE: "1",
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "simulated",
      AWS_SECRET_ACCESS_KEY: "simulated",
    };
    const child = spawn("python3", [join(import.meta.dirname, "sdk.py")], { env });
    child.stderr.pipe(process.stderr);
    return new Sdk(child, createInterface({ input: child.stdout }), region);
  }

  /** What AWS answers, a refusal too. */
  async ask(asked: Call): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify({ region: this.region, ...asked })}\n`);
    const line = await this.answers.next();
    if (line.done) throw new Error(`The SDK ended at ${asked.service} ${asked.operation}`);
    return answerSchema.parse(JSON.parse(line.value));
  }

  /** The code of AWS's refusal, or undefined where there is none. */
  async refusal(asked: Call): Promise<string | undefined> {
    return (await this.ask(asked)).error;
  }

  /** What AWS answers. @throws where it refuses */
  async get<T>(asked: Call, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.ask(asked);
    if (answer.error !== undefined) {
      throw new Error(`${asked.service} ${asked.operation}: ${answer.error}: ${answer.message}`);
    }
    return schema.parse(answer.answer);
  }

  /** Does something whose answer doesn't matter. @throws where AWS refuses */
  async do(...asked: readonly Call[]): Promise<void> {
    for (const each of asked) await this.get(each, z.unknown());
  }

  close(): void {
    this.lines.close();
    this.child.stdin.end();
    this.child.kill();
  }
}
