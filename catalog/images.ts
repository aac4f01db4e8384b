/**
 * Every container image of the platform, pinned here and nowhere else. To move a pin: change `tag`, `version` and,
 * where there is one, `digest` together; `sandbox/images` rebuilds what it builds itself, a registry serves the rest.
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
  /**
   * Digest of the index over all architectures. A tag can be pushed again, a digest can't. Absent where no source
   * shows it: `docker buildx imagetools inspect REPOSITORY:TAG` prints it.
   */
  readonly digest?: `sha256:${string}`;
  /** GB that a registry keeps of it, of all architectures. For images that are mirrored, which is paid by that. */
  readonly packedGB?: number;
}

/** Images that the sandbox can also build, from packages. */
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
  adapter: {
    repository: "ai-platform/adapter",
    tag: "0.1.0",
    source: "services/adapter",
    version: "0.1.0",
  },
  /** Has CUDA in it, 6 GB: built where there is Docker, and not by the sandbox, which has no GPU that could run it. */
  training: {
    repository: "ai-platform/training",
    tag: "0.1.0",
    source: "services/training",
    version: "0.1.0",
  },
  ollama: {
    repository: "ollama/ollama",
    tag: "0.33.3",
    source: "https://github.com/ollama/ollama",
    version: "0.33.3",
    digest: "sha256:32931b46719f673c05fdbaa81ccb26da18ea4a1c57590a754874ab28ba269eb2",
    // CUDA 12 and 13 for two architectures. An assumption.
    packedGB: 8,
  },
  prometheus: {
    repository: "quay.io/prometheus/prometheus",
    tag: "v3.15.0",
    source: "https://github.com/prometheus/prometheus",
    version: "3.15.0",
    digest: "sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e",
  },
  /** The last release, of May 2024: docs/adr/0010-pod-metrics.md says what that means. */
  prometheusAdapter: {
    repository: "registry.k8s.io/prometheus-adapter/prometheus-adapter",
    tag: "v0.12.0",
    source: "https://github.com/kubernetes-sigs/prometheus-adapter",
    version: "0.12.0",
  },
  pause: {
    repository: "registry.k8s.io/pause",
    tag: "3.10",
    source: "https://github.com/kubernetes/kubernetes",
    version: "3.10",
  },
} as const satisfies Record<string, ImagePin>;

/** Images that only a registry has: they are too big to build from packages, or nobody publishes those packages. */
export const registryImages = {
  /**
   * CUDA 13, which needs NVIDIA's driver 580. 0.33.0 is on PyPI, but no public file shows an image of it yet.
   * A Service must not be called `vllm`: Kubernetes would inject a VLLM_PORT that vLLM can't read.
   */
  vllm: {
    repository: "vllm/vllm-openai",
    tag: "v0.31.0",
    source: "https://github.com/vllm-project/vllm",
    version: "0.31.0",
    // As public files that pin this tag show it, from Docker Hub in October 2026. CUDA 13.0.2, x86 and arm64.
    digest: "sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3",
    // 9.0 GB for x86 by the same; arm64 is taken for as much.
    packedGB: 18,
  },
  vllmCpu: {
    repository: "vllm/vllm-openai-cpu",
    tag: "v0.31.0",
    source: "https://github.com/vllm-project/vllm",
    version: "0.31.0",
  },
  /** Archived upstream: the last release. CUDA 12.4, no kernels for Blackwell. */
  tgi: {
    repository: "ghcr.io/huggingface/text-generation-inference",
    tag: "3.3.7",
    source: "https://github.com/huggingface/text-generation-inference",
    version: "3.3.7",
    // Of one architecture. An assumption.
    packedGB: 6,
  },
  /** Server 2.71.0, with the vLLM backend, whose vLLM is older than the one above. */
  triton: {
    repository: "nvcr.io/nvidia/tritonserver",
    tag: "26.07-vllm-python-py3",
    source: "https://github.com/triton-inference-server/server",
    version: "26.07",
    // As a public file that pins this tag shows it.
    digest: "sha256:31e20bfbc65055d6b85553a00d45342a62c506874aa996c11ae53650151f05b1",
    // More than vLLM's, for two architectures. An assumption.
    packedGB: 22,
  },
  /** Runs as user 1000 on a read-only root. */
  qdrant: {
    repository: "qdrant/qdrant",
    tag: "v1.19.0-unprivileged",
    source: "https://github.com/qdrant/qdrant",
    version: "1.19.0",
    digest: "sha256:a0e04fe623cb064502cd869cefc1dc7ce359d8edd481063b5bd351c0a0a2c91e",
  },
  chroma: {
    repository: "chromadb/chroma",
    tag: "1.5.9",
    source: "https://github.com/chroma-core/chroma",
    version: "1.5.9",
  },
  /** For CPUs. `cpu-1.9` moves, this tag doesn't. */
  textEmbeddings: {
    repository: "ghcr.io/huggingface/text-embeddings-inference",
    tag: "cpu-1.9.3",
    source: "https://github.com/huggingface/text-embeddings-inference",
    version: "1.9.3",
    digest: "sha256:ad950d30878eceb72aaf32024d26fa2b1d04a75304fa0b4776b49aa1941fea07",
  },
  devicePlugin: {
    repository: "nvcr.io/nvidia/k8s-device-plugin",
    tag: "v0.20.0",
    source: "https://github.com/NVIDIA/k8s-device-plugin",
    version: "0.20.0",
    digest: "sha256:a61ba9fd8efb82f3a79f877f7580e02c1e8e7593f62473644bc9c79e315c3312",
  },
  /** EKS's own registry, from which every account may pull. Its region is the chart's. */
  efaPlugin: {
    repository: "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin",
    tag: "v0.5.20",
    source: "https://github.com/aws/eks-charts",
    version: "0.5.20",
  },
  dcgmExporter: {
    repository: "nvcr.io/nvidia/k8s/dcgm-exporter",
    tag: "4.5.3-4.8.2-distroless",
    source: "https://github.com/NVIDIA/dcgm-exporter",
    version: "4.8.2",
    digest: "sha256:e9030b4fca0c8f110032f3b151b030e7e9db56604b407cf79631e1a3218b35e0",
  },
  /** One per minor version of Kubernetes: it simulates that version's scheduler. */
  clusterAutoscaler134: {
    repository: "registry.k8s.io/autoscaling/cluster-autoscaler",
    tag: "v1.34.4",
    source: "https://github.com/kubernetes/autoscaler",
    version: "1.34.4",
  },
  clusterAutoscaler135: {
    repository: "registry.k8s.io/autoscaling/cluster-autoscaler",
    tag: "v1.35.2",
    source: "https://github.com/kubernetes/autoscaler",
    version: "1.35.2",
    digest: "sha256:aac369dc283927a623deb1af54696efcc722ae79255aa07788422e495bab887d",
  },
  clusterAutoscaler136: {
    repository: "registry.k8s.io/autoscaling/cluster-autoscaler",
    tag: "v1.36.1",
    source: "https://github.com/kubernetes/autoscaler",
    version: "1.36.1",
    digest: "sha256:461388d03eb5b55db58941ee7a81d9a619dd15302b01cbab9f5a9946715994b4",
  },
  airflow: {
    repository: "apache/airflow",
    tag: "2.9.3-python3.11",
    source: "https://github.com/apache/airflow",
    version: "2.9.3",
  },
  gitSync: {
    repository: "registry.k8s.io/git-sync/git-sync",
    tag: "v4.7.1",
    source: "https://github.com/kubernetes/git-sync",
    version: "4.7.1",
  },
  /** The tag follows the form of earlier 2.20 releases; no public file shows this very one. */
  prefect: {
    repository: "prefecthq/prefect",
    tag: "2.20.26-python3.11",
    source: "https://github.com/PrefectHQ/prefect",
    version: "2.20.26",
  },
  feast: {
    repository: "quay.io/feastdev/feature-server",
    tag: "0.66.0",
    source: "https://github.com/feast-dev/feast",
    version: "0.66.0",
  },
} as const satisfies Record<string, ImagePin>;

export type ImageName = keyof typeof images;
/** Images whose source is a folder of this repository. */
export type OwnImageName = {
  [Name in ImageName]: (typeof images)[Name]["source"] extends `services/${string}` ? Name : never;
}[ImageName];
export type RegistryImageName = keyof typeof registryImages;

const all: Readonly<Record<ImageName | RegistryImageName, ImagePin>> = { ...images, ...registryImages };

/** Names of the images that are built from a folder of this repository. */
export const ownImageNames: readonly OwnImageName[] = Object.keys(images).filter(isOwn);

function isOwn(name: string): name is OwnImageName {
  return Object.entries(images).some(
    ([known, { source }]) => known === name && source.startsWith("services/"),
  );
}

/** The pin of an image. */
export function imagePin(name: ImageName | RegistryImageName): ImagePin {
  return all[name];
}

/** The reference that a manifest carries: `repository:tag`, with the digest behind it where the catalog has one. */
export function imageRef(name: ImageName | RegistryImageName): string {
  const { repository, tag, digest } = all[name];
  return digest === undefined ? `${repository}:${tag}` : `${repository}:${tag}@${digest}`;
}
