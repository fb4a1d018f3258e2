/** Whatever happens in conferences: streams without a gap, and afterwards everybody hears whom he should. */
import { expect, test } from 'vitest'
import type { ConferenceId } from '../../../engine/core/ids.ts'
import type { MemberOptions } from '../../../engine/core/ports/media.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'
import { payloadTypes, SINE_DBFS, spectrum, Talker } from './talker.ts'

const codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus']
const TONE_HZ = 400
const STEPS = 150
const GUESTS = 8

/** 0 to `most` - 1. */
type Dice = (most: number) => number
function diceOf(seed: number): Dice {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

class Play {
  readonly scene = new RoomScene()
  readonly rooms = ['room', 'second'] as ConferenceId[]
  readonly guests: MemberOnStage[]
  readonly #dice: Dice

  constructor(seed: number) {
    this.#dice = diceOf(seed)
    for (const room of this.rooms) this.scene.open({ gainControl: room === 'second' }, room)
    this.guests = Array.from({ length: GUESTS }, (_, n) =>
      this.scene.guest(`g${n}`, codecs[n % codecs.length]!, TONE_HZ),
    )
  }

  #one = (): MemberOnStage => this.guests[this.#dice(GUESTS)]!

  #options(): Partial<MemberOptions> {
    const dice = this.#dice
    return {
      muted: dice(4) === 0,
      deaf: dice(3) === 0,
      heardBy: dice(3) === 0 ? [this.#one().id, this.#one().id] : null,
      gainInDb: dice(3) * -6,
      gainOutDb: dice(3) * -6,
      priority: dice(4) === 0,
    }
  }

  readonly #deeds: readonly (() => void)[] = [
    () => this.scene.join(this.#one(), this.#options(), this.rooms[this.#dice(2)]),
    () => this.scene.join(this.#one(), {}, this.rooms[this.#dice(2)]),
    () => this.scene.change(this.#one(), this.#options()),
    () => this.scene.change(this.#one(), {}),
    () => void this.scene.rooms.handlers.leaveRoom({ leg: this.#one().id }),
    () => {
      const [a, b] = [this.#one(), this.#one()]
      if (a !== b) a.leg.bridge(b.leg)
    },
    () => void this.#one().leg.play({ kind: 'tone', tone: 'beep' }),
    () => this.#one().leg.stop(),
    () => void this.#one().leg.sendDigits('12'),
    () => this.#agree(this.#one()),
    () => this.#hold(this.#one()),
    () => void this.scene.rooms.handlers.playToRoom(this.#sound()),
    () => void this.scene.rooms.handlers.stopRoom({ room: this.rooms[0]! }),
  ]

  #sound() {
    return { room: this.rooms[0]!, sound: { kind: 'tone', tone: 'beep' } as const }
  }

  #agree({ leg, agreement }: MemberOnStage): void {
    const codec = codecs[this.#dice(codecs.length)]!
    leg.agree({ ...agreement, codec, payloadType: payloadTypes[codec] }, undefined)
  }

  #hold({ leg, agreement }: MemberOnStage): void {
    leg.agree({ ...agreement, send: this.#dice(2) === 0, receive: this.#dice(3) > 0 }, undefined)
  }

  step(): void {
    for (let n = this.#dice(4); n > 0; n--) this.#deeds[this.#dice(this.#deeds.length)]!()
    const talking = this.guests.filter(() => this.#dice(3) === 0)
    this.scene.run(1 + this.#dice(12), ...talking)
  }

  /** All are usual members of one room again. */
  settle(): void {
    void this.scene.rooms.handlers.stopRoom({ room: this.rooms[0]! })
    for (const one of this.guests) {
      one.leg.stop()
      one.leg.agree(one.agreement, undefined)
      this.scene.join(one)
    }
    this.scene.run(130)
  }
}

test.each([1, 2, 3, 4, 5, 6])('seed %i', async (seed) => {
  const play = new Play(seed)
  for (let n = 0; n < STEPS; n++) play.step()
  play.settle()
  const [speaker, deaf, ...others] = play.guests
  if (!speaker || !deaf) throw new Error('nobody is there')
  play.scene.change(deaf, { deaf: true })
  const since = play.guests.map(({ port }) => port.sent.length)
  play.scene.run(120, speaker)
  const loudDb = (member: MemberOnStage): number => {
    const { port, talker } = member
    const fresh = new Talker(port, talker.codec)
    port.sent.splice(0, since[play.guests.indexOf(member)])
    return spectrum(fresh.heard(), fresh.rateHz, [TONE_HZ]).tones[0]!
  }
  for (const member of play.guests) {
    const numbers = member.port.sent.map(({ sequence }) => sequence)
    numbers.slice(1).forEach((number, n) => {
      expect((number - numbers[n]!) & 0xffff).toBe(1)
    })
    expect(new Set(member.port.sent.map(({ ssrc }) => ssrc)).size).toBe(1)
  }
  for (const member of others) {
    expect(Math.abs(loudDb(member) - SINE_DBFS), `${member.id} hears`).toBeLessThan(1)
    expect(member.leg.transmitter.shares).toBe(true)
  }
  for (const member of [speaker, deaf]) expect(loudDb(member)).toBeLessThan(-60)
  for (const room of play.rooms) await play.scene.rooms.handlers.closeRoom({ room })
  expect(play.guests.map(({ leg }) => leg.transmitter.shares)).not.toContain(true)
})
