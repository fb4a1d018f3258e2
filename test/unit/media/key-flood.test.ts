import { expect, test } from 'vitest'
import { type LegOnStage, Scene } from './scene.ts'

const EVENT = 101
const ended = Uint8Array.of(5, 0x80, 0, 160)
const begun = Uint8Array.of(5, 0, 0, 160)

function send({ port }: LegOnStage, payload: Uint8Array, count: number): void {
  for (let n = 0; n < count; n++) {
    port.timestamp += 1
    port.arrive(payload, EVENT, true)
  }
}

test.each([
  ['end packets', ended],
  ['first packets', begun],
])('a flood of %s is cut to 32 keys, the rest counted', (_name, payload) => {
  const scene = new Scene()
  const peer = scene.leg()
  send(peer, payload, 999)
  send(peer, ended, 1)
  expect(scene.digits).toHaveLength(32)
  expect(peer.leg.packetsRefused).toBe(1000 - 32)
})

test('a flood that goes on gets 20 keys a second', () => {
  const scene = new Scene()
  const peer = scene.leg()
  for (let n = 0; n < 500; n++) {
    send(peer, ended, 20)
    scene.tick()
  }
  expect(scene.digits.length).toBeGreaterThan(220)
  expect(scene.digits.length).toBeLessThanOrEqual(32 + 200)
})

test('a flood by ever new streams is cut just so', () => {
  const scene = new Scene()
  const peer = scene.leg()
  for (let n = 0; n < 1000; n++) {
    peer.port.ssrc += 1
    send(peer, begun, 1)
  }
  expect(scene.digits).toHaveLength(32)
})

test('no key of a fast hand is lost, for as long as it likes, nor after a flood', () => {
  const scene = new Scene()
  const peer = scene.leg()
  send(peer, ended, 100)
  scene.tick(100)
  scene.presses.length = 0
  for (let n = 0; n < 200; n++) {
    send(peer, ended, 1)
    scene.tick(4)
  }
  expect(scene.digits).toHaveLength(200)
})

test('a bridged phone gets no more of a flood than the program', () => {
  const scene = new Scene()
  const peer = scene.leg()
  const other = scene.leg({ codec: 'PCMA', payloadType: 8, telephoneEvent: null })
  peer.leg.bridge(other.leg)
  send(peer, ended, 1000)
  expect(scene.digits).toHaveLength(32)
})
