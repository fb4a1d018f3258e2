/** Those who only listen are sent what is encoded once for all; coming to it and leaving it is not heard. */
import { expect, test } from 'vitest'
import { peak } from '../../../engine/dsp/levels.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'
import { payloadTypes, spectrum } from './talker.ts'

const TONE_HZ = 260
const codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus']
const shares = (...members: readonly MemberOnStage[]): boolean[] =>
  members.map(({ leg }) => leg.transmitter.shares)

/** How much more a signal jumps anywhere than tones of 6,000 do, in dB below full scale. */
function clickDbfs(pcm: Int16Array, rateHz: number, ...tonesHz: readonly number[]): number {
  const slope = tonesHz.reduce((sum, hz) => sum + (6500 * 2 * Math.PI * hz) / rateHz, 0)
  let most = 0
  for (let i = 1; i < pcm.length; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return 20 * Math.log10(Math.max(1, most - slope) / 32_768)
}

/** One speaks all the time, two listen, one of whom speaks now and then. */
function stage(codec: CodecName) {
  const scene = new RoomScene()
  scene.open()
  const speaker = scene.guest('speaker', codec, TONE_HZ)
  const other = scene.guest('other', codec, 330)
  const listener = scene.guest('listener', codec)
  const last = scene.guest('last', codec)
  const all = [speaker, other, listener, last]
  for (const member of all) scene.join(member)
  return { scene, speaker, other, listener, last, all }
}

test.each(codecs)('%s: all who listen share one encoding, who speaks has his own', (codec) => {
  const { scene, speaker, other, all } = stage(codec)
  scene.run(60, speaker)
  expect(shares(...all)).toEqual([false, true, true, true])
  scene.run(10, speaker, other)
  expect(shares(...all)).toEqual([false, false, true, true])
  // He keeps his place for two seconds, and comes back in time.
  scene.run(190, speaker)
  expect(shares(...all)).toEqual([false, true, true, true])
})

test.each(codecs)(
  '%s: who begins and ends to speak hears no click, a listener neither',
  (codec) => {
    const { scene, speaker, other, listener } = stage(codec)
    scene.run(60, speaker)
    for (let n = 0; n < 4; n++) {
      scene.run(11 + n, speaker, other)
      scene.run(141 + n, speaker)
    }
    const { rateHz } = other.talker
    // He hears one tone all the time, from after he joined.
    const hisOwn = other.talker.heard().subarray(rateHz / 2)
    expect(clickDbfs(hisOwn, rateHz, TONE_HZ)).toBeLessThan(-40)
    const { tones, restDb } = spectrum(hisOwn, rateHz, [TONE_HZ], 3000)
    expect(tones[0]).toBeCloseTo(-14.7, 0)
    expect(restDb).toBeLessThan(codec === 'opus' ? -18 : -30)
    const theirs = listener.talker.heard().subarray(rateHz / 2)
    expect(clickDbfs(theirs, rateHz, TONE_HZ, 330)).toBeLessThan(-40)
  },
)

test.each(codecs)(
  '%s: a sound that is played to one takes him out and lets him back',
  async (codec) => {
    const { scene, speaker, listener, last } = stage(codec)
    scene.run(60, speaker)
    const played = listener.leg.play({ kind: 'silence', durationMs: 300 })
    await Promise.resolve()
    await Promise.resolve()
    scene.run(3, speaker)
    expect(shares(listener, last)).toEqual([false, true])
    scene.run(50, speaker)
    await expect(played).resolves.toBe('finished')
    expect(shares(listener, last)).toEqual([true, true])
    const pcm = listener.talker.heard().subarray(listener.talker.rateHz / 2)
    expect(clickDbfs(pcm, listener.talker.rateHz, TONE_HZ)).toBeLessThan(-36)
  },
)

test('a member whose codec changes, and one who leaves, leave the shared encoding', () => {
  const { scene, speaker, other, listener, last } = stage('PCMU')
  scene.run(60, speaker)
  other.leg.agree({ ...other.agreement, codec: 'G722', payloadType: 9 }, undefined)
  void scene.rooms.handlers.leaveRoom({ leg: listener.id })
  expect(shares(other, listener, last)).toEqual([false, false, false])
  scene.run(60, speaker)
  expect(shares(other, listener, last)).toEqual([true, false, true])
})

test.each(['PCMU', 'G722'] as const)(
  '%s: a listener hears no click when the rate of the room changes',
  (codec) => {
    const scene = new RoomScene()
    scene.open()
    const speaker = scene.guest('speaker', codec, TONE_HZ)
    const listener = scene.guest('listener', codec)
    for (const member of [speaker, listener]) scene.join(member)
    scene.run(60, speaker)
    for (const wide of ['G722', 'opus', 'opus'] as const) {
      const guest = scene.guest(wide, wide)
      scene.join(guest)
      scene.run(23, speaker)
      void scene.rooms.handlers.leaveRoom({ leg: guest.id })
      scene.run(21, speaker)
    }
    const { rateHz } = listener.talker
    expect(clickDbfs(listener.talker.heard().subarray(rateHz / 2), rateHz, TONE_HZ)).toBeLessThan(
      -40,
    )
    expect(shares(listener)).toEqual([true])
  },
)

/** A tone in words: it rises and falls within 10 ms. */
class Words {
  readonly #member: MemberOnStage
  readonly #encoder
  #at = 0
  #level = 0

  constructor(member: MemberOnStage) {
    this.#member = member
    this.#encoder = codecKinds[member.talker.codec].newEncoder(
      codecKinds[member.talker.codec].bestRateHz,
    )
  }

  /** 20 ms; loud or not. */
  say(isLoud: boolean): void {
    const { rateHz } = this.#encoder
    const step = 1 / (rateHz / 100)
    const pcm = Int16Array.from({ length: rateHz / 50 }, () => {
      this.#level = isLoud ? Math.min(1, this.#level + step) : Math.max(0, this.#level - step)
      this.#at += 1
      return 6000 * this.#level * Math.sin((2 * Math.PI * TONE_HZ * this.#at) / rateHz)
    })
    const bytes = new Uint8Array(1500)
    const { codec, port } = this.#member.talker
    const payload = bytes.slice(0, this.#encoder.encode(pcm, bytes, 0))
    port.arrive(payload, payloadTypes[codec], false, codecKinds[codec].clockHz / 50)
  }
}

test.each(codecs)(
  '%s: a word of one who was not even decoded is heard from its beginning',
  (codec) => {
    const scene = new RoomScene()
    scene.open()
    const speaker = scene.guest('speaker', codec)
    const listener = scene.guest('listener', codec)
    for (const member of [speaker, listener]) scene.join(member)
    const words = new Words(speaker)
    const say = (ticks: number, isLoud: boolean): void => {
      for (let n = 0; n < ticks; n++) {
        words.say(isLoud)
        scene.tick()
      }
    }
    say(100, false)
    for (let n = 0; n < 3; n++) {
      say(20, true)
      say(200, false)
    }
    const { rateHz } = listener.talker
    const pcm = listener.talker.heard()
    expect(clickDbfs(pcm, rateHz, TONE_HZ)).toBeLessThan(-40)
    // Ticks of 20 ms in which a word is heard, at half its level at least: three of 20 each, but for their edges.
    const samples = rateHz / 50
    const loud = Array.from({ length: pcm.length / samples }, (_, n) =>
      peak(pcm, n * samples, samples),
    ).filter((most) => most > 3000)
    expect(loud.length).toBeGreaterThanOrEqual(3 * 19)
    expect(loud.length).toBeLessThanOrEqual(3 * 22)
  },
)
