/** What SDP makes the media thread do: commands and answers, without a thread. */
import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import type { CallId, ConferenceId } from '../../../engine/core/ids.ts'
import type { MediaEvents } from '../../../engine/core/ports/media.ts'
import type { Log } from '../../../engine/core/ports/observe.ts'
import { MediaClient } from '../../../engine/media/client.ts'
import { startMedia } from '../../../engine/media/index.ts'
import type { Command, Notice } from '../../../engine/media/messages.ts'
import { baresipSrtpOffer, chromiumOffer } from './sdp-of-others.ts'
import { linesOf, text, webRtcEnd } from './sdp-scene.ts'

const id = 'call' as CallId

/** Answers every command as a thread does that can do everything. */
class FakeThread extends EventEmitter {
  readonly asked: Command[] = []
  /** Opening is refused. */
  full = false
  /** So is that. */
  refuses: Command['is'] | undefined
  #restarts = 1

  postMessage(command: Command): void {
    this.asked.push(command)
    const { id: to } = command
    const notice: Notice =
      (command.is === 'open' && this.full) || command.is === this.refuses
        ? { is: 'refused', id: to, code: 'no_media_port', message: 'no port is free' }
        : { is: 'answered', id: to, answer: this.#answer(command) }
    queueMicrotask(() => this.emit('message', notice))
  }

  kinds(): string[] {
    return this.asked.map((command) =>
      command.is === 'open' ? `open ${command.webrtc ? 'webrtc' : 'rtp'}` : command.is,
    )
  }

  #answer(command: Command): Extract<Notice, { is: 'answered' }>['answer'] {
    if (command.is === 'open') return command.webrtc ? { webrtc: webRtcEnd() } : { port: 5000 }
    if (command.is === 'play') return 'finished'
    if (command.is !== 'restartIce') return null
    this.#restarts += 1
    return webRtcEnd(this.#restarts)
  }
}

/** `next`: the threads that follow when one dies. */
function open(...next: FakeThread[]) {
  const thread = new FakeThread()
  const told: unknown[] = []
  const events: MediaEvents = {
    digit: () => {},
    held: (...held) => told.push(['held', ...held]),
    silence: () => {},
    recordingEnded: () => {},
    recordingGap: () => {},
    roomRecordingEnded: () => {},
    speaking: () => {},
    loudest: () => {},
    quality: () => {},
    connection: (...state) => told.push(['connection', ...state]),
    lost: () => {},
  }
  const addresses = { bindAddress: '127.0.0.1', publicAddress: '198.51.100.7' }
  const startWorker = async (): Promise<Worker> => {
    const started = next.shift()
    if (!started) throw new Error('there is no other one')
    return started as unknown as Worker
  }
  const options = next.length > 0 ? { ...addresses, startWorker } : addresses
  return { thread, told, media: new MediaClient([thread as unknown as Worker], options, events) }
}

const fromPhone = text('m=audio 4000 RTP/AVP 0')
const fromBrowser = chromiumOffer.replace('actpass', 'active')
const anew = (sdp: string): string =>
  sdp.replace(/ufrag:\S+/, 'ufrag:anew').replace(/pwd:\S+/, `pwd:${'n'.repeat(24)}`)

describe('an offer decides what is opened', () => {
  test.each([
    ['a phone', fromPhone, 'open rtp', 'none'],
    ['a browser', chromiumOffer, 'open webrtc', 'webrtc'],
  ])('of %s', async (_name, offer, opened, protection) => {
    const { thread, media } = open()
    await media.answer(id, offer)
    expect(thread.kinds()).toEqual([opened, 'agree'])
    expect(media.agreedOn(id)).toMatchObject({ protection })
    await expect(
      media.answer(id, offer === fromPhone ? chromiumOffer : fromPhone),
    ).rejects.toThrow()
    expect(thread.kinds()).toEqual([opened, 'agree'])
  })

  test('that is refused opens nothing', async () => {
    const { thread, media } = open()
    for (const options of [{}, { srtp: 'optional', secureSignalling: false }] as const) {
      await expect(media.answer(id, baresipSrtpOffer, options)).rejects.toMatchObject({
        code: 'invalid_request',
      })
    }
    await expect(
      media.answer(id, fromPhone, { srtp: 'required', secureSignalling: true }),
    ).rejects.toMatchObject({ code: 'invalid_request' })
    expect(thread.asked).toEqual([])
  })

  test('is answered by what the leg may do, and that is kept', async () => {
    const { media } = open()
    const answer = await media.answer(id, baresipSrtpOffer, {
      srtp: 'required',
      secureSignalling: true,
    })
    expect(linesOf(answer, 'a=crypto')).toHaveLength(1)
    expect(media.agreedOn(id)).toMatchObject({ protection: 'sdes' })
    await expect(media.answer(id, fromPhone)).rejects.toThrow(/required/)
  })
})

test('SRTP that is required is not offered where somebody reads along, and nothing is opened', async () => {
  const { thread, media } = open()
  await expect(
    media.offer(id, { srtp: 'required', secureSignalling: false }),
  ).rejects.toMatchObject({ code: 'invalid_request' })
  expect(thread.asked).toEqual([])
})

describe('an offer for phones and one for browsers', () => {
  async function both() {
    const scene = open()
    const [forBrowser, forPhone] = await Promise.all([
      scene.media.offer(id, { webrtc: true }),
      scene.media.offer(id, { webrtc: false }),
    ])
    return { ...scene, forBrowser, forPhone }
  }

  test('are two, with sessions of their own', async () => {
    const { thread, forBrowser, forPhone } = await both()
    expect(thread.kinds()).toEqual(['open webrtc', 'open rtp'])
    expect([forBrowser, forPhone].map((sdp) => linesOf(sdp, 'm=')[0]?.split(' ')[2])).toEqual([
      'UDP/TLS/RTP/SAVPF',
      'RTP/AVP',
    ])
    expect(linesOf(forBrowser, 'o=')).not.toEqual(linesOf(forPhone, 'o='))
  })

  test.each([
    ['the phone', [fromPhone], 'none', 'RTP/AVP'],
    ['the browser', [fromBrowser], 'webrtc', 'UDP/TLS/RTP/SAVPF'],
    ['the phone after the browser', [fromBrowser, fromPhone], 'none', 'RTP/AVP'],
    ['the browser after the phone', [fromPhone, fromBrowser], 'webrtc', 'UDP/TLS/RTP/SAVPF'],
  ])('%s answers: so it is, and stays', async (_name, answers, protection, profile) => {
    const { media } = await both()
    for (const answer of answers) await media.complete(id, answer)
    media.watch(id)
    expect(media.agreedOn(id)).toMatchObject({ protection })
    for (const webrtc of [true, false]) {
      expect(linesOf(await media.offer(id, { webrtc }), 'm=')[0]).toContain(` ${profile} `)
    }
    const other = protection === 'none' ? fromBrowser : fromPhone
    await expect(media.complete(id, other)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('one that can not be opened leaves the other', async () => {
    const { thread, media } = open()
    await media.offer(id, { webrtc: false })
    thread.full = true
    await expect(media.offer(id, { webrtc: true })).rejects.toMatchObject({ code: 'no_media_port' })
    await media.complete(id, fromPhone)
    await media.close(id)
    expect(thread.kinds()).toEqual(['open rtp', 'open webrtc', 'agree', 'close'])
  })
})

describe('ICE begins anew', () => {
  test('by the wish of the browser: it is answered with new credentials, and only then', async () => {
    const { thread, media } = open()
    const ufrag = async (offer: string) => linesOf(await media.answer(id, offer), 'a=ice-ufrag')
    expect(await ufrag(chromiumOffer)).toEqual(['a=ice-ufrag:ours1'])
    expect(await ufrag(chromiumOffer)).toEqual(['a=ice-ufrag:ours1'])
    expect(await ufrag(anew(chromiumOffer))).toEqual(['a=ice-ufrag:ours2'])
    expect(await ufrag(anew(chromiumOffer))).toEqual(['a=ice-ufrag:ours2'])
    expect(thread.kinds().filter((kind) => kind === 'restartIce')).toHaveLength(1)
  })

  test('by ours', async () => {
    const { media } = open()
    await media.answer(id, chromiumOffer)
    const offers = [await media.offer(id), await media.offer(id, { iceRestart: true })]
    expect(offers.flatMap((offer) => linesOf(offer, 'a=ice-ufrag'))).toEqual([
      'a=ice-ufrag:ours1',
      'a=ice-ufrag:ours2',
    ])
  })

  test('not where an offer is refused', async () => {
    const { thread, media } = open()
    await media.answer(id, chromiumOffer)
    const bad = anew(chromiumOffer).replace('a=rtcp-mux\r\n', '')
    await expect(media.answer(id, bad)).rejects.toThrow(/rtcp-mux/)
    expect(thread.kinds()).not.toContain('restartIce')
  })

  test('not for a phone', async () => {
    const { thread, media } = open()
    await media.answer(id, fromPhone)
    await media.offer(id, { iceRestart: true })
    expect(thread.kinds()).not.toContain('restartIce')
  })
})

describe('a leg adopts the phone of another', () => {
  const coming = 'coming' as CallId

  test('with all that was agreed on, and tells who holds now', async () => {
    const { thread, told, media } = open()
    await media.answer(id, fromPhone)
    await media.answer(coming, chromiumOffer.replace('sendrecv', 'sendonly'))
    expect(told).toEqual([['held', coming, true]])
    await media.adopt(id, coming)
    expect(media.agreedOn(id)).toMatchObject({ codec: 'opus', protection: 'webrtc' })
    expect(media.agreedOn(coming)).toBeUndefined()
    expect(told).toEqual([
      ['held', coming, true],
      ['held', id, true],
    ])
    expect(await media.offer(id)).toContain('UDP/TLS/RTP/SAVPF')
    await media.close(coming)
    expect(thread.kinds()).not.toContain('close')
  })
})

test('a connection that comes and goes is told', () => {
  const { thread, told } = open()
  for (const state of ['up', 'lost'] as const) {
    thread.emit('message', { is: 'connection', leg: id, state } satisfies Notice)
  }
  expect(told).toEqual([
    ['connection', id, 'up'],
    ['connection', id, 'lost'],
  ])
})

describe('a media thread dies', () => {
  const other = 'other' as CallId
  async function dies(offer: string, options = {}) {
    const second = new FakeThread()
    const scene = open(second)
    await scene.media.answer(id, offer, options)
    await scene.media.answer(other, fromPhone)
    scene.media.watch(id)
    await scene.media.bridge(id, other)
    const playing = scene.media.play(other, { kind: 'tone', tone: 'hold' })
    scene.thread.emit('exit', 1)
    await vi.waitFor(() => expect(second.asked.map(({ is }) => is)).toContain('play'), {
      timeout: 30_000,
    })
    return { ...scene, second, playing }
  }

  test('a phone gets its port again, what was agreed on, and its partner; nobody is told', async () => {
    const { told, second, playing } = await dies(fromPhone)
    expect(second.asked).toMatchObject([
      { is: 'open', leg: id, port: 5000 },
      { is: 'open', leg: other, port: 5000 },
      { is: 'agree', leg: id },
      { is: 'agree', leg: other },
      { is: 'watch', leg: id },
      { is: 'bridge' },
      { is: 'play', leg: other },
    ])
    expect(told).toEqual([])
    await playing
  })

  test('a phone with SRTP goes on with its keys, and is to be offered new ones', async () => {
    const secure = { srtp: 'optional', secureSignalling: true }
    const { told, media, second } = await dies(baresipSrtpOffer, secure)
    expect(second.kinds()).toContain('agree')
    expect(told).toEqual([['connection', id, 'broken']])
    const keys = async () => linesOf(await media.offer(id), 'a=crypto')[0]
    const before = await keys()
    expect(await keys()).not.toBe(before)
    const others = /a=crypto:(?!\d+ AES_CM_128_HMAC_SHA1_80)[^\r]*\r\n/g
    await media.complete(
      id,
      baresipSrtpOffer.replace(others, '').replace(/a=crypto:\d+/, 'a=crypto:3'),
    )
    expect(told.slice(1)).toEqual([['connection', id, 'up']])
    const after = await keys()
    expect(await keys()).toBe(after)
  })

  test('a browser is to be offered its new port, and is up when it has come', async () => {
    const { told, media, second } = await dies(chromiumOffer)
    expect(second.asked.filter(({ is }) => is === 'agree')).toMatchObject([{ leg: other }])
    expect(told).toEqual([['connection', id, 'broken']])
    await media.offer(id, { iceRestart: true })
    await media.complete(id, fromBrowser)
    expect(told).toHaveLength(1)
    second.emit('message', { is: 'connection', leg: id, state: 'up' } satisfies Notice)
    expect(told.slice(1)).toEqual([['connection', id, 'up']])
  })

  test('who was not let into a room does not come into it afterwards', async () => {
    const second = new FakeThread()
    const { thread, media } = open(second)
    await media.answer(id, fromPhone)
    const room = 'room' as ConferenceId
    await media.openRoom(room, { talkers: 3, gainControl: false, noiseGate: false })
    thread.refuses = 'joinRoom'
    const options = { muted: false, deaf: false, heardBy: null, gainInDb: 0, gainOutDb: 0 }
    const joining = media.joinRoom(room, id, { ...options, priority: false })
    await expect(joining).rejects.toMatchObject({ code: 'no_media_port' })
    thread.emit('exit', 1)
    await vi.waitFor(() => expect(second.asked.map(({ is }) => is)).toContain('agree'), {
      timeout: 30_000,
    })
    await media.changeMember(id, { ...options, priority: true })
    await media.figures(id)
    const asked = second.asked.map(({ is }) => is)
    expect(asked).toContain('openRoom')
    expect(asked).not.toContain('joinRoom')
    expect(asked).not.toContain('changeMember')
  })

  test('a leg that is closed meanwhile is not opened again, and what nobody can start is lost', async () => {
    const second = new FakeThread()
    const { thread, media } = open(second)
    await media.answer(id, fromPhone)
    thread.emit('exit', 1)
    await media.close(id)
    await media.answer(other, fromPhone)
    expect(second.asked.filter(({ is }) => is === 'open')).toMatchObject([{ leg: other }])
  })
})

test('trouble in a thread is an error; once the engine ends it is none', async () => {
  const thread = new FakeThread()
  const lines: string[] = []
  const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  const log: Log = {
    ...{ debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    child: () => log,
  }
  let isEnding = false
  const starting = startMedia(
    {
      rtpPorts: { first: 20_000, last: 20_099 },
      ...{ bindAddress: '127.0.0.1', publicAddress: '127.0.0.1', log },
      newWorker: () => thread as unknown as Worker,
      isEnding: () => isEnding,
    },
    {} as MediaEvents,
  )
  thread.emit('message', { is: 'ready' })
  await starting
  lines.length = 0
  const trouble: Notice = { is: 'trouble', message: 'the worker died' }
  thread.emit('message', trouble)
  isEnding = true
  thread.emit('message', trouble)
  expect(lines).toEqual(['error: media thread in trouble', 'info: media thread in trouble'])
})
