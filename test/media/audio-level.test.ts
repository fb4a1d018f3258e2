import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { audioLevel } from '../../engine/dsp/audio-level.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { closeMediasoupWorker, createMediasoupWorker } from '../../engine/media/mediasoup.ts'
import { MEDIASOUP_AUDIO_LEVEL } from '../../engine/media/rtp/header-extensions.ts'
import { MediasoupStreams, type StreamSource } from '../../engine/media/rtp/mediasoup-streams.ts'

type MediasoupWorker = Awaited<ReturnType<typeof createMediasoupWorker>>

let worker: MediasoupWorker

beforeAll(async () => {
  worker = await createMediasoupWorker()
})

afterAll(() => closeMediasoupWorker(worker))

const ssrc = 0x4711
const payload = 160

/** Sends packets that say they are so loud, under the number 1, until one has come through; what that one says. */
async function throughMediasoup(source: StreamSource, level: number): Promise<number> {
  const router = await worker.createRouter()
  const line = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    comedia: true,
  })
  const told: number[] = []
  const streams = await MediasoupStreams.open(router, line, {
    onPacket: (packet) => told.push(audioLevel(packet, MEDIASOUP_AUDIO_LEVEL)),
    onFault: (error) => expect.unreachable(String(error)),
  })
  await streams.hear([{ payloadType: 0, codec: 'PCMU', clockHz: 8000 }], source)
  const socket = createSocket('udp4')
  const packet = new Uint8Array(12 + 8 + payload)
  for (let n = 0; n < 100 && told.length === 0; n++) {
    writeRtp(packet, 0, 0, false, n, n * payload, ssrc)
    packet[0] = 0x90
    // The mid '0' under the number 4 besides.
    packet.set([0xbe, 0xde, 0, 1, 0x40, 0x30, 0x10, level], 12)
    socket.send(packet, line.tuple.localPort, '127.0.0.1')
    await sleep(10)
  }
  socket.close()
  router.close()
  return told[0] ?? Number.NaN
}

test.each([
  ['by its SSRC', { ssrc, audioLevelExtension: 1 }],
  ['by its mid', { mid: '0', midExtension: 4, audioLevelExtension: 1 }],
])('the loudness of a browser that is known %s comes through mediasoup', async (_how, source) => {
  expect(await throughMediasoup(source, 0x80 | 25)).toBe(25)
  expect(await throughMediasoup(source, 127)).toBe(127)
})

test('what was not agreed on is not taken for loudness', async () => {
  expect(await throughMediasoup({ ssrc }, 25)).toBe(-1)
})
