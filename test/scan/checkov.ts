import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { serviceEnvironment } from "../../sandbox/cli/testing/python.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import type { TerraformPlan } from "./terraform.ts";

/** Something that a check objects to. */
export interface Finding {
  readonly check: string;
  readonly title: string;
  /** `aws_s3_bucket.dvc`, `Deployment.ai-tracking.mlflow`. */
  readonly resource: string;
}

/** What checkov says of a folder. */
export interface Scan {
  readonly findings: readonly Finding[];
  /** Resources that it read, by framework. */
  readonly read: Readonly<Record<Framework, number>>;
}

type Framework = "terraform_plan" | "kubernetes";

const reportSchema = z.object({
  check_type: z.enum(["terraform_plan", "kubernetes"]),
  results: z.object({
    failed_checks: z.array(z.object({ check_id: z.string(), check_name: z.string(), resource: z.string() })),
  }),
  summary: z.object({ resource_count: z.number(), parsing_errors: z.literal(0) }),
});
const outputSchema = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(reportSchema));

/**
 * Lets checkov read a plan and manifests, without any call to its makers' platform.
 * @throws Error when it ends otherwise than with findings or without, or can't parse a file
 */
export async function scan(plan: TerraformPlan, manifests: readonly object[]): Promise<Scan> {
  const { env, python } = await serviceEnvironment("checkov", import.meta.dirname, silent);
  const folder = await mkdtemp(join(tmpdir(), "ai-platform-scan-"));
  try {
    await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
    await writeFile(
      join(folder, "manifests.yaml"),
      manifests.map((manifest) => JSON.stringify(manifest)).join("\n---\n"),
    );
    const { stdout } = await execa(
      python,
      [
        ...["-m", "checkov.main", "--directory", folder, "--framework", "terraform_plan", "kubernetes"],
        ...["--output", "json", "--compact", "--quiet", "--skip-download", "--soft-fail"],
      ],
      { env, stdin: "ignore" },
    );
    return scanOf(outputSchema.parse(JSON.parse(stdout)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function scanOf(reports: z.output<typeof outputSchema>): Scan {
  const read = (framework: Framework) =>
    reports.find(({ check_type }) => check_type === framework)?.summary.resource_count ?? 0;
  return {
    findings: reports.flatMap(({ results }) =>
      results.failed_checks.map(({ check_id, check_name, resource }) => ({
        check: check_id,
        title: check_name,
        resource,
      })),
    ),
    read: { terraform_plan: read("terraform_plan"), kubernetes: read("kubernetes") },
  };
}
