import { readFile, writeFile } from "node:fs/promises";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { clusterName } from "../../../spec/defaults.ts";
import { awsCommandOf } from "../../aws/packages.ts";
import { UserError } from "../../lib/fail.ts";
import { silent } from "../../lib/progress.ts";
import { UsageError } from "../options.ts";
import { kubeconfig as file } from "./env.ts";
import { simulatedEnvironment } from "./environment.ts";
import { describedInAws, needAws } from "./home.ts";

/** `npm run aws -- kubeconfig`: writes a kubeconfig that works in any shell, and prints its path. */
export async function kubeconfig(words: readonly string[]): Promise<number> {
  const [environment, ...more] = words;
  if (more.length > 0) throw new UsageError(`aws kubeconfig: one environment, not ${words.join(" ")}`);
  const spec = describedInAws("aws kubeconfig", environment);
  const aws = await needAws();
  const env = await simulatedEnvironment(aws, process.env);
  const command = await awsCommandOf(silent);
  const name = clusterName(spec);
  const result = await execa(
    command,
    [
      "eks",
      "update-kubeconfig",
      "--region",
      spec.cloud.region,
      "--name",
      name,
      "--alias",
      name,
      "--kubeconfig",
      file,
    ],
    { env, extendEnv: false, reject: false, all: true, stdin: "ignore" },
  );
  if (result.failed) {
    const missing = result.all.includes("ResourceNotFoundException");
    throw new UserError(missing ? `There is no cluster ${name} in the simulated AWS.` : result.all, [
      `Bring the environment up: npm run pulumi -- up -s ${environment} --yes`,
    ]);
  }
  const needed = Object.entries(env).filter(([variable]) => /^(AWS_|NO_PROXY$|no_proxy$)/.test(variable));
  await writeFile(file, selfContained(await readFile(file, "utf8"), command, needed), { mode: 0o600 });
  console.error(`The context ${name}: kubectl --kubeconfig ${file} --context ${name} get nodes`);
  console.log(file);
  return 0;
}

const usersSchema = z.looseObject({
  users: z.array(z.looseObject({ user: z.looseObject({ exec: z.looseObject({}).optional() }) })),
});

/** The kubeconfig with the command and the variables that its tokens need, whichever the shell has. */
export function selfContained(
  text: string,
  command: string,
  variables: readonly (readonly [string, string | undefined])[],
): string {
  const config = usersSchema.parse(parse(text));
  const env = variables.map(([name, value]) => ({ name, value: value ?? "" }));
  const users = config.users.map((entry) => ({
    ...entry,
    user: { ...entry.user, exec: { ...entry.user.exec, command, env } },
  }));
  return stringify({ ...config, users });
}
