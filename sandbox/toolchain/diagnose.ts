import { UserError } from "../lib/fail.ts";
import { cacheDir } from "../lib/paths.ts";

const diskFull = /no space left on device|ENOSPC|n.t have enough free space/i;
const quota = /disk quota exceeded|EDQUOT/i;
const network =
  /no such host|could not resolve|temporary failure (resolving|in name resolution)|connection (refused|reset|timed out)|network is unreachable|i\/o timeout|TLS handshake timeout|proxyconnect|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|failed to fetch|max retries exceeded/i;

/** True when a tool's output says that a download failed for the network's sake: worth another try. */
export const isNetworkFailure = (output: string): boolean => network.test(output);

/**
 * Turns the output of a failed tool into an error that says what to do.
 *
 * @param what what was being done, as the start of a sentence: "Building pulumi"
 * @param output the tool's own words; its last lines are shown
 * @param places folders that this work writes to, named when the disk is full
 */
export function explainFailure(
  what: string,
  output: string,
  places: readonly string[] = [cacheDir],
): UserError {
  if (diskFull.test(output) || quota.test(output)) {
    return new UserError(`${what} failed: the disk is full.`, [
      `See what is left: df -h ${places.join(" ")}`,
      "Free some space, or put the cache on a larger disk: AI_PLATFORM_CACHE=/large/disk/ai-platform npm start",
      "Then run the same command again: it goes on where it stopped.",
    ]);
  }
  if (network.test(output)) {
    return new UserError(`${what} failed: a download did not come through.\n${lastLines(output, 3)}`, [
      "Check the network, and the proxy settings if this machine needs a proxy (HTTPS_PROXY, GOPROXY, npm and pip configuration).",
      "Then run the same command again: what is downloaded already is kept.",
    ]);
  }
  return new UserError(`${what} failed:\n${lastLines(output, 25)}`, []);
}

/** The last `count` lines that say something. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
