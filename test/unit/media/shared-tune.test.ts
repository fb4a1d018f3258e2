/** The tune of our own, and files of one account: shared as the operator's music is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sound } from '../../../engine/core/ports/media.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'
import { beginMusicTick } from '../../../engine/media/music/hall.ts'
import { type LegOnStage, Scene } from './scene.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-tune-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ramp = (samples: number) => Int16Array.from({ length: samples }, (_, n) => 100 + n)

function round(pcm: Int16Array, rateHz: number): Sound {
  const path = join(folder, `${rateHz}-${pcm.length}.wav`)
  const header = wavHeader({ rateHz, channels: 1, format: 'pcm16', dataBytes: pcm.length * 2 })
  writeFileSync(path, Buffer.concat([header, Buffer.from(pcm.buffer)]))
  return { kind: 'music', name: path, tracks: [path] }
}

const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const

class WaitingRoom extends Scene {
  async enter(codec: CodecName, sound: Sound): Promise<LegOnStage> {
    const waiting = this.leg({ codec, payloadType: payloadTypes[codec] })
    void waiting.leg.play(sound)
    while (waiting.leg.isFree) await sleep(5)
    return waiting
  }

  override tick(times = 1): void {
    for (let n = 0; n < times; n++) {
      beginMusicTick()
      super.tick()
    }
  }
}

const tune: Sound = { kind: 'tone', tone: 'hold' }
const cases = (['PCMU', 'PCMA', 'G722', 'opus'] as const).flatMap((codec) => [
  [codec, 'our own tune', () => tune] as const,
  [codec, 'a narrow file', () => round(ramp(16_000), 8000)] as const,
])
test.each(cases)('%s: all who hear %s are sent the same, encoded once', async (codec, _, sound) => {
  const room = new WaitingRoom()
  const waiting = [await room.enter(codec, sound()), await room.enter(codec, sound())]
  room.tick(50)
  waiting.push(await room.enter(codec, sound()))
  room.tick(50)
  expect(waiting.map(({ leg }) => leg.transmitter.shares)).toEqual([true, true, true])
  const [one, two, three] = waiting.map(({ port }) => port.sent.at(-1)?.payload)
  expect(two).toEqual(one)
  expect(three).toEqual(one)
})

test('a narrow file is as it is for narrow legs, also one that is shorter than a frame', async () => {
  const sound = await prepareSound(round(ramp(100), 8000), 8000)
  const frame = new Int16Array(160)
  const heard: number[] = []
  for (let n = 0; n < 10; n++) {
    beginMusicTick()
    sound.next(frame)
    heard.push(...frame)
    await sleep(0)
  }
  expect(heard).toEqual(Array.from({ length: 1600 }, (_, n) => 100 + (n % 100)))
})

test('who comes while others listen joins in the middle, who waits alone hears it from the beginning', async () => {
  const file = round(ramp(16_000), 8000)
  const frame = new Int16Array(160)
  const hear = async (ticks: number) => {
    const sound = await prepareSound(file, 8000)
    for (let n = 0; n < ticks; n++) {
      beginMusicTick()
      sound.next(frame)
    }
    return frame[0]
  }
  expect(await hear(10)).toBe(100 + 9 * 160)
  expect(await hear(1)).toBe(100 + 10 * 160)
  for (let n = 0; n < 60; n++) beginMusicTick()
  expect(await hear(1)).toBe(100)
  // Forgotten by then, and read anew.
  for (let n = 0; n < 7_000; n++) beginMusicTick()
  expect(await hear(2)).toBe(100 + 160)
})

test('what nobody has heard for minutes is encoded for all again', async () => {
  const room = new WaitingRoom()
  const first = await room.enter('opus', tune)
  room.tick(50)
  first.leg.stop()
  for (let n = 0; n < 7_000; n++) beginMusicTick()
  const held = [await room.enter('opus', tune), await room.enter('opus', tune)]
  room.tick(60)
  expect(held.map(({ leg }) => leg.transmitter.shares)).toEqual([true, true])
  expect(held[1]?.port.sent.at(-1)?.payload).toEqual(held[0]?.port.sent.at(-1)?.payload)
})

test('another file of a name is heard at once where nobody listens to the old one', async () => {
  const [old, fresh] = [round(ramp(16_000), 8000), round(ramp(320).reverse(), 8000)]
  const frame = new Int16Array(160)
  const hear = async (sound: Sound) => {
    const heard = await prepareSound({ ...sound, name: 'file' } as Sound, 8000)
    beginMusicTick()
    heard.next(frame)
    return frame[0]
  }
  expect(await hear(old)).toBe(100)
  for (let n = 0; n < 60; n++) beginMusicTick()
  expect(await hear(fresh)).toBe(419)
})
