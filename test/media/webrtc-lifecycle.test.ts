/** What legs of browsers leave behind; test/browser/webrtc-port.test.ts has what they do while they are open. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MediasoupHost } from '../../engine/media/rtp/mediasoup-host.ts'
import type { RtpFormat } from '../../engine/media/rtp/rtp-port.ts'
import { WebRtcPorts } from '../../engine/media/rtp/webrtc-port.ts'
import { startHostedWorker } from '../../engine/media/rtp/webrtc-server.ts'

let host: MediasoupHost
let ports: WebRtcPorts
const troubles: string[] = []

beforeAll(async () => {
  const start = () => startHostedWorker({ bindAddress: '127.0.0.1', port: 0 })
  const trouble = (message: string): void => {
    troubles.push(message)
  }
  host = new MediasoupHost(await start(), start, trouble)
  ports = new WebRtcPorts({
    ...{ host, trouble, nowMs: () => performance.now() },
    addresses: () => ['127.0.0.1'],
  })
})
afterAll(async () => {
  await ports.close()
  await host.close()
})

const formats: readonly RtpFormat[] = [{ payloadType: 111, codec: 'opus', clockHz: 48_000 }]
const peer = {
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
  ...({ role: 'client', ssrc: 7, mid: '0', midExtension: undefined } as const),
}

test('a leg that was opened, agreed on and closed leaves nothing in mediasoup, on either side', async () => {
  const { worker, webRtcServer } = await host.current()
  const kept = new Set<string>()
  webRtcServer?.observer.on('webrtctransporthandled', ({ id }) => kept.add(id))
  webRtcServer?.observer.on('webrtctransportunhandled', ({ id }) => kept.delete(id))
  for (let n = 0; n < 5; n++) {
    const port = await ports.openWebRtc()
    port.aim({ remote: null, natAddress: undefined, formats, protection: { kind: 'webrtc', peer } })
    expect(kept.size).toBe(1)
    await port.close()
  }
  expect([...kept]).toEqual([])
  expect((await worker.dump()).routerIds).toEqual([])
  expect(await webRtcServer?.dump()).toMatchObject({ webRtcTransportIds: [] })
  expect(troubles).toEqual([])
})
