import { mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { awsPackages } from "../../aws/packages.ts";
import { exists } from "../../images/downloads.ts";
import { repoRoot } from "../../lib/paths.ts";
import { add, type Counts, none } from "./counts.ts";
import { serviceEnvironment } from "./python.ts";
import { countCheck, type GroupContext, run } from "./run.ts";

/** Folders with Python beside the services; each has a ruff.toml that says what of the services' rules it leaves out. */
const linted = [
  "bench",
  "m2m",
  "sandbox/aws/simulated_aws",
  "sandbox/images",
  "test/m2m",
  "test/support",
  "training",
];

/** What the simulated AWS imports. mypy takes no folder with `typing_extensions` in it, which is its own. */
const imported = ["boto3", "botocore", "moto", "werkzeug", "xmltodict.py"];

/** Lint and format of the Python beside the services, and the types of the simulated AWS. */
export async function lintPrograms(context: GroupContext): Promise<Counts> {
  const service = join(repoRoot, "services", "experiments");
  const { python, env } = await serviceEnvironment("experiments", service, context.progress);
  const path = [await importable(context), join(repoRoot, "sandbox", "aws")].join(delimiter);
  const checks: Readonly<Record<string, readonly string[]>> = {
    "ruff check": ["ruff", "check", ...linted],
    "ruff format": ["ruff", "format", "--check", ...linted],
    mypy: [
      "mypy",
      "--config-file=services/pyproject.toml",
      "--cache-dir=/dev/null",
      "--follow-imports=silent",
      "--explicit-package-bases",
      "--untyped-calls-exclude=botocore",
      "--untyped-calls-exclude=xmltodict",
      "sandbox/aws/simulated_aws",
    ],
  };
  let counts = none();
  for (const [title, args] of Object.entries(checks)) {
    const result = await run(context, `programs-${title.replace(" ", "-")}`, python, ["-m", ...args], {
      env: { ...env, MYPYPATH: path },
    });
    counts = add(counts, countCheck(`Python beside the services: ${title}`, result));
  }
  return counts;
}

/** A folder in which mypy finds moto and what comes with it. */
export async function importable({ logs, progress }: GroupContext): Promise<string> {
  const packages = await awsPackages(progress);
  const folder = join(logs, "imported");
  if (await exists(folder)) return folder;
  await mkdir(folder, { recursive: true });
  for (const name of imported) await symlink(join(packages, name), join(folder, name));
  return folder;
}
