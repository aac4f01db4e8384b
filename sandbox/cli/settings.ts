import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { stateDir } from "../lib/paths.ts";

/** What the last `npm start` was told, so that the other commands and the next start mean the same platform. */
const settingsSchema = z.object({
  /** Context of the user's kubeconfig; absent for the sandbox's own Kubernetes. */
  context: z.string().optional(),
  /** Which cluster the platform is in: the UID of its namespace kube-system. */
  clusterId: z.string().optional(),
  /** Port of the platform's entrance on 127.0.0.1. */
  webPort: z.number().int(),
  /** Port of the sandbox's Kubernetes API on 127.0.0.1. */
  apiPort: z.number().int(),
});

export type Settings = z.infer<typeof settingsSchema>;

const file = join(stateDir, "settings.json");
const defaults: Settings = { webPort: 8080, apiPort: 6443 };

/** The settings of the last start, or the defaults. */
export async function readSettings(): Promise<Settings> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return defaults;
  const parsed = settingsSchema.safeParse(safeJson(text));
  return parsed.success ? parsed.data : defaults;
}

export async function writeSettings(settings: Settings): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
