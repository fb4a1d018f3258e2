/** What is told of the streams of a call: while they go on, afterwards, and after the process has died. */
import { describe, expect, test } from 'vitest'
import { recover } from '../../../engine/app/recover.ts'
import { streamDesk } from '../../../engine/app/streams/desk.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { sentBy } from '../../support/sent.ts'
import { streamScene } from './fake-server.ts'

const url = 'wss://bot.example/audio?v=1'
const started = { verb: 'stream', url, mode: 'start' }
const wait = { verb: 'pause', length: 99 }

describe('streams of a call', () => {
  test('one that is dialled, goes on, and is over', async () => {
    const { lab, id, servers, streams, events } = await streamScene([
      { ...started, name: 'ear', tracks: 'both' },
      wait,
    ])
    const list = () => lab.actions.streamsOf(lab.account.id, id)
    const beganAtMs = (await events())[0]!.atMs
    const about = { name: 'ear', url, tracks: ['received', 'sent'], speaks: 'never' }
    const begun = { ...about, format: 'L16', rateHz: 16_000, startedAtMs: beganAtMs }
    expect(await list()).toMatchObject([
      { ...begun, status: 'in-progress', endedAtMs: null, framesDropped: 0, refused: 0 },
    ])
    servers[0]!.bufferedBytes = 1e6
    const frame = { track: 'received' as const, sequence: 0, atMs: 0, payload: Uint8Array.of(1) }
    for (let n = 0; n < 203; n++) streams[0]!.listener.audio(frame)
    await lab.clock.advance(3_000)
    expect(await list()).toMatchObject([{ framesDropped: 3, refused: 0, endedAtMs: null }])
    await lab.actions.stopStream(lab.account.id, id, 'ear')
    await lab.settle()
    expect(await list()).toMatchObject([
      {
        ...{ ...begun, status: 'completed', reason: 'stopped', durationMs: 3_000 },
        ...{ endedAtMs: beganAtMs + 3_000, framesDropped: 3, code: null },
      },
    ])
  })

  test('one whose server hangs is connecting; one that could not be had says why, also after the call', async () => {
    const { lab, id, hangUp } = await streamScene(
      [{ ...started, name: 'a' }, { ...started, name: 'a' }, wait],
      false,
    )
    const list = () => lab.actions.streamsOf(lab.account.id, id)
    const failed = { name: 'a', url, status: 'failed', code: 'already_exists', startedAtMs: null }
    expect(await list()).toMatchObject([failed, { name: 'a', url, status: 'connecting' }])
    await hangUp()
    expect(lab.calls.size).toBe(0)
    expect(await list()).toMatchObject([
      failed,
      { name: 'a', status: 'failed', code: 'url_unreachable', endedAtMs: expect.any(Number) },
    ])
  })

  test('of a call of another account, or of none, are not found', async () => {
    const { lab } = await streamScene([started])
    const nobody = '99999999-2222-4333-8444-555555555555' as CallId
    const asked = lab.actions.streamsOf(lab.account.id, nobody)
    await expect(asked).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('after a crash', () => {
  test('the end of each stream is told once, with its reason, to whoever wants to know', async () => {
    const status_callback = 'https://app.example/status'
    const { lab, id, events, place } = await streamScene([
      { ...started, name: 'over' },
      { verb: 'stop_stream', name: 'over' },
      { ...started, name: 'ear', status_callback },
      wait,
    ])
    const plain = await place([wait])
    const { id: clientsId } = await streamDesk(lab.ports, lab.calls).open(
      ...[lab.account.id, id],
      { format: 'L16', rateHz: 8000, tracks: [], speaks: 'never', bufferMs: 200, bigEndian: false },
      { audio: () => {}, marked: () => {}, ended: () => {}, digit: () => {} },
    )
    await lab.settle()
    const [, , running] = await events('stream.')
    const streamId = running?.data['streamId']
    await lab.clock.advance(10_000)
    const diedAtMs = lab.clock.nowMs() - 4_000
    expect(await recover(lab.ports, diedAtMs)).toMatchObject({ calls: 2 })
    const all = await events('')
    const ends = all.filter(
      ({ type }) => type.endsWith('stream-stopped') || type === 'stream.stopped',
    )
    const cut = { reason: 'process_restarted', durationMs: 6_000 }
    expect(ends.map(({ type, data }) => [type, data])).toEqual([
      ['stream.stopped', expect.objectContaining({ name: 'over', reason: 'stopped' })],
      ['stream.stopped', { streamId, name: 'ear', url, ...cut }],
      ['media.stream-stopped', { streamId: clientsId, ...cut }],
    ])
    expect(all.at(-1)?.type).toBe('call.failed')
    expect((await events('', plain)).at(-1)?.type).toBe('call.failed')
    const told = (await sentBy(lab)).map(({ request }) => JSON.parse(String(request.body)))
    expect(told.map((one) => [one.stream_id, one.stream_event])).toEqual([
      [streamId, 'stream-started'],
      [streamId, 'stream-stopped'],
    ])
    expect(told[1]).toMatchObject({ stream_reason: 'process_restarted', stream_duration: 6 })
    expect(await recover(lab.ports, diedAtMs)).toMatchObject({ calls: 0 })
    expect(await events('')).toHaveLength(all.length)
    expect((await lab.actions.streamsOf(lab.account.id, id)).at(-1)).toMatchObject({
      ...{ id: streamId, status: 'completed', framesDropped: null, ...cut },
    })
  })
})
