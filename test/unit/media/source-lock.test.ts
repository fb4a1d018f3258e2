import { describe, expect, test } from 'vitest'
import { writeRtp } from '../../../engine/dsp/rtp.ts'
import { SourceLock } from '../../../engine/media/rtp/source-lock.ts'

interface Arrival {
  readonly from: string
  readonly port?: number
  readonly sequence?: number
  readonly ssrc?: number
  readonly type?: number
  readonly garbage?: boolean
}

function packet({ sequence = 0, ssrc = 1, type = 0, garbage = false }: Arrival): Uint8Array {
  const bytes = new Uint8Array(172)
  if (!garbage) writeRtp(bytes, 0, type, false, sequence, 0, ssrc)
  return bytes
}

const judge = (lock: SourceLock, arrival: Arrival): string => {
  const bytes = packet(arrival)
  return lock.judge(arrival.from, arrival.port ?? 4000, bytes, bytes.length)
}

const run = (port: number, from = 'nat', sequence = 10): Arrival[] =>
  [0, 1, 2, 3].map((n) => ({ from, port, sequence: sequence + n }))

function aimed(nat?: string): SourceLock {
  const lock = new SourceLock()
  lock.aim('sdp', 4000, nat)
  return lock
}

describe('strict', () => {
  const cases: readonly [string, Arrival, string][] = [
    ['address and port of the SDP', { from: 'sdp' }, 'peer'],
    ['another port', { from: 'sdp', port: 4001 }, 'stranger'],
    ['another address', { from: 'other' }, 'stranger'],
  ]
  test.each(cases)('%s', (_name, arrival, verdict) => {
    expect(judge(aimed(), arrival)).toBe(verdict)
  })

  test('before SDP came everybody is a stranger', () => {
    expect(judge(new SourceLock(), { from: '', port: 0 + 1 })).toBe('stranger')
    expect(judge(new SourceLock(), { from: 'sdp' })).toBe('stranger')
  })

  test('no number of packets makes a stranger the peer', () => {
    const lock = aimed()
    for (let n = 0; n < 100; n++) {
      expect(judge(lock, { from: 'other', sequence: n })).toBe('stranger')
    }
  })
})

describe('behind a NAT', () => {
  const cases: readonly [string, Arrival[], string][] = [
    ['four in sequence', run(9), 'peer'],
    ['three in sequence', run(9).slice(0, 3), 'learning'],
    [
      'four across the wrap',
      run(9, 'nat', 65534).map((a) => ({ ...a, sequence: a.sequence! & 0xffff })),
      'peer',
    ],
    ['a gap', [...run(9).slice(0, 3), { from: 'nat', port: 9, sequence: 99 }], 'learning'],
    ['a repeat', [...run(9).slice(0, 3), { from: 'nat', port: 9, sequence: 12 }], 'learning'],
    [
      'another SSRC',
      [...run(9).slice(0, 3), { from: 'nat', port: 9, sequence: 13, ssrc: 2 }],
      'learning',
    ],
    [
      'another payload type',
      [...run(9).slice(0, 3), { from: 'nat', port: 9, sequence: 13, type: 8 }],
      'learning',
    ],
    ['no RTP', [...run(9).slice(0, 3), { from: 'nat', port: 9, garbage: true }], 'stranger'],
    ['four from an address that is not the signalling one', run(9, 'other'), 'stranger'],
  ]
  test.each(cases)('%s', (_name, arrivals, verdict) => {
    const lock = aimed('nat')
    expect(arrivals.map((arrival) => judge(lock, arrival)).at(-1)).toBe(verdict)
  })

  test('then strict: our packets go there and nobody else is heard, not even the SDP address', () => {
    const lock = aimed('nat')
    for (const arrival of run(9)) judge(lock, arrival)
    expect([lock.address, lock.port]).toEqual(['nat', 9])
    for (const arrival of run(11)) expect(judge(lock, arrival)).toBe('stranger')
    expect(judge(lock, { from: 'sdp' })).toBe('stranger')
  })

  test('a packet from the SDP address ends the learning', () => {
    const lock = aimed('nat')
    expect(judge(lock, { from: 'sdp' })).toBe('peer')
    for (const arrival of run(9)) expect(judge(lock, arrival)).toBe('stranger')
  })

  test('two streams side by side are told apart by port', () => {
    const lock = aimed('nat')
    const mixed = run(9).flatMap((arrival, n) => [arrival, run(11, 'nat', 500)[n]!])
    const verdicts = mixed.map((arrival) => judge(lock, arrival))
    expect(verdicts.slice(0, 6)).toEqual(Array(6).fill('learning'))
    expect(verdicts.slice(6)).toEqual(['peer', 'stranger'])
  })

  test('that there is a NAT may be told later, as long as nobody was heard', () => {
    const lock = aimed()
    lock.aim('sdp', 4000, 'nat')
    expect(judge(lock, { from: 'nat', port: 9 })).toBe('learning')
    expect(judge(lock, { from: 'sdp' })).toBe('peer')
    lock.aim('sdp', 4000, 'nat')
    expect(judge(lock, { from: 'nat', port: 9 })).toBe('stranger')
  })

  test('that there is no NAT may be told later as well', () => {
    const lock = aimed('nat')
    for (const arrival of run(9).slice(0, 3)) judge(lock, arrival)
    lock.aim('sdp', 4000, undefined)
    expect(judge(lock, run(9)[3]!)).toBe('stranger')
  })

  test('SDP with the same address keeps what was learnt; with another it begins anew', () => {
    const lock = aimed('nat')
    for (const arrival of run(9)) judge(lock, arrival)
    lock.aim('sdp', 4000, 'nat')
    expect(judge(lock, { from: 'nat', port: 9 })).toBe('peer')
    lock.aim('sdp', 5000, 'nat')
    expect(judge(lock, { from: 'nat', port: 9 })).toBe('learning')
    expect(judge(lock, { from: 'sdp', port: 5000 })).toBe('peer')
  })
})

test('on hold without an address there is no peer', () => {
  const lock = aimed()
  lock.clear()
  expect(lock.port).toBe(0)
  expect(judge(lock, { from: 'sdp' })).toBe('stranger')
})
