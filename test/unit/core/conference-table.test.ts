import { describe, expect, test } from 'vitest'
import { plainParticipant } from '../../../engine/core/conference.ts'
import { memberOptions } from '../../../engine/core/conference-member.ts'
import {
  type ConferenceInput,
  type ConferenceState,
  stepConference,
} from '../../../engine/core/conference-table.ts'
import type { CallId } from '../../../engine/core/ids.ts'

const states: readonly ConferenceState[] = [
  { at: 'init' },
  { at: 'in-progress' },
  { at: 'completed', because: 'api' },
]
const inputs: readonly [string, ConferenceInput][] = [
  ['memberCame', { is: 'memberCame' }],
  ['memberGone, others left', { is: 'memberGone', left: 2 }],
  ['memberGone, the last', { is: 'memberGone', left: 0 }],
  ['moderatorGone', { is: 'moderatorGone' }],
  ['end by the API', { is: 'end', because: 'api' }],
  ['end of the media', { is: 'end', because: 'media_error' }],
  ['durationOver', { is: 'durationOver' }],
  ['expired', { is: 'expired' }],
]
const over = (because: string) => [
  { at: 'completed', because },
  { do: 'disarm' },
  { do: 'release' },
]
const expected: Readonly<Record<string, unknown>> = {
  'init + memberCame': [
    { at: 'in-progress' },
    { do: 'disarm' },
    { do: 'armDuration' },
    { do: 'record' },
  ],
  'init + end by the API': over('api'),
  'init + end of the media': over('media_error'),
  'init + expired': over('never_begun'),
  'in-progress + memberGone, the last': over('last_member_left'),
  'in-progress + moderatorGone': over('moderator_left'),
  'in-progress + end by the API': over('api'),
  'in-progress + end of the media': over('media_error'),
  'in-progress + durationOver': over('max_duration'),
}

describe('the life of a conference', () => {
  for (const state of states) {
    for (const [name, input] of inputs) {
      const title = `${state.at} + ${name}`
      const wanted = expected[title]
      test(`${title} -> ${wanted ? JSON.stringify(wanted) : 'nothing'}`, () => {
        expect(stepConference(state, input)).toEqual(wanted)
      })
    }
  }
})

describe('what the media side is told of a member', () => {
  const other = 'other' as CallId
  const plain = {
    ...{ muted: false, deaf: false, heardBy: null, gainInDb: 0, gainOutDb: 0, priority: false },
  }
  test.each([
    [{}, {}],
    [{ muted: true }, { muted: true }],
    [{ deaf: true }, { deaf: true }],
    [{ hold: true }, { muted: true, deaf: true }],
    [
      { hold: true, muted: false, deaf: false },
      { muted: true, deaf: true },
    ],
    [{ coaching: other }, { heardBy: [other] }],
    [{ privateWith: other }, { heardBy: [other] }],
    [{ coaching: 'x' as CallId, privateWith: other }, { heardBy: [other] }],
    [
      { volumeDb: -6, listenVolumeDb: 10 },
      { gainInDb: -6, gainOutDb: 10 },
    ],
    [{ priority: true, moderator: true, label: 'x' }, { priority: true }],
  ])('%j -> %j', (options, told) => {
    expect(memberOptions({ ...plainParticipant, ...options })).toEqual({ ...plain, ...told })
  })
})
