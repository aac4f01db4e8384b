import type { Server } from "./servingPlan.ts";

/** A number that each pod has of its own: what Prometheus keeps of it, and how Kubernetes asks for it. */
export interface PodMetric {
  /** In Kubernetes' custom metrics API. vLLM's own names have colons, which Prometheus means for its recording rules. */
  readonly name: string;
  /** Series that says that a pod has it. */
  readonly series: string;
  /** PromQL, with prometheus-adapter's places for the series, the pods that are asked for, and what to group by. */
  readonly query: string;
}

/** Requests that wait now. A pod may have several such series, one for each engine in it. */
const sum = (name: string, series: string): PodMetric => ({
  name,
  series,
  query: "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
});

/**
 * What 95 of 100 requests of the last two minutes took at most: eight scrapes, so that one request more or less doesn't
 * scale. Without any it is no number, which prometheus-adapter gives out as 0.
 */
const slowest = (name: string, histogram: string): PodMetric => ({
  name,
  series: `${histogram}_bucket`,
  query: "histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (le, <<.GroupBy>>))",
});

/**
 * How many wait at a server, and how long they did: what it measures itself at the place where they wait. Neither GPU
 * utilization nor its memory say anything: a server takes all of both at once. A few may wait long where answers are long,
 * hence both.
 *
 * The time is that in the queue, which another replica takes away; Triton's vLLM takes every request at once and has no
 * queue in its metrics, so there it is the time to the first token. vLLM and TGI tell it when an answer is at its end.
 *
 * Sources: vLLM 0.31.0 v1/metrics/loggers.py; TGI 3.3.7 router/src/server.rs; Triton docs/user_guide/metrics.md and its vLLM
 * backend's README, "Triton Metrics". Ollama has none.
 */
export const serverMetrics: Readonly<
  Record<Server, { readonly waiting: PodMetric; readonly seconds: PodMetric } | undefined>
> = {
  vllm: {
    waiting: sum("vllm_requests_waiting", "vllm:num_requests_waiting"),
    seconds: slowest("vllm_queue_seconds_p95", "vllm:request_queue_time_seconds"),
  },
  tgi: {
    waiting: sum("tgi_requests_waiting", "tgi_queue_size"),
    seconds: slowest("tgi_queue_seconds_p95", "tgi_request_queue_duration"),
  },
  triton: {
    waiting: sum("triton_requests_waiting", "nv_inference_pending_request_count"),
    seconds: slowest("triton_first_token_seconds_p95", "vllm:time_to_first_token_seconds"),
  },
  ollama: undefined,
};

/** Requests that a replica of the adapter has in its hands, those that wait for an engine among them. */
export const adapterInFlight = sum("adapter_requests_in_flight", "adapter_in_flight_requests");

/** All that Kubernetes may be asked for. */
export const podMetrics: readonly PodMetric[] = [
  ...Object.values(serverMetrics).flatMap((metrics) => (metrics ? [metrics.waiting, metrics.seconds] : [])),
  adapterInFlight,
];
