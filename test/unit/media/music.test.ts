/** Music of many: one stream for all who hear it, encoded once for each codec. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { beginMusicTick } from '../../../engine/media/music/hall.ts'
import { RoomScene } from './room-scene.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { spectrum } from './talker.ts'

const rateHz = 16_000
const codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus']
const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const

let folder: string
let count = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-music-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function track(hz: number, seconds: number): string {
  const pcm = new Int16Array(rateHz * seconds)
  for (let i = 0; i < pcm.length; i++)
    pcm[i] = Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / rateHz))
  const path = join(folder, `${count++}.wav`)
  const header = wavHeader({ rateHz, channels: 1, format: 'pcm16', dataBytes: pcm.length * 2 })
  writeFileSync(path, Buffer.concat([header, Buffer.from(pcm.buffer)]))
  return path
}

class MusicScene extends Scene {
  waiting(codec: CodecName = 'PCMU'): LegOnStage {
    return this.leg({ codec, payloadType: payloadTypes[codec] })
  }

  override tick(times = 1): void {
    for (let n = 0; n < times; n++) {
      beginMusicTick()
      super.tick()
    }
  }
}

/** Names are of the whole thread. */
const music = (...tracks: string[]) => ({ kind: 'music', name: `${count++}`, tracks }) as const
/** Nothing tells that the next track has been read ahead: no file is read any more. */
async function readAhead(): Promise<void> {
  for (let calm = 0; calm < 3; calm++) {
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) calm = 0
    await sleep(5)
  }
}

/** Its file is read in its own time. */
async function begun(...legs: readonly LegOnStage[]): Promise<void> {
  while (legs.some(({ leg }) => leg.isFree)) await sleep(5)
}

function heard({ port }: LegOnStage, codec: CodecName, from = 0): Int16Array {
  const kind = codecKinds[codec]
  const decoder = kind.newDecoder(kind.codingRateHz(codec === 'opus' ? 16_000 : kind.bestRateHz))
  const frame = new Int16Array(decoder.rateHz / 50)
  const out: number[] = []
  for (const { payload } of port.sent) {
    decoder.decode(payload, 0, payload.length, frame)
    out.push(...frame)
  }
  return Int16Array.from(out.slice((from * decoder.rateHz) / 1000))
}

/** The pitch by its zero crossings. */
function pitch(pcm: Int16Array, ofHz: number): number {
  let crossings = 0
  for (let i = 1; i < pcm.length; i++) if (pcm[i - 1]! < 0 && pcm[i]! >= 0) crossings++
  return (crossings * ofHz) / pcm.length
}

test.each(codecs)('%s: all who wait are sent the same, encoded once', async (codec) => {
  const scene = new MusicScene()
  const legs = [scene.waiting(codec), scene.waiting(codec), scene.waiting(codec)]
  const sound = music(track(440, 3))
  for (const { leg } of legs.slice(0, 2)) void leg.play(sound)
  await begun(...legs.slice(0, 2))
  scene.tick(60)
  void legs[2]!.leg.play(sound)
  await begun(legs[2]!)
  scene.tick(60)
  expect(legs.map(({ leg }) => leg.transmitter.shares)).toEqual([true, true, true])
  const last = legs.map(({ port }) => port.sent.at(-1)!.payload)
  expect(last[1]).toEqual(last[0])
  expect(last[2]).toEqual(last[0])
  // Each stream has its own numbers.
  const sequences = legs[0]!.port.sent.map(({ sequence }) => sequence)
  expect(sequences.every((n, i) => i === 0 || n === ((sequences[i - 1]! + 1) & 0xffff))).toBe(true)
  for (const leg of legs) {
    const pcm = heard(leg, codec, leg === legs[2] ? 1400 : 200)
    const ofHz = (pcm.length * 50) / (leg.port.sent.length - (leg === legs[2] ? 70 : 10))
    expect(Math.abs(pitch(pcm, Math.round(ofHz)) - 440)).toBeLessThan(6)
    expect(Math.abs(rmsDbfs(pcm) + 15.3)).toBeLessThan(1)
  }
})

test('who comes later joins in the middle', async () => {
  const scene = new MusicScene()
  const [early, late] = [scene.waiting(), scene.waiting()]
  const sound = music(track(300, 1), track(700, 1))
  void early.leg.play(sound)
  await begun(early)
  await readAhead()
  scene.tick(60)
  void late.leg.play(sound)
  await begun(late)
  scene.tick(30)
  // From the first frame on it is the second track.
  const sounding = heard(late, 'PCMU').subarray(60 * 160 + 320)
  expect(Math.abs(pitch(sounding, 8000) - 700)).toBeLessThan(30)
})

test('tracks follow each other for ever, and what is new in the folder comes after the one that plays', async () => {
  const scene = new MusicScene()
  const [one, two] = [scene.waiting(), scene.waiting()]
  const first = music(track(300, 1))
  void one.leg.play(first)
  await begun(one)
  scene.tick(25)
  void two.leg.play({ ...first, tracks: [...first.tracks, track(900, 1)] })
  await begun(two)
  for (let n = 0; n < 150; n++) {
    scene.tick()
    if (n % 25 === 0) await readAhead()
  }
  const pcm = heard(one, 'PCMU')
  const pitches = [0, 1, 2, 3].map((at) =>
    Math.round(pitch(pcm.subarray(at * 8000 + 800, at * 8000 + 5000), 8000) / 100),
  )
  // The next one was read ahead already.
  expect(pitches).toEqual([3, 3, 9, 3])
})

test('whose files are taken away goes on with what it has, and takes what comes instead', async () => {
  const scene = new MusicScene()
  const [one, two] = [scene.waiting(), scene.waiting()]
  const first = music(track(300, 1), track(500, 1))
  void one.leg.play(first)
  await begun(one)
  await readAhead()
  for (const path of first.tracks) rmSync(path)
  const ticks = async (seconds: number) => {
    for (let n = 0; n < 50 * seconds; n++) {
      scene.tick()
      if (n % 25 === 0) await readAhead()
    }
  }
  await ticks(5)
  const alone = heard(one, 'PCMU')
  const pitches = [0, 1, 2, 3, 4].map((at) =>
    Math.round(pitch(alone.subarray(at * 8000 + 800, at * 8000 + 5000), 8000) / 100),
  )
  expect(pitches).toEqual([3, 5, 5, 5, 5])
  void two.leg.play({ ...first, tracks: [track(900, 1)] })
  await begun(two)
  await ticks(3)
  const last = heard(one, 'PCMU').subarray(-4000)
  expect(Math.round(pitch(last, 8000) / 100)).toBe(9)
})

test('who is spoken to, presses keys or hears something else is sent his own, without a break', async () => {
  const scene = new MusicScene()
  const [one, other] = [scene.waiting('G722'), scene.waiting('G722')]
  const sound = music(track(440, 30))
  for (const { leg } of [one, other]) void leg.play(sound)
  await begun(one, other)
  scene.tick(40)
  expect([one, other].map(({ leg }) => leg.transmitter.shares)).toEqual([true, true])
  void one.leg.screen.play({ kind: 'tone', tone: 'beep' })
  await readAhead()
  scene.tick(5)
  expect([one, other].map(({ leg }) => leg.transmitter.shares)).toEqual([false, true])
  one.leg.screen.stop('stopped')
  scene.tick(40)
  expect(one.leg.transmitter.shares).toBe(true)
  one.leg.stop()
  scene.tick(5)
  expect(one.leg.transmitter.shares).toBe(false)
  expect(other.leg.transmitter.shares).toBe(true)
  await one.leg.close()
  scene.legs.shift()
  scene.tick(10)
  const pcm = heard(other, 'G722', 200)
  expect(Math.abs(rmsDbfs(pcm) + 15.3)).toBeLessThan(1)
  expect(other.port.sent).toHaveLength(100)
})

test('music that can not be read is refused, a track that can not is passed over', async () => {
  const scene = new MusicScene()
  const waiting = scene.waiting()
  await expect(waiting.leg.play(music(join(folder, 'gone.wav')))).rejects.toMatchObject({
    code: 'invalid_audio',
  })
  void waiting.leg.play(music(join(folder, 'gone.wav'), track(500, 1)))
  await begun(waiting)
  scene.tick(40)
  expect(Math.abs(pitch(heard(waiting, 'PCMU', 100), 8000) - 500)).toBeLessThan(10)
})

class MusicRoom extends RoomScene {
  override tick(times = 1): void {
    for (let n = 0; n < times; n++) {
      beginMusicTick()
      super.tick()
    }
  }
}

test.each(codecs)(
  '%s: who waits in a conference is sent the music of all, then the room',
  async (codec) => {
    const scene = new MusicRoom()
    scene.open()
    const speaker = scene.guest('speaker', codec, 330)
    const waiting = [scene.guest('one', codec), scene.guest('two', codec)]
    for (const member of [speaker, ...waiting]) scene.join(member)
    scene.run(50, speaker)
    const sound = music(track(440, 30))
    for (const { leg } of waiting) void leg.play(sound)
    await begun(...waiting)
    scene.run(60, speaker)
    expect(waiting.map(({ leg }) => leg.transmitter.shares)).toEqual([true, true])
    const [one, two] = waiting.map(({ port }) => port.sent.at(-1)!.payload)
    expect(one).toEqual(two)
    const { rateHz: ofHz } = waiting[0]!.talker
    expect(spectrum(waiting[0]!.talker.heard(), ofHz, [440]).restDb).toBeLessThan(-18)
    for (const { leg } of waiting) leg.stop()
    scene.run(60, speaker)
    expect(spectrum(waiting[0]!.talker.heard(), ofHz, [330]).restDb).toBeLessThan(-18)
    expect(waiting.map(({ leg }) => leg.transmitter.shares)).toEqual([true, true])
  },
)
