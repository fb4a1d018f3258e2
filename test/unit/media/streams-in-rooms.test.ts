/** A stream at one member of a conference: what it hears is what he hears, what it says he alone hears. */
import { expect, test } from 'vitest'
import type { StreamFrame } from '../../../engine/core/ports/streams.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { OpenStream } from '../../../engine/media/stream/open-stream.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'

/** What a member was sent in the last so many packets. */
function heardBy({ port }: MemberOnStage, packets: number): Int16Array {
  const decoder = codecKinds.PCMU.newDecoder(8000)
  const out = new Int16Array(packets * 160)
  for (const [n, { payload }] of port.sent.slice(-packets).entries()) {
    decoder.decode(payload, 0, payload.length, out.subarray(n * 160, n * 160 + 160))
  }
  return out
}

test('a stream whispers to who only listens, and hears the room', () => {
  const scene = new RoomScene()
  scene.open()
  const speaker = scene.guest('speaker', 'PCMU', 500)
  const listener = scene.guest('listener', 'PCMU')
  const other = scene.guest('other', 'PCMU')
  for (const member of [speaker, listener, other]) scene.join(member)
  const frames: StreamFrame[] = []
  const stream = new OpenStream(
    1,
    {
      ...{ format: 'L16', rateHz: 8000, bigEndian: false, tracks: ['sent'] },
      ...{ speaks: 'mix', bufferMs: 2000 },
    },
    { audio: (frame) => frames.push(frame), marked: () => {}, ended: () => {} },
    () => undefined,
  )
  scene.run(60, speaker)
  expect(listener.leg.transmitter.shares).toBe(true)
  listener.leg.taps.open(stream.terms)
  scene.run(20, speaker)
  const whisper = Int16Array.from({ length: 8000 }, (_, i) =>
    Math.round(6000 * Math.sin((2 * Math.PI * 1700 * i) / 8000)),
  )
  stream.speak(new Uint8Array(whisper.buffer))
  scene.run(30, speaker)
  stream.drain()
  const told = new Int16Array(
    frames.slice(-10).flatMap(({ payload }) => [...new Int16Array(payload.slice().buffer)]),
  )
  for (const pcm of [told, heardBy(listener, 10)]) {
    expect(toneDbfs(pcm, 500)).toBeGreaterThan(-25)
    expect(toneDbfs(pcm, 1700)).toBeGreaterThan(-18)
  }
  expect(toneDbfs(heardBy(other, 10), 1700)).toBeLessThan(-45)
  scene.run(60, speaker)
  expect(toneDbfs(heardBy(listener, 10), 1700)).toBeLessThan(-45)
  expect(listener.leg.transmitter.shares).toBe(true)
})
