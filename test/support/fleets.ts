import fc from "fast-check";
import type {
  Choice,
  Demand,
  NodeFeature,
  Offer,
  Option,
  PlacementProblem,
  Workload,
} from "../../planning/placement/problem.ts";
import type { PurchaseOption } from "../../spec/capacity.ts";

/** Problems small enough for trying everything, yet with every rule in them. */
export function smallProblems(mostReplicas: number): fc.Arbitrary<PlacementProblem> {
  return fc
    .record({
      zones: fc.constantFrom<[string, ...string[]]>(["a"], ["a", "b"], ["b", "a", "c"]),
      types: fc.array(instanceTypes, { minLength: 2, maxLength: 3 }),
      purchases: fc.array(offered, { minLength: 3, maxLength: 3 }),
      limits: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 9, maxLength: 9 }),
      zoneMasks: fc.array(fc.constantFrom(7, 7, 7, 3, 5, 6, 1, 2, 4), { minLength: 9, maxLength: 9 }),
      workloads: fc.array(workloads, { minLength: 1, maxLength: 5 }),
      previous: fc.oneof(
        fc.constant([]),
        fc.array(fc.option(previousChoices, { freq: 2 }), { minLength: 5, maxLength: 5 }),
      ),
    })
    .map(({ limits, previous, purchases, types, workloads, zoneMasks, zones }): PlacementProblem => {
      const whole = types.flatMap((type, index) =>
        (purchases[index] ?? []).map((purchase, at): Offer => {
          const limited = purchase === "reservation" || purchase === "capacity-block";
          const mask = zoneMasks[index * 2 + at] ?? 7;
          const [first = zones[0], ...others] = zones.filter((_, zone) => (mask >> zone) & 1);
          return {
            ...type,
            id: `type${index}/${purchase}`,
            instanceType: `type${index}`,
            purchase,
            // A reservation lives in one zone.
            zones: limited ? [first] : [first, ...others],
            limit: limited ? (limits[index * 2 + at] ?? 0) : undefined,
            usdPerHour: limited ? 0 : purchase === "spot" ? type.usdPerHour / 2 : type.usdPerHour,
          };
        }),
      );
      const offers = whole.flatMap((offer) => [offer, ...sharedTwin(offer)]);
      let left = mostReplicas;
      const twins = workloads.flatMap(({ twin, ...workload }) => (twin ? [workload, workload] : [workload]));
      const kept = twins.flatMap((workload, index): Workload[] => {
        const replicas = Math.min(left, workload.replicas);
        left -= replicas;
        return replicas > 0 ? [{ ...workload, name: `model${index}`, replicas }] : [];
      });
      const choices = kept.flatMap(({ name, options }, index): [string, Choice][] => {
        const choice = previous[index];
        const offer = offers[(choice?.offer ?? 0) % offers.length];
        const option = options[(choice?.option ?? 0) % options.length];
        if (!choice || !offer || !option) return [];
        return [[name, { option: option.id, offers: [offer.id], moveCost: choice.moveCost }]];
      });
      return { zones, offers, workloads: kept, previous: new Map(choices) };
    });
}

const purchases = ["reservation", "capacity-block", "spot", "on-demand"] as const satisfies PurchaseOption[];
const offered = fc.constantFrom<PurchaseOption[]>(
  ["on-demand"],
  ["on-demand"],
  ["on-demand"],
  ["spot", "on-demand"],
  ["on-demand", "reservation"],
  ["on-demand", "reservation"],
  ["reservation"],
  ["spot", "capacity-block"],
);
const gpus = ["L4", "L4", "L4", "A100-80"] as const;
const sharedKind = "L4:time-slicing-2";

/** The same nodes with their cards shared, as `offersOf` makes them: a kind of card of its own, and not of reservations. */
function sharedTwin(offer: Offer): Offer[] {
  const { id, limit, room } = offer;
  if (room.gpu !== "L4" || limit !== undefined) return [];
  return [{ ...offer, id: `${id}:shared`, room: { ...room, gpu: sharedKind, gpus: 2 * room.gpus } }];
}

const features: readonly NodeFeature[] = ["nvme", "avx512-vpopcntdq"];

const gib = 1024;

/** Few different amounts, so that nodes fill up exactly now and then. */
const pods = fc.record({
  gpu: fc.constantFrom(...gpus, sharedKind),
  gpus: fc.constantFrom(1, 1, 1, 2, 3),
  milliCpus: fc.constantFrom(500, 1000, 1500),
  memoryMiB: fc.constantFrom(gib, gib, 2 * gib, 3 * gib, 5 * gib),
  diskGiB: fc.constantFrom(0, 1, 2),
});
const gpuRoom = fc.record({
  gpu: fc.constantFrom(...gpus),
  gpus: fc.constantFrom(1, 2, 3, 4, 4, 8),
  milliCpus: fc.constantFrom(1500, 2000, 4000, 8000),
  memoryMiB: fc.constantFrom(3 * gib, 4 * gib, 8 * gib, 16 * gib),
  diskGiB: fc.constantFrom(2, 4, 8),
});
const withoutGpu = (demand: Demand): Demand => ({ ...demand, gpu: undefined, gpus: 0 });

const shared = {
  usdPerHour: fc.integer({ min: 1, max: 40 }).map((dimes) => dimes / 10),
  pods: fc.constantFrom(2, 3, 10, 10),
  features: fc.constantFrom([], features, features, ["nvme" as const]),
};
const instanceTypes = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ ...shared, roles: fc.constant<Offer["roles"]>(["gpu"]), room: gpuRoom }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...shared,
      roles: fc.constantFrom<Offer["roles"]>(["gpu", "cpu"], ["cpu"]),
      room: gpuRoom.map(withoutGpu),
    }),
  },
);

const options = fc.record({
  demand: fc.oneof({ weight: 4, arbitrary: pods }, { weight: 1, arbitrary: pods.map(withoutGpu) }),
  needs: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(features.slice()) },
  ),
  penalty: fc.constantFrom(0, 0, 0, 0.25),
});

const workloads = fc.record({
  /** Whether there is another one just like it. */
  twin: fc.constantFrom(true, false, false),
  role: fc.constantFrom<Workload["role"]>("gpu", "gpu", "gpu", "gpu", "cpu"),
  replicas: fc.integer({ min: 1, max: 4 }),
  spread: fc.constantFrom<Workload["spread"]>("none", "node", "zone"),
  purchase: fc.oneof(
    { weight: 5, arbitrary: fc.constant(purchases) },
    { weight: 1, arbitrary: fc.shuffledSubarray(purchases.slice(), { minLength: 1 }) },
  ),
  options: fc
    .array(options, { minLength: 1, maxLength: 3 })
    .map((list) => list.map((option, index): Option => ({ ...option, id: `option${index}` })))
    .map(([first, ...others]): [Option, ...Option[]] => {
      if (!first) throw new Error("an array of at least one is empty");
      return [first, ...others];
    }),
});

const previousChoices = fc.record({
  offer: fc.nat(8),
  option: fc.nat(1),
  moveCost: fc.constantFrom(0, 0.1, 0.7),
});
