/**
 * Every container image of the platform, pinned here and nowhere else. To move a pin: change `tag` and
 * `version` together; `sandbox/images` rebuilds what it builds itself, a registry serves the rest.
 */

export interface ImagePin {
  /** Repository as a manifest names it, without a tag; Docker Hub's short form where one exists. */
  readonly repository: string;
  /** Tag, never a moving one: what runs today must be what runs tomorrow. */
  readonly tag: string;
  /** Project that publishes the software. */
  readonly source: string;
  /** Version of the main program, without prefix. */
  readonly version: string;
}

export const images = {
  traefik: {
    repository: "traefik",
    tag: "v3.7.15",
    source: "https://github.com/traefik/traefik",
    version: "3.7.15",
  },
  postgres: {
    repository: "pgvector/pgvector",
    tag: "0.8.5-pg16-bookworm",
    source: "https://github.com/pgvector/pgvector",
    version: "0.8.5",
  },
  seaweedfs: {
    repository: "chrislusf/seaweedfs",
    tag: "4.48",
    source: "https://github.com/seaweedfs/seaweedfs",
    version: "4.48",
  },
  mlflow: {
    repository: "ghcr.io/mlflow/mlflow",
    tag: "v3.17.2-full",
    source: "https://github.com/mlflow/mlflow",
    version: "3.17.2",
  },
  python: {
    repository: "python",
    tag: "3.11-slim-bookworm",
    source: "https://github.com/python/cpython",
    version: "3.11",
  },
  experiments: {
    repository: "ai-platform/experiments",
    tag: "0.1.0",
    source: "services/experiments",
    version: "0.1.0",
  },
  pause: {
    repository: "registry.k8s.io/pause",
    tag: "3.10",
    source: "https://github.com/kubernetes/kubernetes",
    version: "3.10",
  },
} as const satisfies Record<string, ImagePin>;

export type ImageName = keyof typeof images;

/** The reference that a manifest carries: `repository:tag`. */
export function imageRef(name: ImageName): string {
  const { repository, tag } = images[name];
  return `${repository}:${tag}`;
}
