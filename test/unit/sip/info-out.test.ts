/** Keys of ours that go out by INFO. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { Bench } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

const call = 'call-1' as CallId
const invite = () => {
  const target = { kind: 'uri', uri: 'sip:a@192.0.2.1' } as const
  bench.sip.invite(call, { target, callerId: '1001', offers: { rtp: 'v=0\r\n' } })
  return bench.sent.at(-1)?.taken()
}
const answered = () => invite()?.respond(200, { 'content-type': 'application/sdp' }, 'v=0\r\n')

describe('a key of ours by INFO', () => {
  it.each([
    ['is taken', 200, true],
    ['is refused', 415, false],
  ])('%s', async (_name, status, taken) => {
    answered()
    const told = bench.sip.infoDigit(call, '#', 100)
    await settle()
    const info = bench.sent.at(-1)
    expect(info?.out).toMatchObject({
      ...{ method: 'INFO', body: 'Signal=#\r\nDuration=100\r\n' },
      headers: { 'Content-Type': 'application/dtmf-relay' },
    })
    info?.respond(status)
    expect(await told).toBe(taken)
  })

  it('is for nobody before the answer', async () => {
    invite()
    expect(await bench.sip.infoDigit(call, '1', 100)).toBe(false)
  })
})
