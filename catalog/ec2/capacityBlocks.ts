/**
 * Families with NVIDIA GPUs that EC2 sells as capacity blocks for machine learning; the others of the catalog it
 * doesn't. Source: EC2 user guide, "Capacity Blocks for ML", supported instance types.
 */
export const capacityBlockFamilies: readonly string[] = [
  "p4d",
  "p4de",
  "p5",
  "p5e",
  "p5en",
  "p6-b200",
  "p6-b300",
];
