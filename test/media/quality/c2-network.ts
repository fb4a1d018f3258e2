import type { CodecName } from '../../../engine/media/agreement.ts'
import { quantileOf } from '../../bench/statistics.ts'
import type { Impairment } from '../../support/impairments.ts'
import { type Listened, listenThrough, manyPackets, packetsOf, START_MS } from './listening.ts'
import { speech } from './speech.ts'
import type { Property } from './table.ts'

/** Ticks fall at any time between packets: what depends on it is measured at each of these. */
const PHASES_MS = [0.5, 5, 10, 15, 19.5]
const MINUTE_PACKETS = 3000
const LEARNING_MS = 2000

const minute = speech(60, 8000, 5)
const speechPackets = packetsOf('PCMU', minute)

const atPhases = (impairment: Impairment, packets = speechPackets): Listened[] =>
  PHASES_MS.map((phaseMs) => listenThrough('PCMU', packets, impairment, { phaseMs }))
const delaysOf = (heard: readonly Listened[], fromMs = 0): number[] =>
  heard.flatMap(({ delays }) =>
    delays.filter(({ atMs }) => atMs >= START_MS + fromMs).map(({ ms }) => ms),
  )
const most = (row: readonly number[]) => row.reduce((a, b) => Math.max(a, b), 0)
const least = (row: readonly number[]) => row.reduce((a, b) => Math.min(a, b), Infinity)
const sum = (row: readonly number[]) => row.reduce((a, b) => a + b, 0)
const ms = (value: number) => `${value.toFixed(1)} ms`
const delayText = (delays: readonly number[]) =>
  `p50 ${ms(quantileOf(delays, 0.5))}, most ${ms(most(delays))}`
const noReference = '-'

export function cleanNetwork(): Property[] {
  const heard = atPhases({ seed: 1, jitterMs: 2 }, manyPackets('PCMU', 10 * MINUTE_PACKETS))
  const delays = delaysOf(heard)
  const concealed = sum(heard.map(({ counters }) => counters.concealed))
  return [
    {
      name: 'clean, 10 min at 5 phases: added delay',
      reference: 'NetEQ begins at 80 ms',
      ours: delayText(delays),
      passLine: 'p50 <= 20, most <= 30 ms',
      passes: quantileOf(delays, 0.5) <= 20 && most(delays) <= 30,
    },
    {
      name: 'clean: concealed, stretched',
      reference: noReference,
      ours: `${concealed} frames, ${sum(heard.map(stretchedSamples))} samples`,
      passLine: '0, 0',
      passes: concealed === 0 && sum(heard.map(stretchedSamples)) === 0,
    },
  ]
}

const stretchedSamples = ({ counters }: Listened) =>
  counters.acceleratedSamples + counters.expandedSamples

export function jitter(): Property[] {
  const wide = atPhases({ seed: 2, jitterMs: 40 })
  const share = sum(wide.map(({ counters }) => counters.concealed)) / (5 * MINUTE_PACKETS)
  const wideDelays = delaysOf(wide)
  const narrow = atPhases({ seed: 3, jitterMs: 30 })
  const gaps = narrow.flatMap(({ gapsMs }) => gapsMs.filter((at) => at > START_MS + LEARNING_MS))
  const narrowDelays = delaysOf(narrow, LEARNING_MS)
  return [
    {
      name: 'jitter 0-40 ms: concealed',
      reference: noReference,
      ours: `${(share * 100).toFixed(3)} %`,
      passLine: '<= 0.1 %',
      passes: share <= 0.001,
    },
    {
      name: 'jitter 0-40 ms: added delay',
      reference: noReference,
      ours: delayText(wideDelays),
      passLine: 'most <= 80 ms',
      passes: most(wideDelays) <= 80,
    },
    {
      name: 'jitter 0-30 ms, from 2 s on: gaps',
      reference: noReference,
      ours: `${gaps.length} in 5 min, ${delayText(narrowDelays)}`,
      passLine: '0, p50 <= 60 ms',
      passes: gaps.length === 0 && quantileOf(narrowDelays, 0.5) <= 60,
    },
  ]
}

export function stalls(): Property[] {
  const every = { everyMs: 10_000, lengthMs: 200, firstMs: 5000 }
  const heard = atPhases({ seed: 4, stalls: every })
  const settled = heard.flatMap(({ delays }) =>
    delays.filter(({ atMs }) => (atMs - START_MS) % 10_000 < 5000).map(({ ms: delay }) => delay),
  )
  const frozen = { everyMs: 1e9, lengthMs: 5000, firstMs: 20_000 }
  const thawMs = START_MS + 25_000
  const backMs = atPhases({ seed: 5, stalls: frozen }).map(
    ({ delays }) => delays.find(({ atMs }) => atMs >= thawMs)!.atMs - thawMs,
  )
  return [
    {
      name: 'bursts of 200 ms every 10 s: delay 5 s later',
      reference: noReference,
      ours: delayText(settled),
      passLine: 'most <= 60 ms',
      passes: most(settled) <= 60,
    },
    {
      name: 'network frozen for 5 s: speech is back after',
      reference: 'NetEQ 100-200 ms',
      ours: ms(most(backMs)),
      passLine: '<= 200 ms',
      passes: most(backMs) <= 200,
    },
  ]
}

function lossRow(name: string, codec: CodecName, impairment: Impairment): Property {
  const packets = codec === 'PCMU' ? speechPackets : manyPackets(codec, MINUTE_PACKETS)
  const { counters } = listenThrough(codec, packets, impairment)
  const off = counters.concealed - counters.lost
  return {
    name: `${codec}, loss ${name}`,
    reference: noReference,
    ours: `${counters.lost} lost, ${counters.concealed} concealed`,
    passLine: 'concealed = lost +-1',
    passes: Math.abs(off) <= 1 && counters.lost > 0,
  }
}

export const loss = (): Property[] => [
  ...[1, 3, 5, 10].map((lossPercent) =>
    lossRow(`${lossPercent} %`, 'PCMU', { seed: lossPercent, jitterMs: 2, lossPercent }),
  ),
  lossRow('in bursts of 3', 'PCMU', { seed: 6, bursts: { startPercent: 2, meanPackets: 3 } }),
]

export function reordered(): Property[] {
  const heard = atPhases({ seed: 7, reorderPercent: 2, duplicatePercent: 1 })
  const gaps = heard.flatMap(({ gapsMs }) => gapsMs.filter((at) => at > START_MS + LEARNING_MS))
  const { counters, cameAgain } = heard[0]!
  return [
    {
      name: '2 % reordered by 25 ms, 1 % double: gaps from 2 s on',
      reference: noReference,
      ours: `${gaps.length}; ${counters.duplicate} of ${cameAgain} double ones counted`,
      passLine: '0; each once',
      passes: gaps.length === 0 && counters.duplicate === cameAgain,
    },
  ]
}

function driftRow(name: string, driftPpm: number, packets: number): Property {
  const stream = packets === MINUTE_PACKETS ? speechPackets : manyPackets('PCMU', packets)
  const { depthsMs, delays, counters } = listenThrough('PCMU', stream, {
    ...{ seed: 8, jitterMs: 3, driftPpm },
  })
  const depths = depthsMs.slice(50)
  const true_ = delays.slice(50).map(({ atMs, ms: delay }) => {
    const sentMs = atMs - delay - START_MS
    return delay - (sentMs * driftPpm) / 1e6
  })
  const third = Math.floor(true_.length / 3)
  const mean = (row: readonly number[]) => sum(row) / row.length
  const trend = mean(true_.slice(-third)) - mean(true_.slice(0, third))
  const band = most(depths) - least(depths)
  const share = counters.concealed / packets
  return {
    name: `sender's clock ${name}`,
    reference: 'siphon-ai: band 80 ms at 28 ppm',
    ours: `depth ${least(depths)}-${most(depths)} ms, trend ${ms(trend)}, ${counters.concealed} concealed`,
    passLine: 'band <= 40, trend <= 5 ms, <= 1 % concealed',
    passes: band <= 40 && Math.abs(trend) <= 5 && share <= 0.01,
  }
}

export const drift = (): Property[] => [
  driftRow('+100 ppm, 1 h', 100, 60 * MINUTE_PACKETS),
  driftRow('-100 ppm, 1 h', -100, 60 * MINUTE_PACKETS),
  driftRow('+25 ms/s, 60 s', 25_000, MINUTE_PACKETS),
  driftRow('-25 ms/s, 60 s', -25_000, MINUTE_PACKETS),
]
