import { UserError } from "../lib/fail.ts";
import { forgetCluster } from "./cluster-identity.ts";
import { exclusively } from "./exclusive.ts";
import { connect } from "./kube.ts";
import { ourNamespaces, waitUntilGone } from "./leftovers.ts";
import { readSettings } from "./settings.ts";
import { destroy as destroyStack } from "./stack.ts";
import { runSteps } from "./tasks.ts";

/** How long Kubernetes may take to finish deletions in the background, seconds. */
const goneWithin = 120;

/** `npm run destroy`: removes the platform and proves that nothing of ours is left in the cluster. */
export async function destroy(options: { verbose: boolean }): Promise<number> {
  return exclusively("npm run destroy", async () => {
    const kube = await connect();
    // Answers at once, with what to do, where no cluster runs.
    await kube.raw("/version");
    const namespaces = await ourNamespaces(kube);
    await runSteps(
      [
        { title: "Platform (pulumi destroy)", run: (progress) => destroyStack(progress) },
        {
          title: "Nothing left in the cluster",
          run: async (progress) => {
            const left = await waitUntilGone(kube, namespaces, goneWithin, (objects) =>
              progress.report(`waiting for ${objects.length} objects: ${objects.slice(0, 3).join(", ")}`),
            );
            if (left.length > 0) {
              throw new UserError(
                `${left.length} objects of ours are still in the cluster:\n${left.join("\n")}`,
                [
                  "Something may hold them back (a finalizer, a node that is away): kubectl describe names it.",
                  "Then run the same command again: npm run destroy",
                ],
              );
            }
            return "checked every kind by its label";
          },
        },
      ],
      options,
    );
    const { context } = await readSettings();
    await forgetCluster();
    console.log(
      context
        ? `The platform is gone from your cluster ${context}. Bring it up there again: npm start -- --context ${context}`
        : "The platform is gone. The cluster goes on running: npm run stop, or npm run sandbox:clean.",
    );
    return 0;
  });
}
