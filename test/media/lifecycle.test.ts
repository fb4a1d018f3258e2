import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { MediaClient } from '../../engine/media/client.ts'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'
import { RtpPeer } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

const portsOf = async (first: number, last: number): Promise<boolean> => {
  for (let port = first; port <= last; port++) await closeUdp(await bindUdp('127.0.0.1', port))
  return true
}

describe('ports', () => {
  test('when the range is used up: no_media_port, and the others go on', async () => {
    const { media } = await startForTest(27_500, { rtpPorts: { first: 27_500, last: 27_503 } })
    await media.offer(callId('a'))
    await media.offer(callId('b'))
    await expect(media.offer(callId('c'))).rejects.toMatchObject({ code: 'no_media_port' })
    // Closed ports rest for 30 s.
    await media.close(callId('a'))
    await expect(media.offer(callId('c'))).rejects.toMatchObject({ code: 'no_media_port' })
    expect((await media.stats()).legs).toBe(1)
    await media.shutDown()
  })

  test('ports of somebody else, RTP or RTCP, are passed over: every call gets one', async () => {
    const foreign = await Promise.all(
      [27_510, 27_513, 27_514].map((port) => bindUdp('127.0.0.1', port)),
    )
    const { media } = await startForTest(27_510, { rtpPorts: { first: 27_510, last: 27_519 } })
    const offers = await Promise.all(['a', 'b'].map((name) => media.offer(callId(name))))
    const ports = offers.map((sdp) => Number(/m=audio (\d+)/.exec(sdp)?.[1])).sort()
    expect(ports).toEqual([27_516, 27_518])
    await media.shutDown()
    await Promise.all(foreign.map(closeUdp))
  })

  test('an address that is not ours fails at the start with a clear word', async () => {
    await expect(startForTest(27_520, { bindAddress: '192.0.2.1' })).rejects.toThrow(
      /EADDRNOTAVAIL/,
    )
  })
})

test('shutting down frees every port, twice over is fine, and nobody is told of a loss', async () => {
  const { media, seen } = await startForTest(27_530, { rtpPorts: { first: 27_530, last: 27_539 } })
  const peer = await RtpPeer.open()
  peer.aim(await media.answer(callId('a'), peer.sdp()))
  const sound = media.play(callId('a'), { kind: 'tone', tone: 'ringback' })
  await media.offer(callId('b'))
  await Promise.all([media.shutDown(), media.shutDown()])
  expect(await sound).toBe('legClosed')
  expect(media.ready()).toBe(false)
  expect(await portsOf(27_530, 27_539)).toBe(true)
  expect(seen.lost).toEqual([])
  await expect(media.offer(callId('c'))).rejects.toMatchObject({ code: 'no_media_port' })
  expect(await media.close(callId('a'))).toMatchObject({ packetsSent: 0 })
  peer.close()
})

describe('a media thread that dies', () => {
  /** The real thread, with a fault built in: it dies when a packet comes to the given port. */
  async function doomed(fault: string, triggerPort: number) {
    const worker = new Worker(new URL('./doomed-worker.ts', import.meta.url), {
      workerData: {
        firstPort: 27_540,
        lastPort: 27_549,
        bindAddress: '127.0.0.1',
        portRestMs: 0,
        fault,
        triggerPort,
      },
    })
    await once(worker, 'message')
    const lost: string[] = []
    const media = new MediaClient(
      [worker],
      { bindAddress: '127.0.0.1', publicAddress: '127.0.0.1' },
      {
        held: () => {},
        silence: () => {},
        connection: () => {},
        digit: () => {},
        recordingEnded: () => {},
        recordingGap: () => {},
        roomRecordingEnded: () => {},
        speaking: () => {},
        loudest: () => {},
        quality: () => {},
        lost: (reason) => lost.push(reason),
      },
    )
    return { media, lost }
  }

  test.each([
    ['throws', /out of sorts/],
    ['rejects', /out of sorts/],
    ['exits', /ended with code 7/],
  ])('%s: lost is told once, nobody waits on, and the ports are free', async (fault, reason) => {
    const { media, lost } = await doomed(fault, 27_590)
    await media.offer(callId('a'))
    const sound = media.play(callId('a'), { kind: 'tone', tone: 'ringback' })
    const trigger = createSocket('udp4')
    trigger.send('x', 27_590, '127.0.0.1')
    expect(await sound).toBe('legClosed')
    await sleep(100)
    trigger.close()
    expect(lost).toHaveLength(1)
    expect(lost[0]).toMatch(reason)
    expect(media.ready()).toBe(false)
    await expect(media.offer(callId('b'))).rejects.toMatchObject({ code: 'no_media_port' })
    await media.shutDown()
    expect(await portsOf(27_540, 27_549)).toBe(true)
    expect(lost).toHaveLength(1)
  })
})
