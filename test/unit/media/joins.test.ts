/** Where one sound takes the place of another, or the rate inside changes, nothing clicks. */
import { expect, test } from 'vitest'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { payloadTypes, Talker, terms } from './talker.ts'

const TONE_HZ = 260

/** How much more the signal jumps anywhere than such a tone does, in dB below full scale. */
function clickDbfs(listener: Talker): number {
  const pcm = listener.heard()
  const slope = (6500 * 2 * Math.PI * TONE_HZ) / listener.rateHz
  let most = 0
  for (let i = 1; i < pcm.length; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return 20 * Math.log10(Math.max(1, most - slope) / 32_768)
}

function stage(from: CodecName, to: CodecName) {
  const scene = new Scene()
  const a = scene.leg(terms(from))
  // Other packets are asked for: nothing is relayed.
  const b = scene.leg({ ...terms(to), ptimeMs: 30 })
  const speaker = new Talker(a.port, from, TONE_HZ)
  const talk = (ticks: number): void => {
    for (let n = 0; n < ticks; n++) {
      speaker.talk()
      scene.tick()
    }
  }
  return { a, b, talk }
}

const turnsTo = (leg: LegOnStage, codec: CodecName): void =>
  leg.leg.agree(
    { ...leg.agreement, codec, payloadType: payloadTypes[codec], ptimeMs: 30 },
    undefined,
  )

const pairs: readonly (readonly [CodecName, CodecName])[] = [
  ['PCMA', 'PCMU'],
  ['G722', 'PCMU'],
  ['opus', 'PCMU'],
  ['PCMU', 'G722'],
  ['opus', 'G722'],
  ['PCMU', 'opus'],
  ['G722', 'opus'],
]

test.each(pairs)('%s to %s: bridges that begin and end in the middle of a tone', (from, to) => {
  const { a, b, talk } = stage(from, to)
  talk(20)
  for (let n = 0; n < 6; n++) {
    a.leg.bridge(b.leg)
    talk(7 + n)
    a.leg.unbridge()
    talk(3)
  }
  expect(clickDbfs(new Talker(b.port, to))).toBeLessThan(-40)
})

const changing = [
  ['PCMU', 'G722'],
  ['G722', 'G722'],
  ['opus', 'G722'],
  ['G722', 'opus'],
  ['opus', 'opus'],
] as const

test.each(changing)(
  'what %s says to %s goes on when the codec agreed on for it changes, and the rate inside',
  (from, to) => {
    const { a, b, talk } = stage(from, to)
    a.leg.bridge(b.leg)
    talk(20)
    for (let n = 0; n < 4; n++) {
      turnsTo(a, n % 2 === 0 ? 'PCMA' : 'G722')
      talk(7 + n)
    }
    expect(clickDbfs(new Talker(b.port, to))).toBeLessThan(-25)
  },
)
