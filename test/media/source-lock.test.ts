import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallId, RecordingId } from '../../engine/core/ids.ts'
import type { LegStatistics } from '../../engine/core/ports/media.ts'
import { encodeUlaw } from '../../engine/dsp/g711.ts'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { RtpPeer, sine } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

const FIRST = 27_200
const LAST = FIRST + 19

let media: RunningMedia
let folder: string

beforeAll(async () => {
  const started = await startForTest(FIRST, {
    rtpPorts: { first: FIRST, last: LAST },
    bindAddress: '0.0.0.0',
    portRestMs: 0,
  })
  media = started.media
  folder = await mkdtemp(join(tmpdir(), 'ringdown-lock-'))
})

afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})

/** An attacker on an address of its own that notes whether anything ever reaches it. */
class Attacker {
  readonly socket: Socket
  answered = 0
  #sequence = 0
  #timer: NodeJS.Timeout | undefined
  readonly #payload = new Uint8Array(160)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', () => {
      this.answered += 1
    })
    encodeUlaw(sine(2000, 20, 16_000), 0, 160, this.#payload, 0)
  }

  static async at(address: string): Promise<Attacker> {
    const socket = createSocket('udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Attacker(socket)
  }

  rtp(port: number, ssrc: number, sequence: number, timestamp: number): void {
    const packet = Buffer.alloc(172)
    writeRtp(packet, 0, 0, false, sequence, timestamp, ssrc)
    packet.set(this.#payload, 12)
    this.socket.send(packet, port, '127.0.0.1')
  }

  /** RTP to every port of the range, over and over. */
  spray(): void {
    this.#timer = setInterval(() => {
      for (let port = FIRST; port <= LAST; port++) {
        this.rtp(port, 666, this.#sequence, this.#sequence * 160)
      }
      this.#sequence += 1
    }, 20)
  }

  close(): void {
    clearInterval(this.#timer)
    this.socket.close()
  }
}

/** What has come for a leg so far: what is sent is there soon, on a busy machine not at once. */
const counted = (id: CallId): Promise<LegStatistics> => media.figures(id)

test('a sprayer gets nothing and is not heard, before, during and after the answer', async () => {
  const attacker = await Attacker.at('127.0.0.3')
  attacker.spray()
  const peer = await RtpPeer.open({ address: '127.0.0.2' })
  const id = callId('sprayed')
  peer.aim(await media.offer(id))
  await sleep(100)
  await media.complete(id, peer.sdp())
  const path = join(folder, 'sprayed.wav')
  await media.startRecording(id, 'r1' as RecordingId, path, 'receivedLeft')
  await peer.talk(sine(1000, 800))
  await expect.poll(() => counted(id)).toMatchObject({ packetsReceived: 40 })
  await sleep(60)
  const { packetsFromStrangers, packetsReceived } = await media.close(id)
  await sleep(60)
  attacker.close()
  peer.close()

  expect(attacker.answered).toBe(0)
  // A busy machine's timer is late, and makes up for nothing.
  expect(packetsFromStrangers).toBeGreaterThan(10)
  expect(packetsReceived).toBe(40)
  const [heard] = readWav(await readFile(path)).samples as [Int16Array]
  expect(toneDbfs(heard, 1000, 8000, 2400, 3200)).toBeGreaterThan(-15)
  expect(toneDbfs(heard, 2000, 8000, 2400, 3200)).toBeLessThan(-60)
  const { received } = peer
  for (let i = 1; i < received.length; i++) {
    expect((received[i]!.sequence - received[i - 1]!.sequence) & 0xffff).toBe(1)
  }
})

test('packets with the right SSRC, type and sequence from another port are not heard', async () => {
  const peer = await RtpPeer.open({ address: '127.0.0.2' })
  const attacker = await Attacker.at('127.0.0.2')
  const id = callId('injected')
  peer.aim(await media.answer(id, peer.sdp(), { natSourceAddress: '127.0.0.2' }))
  const path = join(folder, 'injected.wav')
  const quiet = new Int16Array(160)
  peer.sendFrame(quiet)
  await sleep(20)
  await media.startRecording(id, 'r2' as RecordingId, path, 'receivedLeft')
  for (let n = 0; n < 30; n++) {
    attacker.rtp(peer.remotePort, peer.ssrc, peer.sequence, peer.timestamp)
    peer.sendFrame(quiet)
    await sleep(20)
  }
  await expect.poll(() => counted(id)).toMatchObject({ packetsFromStrangers: 30 })
  await media.close(id)
  attacker.close()
  peer.close()
  expect(attacker.answered).toBe(0)
  const [heard] = readWav(await readFile(path)).samples as [Int16Array]
  expect(heard.length).toBeGreaterThan(3000)
  expect(toneDbfs(heard, 2000)).toBeLessThan(-70)
})

test('who names his signalling address in SDP is not learnt from another port of it', async () => {
  const peer = await RtpPeer.open({ address: '127.0.0.2' })
  const attacker = await Attacker.at('127.0.0.2')
  const id = callId('first')
  peer.aim(await media.answer(id, peer.sdp(), { natSourceAddress: '127.0.0.2' }))
  for (let n = 0; n < 10; n++) attacker.rtp(peer.remotePort, 5, n, n * 160)
  await expect.poll(() => counted(id)).toMatchObject({ packetsFromStrangers: 10 })
  await peer.talk(sine(1000, 100))
  await expect.poll(() => peer.received.length).toBeGreaterThan(4)
  await expect.poll(() => counted(id)).toMatchObject({ packetsReceived: 5 })
  expect(await media.close(id)).toMatchObject({ packetsReceived: 5, packetsFromStrangers: 10 })
  expect(attacker.answered).toBe(0)
  attacker.close()
  peer.close()
})

test('a peer behind a NAT is learnt after four packets, and then nobody else', async () => {
  // SDP names a private address; the packets come from the signalling address, another port.
  const peer = await RtpPeer.open({ address: '127.0.0.2', claimedAddress: '127.0.0.9' })
  const attacker = await Attacker.at('127.0.0.3')
  const id = callId('nat')
  const answer = await media.answer(id, peer.sdp(), { natSourceAddress: '127.0.0.2' })
  peer.aim(answer)
  for (let n = 0; n < 10; n++) attacker.rtp(peer.remotePort, 5, n, n * 160)
  await expect.poll(() => counted(id)).toMatchObject({ packetsFromStrangers: 10 })
  await sleep(100)
  expect(peer.received).toEqual([])
  await peer.talk(sine(1000, 60))
  await sleep(60)
  expect(peer.received).toEqual([])
  await peer.talk(sine(1000, 200))
  await expect.poll(() => peer.received.length).toBeGreaterThan(4)
  await expect.poll(() => counted(id)).toMatchObject({ packetsReceived: 10 })
  await media.close(id)
  expect(attacker.answered).toBe(0)
  attacker.close()
  peer.close()
})

test('RTCP from anybody, BYE and broken ones included, ends nothing', async () => {
  const peer = await RtpPeer.open()
  const attacker = await Attacker.at('127.0.0.3')
  const id = callId('rtcp')
  peer.aim(await media.answer(id, peer.sdp()))
  const bye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])
  const compound = Buffer.concat([Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]), bye])
  const packets = [
    bye,
    compound,
    Buffer.from([0x81, 203]),
    Buffer.alloc(0),
    Buffer.alloc(1500, 0xff),
  ]
  for (const from of [attacker.socket, peer.socket]) {
    for (const packet of packets) {
      from.send(packet, peer.remotePort + 1, '127.0.0.1')
      from.send(packet, peer.remotePort, '127.0.0.1')
    }
  }
  await sleep(60)
  const before = peer.received.length
  await expect.poll(() => peer.received.length).toBeGreaterThan(before + 2)
  expect(attacker.answered).toBe(0)
  await media.close(id)
  attacker.close()
  peer.close()
})
