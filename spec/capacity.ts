import { z } from "zod";
import { gpuNames } from "../catalog/gpus.ts";
import { instanceType, zone } from "./fields.ts";

/** Ways to buy an EC2 instance. */
export const purchaseOptions = ["reservation", "capacity-block", "spot", "on-demand"] as const;
export type PurchaseOption = (typeof purchaseOptions)[number];

const reservation = z.strictObject({
  /** The capacity reservation's id, as EC2 gave it. */
  id: z.string().regex(/^cr-[0-9a-f]{8,17}$/, "a capacity reservation's id such as cr-0123456789abcdef0"),
  /** What is reserved: an instance type that the region offers. */
  instanceType,
  /** Instances reserved. */
  count: z.int().min(1).max(1000),
  /** Availability zone where they are: one of the network's. */
  zone,
});

export const capacitySchema = z.strictObject({
  /**
   * Ways to buy nodes, best first; what comes later is the fallback. Default: spot, then on-demand in dev, where a node
   * may go at two minutes' notice; what is reserved, then on-demand elsewhere. Outside dev, pods that keep data never
   * stand on spot.
   */
  purchase: z.array(z.enum(purchaseOptions)).min(1).optional(),
  /**
   * EC2 families that may be used, such as `g6` or `m7i`; they must carry everything, the services included. Default:
   * all in the catalog that the region offers.
   */
  families: z
    .array(z.string().regex(/^[a-z0-9-]+$/, "an EC2 family such as g6"))
    .min(1)
    .optional(),
  /** Kinds of GPU that may be used; `[]` makes the environment CPU-only. Default: all that the region offers. */
  gpus: z.array(z.enum(gpuNames)).optional(),
  /** On-demand capacity reservations: the account pays for them anyway, so a plan fills them first. Default: none. */
  reservations: z.array(reservation).default([]),
  /** Capacity blocks for ML, paid in advance. Default: none. */
  capacityBlocks: z
    .array(
      reservation.extend({
        /** When the block ends, ISO 8601; EKS scales the group to zero 40 minutes before. */
        endsAt: z.iso.datetime({ offset: true, error: "a time with its zone such as 2027-01-31T11:30:00Z" }),
      }),
    )
    .default([]),
  /** Nodes that each node group may grow by beyond what the plan needs now, and what `autoscaling` of its models may. Default 2. */
  headroom: z.int().min(0).max(100).default(2),
  /**
   * How much of a model's hourly cost a move must save before it is made, given a plan in force: 0 moves for any
   * saving, 1 never. Default 0.1.
   */
  stability: z.number().min(0).max(1).default(0.1),
});

export type CapacitySpec = z.output<typeof capacitySchema>;
