import type { CallEnd, CallLike, CallState, Quality } from '../../device/types.ts'

/** A call as the page shows it, at one moment. */
export interface CallView {
  readonly id: string
  readonly direction: 'incoming' | 'outgoing'
  /** It came to this tab; a call that came and was taken over did not. */
  readonly rings: boolean
  readonly party: string
  readonly displayName: string | undefined
  readonly state: CallState
  readonly muted: boolean
  readonly held: boolean
  readonly heldByRemote: boolean
  readonly startedAt: Date
  readonly answeredAt: Date | undefined
  readonly quality: Quality | undefined
  readonly hasAudio: boolean
}

export interface EndedCall {
  readonly party: string
  readonly displayName: string | undefined
  readonly direction: 'incoming' | 'outgoing'
  readonly startedAt: Date
  readonly answeredAt: Date | undefined
  readonly endedAt: Date
  readonly end: CallEnd
}

/** What a call was before it was taken over; the SDK knows only that it was. */
export type Origin = Pick<
  CallView,
  'party' | 'displayName' | 'direction' | 'startedAt' | 'answeredAt'
>

export const viewOf = (call: CallLike, origin?: Origin): CallView => ({
  id: call.id,
  direction: origin?.direction ?? call.direction,
  rings: call.direction === 'incoming',
  party: origin?.party ?? call.remote.user,
  displayName: origin ? origin.displayName : call.remote.displayName,
  state: call.state,
  muted: call.muted,
  held: call.held,
  heldByRemote: call.heldByRemote,
  startedAt: origin?.startedAt ?? call.startedAt,
  answeredAt: call.answeredAt && (origin?.answeredAt ?? call.answeredAt),
  quality: call.quality,
  hasAudio: call.remoteStream !== undefined,
})

/** Rings here and nobody answered yet. */
export const isWaiting = ({ rings, state }: CallView): boolean => rings && state === 'pending'

/** Answered, and its audio can be used. */
export const isUp = ({ state }: CallView): boolean => state === 'open' || state === 'reconnecting'

/**
 * Which call the stage shows: the one that was shown, while it is there; else one that is up and not held,
 * else any that does not wait to be answered.
 */
export function focusedOf(
  views: readonly CallView[],
  id: string | undefined,
): CallView | undefined {
  const taken = views.filter((view) => !isWaiting(view))
  return (
    taken.find((view) => view.id === id) ??
    taken.find((view) => isUp(view) && !view.held) ??
    taken.find((view) => !view.held) ??
    taken[0]
  )
}

/** One line about a call's state, for its card and for screen readers. */
export function stateWords(view: CallView): string {
  const { direction, state, held, heldByRemote } = view
  switch (state) {
    case 'pending':
      if (view.rings) return 'Incoming call'
      return direction === 'incoming' ? 'Getting the call back…' : 'Calling…'
    case 'ringing':
      return 'Ringing…'
    case 'connecting':
      return 'Connecting…'
    case 'reconnecting':
      return 'Reconnecting…'
    case 'open':
      if (held) return 'On hold'
      return heldByRemote ? 'They put you on hold' : 'Connected'
    case 'closed':
      return 'Ended'
  }
}
