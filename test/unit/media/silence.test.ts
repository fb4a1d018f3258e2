import { expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { SilenceWatch } from '../../../engine/media/leg/silence-watch.ts'
import type { Command, Notice } from '../../../engine/media/messages.ts'
import { MediaThread } from '../../../engine/media/thread.ts'
import { FakePort } from './fake-port.ts'
import { agreement, type LegOnStage, loud, Scene } from './scene.ts'

/** Looks once a second. */
function listen({ leg }: Omit<LegOnStage, 'agreement'>, seconds: number): void {
  for (let n = 0; n < seconds; n++) leg.look(1000)
}

function watched(change: Parameters<Scene['leg']>[0] = {}): LegOnStage & { scene: Scene } {
  const scene = new Scene()
  const staged = scene.leg(change)
  void staged.leg.watch()
  return { scene, ...staged }
}

test('lost once, back once, and lost anew', () => {
  const { scene, leg, port } = watched()
  listen({ leg, port }, 19)
  expect(scene.silences).toEqual([])
  listen({ leg, port }, 30)
  expect(scene.silences).toEqual(['lost 20000'])
  port.arrive(loud(0))
  listen({ leg, port }, 20)
  expect(scene.silences).toEqual(['lost 20000', 'back 49000'])
  listen({ leg, port }, 1)
  expect(scene.silences).toHaveLength(3)
})

test('the end is told once', () => {
  const { scene, leg, port } = watched()
  listen({ leg, port }, 200)
  expect(scene.silences).toEqual(['lost 20000', 'end 60000'])
})

test('a packet a while, RTP or RTCP, is enough', () => {
  const { scene, leg, port } = watched()
  for (let n = 0; n < 10; n++) {
    listen({ leg, port }, 19)
    if (n % 2 === 0) port.arrive(loud(0))
    else port.heardRtcp += 1
    listen({ leg, port }, 1)
  }
  expect(scene.silences).toEqual([])
})

test('before the call is up nothing counts', () => {
  const scene = new Scene()
  const staged = scene.leg()
  listen(staged, 100)
  void staged.leg.watch()
  listen(staged, 19)
  expect(scene.silences).toEqual([])
  listen(staged, 1)
  expect(scene.silences).toEqual(['lost 20000'])
})

test.each([
  ['holds us', { send: false }],
  ['is held by us, or only listens', { receive: false }],
  ['has no address', { send: false, remote: null }],
  ['knows comfort noise', { comfortNoise: true }],
])('a phone that %s need not send', (_how, change) => {
  const { scene, leg, port } = watched(change)
  listen({ leg, port }, 1000)
  expect(scene.silences).toEqual([])
})

test('after a hold the time begins anew', () => {
  const { scene, leg, port } = watched()
  listen({ leg, port }, 15)
  leg.agree(agreement({ send: false }), undefined)
  listen({ leg, port }, 600)
  leg.agree(agreement(), undefined)
  listen({ leg, port }, 19)
  expect(scene.silences).toEqual([])
  listen({ leg, port }, 1)
  expect(scene.silences).toEqual(['lost 20000'])
})

test('a phone that sent comfort noise may fall silent, whatever it had said', () => {
  const { scene, leg, port } = watched()
  port.arrive(Uint8Array.of(60), 13)
  listen({ leg, port }, 1000)
  expect(scene.silences).toEqual([])
})

test('but not when it had sent RTCP, which needs no voice', () => {
  const { scene, leg, port } = watched({ comfortNoise: true })
  port.heardRtcp = 3
  listen({ leg, port }, 100)
  expect(scene.silences).toEqual(['lost 20000', 'end 60000'])
})

test('limits of 0 are none', () => {
  const told: string[] = []
  const watch = new SilenceWatch({ lostMs: 0, endMs: 0 }, (change) => told.push(change))
  watch.begin()
  for (let n = 0; n < 10_000; n++) watch.look(0, true, 1000)
  expect(told).toEqual([])
})

/** A thread with one leg that is watched, on a clock of ticks. */
async function threadWithLeg(): Promise<{
  run(ticks: number, tickMs?: number): void
  told: Notice[]
}> {
  const told: Notice[] = []
  let nowMs = 5000
  const thread = new MediaThread({
    ports: {
      open: async () => new FakePort(),
      openWebRtc: () => Promise.reject(new Error('nobody asks')),
      close: async () => {},
    },
    nowMs: () => nowMs,
    preciseMs: () => 0,
    random: () => 1,
    silence: { lostMs: 20_000, endMs: 60_000 },
    openRecorder: () => {
      throw new Error('nothing is recorded')
    },
    tell: (notice) => told.push(notice),
    pace: () => {
      throw new Error('not asked')
    },
  })
  const leg = 'a' as CallId
  const commands: Command[] = [
    { is: 'open', id: 1, leg, webrtc: false },
    { is: 'agree', id: 2, leg, agreement: agreement() },
    { is: 'watch', id: 3, leg },
  ]
  for (const command of commands) await thread.handle(command)
  told.length = 0
  const run = (ticks: number, tickMs = 20) => {
    for (let n = 0; n < ticks; n++) {
      nowMs += tickMs
      thread.tick(nowMs)
    }
  }
  return { run, told }
}

test('the thread looks once a second and tells by the leg', async () => {
  const { run, told } = await threadWithLeg()
  run(19 * 50)
  expect(told).toEqual([])
  run(50)
  expect(told).toEqual([{ is: 'silence', leg: 'a', change: 'lost', silentMs: 20_000 }])
  run(40 * 50)
  expect(told.at(-1)).toEqual({ is: 'silence', leg: 'a', change: 'end', silentMs: 60_000 })
})

test('time in which the thread stood still is nobody’s silence', async () => {
  const { run, told } = await threadWithLeg()
  run(5 * 50)
  run(1, 3_600_000)
  run(5 * 50)
  expect(told).toEqual([])
})
