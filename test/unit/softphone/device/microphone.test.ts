import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Microphone } from '../../../../softphone/device/microphone.ts'

class FakeTrack {
  readyState: 'live' | 'ended' = 'live'
  readonly of: FakeTrack[]
  readonly device: unknown
  constructor(of: FakeTrack[], device: unknown) {
    this.of = of
    this.device = device
    of.push(this)
  }
  clone(): FakeTrack {
    const copy = new FakeTrack(this.of, this.device)
    copy.readyState = this.readyState
    return copy
  }
  stop(): void {
    this.readyState = 'ended'
  }
}

let tracks: FakeTrack[]
let mayOpen: Promise<unknown>
const live = () => tracks.filter(({ readyState }) => readyState === 'live').length

beforeEach(() => {
  tracks = []
  mayOpen = Promise.resolve()
  vi.stubGlobal('navigator', {
    mediaDevices: {
      getUserMedia: async ({ audio }: { audio: { deviceId?: unknown } }) => {
        await mayOpen
        const track = new FakeTrack(tracks, audio.deviceId)
        return { getAudioTracks: () => [track] }
      },
    },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('is open as long as somebody uses it', async () => {
  const microphone = new Microphone({})
  const [a, b] = await Promise.all([microphone.open(), microphone.open()])
  expect(live()).toBe(3)
  microphone.release(a)
  microphone.release(a)
  expect(live()).toBe(2)
  microphone.release(b)
  await Promise.resolve()
  expect(live()).toBe(0)
})

test('that was refused is asked for again, and left open by nobody', async () => {
  const microphone = new Microphone({})
  mayOpen = Promise.reject(Object.assign(new Error(), { name: 'NotAllowedError' }))
  await expect(microphone.open()).rejects.toMatchObject({ code: 'microphone-denied' })
  mayOpen = Promise.resolve()
  microphone.release(await microphone.open())
  await Promise.resolve()
  expect(live()).toBe(0)
})

test('that was unplugged while a call had it is opened anew for the next', async () => {
  const microphone = new Microphone({})
  await microphone.open()
  tracks[0]?.stop()
  expect((await microphone.open()).readyState).toBe('live')
})

test('that was chosen is closed when the last call ended while it was opened', async () => {
  const microphone = new Microphone({})
  const track = await microphone.open()
  const slow = Promise.withResolvers<void>()
  mayOpen = slow.promise
  const chosen = microphone.choose('other')
  microphone.release(track)
  slow.resolve()
  await chosen
  await Promise.resolve()
  expect(live()).toBe(0)
})

test('of another choice cannot be opened: the old one stays', async () => {
  const microphone = new Microphone({})
  await microphone.open()
  mayOpen = Promise.reject(Object.assign(new Error(), { name: 'NotReadableError' }))
  await expect(microphone.choose('busy')).rejects.toMatchObject({ code: 'microphone-busy' })
  expect((await microphone.open()).readyState).toBe('live')
})
