import { findInstanceType } from "../../catalog/ec2/instances.ts";
import type { GpuName } from "../../catalog/gpus.ts";
import type { PurchaseOption } from "../../spec/capacity.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { TrainingJobSpec, TrainingPrecision } from "../../spec/training.ts";
import { nodePrice } from "../cost/nodes.ts";
import { bucketNameOf } from "../data/buckets.ts";
import type { ImageChoice } from "../data/images.ts";
import type { Explanation } from "../explain.ts";
import type { PodRolePlan } from "../foundation/iam/roles.ts";
import { lockOf, type PlacementLock, previousChoices } from "../lock.ts";
import { legalOffers } from "../placement/fit.ts";
import { place } from "../placement/place.ts";
import type { Offer, PlacedNode, PlacementProblem, Workload } from "../placement/problem.ts";
import { cheapestShare } from "../placement/share.ts";
import type { SizedPlatform } from "../sizing/platform.ts";
import { gibibytes, usd } from "../text.ts";
import { purchaseOrder } from "../workloads.ts";
import type { TrainingMemory } from "./memory.ts";
import { checkpointBytes } from "./memory.ts";
import { trainingRole } from "./role.ts";
import { type TrainingWay, trainingPurchase, trainingWays, workloadName } from "./ways.ts";

/** One training: what runs, on which GPU, and what it costs while it runs. */
export interface TrainingPlan {
  /** As the description calls it. */
  readonly name: string;
  /** Name of its pods, its service account and its workload. */
  readonly app: string;
  readonly namespace: string;
  readonly image: ImageChoice;
  /** `module:function` for the harness; undefined for an image of somebody's own. */
  readonly entrypoint: string | undefined;
  /** Folder of this repository with the module's source; undefined where the image has it. */
  readonly source: string | undefined;
  readonly hyperparameters: TrainingJobSpec["hyperparameters"];
  readonly seed: number;
  readonly precision: TrainingPrecision;
  readonly experiment: string;
  readonly runName: string;
  readonly gpu: GpuName;
  readonly memory: TrainingMemory;
  readonly instanceType: string;
  readonly purchase: PurchaseOption;
  /** Of its node, while it runs: a reserved one's price as well, which is paid anyway. */
  readonly usdPerHour: number;
  /** The most that it may cost: until its deadline. */
  readonly usdAtMost: number;
  readonly pod: Pick<TrainingJobSpec, "cpus" | "memoryGiB" | "diskGiB">;
  readonly deadlineSeconds: number;
  readonly retries: number;
  readonly checkpoints: {
    readonly bucket: string;
    /** Of all its runs, without a slash at its ends. */
    readonly prefix: string;
    readonly everySeconds: number;
  };
  /** Where it reads data from; undefined for nowhere. */
  readonly data: { readonly bucket: string; readonly prefix: string } | undefined;
  readonly region: string;
  readonly role: PodRolePlan;
}

/** All trainings of an environment, and the nodes that are there while they run. */
export interface TrainingsPlan {
  readonly jobs: readonly TrainingPlan[];
  readonly workloads: readonly Workload[];
  readonly nodes: readonly PlacedNode[];
  readonly lock: PlacementLock["placements"];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly explanations: readonly Explanation[];
}

const namespace = "ai-training";

/**
 * Places each training by itself, by the same rules and offers as everything else: it runs for a while, so it must not
 * decide which nodes are paid for all month, nor count on one that is there only while another training runs. Where a GPU
 * of the same kind is free on a node that runs anyway, Kubernetes takes that.
 */
export async function planTrainings(
  spec: AwsPlatformSpec,
  { problem: { offers, zones }, supply }: Pick<SizedPlatform, "problem" | "supply">,
  lock: PlacementLock | undefined,
): Promise<TrainingsPlan> {
  const jobs = Object.entries(spec.training.jobs).sort(([a], [b]) => (a < b ? -1 : 1));
  const planned = await Promise.all(
    jobs.map(([name, job]) => planTraining(spec, name, job, { offers, zones, supply, lock })),
  );
  return {
    jobs: planned.flatMap(({ plan }) => plan ?? []),
    workloads: planned.flatMap(({ workload }) => workload ?? []),
    nodes: planned.flatMap(({ nodes }) => nodes),
    lock: Object.assign({}, ...planned.map((each) => each.lock)),
    problems: planned.flatMap(({ problems }) => problems),
    warnings: planned.flatMap(({ plan }) => (plan ? slowCheckpoint(plan, spec) : [])),
    explanations: planned.flatMap(({ explanations }) => explanations),
  };
}

interface Context extends Pick<PlacementProblem, "offers" | "zones">, Pick<SizedPlatform, "supply"> {
  readonly lock: PlacementLock | undefined;
}

interface Planned {
  readonly plan: TrainingPlan | undefined;
  readonly workload: Workload | undefined;
  readonly nodes: readonly PlacedNode[];
  readonly lock: PlacementLock["placements"];
  readonly problems: readonly string[];
  readonly explanations: readonly Explanation[];
}

async function planTraining(
  spec: AwsPlatformSpec,
  name: string,
  job: TrainingJobSpec,
  { lock, offers, supply, zones }: Context,
): Promise<Planned> {
  const subject = `training/${name}`;
  const { refusals, ways, workload } = trainingWays(
    name,
    job,
    supply,
    trainingPurchase(job, purchaseOrder(spec)),
  );
  const explanations = refusals.map((why) => ({ subject, why: `not there: ${why}` }));
  const none = { plan: undefined, workload, nodes: [], lock: {}, explanations };
  if (workload === undefined)
    return { ...none, problems: [`training.jobs.${name} fits on no GPU: ${refusals.join("; ")}`] };

  const previous = previousChoices(lock, [workload], offers, spec.capacity.stability);
  const placement = await place({ workloads: [workload], offers, zones, previous });
  const way = ways.get(placement.options.get(workload.name) ?? "");
  const offer = offers.find(({ id }) => id === placement.nodes[0]?.offer);
  if (way === undefined || offer === undefined) {
    const reasons = placement.unplaceable.map(({ reason }) => reason).join("; ");
    return { ...none, problems: [`training.jobs.${name} has no node: ${reasons}`] };
  }
  const plan = planJob(spec, name, job, way, offer);
  return {
    plan,
    workload,
    nodes: placement.nodes,
    lock: lockOf(placement).placements,
    problems: [],
    explanations: [{ subject, why: explain(plan, workload, offers) }, ...explanations],
  };
}

function planJob(
  spec: AwsPlatformSpec,
  name: string,
  job: TrainingJobSpec,
  { gpu, memory, precision }: TrainingWay,
  { instanceType, purchase }: Offer,
): TrainingPlan {
  const { region } = spec.cloud;
  const app = workloadName(name);
  const prefix = `training/${name}`;
  const usdPerHour = nodePrice(region, instanceType, purchase)?.usdPerHour ?? 0;
  const { cpus, data, diskGiB, entrypoint, image, memoryGiB } = job;
  return {
    name,
    app,
    namespace,
    image: image === undefined ? { kind: "built", program: "training" } : { kind: "pulled", ref: image },
    entrypoint,
    source: entrypoint === undefined ? undefined : `training/${entrypoint.split(/[.:]/, 1).join()}`,
    hyperparameters: job.hyperparameters,
    seed: job.seed,
    precision,
    experiment: job.experiment ?? name,
    runName: job.runName ?? name,
    gpu,
    memory,
    instanceType,
    purchase,
    usdPerHour,
    usdAtMost: usdPerHour * job.deadlineHours,
    pod: { cpus, memoryGiB, diskGiB },
    deadlineSeconds: Math.round(3600 * job.deadlineHours),
    retries: job.retries,
    checkpoints: {
      bucket: bucketNameOf(spec, "models"),
      prefix,
      everySeconds: job.checkpointEverySeconds,
    },
    data: data === undefined ? undefined : { bucket: bucketNameOf(spec, "dvc"), prefix: data },
    region,
    role: trainingRole(spec, { app, namespace, prefix, data }),
  };
}

function explain(
  { gpu, instanceType, memory, precision, purchase, usdPerHour }: TrainingPlan,
  workload: Workload,
  offers: readonly Offer[],
): string {
  const { activations, capacity, gradients, optimizer, runtime, weights } = memory;
  const taken = weights + gradients + optimizer + activations + runtime;
  const legal = legalOffers(workload, offers);
  const [other] = workload.options
    .filter(({ demand }) => demand.gpu !== gpu)
    .flatMap((option) => {
      const share = cheapestShare(legal, option);
      return share === undefined ? [] : [{ option, offer: share.offer }];
    })
    .sort((a, b) => a.offer.usdPerHour - b.offer.usdPerHour);
  return [
    `${precision} on 1 x ${gpu} (${instanceType} ${purchase}):`,
    `${gibibytes(taken)} of ${gibibytes(capacity)} are taken.`,
    `${usd(usdPerHour)}/h while it runs.`,
    other === undefined
      ? "Nothing else that is allowed fits."
      : `Runner-up: ${other.option.id} on ${other.offer.instanceType} ${other.offer.purchase} at ${usd(other.offer.usdPerHour)}/h.`,
  ].join(" ");
}

/** Of the two minutes that EC2 gives a spot node, less what it takes the cluster to hear of it. */
export const graceSeconds = 100;

/** Bytes a second that reach S3, of a network card's sustained rate: the same assumption as for downloads. */
const networkShare = 0.6;

/** Says when the checkpoint of an interruption may not be written in time, so that it costs more than it should. */
function slowCheckpoint({ instanceType, name, purchase }: TrainingPlan, spec: AwsPlatformSpec): string[] {
  const job = spec.training.jobs[name];
  const gigabits = findInstanceType(instanceType)?.networkGbps;
  if (job === undefined || gigabits === undefined || purchase !== "spot") return [];
  const seconds = (8 * checkpointBytes(job.model)) / (gigabits * 1e9 * networkShare);
  if (seconds <= graceSeconds / 2) return [];
  return [
    `training.jobs.${name}: a checkpoint takes about ${Math.round(seconds)} s on ${instanceType}, and a spot node that goes leaves ${graceSeconds}: expect to lose up to ${job.checkpointEverySeconds} s of work, or take purchase: "on-demand"`,
  ];
}
