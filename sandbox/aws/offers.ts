import { z } from "zod";
import { amiName, amiTypes, eksVersions } from "../../catalog/eks.ts";
import { quotas } from "../../catalog/quotas.ts";
import { addonManifests } from "./addons.ts";

const quotaSchema = z.object({
  service: z.string(),
  code: z.string(),
  name: z.string(),
  /** Absent where AWS documents none. */
  value: z.number().optional(),
});

/** A quota as the account has it. */
export type OfferedQuota = z.infer<typeof quotaSchema>;

/** The part of what is offered that a person changes. */
export const offersSchema = z.looseObject({ quotas: z.array(quotaSchema) });

/**
 * What the simulated AWS offers: a new account's quotas, what the catalog pins of EKS, and the pods of EKS's add-ons.
 * simulated_aws/offers.py has the form.
 * @param values other values of quotas, by service and code
 */
export function offers(values: Readonly<Record<string, number>> = {}) {
  return {
    quotas: Object.values(quotas).map(({ awsDefault, code, name, service }) => ({
      service,
      code,
      name,
      value: values[`${service}/${code}`] ?? awsDefault,
    })),
    addonPods: addonManifests(),
    kubernetes: Object.fromEntries(
      Object.values(eksVersions).map(({ addons, amiRelease, version }) => [
        version,
        {
          addons: Object.fromEntries(Object.entries(addons).map(([addon, pin]) => [addon, [pin.version]])),
          images: amiTypes.map((type) => amiName(type, version, amiRelease)),
        },
      ]),
    ),
  };
}
