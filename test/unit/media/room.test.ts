/** Conferences without sockets. */
import { expect, test } from 'vitest'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { RoomScene } from './room-scene.ts'
import { SINE_DBFS, spectrum } from './talker.ts'

const codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus']
const tones = [400, 700, 1100, 1600]

test('members of any codec hear all who speak, and not themselves', () => {
  const scene = new RoomScene()
  scene.open({ talkers: 0 })
  const members = codecs.map((codec, n) => scene.guest(codec, codec, tones[n]!))
  for (const member of members) scene.join(member)
  scene.run(100, ...members)
  members.forEach(({ talker }, at) => {
    const levels = spectrum(talker.heard(), talker.rateHz, tones).tones
    levels.forEach((level, of) => {
      if (of === at) expect(level, `${codecs[at]} hears itself`).toBeLessThan(SINE_DBFS - 50)
      else expect(Math.abs(level - SINE_DBFS), `${codecs[at]} hears ${codecs[of]}`).toBeLessThan(1)
    })
  })
})

test('a listener hears who speaks, and nothing once he has left', () => {
  const scene = new RoomScene()
  scene.open()
  const [a, b] = [scene.guest('a', 'PCMU', 400), scene.guest('b', 'PCMU', 700)]
  scene.join(a)
  scene.join(b)
  scene.run(50, a)
  expect(spectrum(b.talker.heard(), 8000, [400]).tones[0]).toBeCloseTo(SINE_DBFS, 0)
  void scene.rooms.handlers.leaveRoom({ leg: b.id })
  scene.run(50, a)
  expect(spectrum(b.talker.heard(), 8000, [400]).tones[0]).toBeLessThan(-90)
})
