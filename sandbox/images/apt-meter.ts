/** Follows apt's own words: how much is downloaded and how many packages are set up. */
export class AptMeter {
  #needed = 0;
  #got = 0;
  #packages = 0;
  #setUp = 0;

  /** Takes a line of apt's output and says how far it is; undefined for lines that change nothing. */
  read(line: string): string | undefined {
    const needed = /^Need to get ([\d.,]+) ?(k?M?G?)B(?:\/[\d.,]+ ?k?M?G?B)? of archives/.exec(line);
    if (needed) this.#needed += bytes(needed[1], needed[2]);
    const installed = /^\d+ upgraded, (\d+) newly installed/.exec(line);
    if (installed) this.#packages += Number(installed[1]);

    // Lines for package lists look the same; they come before apt says what it needs.
    const got = /^Get:\d+ \S+ \S+ \S+ (\S+).* \[([\d.,]+) ?(k?M?G?)B\]$/.exec(line);
    if (got && this.#needed === 0) return "package lists";
    if (got) {
      this.#got += bytes(got[2], got[3]);
      return `downloading, ${megabytes(this.#got)} of ${megabytes(this.#needed)} MB (${got[1]})`;
    }
    const setUp = /^Setting up (\S+)/.exec(line);
    if (setUp) {
      this.#setUp += 1;
      return `setting up package ${this.#setUp} of ${Math.max(this.#setUp, this.#packages)} (${setUp[1]})`;
    }
    return undefined;
  }
}

const units: Record<string, number> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

const bytes = (amount = "0", unit = ""): number => Number(amount.replaceAll(",", "")) * (units[unit] ?? 1);

const megabytes = (amount: number): string => (amount / 1e6).toFixed(1);
