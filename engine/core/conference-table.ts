import type { ConferenceEnd, ConferenceStatus } from './conference.ts'

/** Everything that can happen to a conference as a whole. */
export type ConferenceInput =
  /** Somebody is connected. */
  | { readonly is: 'memberCame' }
  /** Somebody who was connected is gone; so many are left. */
  | { readonly is: 'memberGone'; readonly left: number }
  /** The last moderator is gone, and it ends with him. */
  | { readonly is: 'moderatorGone' }
  | { readonly is: 'end'; readonly because: 'api' | 'media_error' }
  | { readonly is: 'durationOver' }
  /** Nobody has come for too long. */
  | { readonly is: 'expired' }

/** What must be done about it, in order, after the new state is stored. */
export type ConferenceEffect =
  | { readonly do: 'armExpiry' }
  | { readonly do: 'armDuration' }
  | { readonly do: 'disarm' }
  /** As its options say. */
  | { readonly do: 'record' }
  /** Everybody leaves, the room is closed, nobody finds it any more. */
  | { readonly do: 'release' }

export type ConferenceState =
  | { readonly at: 'init' }
  | { readonly at: 'in-progress' }
  | { readonly at: 'completed'; readonly because: ConferenceEnd }

export type ConferenceStep = readonly [next: ConferenceState, ...effects: ConferenceEffect[]]
type Rule<I extends ConferenceInput['is']> = (
  input: Extract<ConferenceInput, { is: I }>,
) => ConferenceStep | undefined
type Row = { readonly [I in ConferenceInput['is']]?: Rule<I> }

const over = (because: ConferenceEnd): ConferenceStep => [
  { at: 'completed', because },
  { do: 'disarm' },
  { do: 'release' },
]

/** `init` until the first is connected, `completed` when the last has left. */
export const conferenceTable: { readonly [S in ConferenceStatus]: Row } = {
  init: {
    memberCame: () => [
      { at: 'in-progress' },
      { do: 'disarm' },
      { do: 'armDuration' },
      { do: 'record' },
    ],
    end: ({ because }) => over(because),
    expired: () => over('never_begun'),
  },
  'in-progress': {
    memberGone: ({ left }) => (left > 0 ? undefined : over('last_member_left')),
    moderatorGone: () => over('moderator_left'),
    end: ({ because }) => over(because),
    durationOver: () => over('max_duration'),
  },
  completed: {},
}

/** How a fresh conference starts. */
export const beginConference: ConferenceStep = [{ at: 'init' }, { do: 'armExpiry' }]

/** One step; undefined: nothing changes. */
export function stepConference(
  state: ConferenceState,
  input: ConferenceInput,
): ConferenceStep | undefined {
  const rule = conferenceTable[state.at][input.is] as Rule<typeof input.is> | undefined
  return rule?.(input as never)
}
