import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import type { MediaEvents } from '../core/ports/media.ts'
import type { SipEvents } from '../core/ports/sip.ts'
import { receiveInvite } from './incoming.ts'
import { type LiveCall, legOptions } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { recordingEnded } from './recording.ts'

/** What the SIP side tells, turned into inputs of the call that it is about. */
export function sipEvents(ports: Ports, calls: LiveCalls): SipEvents {
  return {
    incoming: (invite) => receiveInvite(ports, calls, invite),
    progress: (id, _sipStatus, sdp) => {
      if (sdp !== undefined) completeMedia(ports, calls.get(id), sdp, 'early media')
      calls.feed(id, { is: 'progress' })
    },
    answered: (id, sdp, sipCallId, natAddress) => {
      const call = calls.get(id)
      call?.enqueue(async () => {
        call.record = { ...call.record, sipCallId }
        await answeredWith(ports, call, sdp, natAddress)
      })
    },
    rejected: (id, sipStatus, reasonPhrase) => {
      ports.log.info('call rejected', { callId: id, sipStatus, reasonPhrase })
      calls.feed(id, { is: 'rejected', sipStatus })
    },
    lateAnswer: (id, sdp) => completeMedia(ports, calls.get(id), sdp, 'late answer'),
    remoteHangup: (id, reason) => {
      ports.log.debug('remote hang-up', { callId: id, reason })
      calls.feed(id, { is: 'remoteHangup' })
    },
    remoteCancel: (id) => calls.feed(id, { is: 'remoteCancel' }),
    infoDigit: (id, digit) => {
      // RTP carries its keys across a bridge by itself; those of INFO have to be taken there.
      const other = calls.get(id)?.bridgedTo
      if (other) void ports.media.sendDigits(other, digit)
      pressed(calls, id, digit)
    },
    renegotiate: async (id, sdp) => {
      if (!calls.get(id)) throw new Failure('not_found', 'no such call')
      return sdp === undefined ? ports.media.offer(id) : ports.media.answer(id, sdp)
    },
  }
}

/** What the media thread tells. */
export function mediaEvents(
  ports: Ports,
  calls: LiveCalls,
  lost: (reason: string) => void,
): MediaEvents {
  return {
    digit: (id, digit) => pressed(calls, id, digit),
    recordingEnded: (_id, outcome) => recordingEnded(ports, calls, outcome),
    lost,
  }
}

function pressed(calls: LiveCalls, id: CallId, digit: string): void {
  const call = calls.get(id)
  if (!call) return
  // Keys for the other side are not for a gather that may come after.
  if (!call.bridgedTo) call.digits.press(digit)
  call.enqueue(() => call.note('digit.received', { digit }))
}

async function answeredWith(
  ports: Ports,
  call: LiveCall,
  sdp: string,
  natAddress: string | undefined,
): Promise<void> {
  try {
    await ports.media.complete(call.id, sdp, legOptions(natAddress))
  } catch (error) {
    ports.log.warn('the answer has no usable media', { callId: call.id, error: String(error) })
    // The 200 stands: the dialog is ended by BYE once the call is up.
    await call.apply({ is: 'answered' })
    await call.apply({ is: 'fail', cause: { is: 'failed', reason: 'media_error' } })
    return
  }
  await call.apply({ is: 'answered' })
}

function completeMedia(ports: Ports, call: LiveCall | undefined, sdp: string, what: string): void {
  call?.enqueue(async () => {
    try {
      await ports.media.complete(call.id, sdp)
    } catch (error) {
      ports.log.warn(`${what} not usable`, { callId: call.id, error: String(error) })
    }
  })
}
