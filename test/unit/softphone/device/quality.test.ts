import { describe, expect, test } from 'vitest'
import { meanOpinionScore, QualityMeter } from '../../../../softphone/device/quality.ts'

// E-model, G.711 with concealment, 100 ms of one-way delay: figures published for ITU-T G.107.
describe('the estimated score', () => {
  test.each([
    [0, 4.36],
    [1, 4.26],
    [3, 4.05],
    [5, 3.82],
  ])('at %d %% loss is %d', (lossPercent, mos) => {
    expect(meanOpinionScore(100, lossPercent)).toBeCloseTo(mos, 1)
  })
  test('stays between 1 and 4.5', () => {
    expect(meanOpinionScore(0, 0)).toBeLessThan(4.5)
    expect(meanOpinionScore(3000, 100)).toBe(1)
  })
})

const report = (more: Record<string, unknown>): RTCStatsReport =>
  new Map<string, unknown>([
    ['codec', { type: 'codec', mimeType: 'audio/opus' }],
    ['in', { type: 'inbound-rtp', codecId: 'codec', packetsLost: 0, packetsReceived: 0, ...more }],
    ['far', { type: 'remote-inbound-rtp', roundTripTime: 0.04 }],
    ['mic', { type: 'media-source', audioLevel: 0.5 }],
  ]) as RTCStatsReport

test('loss is that of the time between two reports', () => {
  const meter = new QualityMeter()
  meter.measure(report({ packetsLost: 50, packetsReceived: 950 }), new Date(0))
  const now = meter.measure(report({ packetsLost: 51, packetsReceived: 999 }), new Date(1000))
  expect(now).toMatchObject({ lossPercent: 2, roundTripMs: 40, codec: 'opus', inputLevel: 0.5 })
})

test('nothing received is no loss, and packets that turn up late make none below zero', () => {
  const meter = new QualityMeter()
  meter.measure(report({ packetsLost: 5, packetsReceived: 10 }), new Date(0))
  expect(
    meter.measure(report({ packetsLost: 3, packetsReceived: 12 }), new Date(1)).lossPercent,
  ).toBe(0)
})

test('without a report of the other side the round trip is not known', () => {
  const only = new Map([['in', { type: 'inbound-rtp' }]]) as unknown as RTCStatsReport
  expect(new QualityMeter().measure(only, new Date(0))).toMatchObject({
    roundTripMs: undefined,
    codec: '',
  })
})
