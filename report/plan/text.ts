import { createColors } from "picocolors";
import { gpu as gpuOf } from "../../catalog/gpus.ts";
import type { CostPlan, NodeGroupPlan, QuotaNeed } from "../../planning/infrastructure.ts";
import type { CardsPlan, ModelPlan } from "../../planning/models.ts";
import type { PlatformPlan } from "../../planning/plan.ts";
import { sharesPerCard, shareText } from "../../planning/sharing.ts";
import { gibibytes, usd } from "../../planning/text.ts";
import type { TrainingPlan } from "../../planning/training/training.ts";
import { renderTable } from "../table.ts";
import { memoryBar, memoryLegend, shareBar } from "./bars.ts";

export interface TextOptions {
  readonly color: boolean;
  /** Also one line of why per choice, and what was refused. */
  readonly why: boolean;
}

const hoursPerMonth = 730;

/** A plan for people: problems first, then what runs, where, for how much, and what the account must allow. */
export function renderPlan(plan: PlatformPlan, options: TextOptions): string {
  const { infrastructure } = plan;
  const sections = [
    title(plan),
    list("Problems", plan.problems, options),
    list("Warnings", plan.warnings, options),
    section("Models", plan.models.length > 0 ? modelTable(plan.models, options) : "none", options),
    plan.serving.plans.length > 0 ? section("Serving", servingTable(plan, options), options) : "",
    ...(infrastructure
      ? [
          trainingSection(infrastructure.training, options),
          section("Node groups", nodeTable(infrastructure.nodeGroups, options), options),
          section("Cost", costTable(infrastructure.cost, options), options),
          section("Quotas that the account needs", quotaTable(infrastructure.quotas, options), options),
        ]
      : []),
    options.why ? whySection(plan, options) : "",
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

function title({ environment, infrastructure, problems }: PlatformPlan): string {
  const where = infrastructure
    ? ` in ${infrastructure.region}, ${infrastructure.network.zones.length} zones`
    : "";
  const verdict = problems.length > 0 ? "can't be brought up as described" : "can be brought up";
  const price = infrastructure ? `, ${usd(infrastructure.cost.usdPerMonth)} a month` : "";
  return `${environment}${where}: ${verdict}${price}`;
}

function section(name: string, body: string, { color }: TextOptions): string {
  return `${createColors(color).bold(name)}\n${indent(body)}`;
}

function list(name: string, lines: readonly string[], options: TextOptions): string {
  return lines.length === 0 ? "" : section(name, lines.map((line) => `- ${line}`).join("\n"), options);
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}

function modelTable(models: readonly ModelPlan[], { color }: TextOptions): string {
  const rows = models.map((model) => {
    const { budget, kvCache } = model.memory.shares;
    return [
      model.name,
      model.engine,
      model.deployment.quantization,
      `${model.replicas} x ${model.gpu ? cardsOfModel(model.gpu, model.podsPerReplica) : "CPU"}`,
      `${memoryBar(model.memory.shares, 16)} ${gibibytes(budget - kvCache)} + ${gibibytes(kvCache)}`,
      model.deployment.context.toLocaleString("en"),
      `${model.deployment.concurrency} of ${model.memory.concurrency}`,
      model.nodes.length > 0 ? usd(model.usdPerHour * hoursPerMonth) : "",
    ];
  });
  const head = ["NAME", "ENGINE", "FORMAT", "ON", "MEMORY PER GPU", "CONTEXT", "REQUESTS", "$/MONTH"];
  return `${renderTable(head, rows, { color, numbers: [5, 6, 7] })}\n\n${memoryLegend}`;
}

/** `8 H100`, over two nodes `2 x 8 H100`, `1/2 L4`. */
function cardsOfModel({ count, name, sharing }: CardsPlan, nodes: number): string {
  if (sharing !== undefined) return shareText(name, sharing);
  return nodes > 1 ? `${nodes} x ${count / nodes} ${name}` : `${count} ${name}`;
}

/** `8 A100-40`, `8 A100-40 as 16 3g.20gb`, `1 L4 by 2`. */
function cardsOfNode({ name, perNode, sharing }: NonNullable<NodeGroupPlan["gpu"]>): string {
  const cards = `${perNode} ${name}`;
  if (sharing === undefined) return cards;
  return sharing.kind === "mig"
    ? `${cards} as ${perNode * sharesPerCard(gpuOf(name), sharing)} ${sharing.profile}`
    : `${cards} by ${sharing.replicas}`;
}

/** How each model is served, how long a start takes, and what scales it. */
function servingTable({ infrastructure, serving }: PlatformPlan, { color }: TextOptions): string {
  const rows = serving.plans.map(({ legacy, model, replicas, route, scaling, server, timing }) => [
    model,
    legacy === undefined ? server : `${server} (legacy)`,
    route?.prefix ?? "",
    `${timing.startSeconds} s`,
    infrastructure ? `${timing.coldStartSeconds} s: ${timing.parts.join(", ")}` : "",
    scaling
      ? `${scaling.least} to ${scaling.most} by ${scaling.metrics.map(({ metric }) => metric.name).join(", ")}`
      : `${replicas}`,
  ]);
  const head = ["NAME", "SERVER", "PATH", "START", "FROM NO NODE", "REPLICAS"];
  const { adapter } = serving;
  const table = renderTable(head, rows, { color, numbers: [3] });
  return adapter === undefined
    ? table
    : `${table}\n\nall but Triton's also at ${adapter.path}, by the adapter`;
}

function nodeTable(groups: readonly NodeGroupPlan[], { color }: TextOptions): string {
  const rows = groups.map((group) => [
    group.name,
    `${group.size.planned} (${group.size.min}-${group.size.max})`,
    group.instanceTypes[0],
    group.gpu ? cardsOfNode(group.gpu) : "",
    [group.purchase, ...group.fallbacks].join(", "),
    usd(group.usdPerHour * hoursPerMonth),
    Object.entries(group.pods)
      .map(([name, count]) => (count > 1 ? `${count} ${name}` : name))
      .join(", "),
  ]);
  const head = ["NAME", "NODES", "TYPE", "GPUS", "BOUGHT", "$/MONTH", "CARRIES"];
  return renderTable(head, rows, { color, numbers: [5] });
}

function trainingSection(jobs: readonly TrainingPlan[], options: TextOptions): string {
  if (jobs.length === 0) return "";
  const rows = jobs.map(({ gpu, instanceType, memory, precision, name, purchase, usdAtMost, usdPerHour }) => [
    name,
    `1 ${gpu}`,
    precision,
    `${gibibytes(memory.weights + memory.gradients + memory.optimizer + memory.activations + memory.runtime)} of ${gibibytes(memory.capacity)}`,
    instanceType,
    purchase,
    usd(usdPerHour),
    usd(usdAtMost),
  ]);
  const head = ["NAME", "ON", "FORMAT", "MEMORY", "TYPE", "BOUGHT", "$/HOUR", "AT MOST"];
  const table = renderTable(head, rows, { color: options.color, numbers: [6, 7] });
  return section("Training, paid only while it runs", table, options);
}

function costTable(cost: CostPlan, { color }: TextOptions): string {
  const rows = cost.items.map(({ basis, component, usdPerHour, what }) => [
    component,
    what,
    usd(usdPerHour * hoursPerMonth),
    basis === "listed" ? "" : basis,
  ]);
  const budget = cost.budgetUsdPerMonth;
  const share = budget === undefined ? 0 : cost.usdPerMonth / budget;
  return [
    renderTable(["COMPONENT", "WHAT", "$/MONTH", ""], rows, { color, numbers: [2] }),
    "",
    `${usd(cost.usdPerHour)} an hour, ${usd(cost.usdPerMonth)} a month of ${hoursPerMonth} hours`,
    budget === undefined
      ? "no budget is given"
      : `${shareBar(share, 30)} ${(100 * share).toFixed(0)} % of the budget of ${usd(budget)}`,
    `not priced: ${cost.notPriced.join(", ")}`,
  ].join("\n");
}

function quotaTable(quotas: readonly QuotaNeed[], { color }: TextOptions): string {
  const rows = quotas.map(({ awsDefault, code, largest, name, planned, service }) => [
    `${service}/${code}`,
    name,
    planned.toLocaleString("en"),
    largest.toLocaleString("en"),
    awsDefault?.toLocaleString("en") ?? "?",
  ]);
  const head = ["QUOTA", "NAME", "PLANNED", "LARGEST", "AWS DEFAULT"];
  return renderTable(head, rows, { color, numbers: [2, 3, 4] });
}

function whySection({ explanations }: PlatformPlan, options: TextOptions): string {
  return section("Why", explanations.map(({ subject, why }) => `${subject}: ${why}`).join("\n"), options);
}
