import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type OfferedQuota, offers, offersSchema } from "./offers.ts";

/** Where a simulated AWS keeps what is ordered from it. */
interface Orders {
  readonly folder: string;
}

const faultSchema = z.object({
  service: z.string(),
  operation: z.string().optional(),
  zone: z.string().optional(),
  error: z.string(),
  message: z.string().optional(),
  status: z.number().optional(),
  times: z.number().optional(),
  after: z.number().optional(),
  answered: z.boolean().optional(),
});

/** A failure to order; simulated_aws/faults.py says what each field does. */
export type Fault = z.infer<typeof faultSchema>;

/** Orders failures in the place of those that were ordered before. */
export async function orderFaults({ folder }: Orders, faults: readonly Fault[]): Promise<void> {
  await writeWhole(join(folder, "faults.json"), faults);
}

/** The failures that are ordered. */
export async function orderedFaults({ folder }: Orders): Promise<Fault[]> {
  const text = await readFile(join(folder, "faults.json"), "utf8").catch(() => "[]");
  return z.array(faultSchema).parse(JSON.parse(text));
}

/** Sets quotas, such as `ec2/L-DB2E81BA` to 0; the others are what a new account has. */
export async function orderQuotas(
  { folder }: Orders,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  await writeWhole(join(folder, "offers.json"), offers(values));
}

/** The account's quotas as they are now: what was ordered, and what was granted on request. */
export async function offeredQuotas({ folder }: Orders): Promise<OfferedQuota[]> {
  return offersSchema.parse(JSON.parse(await readFile(join(folder, "offers.json"), "utf8"))).quotas;
}

/** The server reads a file at any moment: it is never half there. */
export async function writeWhole(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content));
  await rename(`${file}.new`, file);
}
