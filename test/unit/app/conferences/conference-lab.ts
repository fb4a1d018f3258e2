import { conferenceDesk } from '../../../../engine/app/conferences/conference-desk.ts'
import type { ConferenceDesk, NewConference } from '../../../../engine/app/conferences/desk.ts'
import type { LiveConference } from '../../../../engine/app/conferences/live-conference.ts'
import type { ConferenceEvent } from '../../../../engine/core/events.ts'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import type { ConferenceRoute } from '../../../../engine/core/ports/store.ts'
import { type CallLab, openCallLab, ownNumber } from '../../../support/call-lab.ts'

export const roomNumber = '+15005550177'

/** The application with its conferences, over recorders. */
export interface ConferenceLab extends CallLab {
  readonly desk: ConferenceDesk
  room(wanted?: NewConference): Promise<ConferenceId>
  live(id: ConferenceId): LiveConference
  /** Calls a number into the room; it answers. */
  member(id: ConferenceId, wanted?: object): Promise<CallId>
  /** Somebody dials the number of a room, and gets to where he is asked something or is in. */
  dialIn(route?: Omit<ConferenceRoute, 'kind'>): Promise<CallId>
  hangUp(id: CallId): Promise<void>
  press(id: CallId, keys: string): Promise<void>
  types(id: ConferenceId): Promise<string[]>
  events(id: ConferenceId): Promise<readonly ConferenceEvent[]>
}

export async function openConferenceLab(
  overrides: Parameters<typeof openCallLab>[0] = {},
): Promise<ConferenceLab> {
  const lab = await openCallLab(overrides)
  const desk = conferenceDesk({ ports: lab.ports, calls: lab.calls })
  const { account, settle } = lab
  let numbers = 0
  return {
    ...lab,
    desk,
    room: async (wanted = {}) => (await desk.create(account, wanted)).id,
    live: (id) => lab.calls.conferences.get(id)!,
    member: async (id, wanted = {}) => {
      const { callId } = await desk.invite(account, id, {
        ...{ to: '+15005550140', from: ownNumber },
        ...wanted,
      })
      lab.sip.answered(callId, 'v=0', 'x@phone')
      await settle()
      await settle()
      return callId
    },
    dialIn: async (route = { name: 'room' }) => {
      const number = `${roomNumber}${numbers++}`
      await lab.addNumber(number, { kind: 'conference', ...route })
      const callId = await lab.incoming(number)
      await settle()
      await settle()
      return callId
    },
    hangUp: async (id) => {
      lab.sip.remoteHangup(id, 'BYE')
      await settle()
      await settle()
    },
    press: async (id, keys) => {
      for (const key of keys) {
        lab.media.digit(id, key, 100)
        await settle()
      }
      await settle()
    },
    events: (id) => desk.eventsOf(account.id, id),
    types: async (id) => (await desk.eventsOf(account.id, id)).map(({ type }) => type),
  }
}
