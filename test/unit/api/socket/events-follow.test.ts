/** The log of an account at the WebSocket and as server-sent events, and where to begin. */
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningApi, startApi } from '../../../../engine/api/server.ts'
import type { CallEventType } from '../../../../engine/core/events.ts'
import { type ApiLab, apiLab, callRecord, key, otherKey } from '../api-lab.ts'
import { SocketClient, urlOf } from './socket-lab.ts'

let lab: ApiLab
let api: RunningApi
beforeEach(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 1_000 } })
  api = await startApi(lab.options)
})
afterEach(async () => {
  await api.close()
  await lab.close()
})
const open = (shown = key) =>
  SocketClient.open(urlOf(api, '/v1/voice/ws'), { headers: { 'x-api-key': shown } })

async function happens(...types: CallEventType[]): Promise<void> {
  const call = callRecord()
  const drafts = types.map((type) => ({
    type,
    callId: call.id,
    atMs: 1_000,
    data: { endReason: 'x' },
  }))
  await lab.put(call, drafts)
}
const numbers = (client: SocketClient): unknown[] =>
  client.told.filter(({ event }) => event === 'event').map(({ data }) => data.sequence)

describe('at the WebSocket', () => {
  test('the past, then live, as they stand in the log; resumed from the last number', async () => {
    await happens('call.queued', 'call.ringing', 'call.in-progress')
    const client = await open()
    const follow = { id: 'f', do: 'follow', params: { events: { after: 1 } } }
    expect(await client.ask(follow)).toMatchObject({ ok: true, result: { follow: 'f' } })
    await client.heard(({ event }) => event === 'live')
    await happens('call.completed')
    await client.heard(({ data }) => data?.type === 'call.completed')
    expect(client.told.filter((one) => one.follow)).toEqual([
      {
        follow: 'f',
        event: 'event',
        data: expect.objectContaining({ sequence: 2, type: 'call.ringing' }),
      },
      { follow: 'f', event: 'event', data: expect.objectContaining({ sequence: 3 }) },
      { follow: 'f', event: 'live', data: { after: 3 } },
      {
        follow: 'f',
        event: 'event',
        data: {
          ...{ sequence: 4, type: 'call.completed', at: '1970-01-01T00:00:01.000Z' },
          ...{ call_id: callRecord().id, conference_id: null, data: { end_reason: 'x' } },
        },
      },
    ])
    client.socket.terminate()
    await happens('call.quality')
    const again = await open()
    await again.ask({ id: 1, do: 'follow', params: { events: { after: 4 } } })
    await again.heard(({ event }) => event === 'live')
    expect(numbers(again)).toEqual([5])
  })

  test('without a number from now on; only what is wanted; not of others; unfollow ends it', async () => {
    await happens('call.queued')
    const client = await open()
    const others = await open(otherKey)
    await others.ask({ id: 1, do: 'follow', params: { events: { after: 0 } } })
    await client.ask({ id: 1, do: 'follow', params: { events: { types: ['call.*'] } } })
    await client.heard(({ event }) => event === 'live')
    await happens('verb.started', 'call.ringing')
    await client.heard(({ event }) => event === 'event')
    expect(numbers(client)).toEqual([3])
    await client.ask({ id: 2, do: 'unfollow', params: { follow: 1 } })
    await happens('call.completed')
    await client.ask({ id: 3, do: 'follow', params: { events: { after: 0 } } })
    await client.heard(({ follow, event }) => follow === 3 && event === 'live')
    expect(client.told.filter(({ follow }) => follow === 1)).toHaveLength(2)
    expect(numbers(others)).toEqual([])
  })

  test('who knows numbers that the log has not given, as after a restore, is told where it ends', async () => {
    await happens('call.queued', 'call.ringing')
    const client = await open()
    const follow = (id: number, after: number) =>
      client.ask({ id, do: 'follow', params: { events: { after } } })
    expect(await follow(1, 21)).toMatchObject({
      ...{ ok: false, status: 409, error: { code: 'cursor_ahead', last: 2 } },
    })
    expect(await follow(2, 2)).toMatchObject({ ok: true })
    await happens('call.completed')
    await client.heard(({ event }) => event === 'event')
    expect(numbers(client)).toEqual([3])
  })

  test.each([
    [{ events: { after: -1 } }],
    [{ events: { after: 'then' } }],
    [{ events: { types: ['CALL'] } }],
    [{ events: { types: [] } }],
    [{ events: { call_id: 'x' } }],
    [{ events: {}, conference_id: 'x' }],
    [{}],
  ])('refused: %j', async (params) => {
    const client = await open()
    expect(await client.ask({ id: 1, do: 'follow', params })).toMatchObject({ status: 400 })
  })

  test('a reader who does not read is waited for: nothing is lost, and little waits', async () => {
    const client = await open()
    await client.ask({ id: 1, do: 'follow', params: { events: { after: 'now' } } })
    client.socket.pause()
    const long = { text: 'x'.repeat(1_000) }
    const call = callRecord()
    const drafts = Array.from({ length: 500 }, () => ({
      ...{ type: 'digit.received' as const, callId: call.id, atMs: 1_000, data: long },
    }))
    // more than all buffers on the way hold
    for (let turn = 0; turn < 20; turn++) await lab.put(call, drafts)
    client.socket.resume()
    await client.heard(({ data }) => data?.sequence === 10_000)
    expect(numbers(client)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1))
  })

  test('a request that is no WebSocket is told so', async () => {
    const answer = await lab.ask({ url: '/v1/voice/ws', headers: { 'x-api-key': '' } })
    expect(answer).toMatchObject({
      status: 426,
      headers: { upgrade: 'websocket' },
      body: { error: { code: 'upgrade_required' } },
    })
  })
})

describe('over HTTP', () => {
  test('pages: where to go on, what is wanted, the last ones', async () => {
    await happens('call.queued', 'verb.started', 'call.ringing', 'verb.ended', 'call.completed')
    const ask = async (query: string) => {
      const { body } = await lab.ask({ url: `/v1/voice/events?${query}` })
      const { events, ...rest } = body as { events: { sequence: number }[] }
      return { numbers: events.map(({ sequence }) => sequence), ...rest }
    }
    const end = { next_after: 5, has_more: false, gone_to: 0 }
    expect(await ask('')).toEqual({ numbers: [1, 2, 3, 4, 5], ...end })
    const first = { numbers: [1, 2], next_after: 2, has_more: true, gone_to: 0 }
    expect(await ask('page_size=2')).toEqual(first)
    expect(await ask('after=2&types=call.*')).toEqual({ numbers: [3, 5], ...end })
    expect(await ask('types=verb.started,verb.ended')).toEqual({ numbers: [2, 4], ...end })
    expect(await ask('before=5&page_size=2')).toMatchObject({ numbers: [3, 4] })
    expect(await ask('after=1&before=4')).toMatchObject({ numbers: [2, 3], has_more: false })
    expect(await ask(`call_id=${callRecord().id}&types=verb.*`)).toEqual({
      numbers: [2, 4],
      ...end,
    })
    await lab.store.events.sweep(callRecord().accountId, 2_000, 3)
    expect(await ask('after=1')).toEqual({ numbers: [4, 5], ...end, gone_to: 3 })
    for (const wrong of ['types=X', 'call_id=1', 'after=-1', 'page_size=1001']) {
      expect((await lab.ask({ url: `/v1/voice/events?${wrong}` })).status).toBe(400)
    }
  })

  test.each([
    ['a page', '?after=21', {}],
    ['a stream', '?after=21', { accept: 'text/event-stream' }],
    ['a stream', '', { accept: 'text/event-stream', 'last-event-id': '21' }],
  ])('%s beyond the end (%s) is refused, with the end', async (_, query, headers) => {
    await happens('call.queued', 'call.ringing')
    expect(await lab.ask({ url: `/v1/voice/events${query}`, headers })).toMatchObject({
      status: 409,
      body: { error: { code: 'cursor_ahead', field: 'after', last: 2 } },
    })
  })

  test('as server-sent events, from the number in Last-Event-ID', async () => {
    await happens('call.queued', 'call.ringing')
    const headers = { 'x-api-key': key, accept: 'text/event-stream', 'last-event-id': '1' }
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request({ port: api.port, path: '/v1/voice/events', headers }, (answer) => {
        let read = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          read += part
          if (read.includes('event: live')) void happens('call.completed')
          if (!read.includes('id: 3')) return
          resolve(read)
          asked.destroy()
        })
      })
      asked.on('error', reject).end()
    })
    expect(text.match(/^(?:id|event): .*$/gm)).toEqual([
      ...['id: 2', 'event: event', 'id: 2', 'event: live', 'id: 3', 'event: event'],
    ])
  })
})
