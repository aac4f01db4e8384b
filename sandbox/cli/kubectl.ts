import { execa } from "execa";
import { silent } from "../lib/progress.ts";
import { buildGo } from "../toolchain/go.ts";
import { connect } from "./kube.ts";
import { localKubeconfig } from "./kubeconfig.ts";

/** Runs kubectl against the local platform's cluster: the user's own, else the one in the sandbox's node program. */
export async function kubectl(args: readonly string[]): Promise<number> {
  // Says so where there is no platform yet; kubectl itself would try localhost.
  await connect();
  const options = { env: { KUBECONFIG: localKubeconfig }, stdio: "inherit", reject: false } as const;
  const own = await execa("kubectl", args, options);
  if (own.code !== "ENOENT") return own.exitCode ?? 1;
  const { programs } = await import("../cluster/cluster.ts");
  const node = programs.find(({ name }) => name === "ai-platform-node");
  if (!node) throw new Error("the sandbox's node program is not among its programs");
  const result = await execa(await buildGo(node, silent), ["kubectl", ...args], options);
  return result.exitCode ?? 1;
}
