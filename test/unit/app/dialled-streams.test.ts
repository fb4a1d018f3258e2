/** Streams to servers that the engine dials: the verb, what is told, protocols, and that nothing is left over. */
import { describe, expect, test } from 'vitest'
import { mostStreams } from '../../../engine/app/streams/call-stream.ts'
import { mostRefused } from '../../../engine/app/streams/conversation.ts'
import { sentBy } from '../../support/sent.ts'
import { type FakeServer, streamScene } from './fake-server.ts'

const url = 'wss://bot.example/audio?v=1'
const say = { verb: 'say', text: 'after' }
const frame = (sequence: number) => ({
  ...{ track: 'received' as const, sequence, atMs: sequence * 20 },
  payload: Uint8Array.of(255, 0, sequence),
})
const one = async (verb: object = {}, more: readonly object[] = [], answers = true) => {
  const scene = await streamScene([{ verb: 'stream', url, ...verb }, ...more], answers)
  return { ...scene, server: scene.servers[0]!, stream: scene.streams[0]! }
}

describe('the verb', () => {
  test('connects: the server hears, speaks, and the list goes on when it leaves', async () => {
    const scene = await one({ name: 'bot', parameters: { lang: 'en' } }, [say])
    const { lab, id, server, stream } = scene
    expect(server.request.url).toBe(url)
    expect(stream.options).toMatchObject({ format: 'L16', rateHz: 16_000, speaks: 'mix' })
    expect(server.told).toEqual([
      expect.objectContaining({
        ...{ event: 'start', call_id: id, name: 'bot', tracks: ['received'] },
        parameters: { lang: 'en' },
      }),
    ])
    expect(server.isReading).toBe(true)
    stream.listener.audio(frame(3))
    expect([...(server.got.at(-1) as Uint8Array)].slice(-3)).toEqual([255, 0, 3])
    server.listener.message(Uint8Array.of(1, 2))
    expect(stream.said).toEqual([1, 2])
    expect(lab.nowPlaying(id)).toBeUndefined()
    await lab.clock.advance(2_000)
    server.leaves()
    await lab.settle()
    expect(lab.nowPlaying(id)).toBeDefined()
    const [started, stopped, ...rest] = await scene.events()
    expect(rest).toEqual([])
    expect(started).toMatchObject({ type: 'stream.started', data: { name: 'bot', url } })
    expect(stopped).toMatchObject({
      type: 'stream.stopped',
      data: { reason: 'far_end', durationMs: 2_000, framesDropped: 0, refused: 0 },
    })
    expect(scene.closed).toEqual([0])
  })

  test('starts beside the list, one way, until it is stopped by its name', async () => {
    const verbs = [{ verb: 'pause', length: 1 }, { verb: 'stop_stream', name: 'ear' }, say]
    const scene = await one({ mode: 'start', name: 'ear', tracks: 'both' }, verbs)
    const { lab, server, stream } = scene
    expect(stream.options).toMatchObject({ speaks: 'never', tracks: ['received', 'sent'] })
    expect(server.closed).toBeUndefined()
    await lab.clock.advance(1_000)
    expect(server.told.at(-1)).toEqual({ event: 'stop', reason: 'stopped' })
    expect(server.closed).toBe(1000)
    expect(lab.nowPlaying(scene.id)).toBeDefined()
    expect((await scene.events()).at(-1)?.data).toMatchObject({ reason: 'stopped' })
  })

  test('tells the action how it went, and the status callback each step', async () => {
    const action = 'https://app.example/over'
    const status_callback = 'https://app.example/status'
    const { lab, id, server, asked } = await one({ name: 'bot', action, status_callback })
    server.leaves()
    await lab.settle()
    expect(asked.map(({ url }) => url)).toEqual([action])
    expect(asked[0]?.fields).toMatchObject({ stream_status: 'completed', stream_reason: 'far_end' })
    const told = await sentBy(lab)
    expect(told.map(({ request }) => request)).toMatchObject([
      { url: status_callback, headers: { 'content-type': 'application/json' } },
      { url: status_callback, method: 'POST' },
    ])
    const about = { call_id: id, stream_id: server.told[0]?.['stream_id'], stream_name: 'bot' }
    expect(told.map(({ request }) => JSON.parse(String(request.body)))).toMatchObject([
      { ...about, stream_event: 'stream-started', timestamp: expect.any(String) },
      { ...about, stream_event: 'stream-stopped', status: 'in-progress' },
    ])
  })

  test('the status callback of each stream is told of that alone, and why one failed, by GET in the address', async () => {
    const status_callback = 'https://app.example/status?a=1'
    const failing = { status_callback, status_callback_method: 'GET', name: 'a' }
    const { lab } = await streamScene([
      { verb: 'stream', url, mode: 'start', name: 'a' },
      { verb: 'stream', url, mode: 'start', ...failing },
    ])
    const told = await sentBy(lab)
    expect(told.map(({ method, form }) => ({ method, ...form }))).toMatchObject([
      {
        ...{ method: 'GET', a: '1', stream_event: 'stream-error', error_code: 'already_exists' },
        stream_error: 'a stream of that name is there already',
      },
    ])
  })

  test('more streams than callbacks a call keeps: each is told', async () => {
    const status_callback = 'https://app.example/status'
    const verbs = Array.from({ length: 25 }, (_, n) => [
      { verb: 'stream', url, mode: 'start', name: `s${n}`, status_callback },
      { verb: 'pause', length: 1 },
      { verb: 'stop_stream', name: `s${n}` },
    ]).flat()
    const { lab } = await streamScene(verbs)
    await lab.clock.advance(30_000)
    const told = await sentBy(lab)
    expect(told).toHaveLength(50)
    const names = told.map(({ request }) => JSON.parse(String(request.body)).stream_name)
    expect(new Set(names).size).toBe(25)
  })

  test.each(['start', 'connect'])(
    '%s: a server that hangs is given up with the call',
    async (mode) => {
      const scene = await one({ mode }, [{ verb: 'pause', length: 9 }], false)
      await scene.hangUp()
      expect(scene.lab.calls.get(scene.id)).toBeUndefined()
      expect(scene.streams).toEqual([])
    },
  )

  test('one that cannot be had is told, and the list goes on', async () => {
    const scene = await streamScene(
      [
        { verb: 'stream', url, mode: 'start', name: 'a' },
        { verb: 'stream', url, mode: 'connect', name: 'a' },
        say,
      ],
      true,
    )
    expect(scene.lab.nowPlaying(scene.id)).toBeDefined()
    const failed = (await scene.events('stream.failed'))[0]
    expect(failed?.data).toMatchObject({ code: 'already_exists', name: 'a' })
  })

  test('so many of a call at a time', async () => {
    const verbs = Array.from({ length: mostStreams + 1 }, () => ({
      ...{ verb: 'stream', url, mode: 'start' },
    }))
    const scene = await streamScene([...verbs, say])
    expect(scene.servers).toHaveLength(mostStreams)
    expect((await scene.events('stream.failed'))[0]?.data).toMatchObject({ code: 'limit_reached' })
  })

  test('a redirect ends what was connected, and leaves what was started', async () => {
    const scene = await streamScene([
      { verb: 'stream', url, mode: 'start' },
      { verb: 'stream', url, mode: 'connect' },
    ])
    const { lab, id, servers } = scene
    await lab.actions.redirect(lab.account.id, id, {
      verbs: [{ verb: 'pause', durationMs: 9_000 }],
    })
    await lab.settle()
    expect(servers.map(({ closed }) => closed)).toEqual([undefined, 1000])
  })
})

describe('the end', () => {
  test('of the call is the end of all of it, two hundred times over', async () => {
    const { lab, place, hangUp, servers, streams, closed } = await one({}, [])
    for (let n = 0; n < 200; n++) {
      const verb = { verb: 'stream', url, mode: n % 2 === 0 ? 'start' : 'connect' }
      const id = await place([verb, { verb: 'pause', length: 99 }])
      await hangUp(id)
    }
    expect(servers).toHaveLength(201)
    expect(new Set(servers.slice(1).map((server) => server.closed))).toEqual(new Set([4410]))
    expect(servers.at(-1)?.told.at(-1)).toEqual({ event: 'stop', reason: 'call_over' })
    expect(closed).toHaveLength(streams.length)
    await hangUp()
    expect([lab.calls.size, lab.clock.pendingTimers]).toEqual([0, 0])
  })

  test('of a connection without a goodbye is told as that, and it is not dialled again', async () => {
    const scene = await one({}, [say])
    scene.server.leaves(1006)
    await scene.lab.clock.advance(5_000)
    expect((await scene.events()).at(-1)?.data).toMatchObject({ reason: 'lost' })
    expect(scene.servers).toHaveLength(1)
  })

  test('by what is no WebSocket any more is told too', async () => {
    const { lab, server, events } = await one()
    server.listener.closed({ code: 1006, why: 'Max payload size exceeded', isFault: true })
    await lab.settle()
    expect((await events()).at(-1)?.data).toMatchObject({
      ...{ reason: 'protocol_error', why: 'Max payload size exceeded' },
    })
  })

  test('before a server has answered leaves nothing behind', async () => {
    const scene = await one({}, [say], false)
    await scene.hangUp()
    expect(scene.server.got).toEqual([])
    expect(scene.lab.clock.pendingTimers).toBe(0)
  })
})

describe('a server', () => {
  test('that is slow misses the oldest frames, and the count is told', async () => {
    const { lab, server, stream, events } = await one()
    server.bufferedBytes = 1e6
    for (let n = 0; n < 130; n++) stream.listener.audio(frame(n))
    expect(server.got).toHaveLength(1)
    server.bufferedBytes = 0
    server.listener.drained()
    expect(server.told.at(-1)).toEqual({ event: 'dropped', frames: 30, total: 30 })
    server.leaves()
    await lab.settle()
    expect((await events()).at(-1)?.data).toMatchObject({ framesDropped: 30 })
  })

  test('is told what is wrong with what it says; that is counted, and no reason to leave it', async () => {
    const { lab, server, events } = await one()
    for (let n = 0; n < mostRefused; n++) server.says({ event: 'mark', name: '' })
    server.says({ event: 'jump' })
    await lab.settle()
    expect(server.told.at(-1)).toMatchObject({ event: 'error', field: 'event' })
    expect(server.closed).toBeUndefined()
    server.leaves()
    await lab.settle()
    expect((await events()).at(-1)?.data).toMatchObject({
      ...{ reason: 'far_end', refused: mostRefused + 1 },
      lastRefusal: expect.stringContaining('event must be one of'),
    })
  })

  test('that sends without end is read at a bounded pace', async () => {
    const { lab, server } = await one()
    for (let n = 0; n < 100; n++) server.says({ event: 'clear' })
    expect(server.isReading).toBe(false)
    await lab.clock.advance(100)
    expect(server.isReading).toBe(true)
  })
})

describe('the messages of Media Streams', () => {
  const twiml = async (verb: object = {}) => {
    const scene = await one({ protocol: 'twiml', parameters: { who: 'Kate' }, ...verb }, [say])
    return { ...scene, send: (message: object) => scene.server.says(message) }
  }

  test('begin, audio, keys, marks and the end, numbered', async () => {
    const { lab, id, server, stream, send, hangUp } = await twiml({ tracks: 'both' })
    const streamSid = server.told[1]?.['streamSid']
    stream.listener.audio(frame(4))
    stream.listener.audio({ ...frame(4), track: 'sent' })
    lab.media.digit(id, '5', 100)
    send({ event: 'mark', streamSid, mark: { name: 'greeting' } })
    stream.listener.marked(1, false)
    await hangUp()
    const sids = { accountSid: lab.account.id, callSid: id }
    const media = { chunk: '5', timestamp: '80', payload: '/wAE' }
    expect(server.told).toEqual([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        ...{ event: 'start', sequenceNumber: '1', streamSid },
        start: {
          ...{ streamSid, ...sids, tracks: ['inbound', 'outbound'] },
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { who: 'Kate' },
        },
      },
      { event: 'media', sequenceNumber: '2', media: { track: 'inbound', ...media }, streamSid },
      { event: 'media', sequenceNumber: '3', media: { track: 'outbound', ...media }, streamSid },
      {
        event: 'dtmf',
        sequenceNumber: '4',
        dtmf: { track: 'inbound_track', digit: '5' },
        streamSid,
      },
      { event: 'mark', sequenceNumber: '5', mark: { name: 'greeting' }, streamSid },
      { event: 'stop', sequenceNumber: '6', stop: sids, streamSid },
    ])
    expect(stream.options).toMatchObject({ format: 'PCMU', rateHz: 8000, bufferMs: 60_000 })
  })

  test('audio of the server is played, clear cuts it', async () => {
    const { server, stream, send } = await twiml()
    send({ event: 'media', media: { payload: 'AQID' } })
    expect(stream.said).toEqual([1, 2, 3])
    send({ event: 'clear' })
    expect(server.told).toHaveLength(2)
  })

  const lies: [string, (server: FakeServer) => void][] = [
    ['no JSON', (server) => server.listener.message('{')],
    ['no object', (server) => server.listener.message('[1]')],
    ['bytes', (server) => server.listener.message(Uint8Array.of(1, 2, 3))],
    ['wrong base64', (server) => server.says({ event: 'media', media: { payload: '%%%=' } })],
    ['no audio', (server) => server.says({ event: 'media', media: { payload: '' } })],
    ['no payload', (server) => server.says({ event: 'media' })],
    ['another event', (server) => server.says({ event: 'toString' })],
    ['a mark without a name', (server) => server.says({ event: 'mark', mark: 7 })],
  ]
  test.each(lies)('%s is refused and counted; again and again ends it', async (_what, lie) => {
    const { lab, server, stream, events } = await twiml()
    for (let n = 1; n < mostRefused; n++) lie(server)
    expect(server.closed).toBeUndefined()
    lie(server)
    expect(server.closed).toBe(4413)
    await lab.settle()
    expect(stream.said).toEqual([])
    expect((await events()).at(-1)?.data).toMatchObject({
      ...{ reason: 'too_much', refused: mostRefused, lastRefusal: expect.any(String) },
    })
  })
})
