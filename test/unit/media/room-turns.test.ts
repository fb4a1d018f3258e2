/** What members are told to do while somebody speaks: nobody hears a click, and nobody hears what he should not. */
import { expect, test } from 'vitest'
import type { MemberOptions } from '../../../engine/core/ports/media.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'
import { SINE_DBFS, spectrum, Talker } from './talker.ts'

const loudDb = ({ talker }: MemberOnStage, hz: number): number =>
  spectrum(talker.heard(), talker.rateHz, [hz]).tones[0]!
const isHeard = (by: MemberOnStage, hz: number): boolean => loudDb(by, hz) > SINE_DBFS - 1
const shares = (...members: readonly MemberOnStage[]): boolean[] =>
  members.map(({ leg }) => leg.transmitter.shares)

/** One speaks a tone, so slow that its steps are small. */
const SLOW_HZ = 260
function stage() {
  const scene = new RoomScene()
  scene.open()
  const speaker = scene.guest('speaker', 'PCMU', SLOW_HZ)
  const [one, other] = [scene.guest('one', 'PCMU'), scene.guest('other', 'PCMU')]
  for (const member of [speaker, one, other]) scene.join(member)
  scene.run(60, speaker)
  return { scene, speaker, one, other }
}

/** The largest step from sample to sample in what somebody hears, from half a second on. */
function largestStep({ talker }: MemberOnStage): number {
  const pcm = talker.heard()
  let most = 0
  for (let i = talker.rateHz / 2; i < pcm.length; i++) {
    most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  }
  return most
}
/** That of the tone, and of its coding. */
const TONE_STEP = ((6000 * 2 * Math.PI * SLOW_HZ) / 8000) * 1.2

const changes: readonly [string, 'speaker' | 'one', Partial<MemberOptions>][] = [
  ['who speaks is muted', 'speaker', { muted: true }],
  ['who speaks talks to one alone', 'speaker', { heardBy: ['one' as never] }],
  ['who speaks talks to another alone', 'speaker', { heardBy: ['other' as never] }],
  ['who speaks becomes softer', 'speaker', { gainInDb: -20 }],
  ['who listens is deaf', 'one', { deaf: true }],
  ['who listens hears all softer', 'one', { gainOutDb: -20 }],
]

test.each(changes)('%s, and is not any more: nobody hears a click', (_name, who, options) => {
  const staged = stage()
  const { scene, speaker, one, other } = staged
  for (let n = 0; n < 7; n++) {
    scene.change(staged[who], options)
    scene.run(37 + n, speaker)
    scene.change(staged[who], {})
    scene.run(37 + n, speaker)
  }
  for (const member of [one, other]) expect(largestStep(member)).toBeLessThan(TONE_STEP)
  expect(isHeard(one, SLOW_HZ) && isHeard(other, SLOW_HZ)).toBe(true)
})

test('who leaves while he speaks is cut off without a click', () => {
  const { scene, speaker, one, other } = stage()
  const second = scene.guest('second', 'PCMU', 400)
  scene.join(second)
  for (let n = 0; n < 7; n++) {
    scene.run(30 + n, speaker, second)
    void scene.rooms.handlers.leaveRoom({ leg: speaker.id })
    scene.run(20, second)
    scene.join(speaker)
    scene.run(30, speaker, second)
  }
  const step = TONE_STEP * (1 + 400 / SLOW_HZ)
  for (const member of [one, other]) expect(largestStep(member)).toBeLessThan(step)
})

test('who joins deaf hears nothing from the first packet on', () => {
  const { scene, speaker } = stage()
  const deaf = scene.guest('deaf', 'PCMU')
  scene.join(deaf, { deaf: true })
  scene.run(30, speaker)
  expect(Math.max(...deaf.talker.heard().map(Math.abs))).toBe(0)
})

test('those who are deaf are sent one silence, and hear again when they may', () => {
  const { scene, speaker, one, other } = stage()
  expect(shares(one, other)).toEqual([true, true])
  scene.change(one, { deaf: true })
  scene.run(1, speaker)
  expect(shares(one, other)).toEqual([false, true])
  scene.change(other, { deaf: true })
  scene.run(20, speaker)
  expect(shares(speaker, one, other)).toEqual([false, true, true])
  scene.run(30, speaker)
  expect(loudDb(one, SLOW_HZ)).toBeLessThan(-90)
  scene.change(other, {})
  scene.run(60, speaker)
  expect([isHeard(one, SLOW_HZ), isHeard(other, SLOW_HZ)]).toEqual([false, true])
  expect(shares(one, other)).toEqual([true, true])
})

test('a phone that is taken over from a listener does not hear the room any more', async () => {
  const { scene, speaker, one } = stage()
  const outside = scene.guest('outside', 'PCMU')
  await Promise.all([outside.leg.adopt(one.leg), one.leg.close()])
  const phone = new Talker(one.port, 'PCMU')
  const before = phone.heard().length
  scene.run(60, speaker)
  expect(phone.heard().length).toBeGreaterThan(before)
  expect(spectrum(phone.heard(), 8000, [SLOW_HZ]).tones[0]).toBeLessThan(-90)
  expect(shares(outside)).toEqual([false])
})

test('a phone that holds the call plays its music to nobody, and speaks again afterwards', () => {
  const { scene, speaker, one, other } = stage()
  scene.told()
  speaker.leg.agree({ ...speaker.agreement, send: false, receive: true }, undefined)
  scene.run(80, speaker)
  expect([isHeard(one, SLOW_HZ), isHeard(other, SLOW_HZ)]).toEqual([false, false])
  expect(loudDb(one, SLOW_HZ)).toBeLessThan(-90)
  expect(scene.told()).toEqual(['speaker is silent', 'loudest nobody'])
  speaker.leg.agree(speaker.agreement, undefined)
  scene.run(60, speaker)
  expect([isHeard(one, SLOW_HZ), isHeard(other, SLOW_HZ)]).toEqual([true, true])
})
