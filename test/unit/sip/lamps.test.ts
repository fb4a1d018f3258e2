/** Message lamps: SUBSCRIBE and NOTIFY of message-summary (RFC 3842, RFC 6665) on a recorder. */
import { beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../../support/virtual-clock.ts'
import { authorization, Bench, device, nonceOf, Received, type Sent } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
  bench.devices.set('bob', device('bob', 'right'))
  bench.messages = { new: 2, old: 8, urgentNew: 1, urgentOld: 0 }
})

type Headers = Record<string, string | undefined>
const uri = 'sip:alice@ringdown'
let count = 0

const bare = (headers: Headers = {}, more: object = {}): Received => {
  const all: Headers = {
    from: '<sip:alice@ringdown>;tag=a1',
    to: '<sip:alice@ringdown>',
    contact: '<sip:alice@192.0.2.1:5060>',
    'call-id': 's1',
    event: 'message-summary',
    expires: '600',
    ...headers,
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return new Received('SUBSCRIBE', {
    uri,
    ...more,
    headers: Object.fromEntries(given) as Record<string, string>,
  })
}

/** A SUBSCRIBE with fresh credentials of `who`. */
async function subscribe(headers: Headers = {}, more: object = {}, who = 'alice') {
  const first = bench.receive(bare(headers, more))
  await settle()
  if (first.status !== 401) return first
  const answer = { username: who, method: 'SUBSCRIBE', uri }
  const again = bench.receive(
    bare({ ...headers, authorization: authorization(nonceOf(first), answer) }, more),
  )
  await settle()
  return again
}

const refresh = (headers: Headers = {}, callId = 's1') =>
  subscribe(
    { to: '<sip:alice@ringdown>;tag=us', 'call-id': callId, ...headers },
    { dialogId: `${callId};from-tag=a1` },
  )

const notifies = (): Sent[] => bench.sent.filter((one) => one.out.method === 'NOTIFY')
const stateOf = (sent: Sent | undefined) => sent?.out.headers['Subscription-State']
const last = (): Sent => {
  const found = notifies().at(-1)
  if (!found) throw new Error('no NOTIFY was sent')
  return found
}
const subscriptions = (): number => bench.sip.counts().dialogs

describe('a subscription to a mailbox', () => {
  it('is granted to whoever proves to be its owner, and told at once how things are', async () => {
    const request = await subscribe()
    expect(request.responses).toMatchObject([{ status: 200, headers: { Expires: '600' } }])
    expect(notifies()).toHaveLength(1)
    expect(last().out).toMatchObject({
      dialogId: 's1;from-tag=a1',
      headers: {
        Event: 'message-summary',
        'Subscription-State': 'active;expires=600',
        'Content-Type': 'application/simple-message-summary',
      },
      body: 'Messages-Waiting: yes\r\nMessage-Account: sip:alice@pbx.example\r\nVoice-Message: 2/8 (1/0)\r\n',
    })
  })

  it('asks for credentials', async () => {
    const request = bench.receive(bare())
    await settle()
    expect(request.status).toBe(401)
    expect(subscriptions()).toBe(0)
  })

  it.each([
    ["somebody else's mailbox", {}, 'bob', 403],
    ['another package', { event: 'dialog' }, 'alice', 489],
    ['no package', { event: undefined }, 'alice', 489],
    ['a body that it cannot be', { accept: 'application/pidf+xml' }, 'alice', 406],
    ['too brief', { expires: '10' }, 'alice', 423],
    ['no contact', { contact: undefined }, 'alice', 400],
    ['no tag', { from: '<sip:alice@ringdown>' }, 'alice', 400],
    ['an extension that we lack', { require: 'eventlist' }, 'alice', 420],
  ])('is refused for %s', async (_name, headers: Headers, who, status) => {
    const request = await subscribe(headers, {}, who)
    expect(request.status).toBe(status)
    if (status === 489) {
      expect(request.responses[0]?.headers).toEqual({ 'Allow-Events': 'message-summary' })
    }
    expect(notifies()).toHaveLength(0)
    expect(subscriptions()).toBe(0)
  })

  it('may be of others in nothing but the From', async () => {
    const request = await subscribe({ from: '<sip:bob@ringdown>;tag=a1' })
    expect(request.status).toBe(403)
  })

  it('is for an hour when nothing is said, and at most', async () => {
    expect((await subscribe({ expires: undefined })).responses[0]?.headers?.['Expires']).toBe(
      '3600',
    )
    const long = await subscribe({ expires: '86400', 'call-id': 's2' })
    expect(long.responses[0]?.headers?.['Expires']).toBe('3600')
  })

  it('is told of changes one after the other, and never of an older one last', async () => {
    await subscribe()
    bench.messages = { ...bench.messages, new: 3 }
    bench.sip.mailboxChanged(bench.devices.get('alice')!.id, 'alice')
    bench.messages = { ...bench.messages, new: 4 }
    bench.sip.mailboxChanged(bench.devices.get('alice')!.id, 'alice')
    await settle()
    expect(notifies()).toHaveLength(1)
    last().respond(200)
    await settle()
    expect(notifies()).toHaveLength(2)
    expect(last().out.body).toContain('Voice-Message: 4/8')
    last().respond(200)
    await settle()
    expect(notifies()).toHaveLength(2)
  })

  it('is longer after a refresh, with credentials, and is told anew', async () => {
    await subscribe()
    last().respond(200)
    await bench.clock.advance(500_000)
    const again = await refresh()
    expect(again.responses.at(-1)).toMatchObject({ status: 200 })
    expect(stateOf(last())).toBe('active;expires=600')
    last().respond(200)
    await bench.clock.advance(500_000)
    expect(subscriptions()).toBe(1)
    await bench.clock.advance(101_000)
    expect(stateOf(last())).toBe('terminated;reason=timeout')
    last().respond(200)
    expect(subscriptions()).toBe(0)
  })

  it('ends with Expires: 0, and one last word', async () => {
    await subscribe()
    last().respond(200)
    expect((await refresh({ expires: '0' })).responses.at(-1)).toMatchObject({
      status: 200,
      headers: { Expires: '0' },
    })
    expect(stateOf(last())).toBe('terminated;reason=timeout')
    last().respond(200)
    expect(subscriptions()).toBe(0)
    expect((await refresh()).status).toBe(481)
  })

  it('of no duration is a question', async () => {
    expect((await subscribe({ expires: '0' })).status).toBe(200)
    expect(notifies()).toHaveLength(1)
    expect(stateOf(last())).toBe('terminated;reason=timeout')
    last().respond(200)
    expect(subscriptions()).toBe(0)
  })

  it.each([481, 408, 500])('ends when its NOTIFY gets %i', async (status) => {
    await subscribe()
    last().respond(status)
    expect(subscriptions()).toBe(0)
  })

  it('ends when the answer to its last word does not come', async () => {
    await subscribe({ expires: '0' })
    await bench.clock.advance(33_000)
    expect(subscriptions()).toBe(0)
  })

  it('makes room: the oldest of a device goes', async () => {
    for (let n = 0; n < 11; n++) {
      await subscribe({ 'call-id': `s${n}` })
      last().respond(200)
      await settle()
    }
    const ended = notifies().filter((one) => stateOf(one)?.startsWith('terminated'))
    expect(ended).toHaveLength(1)
    expect(ended[0]?.out.dialogId).toBe('s0;from-tag=a1')
    ended[0]?.respond(200)
    expect(subscriptions()).toBe(10)
  })

  it('outlives the control connection where its dialog does, and is told what was missed', async () => {
    await subscribe()
    last().respond(200)
    bench.down()
    bench.messages = { ...bench.messages, new: 9 }
    bench.sip.mailboxChanged(bench.devices.get('alice')!.id, 'alice')
    await settle()
    last().fail('linkDown')
    bench.up()
    await settle()
    expect(last().out.body).toContain('Voice-Message: 9/8')
    last().respond(200)
    expect(subscriptions()).toBe(1)
  })

  it('ends with its dialog', async () => {
    await subscribe()
    last().respond(200)
    bench.down()
    bench.up()
    await settle()
    last().fail('dialogGone')
    expect(subscriptions()).toBe(0)
    expect((await refresh()).status).toBe(481)
  })

  it('ends with its device', async () => {
    await subscribe()
    last().respond(200)
    bench.sip.forgetDevice(bench.devices.get('alice')!.id, 'deleted')
    await settle()
    expect(stateOf(last())).toBe('terminated;reason=noresource')
    last().respond(200)
    expect(subscriptions()).toBe(0)
  })

  it('ends with us, for a while', async () => {
    await subscribe()
    last().respond(200)
    const closed = bench.sip.close()
    await settle()
    expect(stateOf(last())).toBe('terminated;reason=probation;retry-after=30')
    last().respond(200)
    await bench.clock.advance(100)
    await closed
  })
})

describe('contacts without a subscription', () => {
  const register = async (contact: string) => {
    const make = (headers: Record<string, string>) =>
      new Received('REGISTER', {
        headers: {
          ...{ to: '<sip:alice@ringdown>', 'call-id': contact, cseq: `${++count} REGISTER` },
          ...{ contact: `<${contact}>`, ...headers },
        },
      })
    const first = bench.receive(make({}))
    await settle()
    bench.receive(make({ authorization: authorization(nonceOf(first)) }))
    await settle()
  }
  const change = async () => {
    bench.sip.mailboxChanged(bench.devices.get('alice')!.id, 'alice')
    await settle()
  }

  it('are told too, each once', async () => {
    await register('sip:alice@192.0.2.1:5060')
    await register('sip:alice@192.0.2.2:5060')
    await subscribe()
    last().respond(200)
    await change()
    const inside = notifies()
      .slice(1)
      .filter((one) => one.out.dialogId !== undefined)
    const outside = notifies().filter((one) => one.out.dialogId === undefined)
    expect(inside).toHaveLength(1)
    expect(outside.map((one) => one.out.uri)).toEqual(['sip:alice@192.0.2.2:5060'])
    expect(outside[0]?.out.body).toContain('Messages-Waiting: yes')
  })
})
