import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../core/ports/observe.ts'
import { quality } from './quality.ts'

const prefix = 'ringdown_'
/** A source of a figure that does not answer must not hold up all the others. */
const maxGaugeWaitMs = 1_000
const stepBucketsS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const callBucketsS = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600]

export interface MetricsPage extends Metrics {
  /** A figure that is asked for whenever the page is. One that fails or hangs is shown as NaN. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  /** The page for Prometheus, in its text format 0.0.4. */
  text(): Promise<string>
  readonly contentType: string
}

/** All figures of one engine, in a registry of their own, with names that begin with `ringdown_`. */
export function createMetrics(): MetricsPage {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix })
  const ended = new Counter({
    name: `${prefix}calls_ended_total`,
    help: 'Calls that reached a final status',
    labelNames: ['direction', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: `${prefix}call_duration_seconds`,
    help: 'Length of calls that ended',
    labelNames: ['direction'],
    buckets: callBucketsS,
    registers,
  })
  const ignored = new Counter({
    name: `${prefix}inputs_ignored_total`,
    help: "Inputs that had no rule in the call's state",
    labelNames: ['input'],
    registers,
  })
  const step = new Histogram({
    name: `${prefix}step_seconds`,
    help: 'Time that a step took: accept to INVITE, key to the INVITE to the lead',
    labelNames: ['step'],
    buckets: stepBucketsS,
    registers,
  })
  const overBudget = new Counter({
    name: `${prefix}steps_over_budget_total`,
    help: 'Steps that took longer than the 3 seconds that are promised: more than none is worth an alert',
    labelNames: ['step'],
    registers,
  })
  // There from the beginning, so that the first one is seen as a rise.
  for (const name of ['accept_to_invite', 'key_to_lead_invite']) overBudget.inc({ step: name }, 0)
  const webhooks = new Counter({
    name: `${prefix}webhook_attempts_total`,
    help: 'Attempts to deliver a status webhook, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  return {
    callEnded(direction, status, durationMs) {
      ended.inc({ direction, status })
      duration.observe({ direction }, durationMs / 1_000)
    },
    inputIgnored: (input) => ignored.inc({ input }),
    observeMs: (name, valueMs) => step.observe({ step: name }, valueMs / 1_000),
    overBudget: (name) => overBudget.inc({ step: name }),
    legQuality: quality(registers),
    webhook: (outcome) => webhooks.inc({ outcome }),
    gauge: (name, help, read) => addGauge(registry, name, help, read),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** The later of two of the same name counts. */
function addGauge(
  registry: Registry,
  given: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  const name = given.startsWith(prefix) ? given : prefix + given
  registry.removeSingleMetric(name)
  const gauge = new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      gauge.set(await within(maxGaugeWaitMs, read))
    },
  })
}

async function within(limitMs: number, read: () => number | Promise<number>): Promise<number> {
  const { promise: late, resolve } = Promise.withResolvers<number>()
  const timer = setTimeout(resolve, limitMs, Number.NaN)
  try {
    const value = await Promise.race([read(), late])
    return typeof value === 'number' ? value : Number.NaN
  } catch {
    return Number.NaN
  } finally {
    clearTimeout(timer)
  }
}
