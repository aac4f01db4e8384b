/** Where an object goes and which labels all objects carry. */
export interface Placement {
  /** Namespace of the object. */
  readonly namespace: string;
  /** Labels of the whole platform, from the plan. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels that select the pods of `app`; they must never change, a Deployment's selector is immutable. */
export function selectorOf(app: string): Record<string, string> {
  return { "app.kubernetes.io/name": app };
}

/** Metadata of an object of `app` with a fixed name. */
export function named(name: string, app: string, { namespace, labels }: Placement) {
  return { name, namespace, labels: { ...labels, ...selectorOf(app) } };
}

/**
 * Metadata of an object that the engine names. Made for immutable ConfigMaps and Secrets: a change makes a new one
 * under a new name, which rolls the pods that mount it, and rolling back finds the old one unchanged.
 */
export function generated(app: string, { namespace, labels }: Placement) {
  return { namespace, labels: { ...labels, ...selectorOf(app) } };
}
