import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import { isSecureHop } from '../core/media-way.ts'
import type { MediaEvents } from '../core/ports/media.ts'
import type { SipEvents } from '../core/ports/sip.ts'
import { settleHeld } from './conferences/held.ts'
import { conferenceMediaEvents, conferencesLost } from './conferences/media-events.ts'
import { deviceEvents } from './device-events.ts'
import { heldByPhone } from './hold.ts'
import { receiveInvite } from './incoming.ts'
import { natOptions } from './leg-options.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { receiveMessage } from './messages.ts'
import { parkCall, unparkCall } from './park.ts'
import type { Ports } from './ports.ts'
import { qualityChanged } from './quality.ts'
import { recordingEnded, recordingsLost, whenMended } from './recording.ts'
import { recordingGap } from './recordings/gap.ts'
import { refused } from './refused.ts'
import { restoreWay } from './restore-way.ts'
import { isBrowser, sendDigits } from './send-digits.ts'
import { referProgress } from './transfer-call.ts'
import { transferWished } from './transfer-wished.ts'
import { trunkChanged } from './trunk-changed.ts'

/** What the SIP side tells, turned into inputs of the call that it is about. */
export function sipEvents(ports: Ports, calls: LiveCalls): SipEvents {
  return {
    ...deviceEvents(ports),
    incoming: (invite) => receiveInvite(ports, calls, invite),
    progress: (id, _sipStatus, sdp, natAddress) => {
      const call = calls.get(id)
      if (sdp !== undefined)
        completeMedia(ports, call, sdp, 'early media', natAddress, call?.heardEarly.resolve)
      works(calls, id)
      calls.feed(id, { is: 'progress' })
    },
    answered: (id, sdp, sipCallId, natAddress) => {
      const call = calls.get(id)
      call?.enqueue(async () => {
        call.record = { ...call.record, sipCallId }
        works(calls, id)
        await answeredWith(ports, call, sdp, natAddress)
      })
    },
    rejected: (id, sipStatus, reasonPhrase, attempt) => {
      ports.log.info('call rejected', { callId: id, sipStatus, reasonPhrase })
      const call = calls.get(id)
      if (call) call.enqueue(() => refused(ports, calls, call, sipStatus, attempt))
      else ports.metrics.inputIgnored('rejected')
    },
    lateAnswer: (id, sdp) => completeMedia(ports, calls.get(id), sdp, 'late answer'),
    remoteHangup: (id, reason) => {
      ports.log.debug('remote hang-up', { callId: id, reason })
      calls.feed(id, { is: 'remoteHangup' })
    },
    remoteCancel: (id) => calls.feed(id, { is: 'remoteCancel' }),
    message: (message) => receiveMessage(ports, message),
    infoDigit: (id, digit) => infoDigit(ports, calls, id, digit),
    transferWished: (id, wish) => transferWished(ports, calls, id, wish),
    referProgress: (id, sipStatus, final) => {
      const call = calls.get(id)
      if (call) referProgress(ports, call, sipStatus, final)
    },
    trunkChanged: (trunk, change) => trunkChanged(ports, trunk, change),
    renegotiate: async (id, sdp, protocol) => {
      const call = calls.get(id)
      if (!call) throw new Failure('not_found', 'no such call')
      // Its port is given back: an answer would open another one, for ever.
      if (call.state.at === 'ended') throw new Failure('call_ended', 'the call is over')
      // The phone may have gone to another connection, and keys go by the one that it is on.
      call.leg = { ...call.leg, secureSignalling: isSecureHop(protocol) }
      if (sdp === undefined) return ports.media.offer(id, call.leg)
      const answer = await ports.media.answer(id, sdp, call.leg)
      if (call.earlySdp !== undefined) call.earlySdp = answer
      return answer
    },
  }
}

/** The trunk has brought an INVITE to a phone. */
function works(calls: LiveCalls, id: CallId): void {
  const trunkId = calls.get(id)?.record.trunkId
  if (trunkId) calls.trunks.succeeded(trunkId)
}

const connectionChanges = { up: unparkCall, lost: parkCall, broken: restoreWay } as const

/** What the media thread tells. */
export function mediaEvents(
  ports: Ports,
  calls: LiveCalls,
  lost: (reason: string) => void,
): MediaEvents {
  return {
    digit: (id, digit, durationMs) => rtpDigit(ports, calls.get(id), digit, durationMs),
    held: (id, held) => {
      const call = calls.get(id)
      if (!call) return
      heldByPhone(ports, call, held)
      call.enqueue(async () => settleHeld({ ports, calls }, call))
    },
    silence: (id, change, silentMs) => silent(calls.get(id), change, silentMs),
    quality: (id, change, figures) => qualityChanged(calls.get(id), change, figures),
    connection: (id, state) => {
      const call = calls.get(id)
      if (call) connectionChanges[state](ports, call)
    },
    recordingEnded: (_id, outcome) => {
      if (outcome.failure === 'no_space') calls.space.full()
      whenMended(ports, outcome, (whole) => {
        const named = calls.conferences.names.get(whole.recordingId)
        if (named) named(whole)
        else recordingEnded(ports, calls, whole)
      })
    },
    recordingGap: (id, spans) => recordingGap(ports, calls, id, spans),
    ...conferenceMediaEvents(ports, calls),
    lost: (reason) => {
      recordingsLost(calls)
      conferencesLost(calls)
      lost(reason)
    },
  }
}

/** A phone that has vanished without a BYE, or whose way to us is gone. */
function silent(
  call: LiveCall | undefined,
  change: 'lost' | 'back' | 'end',
  silentMs: number,
): void {
  // Of a browser that is away nothing is heard; how long it is waited for is another matter.
  if (change === 'end' && call?.parking.isParked) return
  if (change === 'end') call?.feed({ is: 'mediaLost' })
  else call?.enqueue(() => call.note(`media.${change}`, { silentMs }))
}

/** A bridge carries keys on as RTP by itself, but a browser's page is told of none of those: it gets INFO besides. */
function rtpDigit(
  ports: Ports,
  call: LiveCall | undefined,
  digit: string,
  durationMs: number,
): void {
  if (!pressed(call, digit, 'rtp') || !call?.partner) return
  const { id } = call.partner
  if (isBrowser(ports.media, id)) void ports.sip.infoDigit(id, digit, durationMs)
}

function infoDigit(ports: Ports, calls: LiveCalls, id: CallId, digit: string): void {
  const call = calls.get(id)
  if (!pressed(call, digit, 'info') || !call?.partner) return
  // RTP carries its keys across a bridge by itself; those of INFO have to be taken there.
  sendDigits(ports, call.partner, digit).catch((error: unknown) => {
    ports.log.debug('key not passed on', { callId: id, error: String(error) })
  })
}

/**
 * Phones that send each key by RTP and by INFO press it once: the first way that a call uses is the one
 * that counts. False for a key that does not.
 */
function pressed(call: LiveCall | undefined, digit: string, by: 'rtp' | 'info'): boolean {
  if (!call) return false
  call.keysBy ??= by
  if (call.keysBy !== by) return false
  // Keys for the other side are not for a gather that may come after.
  if (!call.partner || call.digits.isAwaited) call.digits.press(digit)
  if (!call.digits.areSecret) {
    call.enqueue(() => call.note('digit.received', { digit }))
    for (const listener of call.keyListeners) listener(digit)
  }
  return true
}

async function answeredWith(
  ports: Ports,
  call: LiveCall,
  sdp: string | undefined,
  natAddress: string | undefined,
): Promise<void> {
  try {
    if (sdp !== undefined) {
      await ports.media.complete(call.id, sdp, { ...call.leg, ...natOptions(natAddress) })
    }
  } catch (error) {
    ports.log.warn('the answer has no usable media', { callId: call.id, error: String(error) })
    if (error instanceof Failure) call.why = error.message
    // Never up for us; SIP ends the dialog that the 200 made.
    await call.apply({ is: 'fail', cause: { is: 'failed', reason: 'media_error' } })
    return
  }
  await call.apply({ is: 'answered' })
}

function completeMedia(
  ports: Ports,
  call: LiveCall | undefined,
  sdp: string,
  what: string,
  natAddress?: string,
  done: () => void = () => {},
): void {
  call?.enqueue(async () => {
    try {
      await ports.media.complete(call.id, sdp, { ...call.leg, ...natOptions(natAddress) })
      done()
    } catch (error) {
      ports.log.warn(`${what} not usable`, { callId: call.id, error: String(error) })
    }
  })
}
