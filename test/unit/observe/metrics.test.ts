import { expect, test } from 'vitest'
import type { CallQuality } from '../../../engine/core/quality.ts'
import { createMetrics } from '../../../engine/observe/index.ts'

test('calls, steps, webhooks and ignored inputs are counted under their labels', async () => {
  const metrics = createMetrics()
  metrics.callEnded('outbound', 'completed', 61_000)
  metrics.callEnded('outbound', 'completed', 2_000)
  metrics.callEnded('inbound', 'busy', 0)
  metrics.inputIgnored('ring')
  metrics.observeMs('accept_to_invite', 12)
  metrics.overBudget('key_to_lead_invite')
  metrics.webhook('delivered')
  metrics.webhook('retried')
  metrics.webhook('retried')
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'ringdown_calls_ended_total{direction="outbound",status="completed"} 2',
    'ringdown_calls_ended_total{direction="inbound",status="busy"} 1',
    'ringdown_call_duration_seconds_sum{direction="outbound"} 63',
    'ringdown_call_duration_seconds_bucket{le="60",direction="outbound"} 1',
    'ringdown_inputs_ignored_total{input="ring"} 1',
    'ringdown_step_seconds_bucket{le="0.01",step="accept_to_invite"} 0',
    'ringdown_step_seconds_bucket{le="0.02",step="accept_to_invite"} 1',
    'ringdown_steps_over_budget_total{step="accept_to_invite"} 0',
    'ringdown_steps_over_budget_total{step="key_to_lead_invite"} 1',
    'ringdown_webhook_attempts_total{outcome="retried"} 2',
  ]) {
    expect(lines).toContain(line)
  }
})

test('every name begins with ringdown_, the process is among them', async () => {
  const names = (await createMetrics().text()).match(/^# TYPE \S+/gm) ?? []
  expect(names).toContain('# TYPE ringdown_process_cpu_seconds_total')
  expect(names).toContain('# TYPE ringdown_nodejs_eventloop_lag_p99_seconds')
  expect(names.filter((name) => !name.startsWith('# TYPE ringdown_'))).toEqual([])
})

test('gauges are asked whenever the page is; one that fails is NaN and harms no other', async () => {
  const metrics = createMetrics()
  let value = 1
  metrics.gauge('ringdown_ports_free', 'Free ports', () => value++)
  metrics.gauge('later', 'Asked of a thread', () => Promise.resolve(7))
  metrics.gauge('broken', 'Throws', () => {
    throw new Error('no')
  })
  metrics.gauge('rejected', 'Rejects', () => Promise.reject(new Error('no')))
  metrics.gauge('hanging', 'Never answers', () => new Promise(() => undefined))
  await metrics.text()
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'ringdown_ports_free 2',
    'ringdown_later 7',
    'ringdown_broken Nan',
    'ringdown_rejected Nan',
    'ringdown_hanging Nan',
  ]) {
    expect(lines).toContain(line)
  }
})

test('the later of two gauges of a name counts; two engines do not meet', async () => {
  const metrics = createMetrics()
  metrics.gauge('calls_up', 'Calls that are answered', () => 3)
  expect(await metrics.text()).toContain('\nringdown_calls_up 3\n')
  metrics.gauge('calls_up', 'Calls that are answered', () => 5)
  expect(await metrics.text()).toContain('\nringdown_calls_up 5\n')
  expect(await createMetrics().text()).not.toContain('ringdown_calls_up')
  expect(metrics.contentType).toMatch(/^text\/plain/)
})

test('how legs sounded is in sums and histograms; what nobody told is in none', async () => {
  const metrics = createMetrics()
  const leg: CallQuality = {
    ...{ codec: 'PCMU', packetsSent: 10, packetsReceived: 10, bytesSent: 1720, bytesReceived: 172 },
    ...{ lossPercent: 4, jitterMs: 12, roundTripMs: 80, remoteLossPercent: 1, remoteJitterMs: 3 },
    ...{ bufferMs: 40, concealedPercent: 4, mos: { value: 3.9, grounded: true } },
  }
  metrics.legQuality(leg)
  metrics.legQuality({ ...leg, roundTripMs: null, remoteLossPercent: null, mos: null })
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'ringdown_leg_loss_percent_bucket{le="3",seen_by="us"} 0',
    'ringdown_leg_loss_percent_bucket{le="5",seen_by="us"} 2',
    'ringdown_leg_loss_percent_count{seen_by="peer"} 1',
    'ringdown_leg_jitter_seconds_sum{seen_by="us"} 0.024',
    'ringdown_leg_round_trip_seconds_count 1',
    'ringdown_leg_mos_bucket{le="3.6",grounded="true"} 0',
    'ringdown_leg_mos_bucket{le="4",grounded="true"} 1',
    'ringdown_leg_rtp_bytes_total{direction="sent"} 3440',
  ]) {
    expect(lines).toContain(line)
  }
})
