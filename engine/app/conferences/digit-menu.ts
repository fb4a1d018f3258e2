import type { Run } from '../program.ts'
import { deadline } from '../wait.ts'
import { announceTo } from './announce.ts'
import { changeConference } from './change.ts'
import { changeParticipant } from './change-participant.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { leastVolumeDb, mostVolumeDb } from './participant-options.ts'

/** After the star. */
const secondKeyMs = 4_000
const volumeStepDb = 5

type Action = (run: Run, conference: LiveConference, member: Member) => Promise<void>

interface Key {
  readonly does: string
  readonly moderatorsOnly?: true
  readonly act: Action
}

const louder =
  (name: 'volumeDb' | 'listenVolumeDb', stepDb: number): Action =>
  (run, conference, member) => {
    const wanted = member.options[name] + stepDb
    const volumeDb = Math.max(leastVolumeDb, Math.min(mostVolumeDb, wanted))
    return changeParticipant(run, conference, member, { [name]: volumeDb })
  }

/** What a member can do with the keys of his phone: a star and one of these. */
export const menuKeys: Readonly<Record<string, Key>> = {
  '1': {
    does: 'mutes you, or ends that',
    act: async (run, conference, member) => {
      const muted = !member.options.muted
      await changeParticipant(run, conference, member, { muted })
      announceTo(run, conference, member, (words) => (muted ? words.muted : words.unmuted))
    },
  },
  '2': {
    does: 'says how many are there',
    act: async (run, conference, member) => {
      const people = conference.connected().length
      announceTo(run, conference, member, (words) => words.count(people))
    },
  },
  '4': { does: 'you hear the others lower', act: louder('listenVolumeDb', -volumeStepDb) },
  '6': { does: 'you hear the others louder', act: louder('listenVolumeDb', volumeStepDb) },
  '7': { does: 'the others hear you lower', act: louder('volumeDb', -volumeStepDb) },
  '9': { does: 'the others hear you louder', act: louder('volumeDb', volumeStepDb) },
  '5': {
    does: 'locks the conference, or ends that',
    moderatorsOnly: true,
    act: async (run, conference, member) => {
      const locked = !conference.record.options.locked
      await changeConference(run, conference, { locked })
      announceTo(run, conference, member, (words) => (locked ? words.locking : words.unlocking))
    },
  },
  '8': {
    does: 'mutes all who are no moderators',
    moderatorsOnly: true,
    act: async (run, conference, member) => {
      for (const other of conference.connected()) {
        if (other === member || other.options.moderator) continue
        await changeParticipant(run, conference, other, { muted: true })
      }
      announceTo(run, conference, member, (words) => words.othersMuted)
    },
  },
}

/** Reads a member's keys until the signal aborts: they are not for what his program does afterwards. */
export async function readKeys(
  run: Run,
  conference: LiveConference,
  member: Member,
  signal: AbortSignal,
): Promise<void> {
  const { digits } = run.call
  for (let key = await digits.next(signal); key !== undefined; key = await digits.next(signal)) {
    if (key !== '*') continue
    const limit = deadline(run.ports.clock, secondKeyMs, signal)
    const second = await digits.next(limit.signal)
    limit.disarm()
    const { digitMenu } = conference.record.options
    const entry = second === undefined ? undefined : menuKeys[second]
    if (!entry || !digitMenu || (entry.moderatorsOnly && !member.options.moderator)) continue
    conference.later(async () => {
      if (!conference.isOver && member.isConnected) await entry.act(run, conference, member)
    })
  }
}
