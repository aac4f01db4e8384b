/** Namespace of all model servers. */
export const servingNamespace = "ai-models";

/**
 * Namespace of the Jobs that fill the models bucket. Their own: the gateway reads Secrets where models are served, and the
 * hub's token is none of its business.
 */
export const stagingNamespace = "ai-weights";
