import type { CallId, ConferenceId } from '../../../engine/core/ids.ts'
import type { MemberOptions, RoomOptions } from '../../../engine/core/ports/media.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { Rooms } from '../../../engine/media/conference/rooms.ts'
import type { Leg } from '../../../engine/media/leg/leg.ts'
import type { Notice } from '../../../engine/media/messages.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { Talker, terms } from './talker.ts'

export const usualRoom: RoomOptions = { talkers: 3, gainControl: false, noiseGate: false }
export const usualMember: MemberOptions = {
  muted: false,
  deaf: false,
  heardBy: null,
  gainInDb: 0,
  gainOutDb: 0,
  priority: false,
}

export interface MemberOnStage extends LegOnStage {
  readonly id: CallId
  readonly talker: Talker
}

/** Conferences on a clock that only `tick` moves; members talk tones. */
export class RoomScene extends Scene {
  readonly notices: Notice[] = []
  readonly #legs = new Map<CallId, Leg>()
  /** What rooms record, by path: one channel, at 8 kHz. */
  readonly recorded = new Map<string, number[]>()
  readonly rooms = new Rooms({
    legs: this.#legs,
    tell: (notice) => this.notices.push(notice),
    tickedAtMs: () => this.nowMs,
    openRecorder: ({ path }) => {
      const samples: number[] = []
      this.recorded.set(path, samples)
      return {
        write: (left, _right, count) => samples.push(...left.subarray(0, count)),
        close: async () => ({ path, durationMs: samples.length / 8, bytes: 0, failure: null }),
      }
    },
  })
  readonly room = 'room' as ConferenceId

  open(options: Partial<RoomOptions> = {}, room = this.room): void {
    void this.rooms.handlers.openRoom({ room, options: { ...usualRoom, ...options } })
  }

  /** A leg that is in no room, whose peer talks these tones. */
  guest(name: string, codec: CodecName, ...frequenciesHz: number[]): MemberOnStage {
    const staged = this.leg(terms(codec))
    const id = name as CallId
    this.#legs.set(id, staged.leg)
    return { ...staged, id, talker: new Talker(staged.port, codec, ...frequenciesHz) }
  }

  join(member: MemberOnStage, options: Partial<MemberOptions> = {}, room = this.room): void {
    const all = { ...usualMember, ...options }
    void this.rooms.handlers.joinRoom({ room, leg: member.id, options: all })
  }

  change(member: MemberOnStage, options: Partial<MemberOptions>): void {
    const all = { ...usualMember, ...options }
    void this.rooms.handlers.changeMember({ leg: member.id, options: all })
  }

  /** Each of them talks for so many ticks. */
  run(ticks: number, ...talking: readonly MemberOnStage[]): void {
    for (let n = 0; n < ticks; n++) {
      for (const { talker } of talking) talker.talk()
      this.tick()
    }
  }

  /** Who began or ended to speak since the last time, and who is the loudest. */
  told(): string[] {
    return this.notices.splice(0).flatMap((notice) => {
      if (notice.is === 'speaking') {
        return [`${notice.leg} ${notice.speaking ? 'speaks' : 'is silent'}`]
      }
      return notice.is === 'loudest' ? [`loudest ${notice.leg ?? 'nobody'}`] : []
    })
  }

  protected override between(): void {
    this.rooms.tick(this.nowMs)
  }
}
