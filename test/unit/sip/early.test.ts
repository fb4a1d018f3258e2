/** Early dialogs of callers: 18x that have to be acknowledged, and UPDATE before the answer. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { TrunkId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { Bench, Received } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.trunks.push({
    ...{ id: 't' as TrunkId, name: 't', host: '192.0.2.1', port: 5060, transport: 'udp' },
    ...{ username: null, password: null, defaultCallerId: null, prefixes: [], priority: 1 },
    ...{ weight: 1, maxCalls: null, maxCallsPerSecond: null, enabled: true },
  })
})

const sdp = 'v=0\r\n'
const type = { 'content-type': 'application/sdp' }
async function invite(headers: Record<string, string>): Promise<Received> {
  const request = bench.receive(
    new Received('INVITE', {
      ...{ uri: 'sip:+15005550100@us', body: sdp },
      headers: {
        ...{ from: '<sip:+61400000001@a>;tag=f', to: '<sip:+15005550100@us>', 'call-id': 'c' },
        ...{ contact: '<sip:a@192.0.2.1>', ...type, ...headers },
      },
    }),
  )
  await settle()
  return request
}
const inside = async (method: string, more: object = {}): Promise<Received> => {
  const request = bench.receive(new Received(method, { dialogId: 'c;from-tag=f', ...more }))
  await settle()
  return request
}
const update = () => inside('UPDATE', { body: sdp, headers: type })

describe('a caller who requires it', () => {
  it('gets 18x that are acknowledged, and may offer anew after that', async () => {
    bench.renegotiate = async () => 'v=0 new'
    const request = await invite({ require: '100rel' })
    const [callId] = bench.calls
    bench.sip.progress(callId!, 183, sdp)
    expect(request.responses.at(-1)).toMatchObject({ status: 183, headers: { Require: '100rel' } })
    expect((await update()).status).toBe(500)
    expect((await inside('PRACK')).status).toBe(200)
    expect((await update()).responses).toMatchObject([{ status: 200, body: 'v=0 new' }])
    bench.sip.accept(callId!, sdp)
    expect(request.status).toBe(200)
    expect((await inside('PRACK')).status).toBe(200)
  })

  it('gets 480 and no more when he is refused with an UPDATE under way', async () => {
    bench.renegotiate = () => new Promise(() => {})
    const request = await invite({ require: '100rel' })
    bench.sip.progress(bench.calls[0]!, 183, sdp)
    await inside('PRACK')
    const open = await update()
    bench.sip.reject(bench.calls[0]!, 480)
    expect([request.status, open.status]).toEqual([480, 487])
    expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })
})

it('a caller who does not gets plain ones, and an UPDATE without an offer is fine', async () => {
  const request = await invite({ supported: '100rel' })
  bench.sip.progress(bench.calls[0]!, 183, sdp)
  expect(request.responses.at(-1)?.headers).not.toHaveProperty('Require')
  expect((await inside('UPDATE')).status).toBe(200)
  expect((await update()).status).toBe(500)
  expect((await inside('INFO')).status).toBe(481)
})
