import { describe, expect, test } from 'vitest'
import type { CallState } from '../../../engine/core/call.ts'
import { type CallInput, step } from '../../../engine/core/call-table.ts'

const states: Record<string, CallState> = {
  queued: { at: 'queued' },
  ringing: { at: 'ringing' },
  up: { at: 'up', sinceMs: 500 },
  ended: { at: 'ended', cause: { is: 'busy' } },
}
const inputs: CallInput[] = [
  { is: 'progress' },
  { is: 'answered' },
  { is: 'rejected', sipStatus: 486 },
  { is: 'remoteHangup' },
  { is: 'remoteCancel' },
  { is: 'accept' },
  { is: 'reject', sipStatus: 603 },
  { is: 'hangup', by: 'api' },
  { is: 'noAnswerTimeout' },
  { is: 'durationLimit' },
  { is: 'mediaLost' },
  { is: 'fail', cause: { is: 'failed', reason: 'media_error' } },
]

/** `state + input`: next state and effects in order; what is not listed must be ignored. */
const outbound: Record<string, string> = {
  'queued + progress': 'ringing',
  'queued + answered': 'up: disarm armDurationLimit watchMedia runProgram',
  'queued + rejected': 'ended busy: disarm release',
  'queued + remoteHangup': 'ended rejected: disarm release',
  'queued + hangup': 'ended canceled: disarm sendCancel release',
  'queued + noAnswerTimeout': 'ended noAnswer: disarm sendCancel release',
  'queued + fail': 'ended failed: disarm sendCancel release',
  'ringing + answered': 'up: disarm armDurationLimit watchMedia runProgram',
  'ringing + rejected': 'ended busy: disarm release',
  'ringing + remoteHangup': 'ended rejected: disarm release',
  'ringing + hangup': 'ended canceled: disarm sendCancel release',
  'ringing + noAnswerTimeout': 'ended noAnswer: disarm sendCancel release',
  'ringing + fail': 'ended failed: disarm sendCancel release',
  'up + remoteCancel': 'ended hangup: disarm release',
  'up + remoteHangup': 'ended hangup: disarm release',
  'up + hangup': 'ended hangup: disarm sendBye release',
  'up + durationLimit': 'ended failed: disarm sendBye release',
  'up + mediaLost': 'ended mediaLost: disarm sendBye release',
  'up + fail': 'ended failed: disarm sendBye release',
}

const inbound: Record<string, string> = {
  'ringing + accept': 'up: disarm armDurationLimit watchMedia',
  'ringing + reject': 'ended declined: disarm sendFinal release',
  'ringing + remoteCancel': 'ended canceled: disarm release',
  'ringing + remoteHangup': 'ended canceled: disarm release',
  'ringing + hangup': 'ended canceled: disarm sendFinal release',
  'ringing + noAnswerTimeout': 'ended noAnswer: disarm sendFinal release',
  'ringing + fail': 'ended failed: disarm sendFinal release',
  'up + remoteCancel': 'ended hangup: disarm release',
  'up + remoteHangup': 'ended hangup: disarm release',
  'up + hangup': 'ended hangup: disarm sendBye release',
  'up + durationLimit': 'ended failed: disarm sendBye release',
  'up + mediaLost': 'ended mediaLost: disarm sendBye release',
  'up + fail': 'ended failed: disarm sendBye release',
}

function seen(direction: 'inbound' | 'outbound', state: CallState, input: CallInput) {
  const result = step(direction, state, input, 9_000)
  if (!result) return 'ignored'
  const [next, ...effects] = result
  const name = next.at === 'ended' ? `ended ${next.cause.is}` : next.at
  return effects.length === 0 ? name : `${name}: ${effects.map((effect) => effect.do).join(' ')}`
}

describe.each([
  ['outbound', outbound],
  ['inbound', inbound],
] as const)('%s call', (direction, expected) => {
  for (const [stateName, state] of Object.entries(states)) {
    for (const input of inputs) {
      const name = `${stateName} + ${input.is}`
      test(`${name} -> ${expected[name] ?? 'ignored'}`, () => {
        expect(seen(direction, state, input)).toBe(expected[name] ?? 'ignored')
      })
    }
  }
})

test('an answered call that ends keeps the moment of its answer', () => {
  const [next] = step('outbound', { at: 'up', sinceMs: 500 }, { is: 'remoteHangup' }, 9_000) ?? []
  expect(next).toEqual({
    at: 'ended',
    cause: { is: 'hangup', by: 'remote' },
    answeredAtMs: 500,
  })
})
