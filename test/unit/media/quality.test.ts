import { describe, expect, test } from 'vitest'
import { type Heard, QualityWatch, qualityOf } from '../../../engine/media/leg/quality.ts'
import { noLink } from '../../../engine/media/rtp/link-figures.ts'
import { Scene } from './scene.ts'

const heard = (received: number, concealed: number): Heard => ({
  ...{ received, concealed, late: 0, duplicate: 0, lost: concealed, depthMs: 40, targetMs: 40 },
})

describe('figures of a leg', () => {
  test('MOS of what is heard: delay of the way, the buffer and a packet; loss as concealed', () => {
    const quality = qualityOf('PCMU', heard(970, 30), { ...noLink, roundTripMs: 80 })
    expect(quality.concealedPercent).toBe(3)
    expect(quality.mos?.grounded).toBe(true)
    expect(Math.abs((quality.mos?.value ?? 0) - 4.05)).toBeLessThanOrEqual(0.05)
  })

  test('nothing heard has no MOS; that of Opus is a comparison only', () => {
    expect(qualityOf('PCMU', heard(0, 0), noLink).mos).toBeNull()
    expect(qualityOf('opus', heard(100, 0), noLink).mos).toMatchObject({ grounded: false })
  })
})

describe('QualityWatch', () => {
  /** A run of seconds, each with so much concealed of its 50 packets; what is told, and when. */
  function watch(seconds: readonly number[], remote: number | null = null): string[] {
    const told: string[] = []
    let second = 0
    const watching = new QualityWatch((change) => told.push(`${change} ${second}`))
    let [received, concealed] = [0, 0]
    for (const lost of seconds) {
      second += 1
      received += 50 - lost
      concealed += lost
      watching.look(heard(received, concealed), { ...noLink, remoteLossNowPercent: remote })
    }
    return told
  }
  const times = (count: number, lost: number) => Array.from({ length: count }, () => lost)

  test('bad for ten seconds is told once, and so is good again', () => {
    expect(watch([...times(10, 0), ...times(30, 8), ...times(30, 0)])).toEqual([
      'degraded 20',
      'restored 50',
    ])
  })

  test('five bad seconds between good ones are not', () => {
    expect(watch([...times(10, 0), ...times(5, 20), ...times(20, 0)])).toEqual([])
  })

  test('what is neither bad nor good changes nothing', () => {
    expect(watch([...times(20, 8), ...times(40, 3)])).toEqual(['degraded 10'])
  })

  test('what the peer hears counts as well', () => {
    expect(watch(times(20, 0), 15)).toEqual(['degraded 10'])
  })

  test('who sends nothing is not bad', () => {
    expect(watch(times(30, 50).map(() => 0.0))).toEqual([])
    const watching = new QualityWatch(() => expect.unreachable())
    for (let n = 0; n < 60; n++) watching.look(heard(0, 0), noLink)
  })
})

test('a watched leg tells its port what it plays, and its figures have those of the port', () => {
  const scene = new Scene()
  const { leg, port } = scene.leg()
  void leg.watch()
  port.linkFigures = { ...noLink, jitterMs: 3, lossPercent: 1, roundTripMs: 40, bytesSent: 172 }
  for (let n = 0; n < 60; n++) {
    port.arrive(new Uint8Array(160).fill(0x55))
    scene.tick()
  }
  leg.look(1000)
  expect(port.played?.mos).toBeGreaterThan(4)
  expect(leg.statistics()).toMatchObject({ jitterMs: 3, lossPercent: 1, roundTripMs: 40 })
  expect(leg.statistics().mos?.value).toBeGreaterThan(4)
})
