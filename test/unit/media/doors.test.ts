/** A leg with two doors, and one that takes another's place: the real thread over ports without a network. */
import { describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { Agreement } from '../../../engine/media/agreement.ts'
import type { Command, Notice } from '../../../engine/media/messages.ts'
import { MediaThread } from '../../../engine/media/thread.ts'
import { FakePort, FakeWebRtcPort } from './fake-port.ts'
import { agreement, loud } from './scene.ts'
import { terms } from './talker.ts'

type Ask = Command extends infer C ? (C extends Command ? Omit<C, 'id'> : never) : never

const call = (name: string): CallId => name as CallId
const webrtc: Partial<Agreement> = {
  ...terms('opus'),
  protection: {
    kind: 'webrtc',
    peer: { fingerprints: [], role: 'client', ssrc: undefined, mid: '0', midExtension: undefined },
  },
  remote: null,
}

/** A media thread on a clock that only `tick` moves. */
class ThreadOnStage {
  nowMs = 1000
  readonly ports: FakePort[] = []
  readonly browsers: FakeWebRtcPort[] = []
  readonly told: Notice[] = []
  readonly recorded: number[] = []
  webRtcFails = false
  #lastId = 0
  readonly thread = new MediaThread({
    ports: {
      open: async () => {
        const port = new FakePort()
        port.ssrc = 10 + this.ports.length
        this.ports.push(port)
        return port
      },
      openWebRtc: async () => {
        if (this.webRtcFails) throw new Failure('no_media_port', 'There is none')
        const port = new FakeWebRtcPort()
        port.ssrc = 50 + this.browsers.length
        this.browsers.push(port)
        return port
      },
      close: async () => {},
    },
    nowMs: () => this.nowMs,
    preciseMs: () => this.nowMs,
    random: () => 0x1234_5678 + this.ports.length + 16 * this.browsers.length,
    silence: { lostMs: 20_000, endMs: 60_000 },
    openRecorder: ({ path }) => ({
      write: (left) => this.recorded.push(left[0]!),
      close: async () => ({ path, durationMs: 0, bytes: 0, failure: null }),
    }),
    tell: (notice) => this.told.push(notice),
    pace: () => {
      throw new Error('not asked')
    },
  })

  /** The answer, or what it was refused with. */
  async ask(command: Ask): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    await this.thread.handle({ ...command, id } as Command)
    const notice = this.told.find((n) => 'id' in n && n.id === id)
    return notice?.is === 'answered' ? notice.answer : notice
  }

  tick(count = 1): void {
    for (let n = 0; n < count; n++) {
      this.nowMs += 20
      this.thread.tick(this.nowMs)
    }
  }

  async agreed(name: string, change: Partial<Agreement> = {}): Promise<void> {
    const leg = call(name)
    await this.ask({ is: 'open', leg, webrtc: change.protection?.kind === 'webrtc' })
    await this.ask({ is: 'agree', leg, agreement: agreement(change) })
  }
}

describe('two doors', () => {
  const leg = call('a')
  const both = async (): Promise<ThreadOnStage> => {
    const stage = new ThreadOnStage()
    await stage.ask({ is: 'open', leg, webrtc: false })
    await stage.ask({ is: 'open', leg, webrtc: true })
    return stage
  }

  test('each is opened once, also when it is asked for twice at a time', async () => {
    const stage = new ThreadOnStage()
    const answers = await Promise.all(
      [false, true, false, true].map((asked) => stage.ask({ is: 'open', leg, webrtc: asked })),
    )
    expect(answers[0]).toEqual({ port: 4000 })
    expect(answers[1]).toMatchObject({ webrtc: { iceUsernameFragment: 'fragment 0' } })
    expect(answers.slice(2)).toEqual(answers.slice(0, 2))
    expect([stage.ports.length, stage.browsers.length]).toEqual([1, 1])
  })

  test('a browser came: its door carries the call, the other is closed once the call is up', async () => {
    const stage = await both()
    await stage.ask({ is: 'agree', leg, agreement: agreement(webrtc) })
    stage.tick(3)
    expect(stage.browsers[0]!.sent).toHaveLength(3)
    expect(stage.ports[0]).toMatchObject({ closed: false, sent: [] })
    await stage.ask({ is: 'watch', leg })
    expect(stage.ports[0]!.closed).toBe(true)
    expect(stage.browsers[0]!.closed).toBe(false)
  })

  test('one rings, the other answers: what is heard is whom was agreed with last', async () => {
    const stage = await both()
    await stage.ask({ is: 'agree', leg, agreement: agreement(webrtc) })
    stage.tick()
    await stage.ask({ is: 'agree', leg, agreement: agreement() })
    stage.tick(2)
    expect(stage.browsers[0]!.sent).toHaveLength(1)
    expect(stage.ports[0]!.sent).toHaveLength(2)
    stage.browsers[0]!.arrive(Uint8Array.of(72), 111, false, 960)
    stage.ports[0]!.arrive(loud(1000))
    await stage.ask({ is: 'watch', leg })
    expect(stage.browsers[0]!.closed).toBe(true)
    const closed = await stage.ask({ is: 'close', leg })
    expect(closed).toMatchObject({ codec: 'PCMU', packetsSent: 3, packetsReceived: 2 })
    expect(stage.ports[0]!.closed).toBe(true)
  })

  test('a call that is up does not change its kind', async () => {
    const stage = new ThreadOnStage()
    await stage.agreed('a')
    await stage.ask({ is: 'watch', leg })
    expect(await stage.ask({ is: 'open', leg, webrtc: true })).toMatchObject({
      is: 'refused',
      code: 'invalid_request',
    })
    expect(await stage.ask({ is: 'open', leg, webrtc: false })).toEqual({ port: 4000 })
  })

  test('without WebRTC here a handset is reached all the same', async () => {
    const stage = new ThreadOnStage()
    stage.webRtcFails = true
    expect(await stage.ask({ is: 'open', leg, webrtc: true })).toMatchObject({
      code: 'no_media_port',
    })
    expect(await stage.ask({ is: 'open', leg, webrtc: false })).toEqual({ port: 4000 })
  })

  test('new ICE credentials, and what became of the connection', async () => {
    const stage = new ThreadOnStage()
    await stage.agreed('a', webrtc)
    expect(await stage.ask({ is: 'restartIce', leg })).toMatchObject({
      iceUsernameFragment: 'fragment 1',
    })
    stage.browsers[0]!.onConnection('lost')
    stage.browsers[0]!.onConnection('up')
    expect(stage.told.filter(({ is }) => is === 'connection')).toEqual([
      { is: 'connection', leg, state: 'lost' },
      { is: 'connection', leg, state: 'up' },
    ])
    await stage.agreed('b')
    expect(await stage.ask({ is: 'restartIce', leg: call('b') })).toBeNull()
    expect(await stage.ask({ is: 'restartIce', leg: call('nobody') })).toBeNull()
  })
})

describe('a leg adopts the door of another', () => {
  /** `a` in a call with `b` over WebRTC, recorded; the browser has come back as `new`. */
  async function reloaded(): Promise<ThreadOnStage> {
    const stage = new ThreadOnStage()
    await stage.agreed('a', webrtc)
    await stage.agreed('b')
    await stage.ask({ is: 'watch', leg: call('a') })
    await stage.ask({ is: 'bridge', leg: call('a'), other: call('b') })
    const recordingId = 'r' as RecordingId
    const recording = { leg: call('a'), recordingId, path: '', layout: 'sentLeft' } as const
    await stage.ask({ is: 'startRecording', ...recording })
    await stage.agreed('new', webrtc)
    return stage
  }

  const adopt = (stage: ThreadOnStage): Promise<unknown> =>
    stage.ask({ is: 'adopt', leg: call('a'), from: call('new') })

  test('the bridge goes on with the new one, whose stream has no jump; the old door is closed', async () => {
    const stage = await reloaded()
    const [old, fresh] = stage.browsers
    const talk = (ticks: number): void => {
      for (let n = 0; n < ticks; n++) {
        stage.ports[0]!.arrive(loud(8000))
        stage.tick()
      }
    }
    talk(10)
    expect(await adopt(stage)).toBeNull()
    expect(old!.closed).toBe(true)
    const [before, sentToOld] = [fresh!.sent.length, old!.sent.length]
    talk(10)
    expect(old!.sent).toHaveLength(sentToOld)
    expect(fresh!.sent).toHaveLength(before + 10)
    expect(fresh!.sent[before]!.marker).toBe(true)
    for (let n = 1; n < fresh!.sent.length; n++) {
      const [last, now] = [fresh!.sent[n - 1]!, fresh!.sent[n]!]
      expect(now.ssrc).toBe(last.ssrc)
      expect((now.sequence - last.sequence) & 0xffff).toBe(1)
      expect((now.timestamp - last.timestamp) | 0).toBe(960)
    }
    // The last six wait to be aligned.
    expect(stage.recorded).toHaveLength(14)
    expect(stage.recorded.at(-1)).not.toBe(0)
  })

  test('what the new one says is heard at the other end, keys too, and counted for the old leg', async () => {
    const stage = await reloaded()
    await adopt(stage)
    const fresh = stage.browsers[1]!
    for (let n = 0; n < 5; n++) {
      fresh.arrive(Uint8Array.of(7, n < 3 ? 0 : 0x80, 18, 192), 110, n === 0, 0)
      stage.tick()
    }
    stage.tick(10)
    expect(stage.told).toContainEqual({ is: 'digit', leg: 'a', digit: '7', durationMs: 100 })
    expect(stage.ports[0]!.sent.some(({ payloadType }) => payloadType === 101)).toBe(true)
    fresh.onConnection('lost')
    expect(stage.told.at(-1)).toEqual({ is: 'connection', leg: 'a', state: 'lost' })
    const closed = await stage.ask({ is: 'close', leg: call('a') })
    expect(closed).toMatchObject({ codec: 'opus', packetsReceived: 5 })
    expect(fresh.closed).toBe(true)
  })

  test('a sound goes on; one that the other leg played ends', async () => {
    const stage = await reloaded()
    const playing = stage.ask({
      is: 'play',
      leg: call('a'),
      sound: { kind: 'silence', durationMs: 200 },
    })
    const theirs = stage.ask({
      is: 'play',
      leg: call('new'),
      sound: { kind: 'tone', tone: 'hold' },
    })
    await Promise.resolve()
    stage.tick(5)
    await adopt(stage)
    expect(await theirs).toBe('legClosed')
    stage.tick(10)
    expect(await playing).toBe('finished')
  })

  test('a handset may take over from a browser', async () => {
    const stage = await reloaded()
    await stage.agreed('desk', { codec: 'PCMA', payloadType: 8 })
    await stage.ask({ is: 'adopt', leg: call('a'), from: call('desk') })
    stage.tick(3)
    stage.ports[0]!.arrive(loud(8000))
    stage.tick(3)
    expect(stage.ports[1]!.sent.at(-1)).toMatchObject({ payloadType: 8 })
    expect(stage.browsers[0]!.closed).toBe(true)
    const closed = await stage.ask({ is: 'close', leg: call('a') })
    expect(closed).toMatchObject({ codec: 'PCMA' })
  })

  test.each([
    ['a', 'nobody'],
    ['nobody', 'new'],
    ['a', 'a'],
  ])('%s and %s: refused, and nothing has changed', async (leg, from) => {
    const stage = await reloaded()
    expect(await stage.ask({ is: 'adopt', leg: call(leg), from: call(from) })).toMatchObject({
      is: 'refused',
      code: 'call_ended',
    })
    stage.tick(2)
    expect(stage.browsers.every(({ closed, sent }) => !closed && sent.length === 2)).toBe(true)
  })
})
