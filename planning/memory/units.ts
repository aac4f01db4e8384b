/** Bytes in a MiB, the unit of memory in plans, as EC2, the driver and Kubernetes give it. */
export const mebibyte = 1024 * 1024;

/** `38.0 GiB`: bytes, for people. */
export function gibText(bytes: number): string {
  return `${(bytes / (1024 * mebibyte)).toFixed(1)} GiB`;
}
