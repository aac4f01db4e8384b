/** Bytes in a MiB. All memory in plans is in MiB, as EC2, the driver and Kubernetes give it. */
export const mebibyte = 1024 * 1024;

/** `38.0 GiB`: for people. */
export function gibText(mib: number): string {
  return `${(mib / 1024).toFixed(1)} GiB`;
}
