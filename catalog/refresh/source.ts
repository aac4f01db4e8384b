/** One price as a source states it, before anybody has judged it. */
export interface Quote {
  /** EC2 instance type. */
  readonly type: string;
  readonly amount: number;
  /** What the amount is for: hours are `Hrs`. */
  readonly unit: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** Where prices and offerings are read. */
export interface PriceSource {
  /** For the catalog, to say where a list came from. */
  readonly names: { readonly onDemand: string; readonly spot: string; readonly offerings: string };
  /** Linux, shared tenancy; every type that the region has. */
  onDemand(region: string): Promise<readonly Quote[]>;
  /** The newest of each zone, so several for one type. */
  spot(region: string, types: readonly string[]): Promise<readonly Quote[]>;
  /** Instance types that the region offers in at least one zone. */
  offerings(region: string): Promise<readonly string[]>;
}
