import { beforeEach, describe, expect, it } from 'vitest'
import { type DeviceOptions, deviceOptionsOf } from '../../../engine/core/device-options.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { Offers } from '../../../engine/core/media-way.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, withSdp } from './support/device-calls.ts'
import { Bench, device } from './support/recorder.ts'
import { register } from './support/registering.ts'

/** Which contact gets which offer, and what people are told of a refusal. */
const call = 'call' as CallId
const both: Offers = { rtp: 'rtp', webrtc: 'webrtc' }
let bench: Bench

beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

const at = (protocol: string, port = 1) => ({ protocol, address: '203.0.113.7', port })
async function registerAll(...protocols: string[]): Promise<void> {
  for (const protocol of protocols) {
    await register(bench, { contact: `<sip:${protocol}@10.0.0.9>` }, {}, at(protocol))
  }
}

/** Who gets what. */
function invite(offers: Offers, options?: Partial<DeviceOptions>): Record<string, string> {
  const target = {
    kind: 'device' as const,
    deviceId: device('alice', 'right').id,
    ...(options && { options: deviceOptionsOf(options) }),
  }
  bench.sip.invite(call, { target, callerId: '1002', offers })
  return Object.fromEntries(
    bench.sent
      .filter(({ out }) => out.method === 'INVITE')
      .map(({ out }) => [/^sip:(\w+)@/.exec(out.uri ?? '')?.[1] ?? '', out.body ?? '']),
  )
}

describe('a device gets', () => {
  it('the offer for a browser on a WebSocket, else that for a phone, in one fork', async () => {
    await registerAll('udp', 'tcp', 'tls', 'ws', 'wss')
    expect(invite(both)).toEqual({
      ...{ udp: 'rtp', tcp: 'rtp', tls: 'rtp', ws: 'webrtc', wss: 'webrtc' },
    })
  })

  it('that for a phone everywhere when it is no browser', async () => {
    await registerAll('udp', 'ws')
    expect(invite(both, { webrtc: 'never' })).toEqual({ udp: 'rtp', ws: 'rtp' })
  })

  it('nothing at contacts for which there is no offer', async () => {
    await registerAll('udp', 'ws')
    expect(invite({ webrtc: 'webrtc' })).toEqual({ ws: 'webrtc' })
  })

  it('nothing at plain contacts while SRTP is required', async () => {
    await registerAll('udp', 'tls', 'ws')
    expect(invite(both, { srtp: 'required' })).toEqual({ tls: 'rtp', ws: 'webrtc' })
  })

  it('no call when there is an offer for none of them', async () => {
    await registerAll('udp')
    expect(invite({ webrtc: 'webrtc' })).toEqual({})
    await bench.clock.advance(0)
    expect(bench.heard).toEqual(['rejected 480 Not Registered'])
  })
})

it('a carrier or a SIP address gets none for a browser', async () => {
  const target = { kind: 'uri', uri: 'sip:x@y.example' } as const
  bench.sip.invite(call, { target, callerId: '1002', offers: both })
  expect(bench.sent.map(({ out }) => out.body)).toEqual(['rtp'])
})

describe('a refusal says why (RFC 3261 section 20.43)', () => {
  const why = 'SRTP "is required"\r\nX: y \\ ä'
  const warned = { headers: { Warning: '399 pbx.example "SRTP  is required   X: y    "' } }
  let calls: DeviceCalls
  beforeEach(() => {
    calls = new DeviceCalls(bench)
  })

  it('of an INVITE, if there is something to say', async () => {
    const [told, untold] = [await calls.arrive('a'), await calls.arrive('b')]
    bench.sip.reject(bench.calls[0]!, 488, why)
    bench.sip.reject(bench.calls[1]!, 488)
    expect(told.responses.at(-1)).toEqual({ status: 488, ...warned })
    expect(untold.responses.at(-1)).toEqual({ status: 488 })
  })

  it('of an offer in a call, and not what only we understand', async () => {
    const { dialogId } = await calls.up('a')
    const answers = []
    for (const error of [new Failure('invalid_request', why), new Error('a bug at line 7')]) {
      bench.renegotiate = () => Promise.reject(error)
      const body = { body: 'v=0 theirs', protocol: 'TLS' }
      const reinvite = calls.request('INVITE', dialogId, withSdp, body)
      await settle()
      answers.push(reinvite.responses.at(-1))
    }
    expect(answers).toEqual([{ status: 488, ...warned }, { status: 488 }])
  })
})

describe('the application is told what the hop to us is', () => {
  it.each(['udp', 'tls', 'wss'])(
    'of an INVITE and of an offer in the call: %s',
    async (protocol) => {
      const calls = new DeviceCalls(bench)
      const told: (string | undefined)[] = []
      bench.onIncoming = (invite) => told.push(invite?.protocol)
      await calls.arrive('a', {}, { protocol: protocol.toUpperCase() })
      const { dialogId } = await calls.up('b')
      bench.renegotiate = async (_id, _sdp, over) => {
        told.push(over)
        return 'v=0 ours'
      }
      calls.request('INVITE', dialogId, withSdp, { body: 'v=0 theirs', protocol })
      await settle()
      expect(told).toEqual([protocol, 'udp', protocol])
    },
  )
})
