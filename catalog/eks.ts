/** Minor versions of Kubernetes that EKS offers and that the add-ons in this catalog are pinned for. */
export const kubernetesVersions = ["1.34", "1.35", "1.36"] as const;
export type KubernetesVersion = (typeof kubernetesVersions)[number];
