import { z } from "zod";
import { connect } from "./kube.ts";
import { judge, type Probe, probe } from "./services.ts";
import type { Settings } from "./settings.ts";

/** Where clients enter the platform. */
export interface Entrance {
  /** Address of a path. */
  url: (path: string) => string;
  /** Asks it just now. */
  probe: (path: string) => Promise<Probe>;
  /** What a person has to do before the URLs work on this machine. */
  howToReach: string[];
}

const servicesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      spec: z.object({
        ports: z.array(z.object({ name: z.string().optional(), port: z.number() })).default([]),
      }),
    }),
  ),
});

/** The sandbox forwards a port of this machine; another cluster is asked through its API server. */
export async function entranceOf({ context, webPort }: Settings): Promise<Entrance> {
  const base = `http://127.0.0.1:${webPort}`;
  const url = (path: string) => new URL(path, base).href;
  if (!context) return { url, probe: (path) => probe(base, path), howToReach: [] };

  const kube = await connect();
  const selector = encodeURIComponent("app.kubernetes.io/part-of=ai-platform,app.kubernetes.io/name=traefik");
  const found = await kube.get(`/api/v1/services?labelSelector=${selector}`, servicesSchema);
  const service = found?.items[0];
  const port = service?.spec.ports[0]?.port ?? 80;
  const { name, namespace } = service?.metadata ?? { name: "traefik", namespace: "" };
  return {
    url,
    probe: async (path) => {
      if (!service) return { ready: false, answer: "no Service of Traefik in the cluster" };
      const answer = await kube.raw(
        `/api/v1/namespaces/${namespace}/services/http:${name}:${port}/proxy${path}`,
      );
      return judge(answer.status, path);
    },
    howToReach: [
      "To reach it from this machine, keep this running:",
      `  kubectl --context ${context} -n ${namespace} port-forward service/${name} ${webPort}:${port}`,
    ],
  };
}
