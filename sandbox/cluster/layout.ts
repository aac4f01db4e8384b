import { join } from "node:path";
import { stateDir } from "../lib/paths.ts";

/** Everything of the node on disk: its data, keys, configuration, logs. `sandbox/cluster/config` lays it out. */
export const nodeDir = join(stateDir, "node");

/** The access to the sandbox's cluster, with the only context `ai-platform-local`. */
export const kubeconfigFile = join(stateDir, "kubeconfig");

export const configFile = join(nodeDir, "node.json");
export const processesFile = join(nodeDir, "processes.json");
export const statusFile = join(nodeDir, "status.json");
export const logsDir = join(nodeDir, "logs");

/** What the node's own processes print: the supervisor's messages, and a panic if there is one. */
export const nodeLog = join(logsDir, "node.log");
