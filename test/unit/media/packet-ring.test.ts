import { expect, test } from 'vitest'
import { PacketRing, RING_BYTES } from '../../../engine/media/threads/packet-ring.ts'

function ring(): { writer: PacketRing; reader: PacketRing } {
  const memory = new SharedArrayBuffer(RING_BYTES)
  return { writer: new PacketRing(memory), reader: new PacketRing(memory) }
}
const packetOf = (bytes: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + seed) & 0xff)

test('packets of every length come out whole and in order, many times around', () => {
  const { writer, reader } = ring()
  let put = 0
  let taken = 0
  let state = 1
  const chance = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const lengths: number[] = []
  while (taken < 20_000) {
    if (put - taken < 300 && chance() < 0.6) {
      const bytes = Math.floor(chance() * 1500)
      lengths.push(bytes)
      expect(writer.put(put, put % 2 === 0, packetOf(bytes, put), bytes, put + 0.25)).toBe(true)
      put += 1
    } else if (reader.take()) {
      expect([reader.lease, reader.isOutbound, reader.atMs, reader.bytes]).toEqual([
        taken,
        taken % 2 === 0,
        taken + 0.25,
        lengths[taken],
      ])
      const got = reader.packet.subarray(0, reader.bytes)
      if (taken % 50 === 0) expect(Buffer.compare(got, packetOf(reader.bytes, taken))).toBe(0)
      taken += 1
    }
  }
  expect(writer.dropped).toBe(0)
})

test('what finds no room is dropped and counted, and what was there stays', () => {
  const { writer, reader } = ring()
  const packet = packetOf(1000, 3)
  let room = 0
  while (writer.put(room, false, packet, packet.length, 0)) room += 1
  expect(room).toBeGreaterThan(900)
  expect(writer.put(1, false, packet, packet.length, 0)).toBe(false)
  expect([writer.dropped, reader.dropped]).toEqual([2, 2])
  for (let n = 0; n < room; n++) {
    expect(reader.take()).toBe(true)
    expect(reader.lease).toBe(n)
  }
  expect(reader.take()).toBe(false)
  expect(writer.put(7, false, packet, packet.length, 0)).toBe(true)
})

test('a packet that is too long is dropped', () => {
  const { writer, reader } = ring()
  expect(writer.put(1, false, new Uint8Array(3000), 3000, 0)).toBe(false)
  expect(reader.take()).toBe(false)
})

test('the reader is called once until it comes', () => {
  const { writer, reader } = ring()
  expect([writer.call(), writer.call()]).toEqual([true, false])
  reader.come()
  expect(writer.call()).toBe(true)
})
