import { afterEach, expect, test, vi } from 'vitest'
import { print, UdpPeer } from '../../loop/sip/support/peer.ts'
import { Repeater } from '../../support/repeater.ts'
import type { ScriptedCall } from '../../support/scripted-call.ts'
import { audioPortOf, phoneSdp, ScriptedPhone } from '../../support/scripted-phone.ts'

const phones: ScriptedPhone[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const phone of phones.splice(0)) phone.close()
})

/** A call from one phone to another, which does with it what it is told. */
async function called(onCall: (call: ScriptedCall) => void) {
  const to = await ScriptedPhone.open({ address: '127.0.0.1', onCall })
  const from = await ScriptedPhone.open({ address: '127.0.0.1' })
  phones.push(to, from)
  return { call: from.call(to, '+15005550100', 'caller', phoneSdp('127.0.0.1', 4_000)), from, to }
}

test.each(['caller', 'callee'])('a call is set up, and ended by the %s', async (who) => {
  const incoming = Promise.withResolvers<ScriptedCall>()
  const { call, from, to } = await called((one) => {
    incoming.resolve(one)
    one.ring()
    one.accept(phoneSdp('127.0.0.1', 4_002, 8))
  })
  expect(await call.answered).toBe(200)
  const other = await incoming.promise
  await other.acknowledged
  expect([other.number, audioPortOf(other.remoteSdp)]).toEqual(['+15005550100', 4_000])
  expect(audioPortOf(call.remoteSdp)).toBe(4_002)
  ;(who === 'caller' ? call : other).bye()
  await Promise.all([call.ended, other.ended])
  expect([from.calls, to.calls, from.retransmissions, to.retransmissions]).toEqual([0, 0, 0, 0])
})

test('a call is given up while it rings', async () => {
  const { call, from, to } = await called((one) => {
    one.ring()
    call.cancel()
  })
  expect(await call.answered).toBe(487)
  await call.ended
  expect([from.calls, to.calls]).toEqual([0, 0])
})

test('a call is refused', async () => {
  const { call, from, to } = await called((one) => one.refuse(486))
  expect(await call.answered).toBe(486)
  await call.ended
  expect([from.calls, to.calls]).toEqual([0, 0])
})

test('an INVITE that comes again after its call was refused is no other call', async () => {
  const taken: string[] = []
  const to = await ScriptedPhone.open({
    address: '127.0.0.1',
    onCall: (call) => {
      taken.push(call.id)
      call.refuse(486)
    },
  })
  phones.push(to)
  const caller = await UdpPeer.open(to.port)
  const uri = `sip:+15005550100@127.0.0.1:${to.port}`
  const invite = (callId: string): string =>
    print({
      start: `INVITE ${uri} SIP/2.0`,
      headers: [
        ['Via', `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK${callId}`],
        ...[['From', '<sip:a@127.0.0.1>;tag=1'] as const, ['To', `<${uri}>`] as const],
        ...[['Call-ID', callId] as const, ['CSeq', '1 INVITE'] as const],
        ['Contact', caller.contact],
      ],
    })
  for (const callId of ['one', 'one', 'another']) caller.send(invite(callId))
  for (let answer = 0; answer < 3; answer++) await caller.expect(486)
  caller.close()
  expect(taken).toEqual(['one', 'another'])
})

test('a text is sent after 0, 0.5, 1.5, 3.5, 7.5, 11.5 s ..., and given up after 32 s', () => {
  vi.useFakeTimers()
  const startMs = Date.now()
  const sentMs: number[] = []
  let givenUpMs = 0
  const repeater = new Repeater(
    () => sentMs.push(Date.now() - startMs),
    () => {
      givenUpMs = Date.now() - startMs
    },
  )
  repeater.start('INVITE')
  vi.advanceTimersByTime(60_000)
  expect(sentMs.slice(0, 6)).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500])
  expect(sentMs).toHaveLength(repeater.repeated + 1)
  expect(givenUpMs).toBeGreaterThanOrEqual(31_500)
  expect(givenUpMs).toBeLessThanOrEqual(36_000)
})

test('what is stopped is not sent again', () => {
  vi.useFakeTimers()
  let sent = 0
  const repeater = new Repeater(
    () => sent++,
    () => {},
  )
  repeater.start('INVITE')
  repeater.stop()
  vi.advanceTimersByTime(60_000)
  expect(sent).toBe(1)
})
