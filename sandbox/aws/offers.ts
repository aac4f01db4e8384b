import { amiName, amiTypes, eksVersions } from "../../catalog/eks.ts";
import { quotas } from "../../catalog/quotas.ts";
import { addonManifests } from "./addons.ts";

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
