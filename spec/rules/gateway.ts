import type { Rule } from "./rule.ts";

/** Route 53 takes only records whose names are in the zone. */
export const hostInZone: Rule = ({ gateway }) => {
  const { host, hostedZone } = gateway ?? {};
  if (host === undefined || hostedZone === undefined) return [];
  const { name } = hostedZone;
  if (host === name || host.endsWith(`.${name}`)) return [];
  return [
    {
      path: ["gateway", "hostedZone", "name"],
      problem: `${host} is not in it: name the zone of the host's own domain or of one above it`,
    },
  ];
};

/** A load balancer takes certificates of its own region only. */
export const certificateRegion: Rule = ({ cloud, gateway }) => {
  const region = gateway?.certificateArn?.split(":")[3];
  if (region === undefined || cloud === undefined || region === cloud.region) return [];
  return [
    {
      path: ["gateway", "certificateArn"],
      problem: `is in ${region}, and the load balancer in ${cloud.region} takes certificates of its own region only`,
    },
  ];
};
