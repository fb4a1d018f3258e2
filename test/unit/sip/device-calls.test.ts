/** Calls that devices make: how many at once, and who they say that they are. */
import { describe, expect, it } from 'vitest'
import type { IncomingInvite } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls } from './support/device-calls.ts'
import { authorization, Bench, device, nonceOf, Received } from './support/recorder.ts'

describe('calls at once', () => {
  const limited = (maxCallsPerDevice: number) => {
    const bench = new Bench([], true, { limits: { maxCallsPerDevice } })
    return { bench, alice: new DeviceCalls(bench) }
  }

  it('one more is refused until one is over, ringing or up', async () => {
    const { bench, alice } = limited(2)
    const first = await alice.up('one')
    await alice.arrive('two')
    const third = await alice.arrive('three')
    expect(third.responses.at(-1)).toMatchObject({ status: 486, reason: 'Too Many Calls' })
    expect(bench.calls).toHaveLength(2)
    expect(bench.sip.counts()).toMatchObject({ legs: 2, refusedCalls: 1 })
    alice.request('BYE', first.dialogId)
    await alice.arrive('four')
    expect(bench.calls).toHaveLength(3)
    bench.sip.reject(bench.calls.at(-1)!, 404)
    await alice.arrive('five')
    expect(bench.calls).toHaveLength(4)
    expect((await alice.arrive('six')).status).toBe(486)
  })

  it('of one device are no other’s', async () => {
    const { bench, alice } = limited(1)
    await alice.arrive('one')
    bench.devices.set('bob', device('bob', 'right'))
    const uri = 'sip:1002@pbx'
    const headers = {
      ...{ from: '<sip:bob@pbx>;tag=his', to: '<sip:1002@pbx>', 'call-id': 'his' },
      contact: '<sip:bob@192.0.2.2>',
    }
    const first = bench.receive(new Received('INVITE', { uri, headers }))
    await settle()
    const value = authorization(nonceOf(first), { method: 'INVITE', uri, username: 'bob' })
    bench.receive(new Received('INVITE', { uri, headers: { ...headers, authorization: value } }))
    await settle()
    expect(bench.calls).toHaveLength(2)
  })
})

describe('a number that is withheld', () => {
  const heard = async (more: Record<string, string>) => {
    const bench = new Bench()
    const invites: (IncomingInvite | undefined)[] = []
    bench.onIncoming = (invite) => invites.push(invite)
    const alice = new DeviceCalls(bench)
    const { status } = await alice.arrive('one', more)
    return { status, invite: invites[0] }
  }
  const source = { kind: 'device', deviceId: 'id-of-alice', username: 'alice' }

  it.each([
    ['Privacy', { privacy: 'id' }],
    ['the From of nobody', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=hers' }],
    ['both', { privacy: 'id', from: '<sip:anonymous@pbx>;tag=hers' }],
  ])('by %s: the device is known by its credentials, and called anonymous', async (_, more) => {
    const { invite } = await heard(more)
    expect(invite).toMatchObject({ from: 'anonymous', fromName: null, source })
  })

  it('is not where nothing says so', async () => {
    const { invite } = await heard({ privacy: 'none', from: '"Al" <sip:alice@pbx>;tag=hers' })
    expect(invite).toMatchObject({ from: 'alice', fromName: 'Al', source })
  })

  it('is no way to be somebody else', async () => {
    const { status, invite } = await heard({ privacy: 'id', from: '<sip:bob@pbx>;tag=hers' })
    expect([status, invite]).toEqual([403, undefined])
  })
})
