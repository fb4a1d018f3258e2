/** MESSAGE (RFC 3428) from and to devices on a recorder. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { IncomingMessage, MessageOutcome } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { authorization, Bench, device, nonceOf, Received } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

const uri = 'sip:1002@ringdown'
const bare = (headers: Record<string, string> = {}, more: object = {}): Received =>
  new Received('MESSAGE', {
    ...{ uri, body: 'hello' },
    ...more,
    headers: {
      from: '"Al" <sip:alice@ringdown>;tag=m',
      'content-type': 'text/plain',
      ...headers,
    },
  })

async function send(headers: Record<string, string> = {}, more: object = {}): Promise<Received> {
  const first = bench.receive(bare(headers, more))
  await settle()
  const answer = { method: 'MESSAGE', uri }
  const again = bench.receive(
    bare({ ...headers, authorization: authorization(nonceOf(first), answer) }, more),
  )
  await settle()
  return again
}

describe('a text of a device', () => {
  it('is told with who sends it to whom, and answered with what the application says', async () => {
    const told: IncomingMessage[] = []
    bench.onMessage = async (message) => {
      told.push(message)
      return 202
    }
    const request = await send({}, { body: 'héllo' })
    expect(request.status).toBe(202)
    expect(told).toEqual([
      {
        ...{ accountId: 'account', from: 'alice', fromName: 'Al', to: '1002' },
        ...{ contentType: 'text/plain', text: 'héllo', bytes: 6 },
      },
    ])
  })

  it('needs credentials', async () => {
    const request = bench.receive(bare())
    await settle()
    expect(request.status).toBe(401)
    expect(bench.heard).toEqual([])
  })

  it.each([
    ['another type', { 'content-type': 'application/im-iscomposing+xml' }, {}, 415],
    ['too long', {}, { body: 'x'.repeat(4097) }, 513],
    ['another From', { from: '<sip:bob@ringdown>;tag=m' }, {}, 403],
    ['an extension that we lack', { require: 'x' }, {}, 420],
  ])('is refused for %s', async (_name, headers: Record<string, string>, more, status) => {
    const request = await send(headers, more)
    expect(request.status).toBe(status)
    if (status === 415) expect(request.responses[0]?.headers).toEqual({ Accept: 'text/plain' })
    expect(bench.heard).toEqual([])
  })

  it('has to wait after 20 at once, and then one each second is taken', async () => {
    for (let n = 0; n < 20; n++) expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(480)
    await bench.clock.advance(1_000)
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(480)
  })

  it('is a 500 when the application breaks', async () => {
    bench.onMessage = () => Promise.reject(new Error('broken'))
    expect((await send()).status).toBe(500)
  })
})

describe('a text to a device', () => {
  const contacts = async (...uris: string[]) => {
    let cseq = 0
    for (const contact of uris) {
      const make = (headers: Record<string, string>) =>
        new Received('REGISTER', {
          protocol: contact.includes('tcp') ? 'tcp' : 'udp',
          headers: {
            ...{ to: '<sip:alice@ringdown>', 'call-id': contact, cseq: `${++cseq} REGISTER` },
            ...{ contact: `<${contact}>`, ...headers },
          },
        })
      const first = bench.receive(make({}))
      await settle()
      bench.receive(make({ authorization: authorization(nonceOf(first)) }))
      await settle()
    }
  }
  const say = (text = 'hello'): Promise<MessageOutcome> =>
    bench.sip.message(bench.devices.get('alice')!.id, {
      ...{ from: '1002', fromName: 'Bo "B"', to: 'alice', text },
    })

  it('goes to all contacts, and is delivered when one has taken it', async () => {
    await contacts('sip:a@192.0.2.1:5060', 'sip:a@192.0.2.2:5060')
    const outcome = say()
    expect(bench.sent.map((one) => one.out.uri)).toEqual([
      'sip:a@192.0.2.1:5060',
      'sip:a@192.0.2.2:5060',
    ])
    expect(bench.sent[0]?.out).toMatchObject({
      method: 'MESSAGE',
      body: 'hello',
      headers: { 'Content-Type': 'text/plain;charset=UTF-8', To: '<sip:alice@pbx.example>' },
    })
    expect(bench.sent[0]?.out.headers['From']).toMatch(
      /^"Bo \\"B\\"" <sip:1002@pbx\.example>;tag=.+/,
    )
    bench.sent[0]?.respond(486)
    bench.sent[1]?.respond(100)
    bench.sent[1]?.respond(200)
    expect(await outcome).toEqual({ sipStatus: 200 })
  })

  it.each([
    ['refused', 405, 405],
    ['gone', 410, 480],
  ])('%s by all is told', async (_name, status, told) => {
    await contacts('sip:a@192.0.2.1:5060')
    const outcome = say()
    bench.sent[0]?.respond(status)
    expect(await outcome).toEqual({ sipStatus: told })
  })

  it('to nobody is 480, without a server 503, without an answer 408', async () => {
    expect(await say()).toEqual({ sipStatus: 480 })
    await contacts('sip:a@192.0.2.1:5060')
    const lost = say()
    bench.sent.at(-1)?.fail('linkDown')
    expect(await lost).toEqual({ sipStatus: 503 })
    const silent = say()
    await bench.clock.advance(20_000)
    expect(await silent).toEqual({ sipStatus: 408 })
  })

  it('of more than 1300 bytes does not go over UDP', async () => {
    await contacts('sip:a@192.0.2.1:5060')
    expect(await say('é'.repeat(651))).toEqual({ sipStatus: 513 })
    expect(bench.sent).toEqual([])
    await contacts('sip:a@192.0.2.3:5060;transport=tcp')
    const outcome = say('é'.repeat(651))
    expect(bench.sent).toHaveLength(1)
    bench.sent[0]?.respond(202)
    expect(await outcome).toEqual({ sipStatus: 200 })
  })
})
