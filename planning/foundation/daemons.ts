import { gpuDaemons, nodeDaemons } from "../../catalog/ec2/daemons.ts";
import type { Resources } from "../services.ts";

/**
 * Requests of a DaemonSet's pods: what placement keeps free for them on every node.
 * @throws Error for one that placement does not reckon with
 */
export function daemonRequests(name: string): Resources["requests"] {
  const found = [...nodeDaemons, ...gpuDaemons].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`catalog/ec2/daemons.ts has no ${name}`);
  return { cpu: `${found.milliCpus}m`, memory: `${found.memoryMiB}Mi` };
}
