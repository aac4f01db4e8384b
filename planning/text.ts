// Numbers as people read them, the same in every message and report.

/** MiB as GiB with one decimal: "17.9 GiB". */
export function gibibytes(mebibytes: number): string {
  return `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** US dollars: cents below a hundred, whole dollars above, thousands separated. */
export function usd(amount: number): string {
  const digits = Math.abs(amount) < 100 ? 2 : 0;
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
