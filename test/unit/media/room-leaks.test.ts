/** A thousand conferences leave nothing behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import type { ConferenceId } from '../../../engine/core/ids.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heapBytes = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

/** One conference from its beginning to its end. */
async function conference(
  scene: RoomScene,
  members: readonly MemberOnStage[],
  n: number,
): Promise<void> {
  const room = `room ${n}` as ConferenceId
  scene.open({}, room)
  for (const member of members) scene.join(member, {}, room)
  scene.run(4, members[0]!)
  if (n % 2 === 0) void scene.rooms.handlers.leaveRoom({ leg: members[0]!.id })
  const played = scene.rooms.handlers.playToRoom({ room, sound: { kind: 'tone', tone: 'hold' } })
  await scene.rooms.handlers.closeRoom({ room })
  if ((await played) !== 'stopped') throw new Error('the sound went on')
  scene.notices.length = 0
  for (const { port, talker } of members) {
    port.sent.length = 0
    talker.sentPayloads.length = 0
  }
}

test('of rooms', async () => {
  const scene = new RoomScene()
  const members = (['PCMU', 'PCMA', 'G722'] as const).map((codec) => scene.guest(codec, codec, 400))
  for (let n = 0; n < 200; n++) await conference(scene, members, n)
  const before = heapBytes()
  for (let n = 0; n < 1000; n++) await conference(scene, members, n)
  expect((heapBytes() - before) / 1000).toBeLessThan(200)
})

test('of codecs: what was made is closed', async () => {
  const open = new Map<CodecName, number>()
  const count = (codec: CodecName, change: number) =>
    open.set(codec, (open.get(codec) ?? 0) + change)
  const { newEncoder, newDecoder } = codecKinds.opus
  const counted = <Codec extends { close(): void }>(codec: Codec): Codec => {
    count('opus', 1)
    let isOpen = true
    const close = codec.close.bind(codec)
    codec.close = () => {
      if (isOpen) count('opus', -1)
      isOpen = false
      close()
    }
    return codec
  }
  const encoders = vi
    .spyOn(codecKinds.opus, 'newEncoder')
    .mockImplementation((rateHz) => counted(newEncoder(rateHz)))
  const decoders = vi
    .spyOn(codecKinds.opus, 'newDecoder')
    .mockImplementation((rateHz) => counted(newDecoder(rateHz)))
  const scene = new RoomScene()
  const talkers: MemberOnStage[] = []
  for (let n = 0; n < 20; n++) {
    const members = (['opus', 'opus', 'PCMU', 'opus'] as const).map((codec, m) =>
      scene.guest(`${n} ${m}`, codec, 400),
    )
    talkers.push(...members)
    await conference(scene, members, n)
    for (const { leg } of members) await leg.close()
    scene.legs.length = 0
  }
  // Those of the test's own peers are left: an encoder and a decoder each.
  expect(encoders.mock.calls.length).toBeGreaterThan(100)
  expect(decoders.mock.calls.length).toBeGreaterThan(60)
  expect(open.get('opus')).toBe(2 * talkers.filter(({ talker }) => talker.codec === 'opus').length)
  vi.restoreAllMocks()
})
