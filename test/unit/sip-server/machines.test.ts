/**
 * The four transaction machines against the figures of RFC 3261 section 17 and RFC 6026, every
 * state with every input. A dot means: the machine ignores it.
 */
import { describe, expect, test } from 'vitest'
import { inviteClient } from '../../../engine/sip-server/transaction/invite-client.ts'
import { inviteServer } from '../../../engine/sip-server/transaction/invite-server.ts'
import type { Machine, TxInput, TxState } from '../../../engine/sip-server/transaction/machine.ts'
import { nonInviteClient } from '../../../engine/sip-server/transaction/non-invite-client.ts'
import { nonInviteServer } from '../../../engine/sip-server/transaction/non-invite-server.ts'

const inputs: readonly TxInput[] = [
  '1xx',
  '2xx',
  '3xx-6xx',
  'request',
  'ack',
  'sendFailed',
  'giveUp',
  'A',
  'B',
  'D',
  'E',
  'F',
  'G',
  'H',
  'I',
  'J',
  'K',
  'L',
  'M',
]

type Expected = Readonly<Record<string, Readonly<Partial<Record<TxInput, string>>>>>

const figure5: Expected = {
  calling: {
    '1xx': 'proceeding up',
    '2xx': 'accepted up',
    '3xx-6xx': 'completed ack up',
    sendFailed: 'terminated failed',
    giveUp: 'terminated timeout',
    A: 'calling resend',
    B: 'terminated timeout',
  },
  proceeding: {
    '1xx': 'proceeding up',
    '2xx': 'accepted up',
    '3xx-6xx': 'completed ack up',
    giveUp: 'terminated timeout',
  },
  accepted: { '2xx': 'accepted up', M: 'terminated' },
  completed: { '3xx-6xx': 'completed ack', D: 'terminated' },
  terminated: {},
}

const figure6: Expected = {
  trying: {
    '1xx': 'proceeding up',
    '2xx': 'completed up',
    '3xx-6xx': 'completed up',
    sendFailed: 'terminated failed',
    E: 'trying resend',
    F: 'terminated timeout',
  },
  proceeding: {
    '1xx': 'proceeding up',
    '2xx': 'completed up',
    '3xx-6xx': 'completed up',
    sendFailed: 'terminated failed',
    E: 'proceeding resend',
    F: 'terminated timeout',
  },
  completed: { K: 'terminated' },
  terminated: {},
}

const figure7: Expected = {
  proceeding: {
    '1xx': 'proceeding send',
    '2xx': 'accepted send',
    '3xx-6xx': 'completed send',
    request: 'proceeding resend',
  },
  accepted: { '2xx': 'accepted send', request: 'accepted', ack: 'accepted up', L: 'terminated' },
  completed: {
    request: 'completed resend',
    ack: 'confirmed',
    G: 'completed resend',
    H: 'terminated unacknowledged',
  },
  confirmed: { request: 'confirmed', ack: 'confirmed', I: 'terminated' },
  terminated: {},
}

const figure8: Expected = {
  trying: {
    '1xx': 'proceeding send',
    '2xx': 'completed send',
    '3xx-6xx': 'completed send',
    request: 'trying',
  },
  proceeding: {
    '1xx': 'proceeding send',
    '2xx': 'completed send',
    '3xx-6xx': 'completed send',
    request: 'proceeding resend',
  },
  completed: { request: 'completed resend', J: 'terminated' },
  terminated: {},
}

const machines: readonly (readonly [string, Machine, Expected, TxState])[] = [
  ['INVITE client', inviteClient, figure5, 'calling'],
  ['non-INVITE client', nonInviteClient, figure6, 'trying'],
  ['INVITE server', inviteServer, figure7, 'proceeding'],
  ['non-INVITE server', nonInviteServer, figure8, 'trying'],
]

describe.each(machines)('%s', (_name, machine, expected, initial) => {
  const cases = Object.entries(expected).flatMap(([state, row]) =>
    inputs.map((input) => [state, input, row[input] ?? '.'] as const),
  )
  test.each(cases)('%s + %s -> %s', (state, input, wanted) => {
    const rule = machine.table[state as TxState]?.[input]
    expect(rule?.join(' ') ?? '.').toBe(wanted)
  })
  test('has no other state and begins where it should', () => {
    expect(new Set(Object.keys(machine.table))).toEqual(new Set(Object.keys(expected)))
    expect(machine.initial).toBe(initial)
  })
  test('can end from every state, and nothing leaves the end', () => {
    for (const [state, row] of Object.entries(machine.table)) {
      if (state === 'terminated') expect(row).toEqual({})
      else expect(reachesEnd(machine, state as TxState)).toBe(true)
    }
  })
  test('every timer that runs in a state does something there', () => {
    for (const [state, timers] of Object.entries(machine.timers)) {
      for (const timer of timers) {
        expect(machine.table[state as TxState]?.[timer], `${state} ${timer}`).toBeDefined()
      }
    }
  })
})

function reachesEnd(machine: Machine, from: TxState): boolean {
  const seen = new Set<TxState>([from])
  for (const state of seen) {
    for (const rule of Object.values(machine.table[state] ?? {})) seen.add(rule[0])
  }
  return seen.has('terminated')
}
