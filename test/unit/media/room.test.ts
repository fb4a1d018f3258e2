/** Conferences without sockets. */
import { expect, test } from 'vitest'
import type { RecordingId } from '../../../engine/core/ids.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'
import { loud } from './scene.ts'
import { SINE_DBFS, spectrum, Talker } from './talker.ts'

const codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus']
const tones = [410, 730, 1190, 1850]

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

const loudDb = (member: MemberOnStage, hz: number): number =>
  spectrum(member.talker.heard(), member.talker.rateHz, [hz]).tones[0]!
const isHeard = (member: MemberOnStage, hz: number): boolean => loudDb(member, hz) > SINE_DBFS - 1

function three() {
  const scene = new RoomScene()
  scene.open()
  const a = scene.guest('a', 'PCMU', 400)
  const b = scene.guest('b', 'PCMU', 700)
  const c = scene.guest('c', 'PCMU', 1100)
  for (const member of [a, b, c]) scene.join(member)
  return { scene, a, b, c }
}

test('who speaks alone hears nothing, exactly', () => {
  const { scene, a } = three()
  scene.run(60, a)
  const pcm = a.talker.heard()
  expect(pcm.subarray(8000).every((sample) => Math.abs(sample) <= 8)).toBe(true)
})

test('one talker alone passes bit by bit', () => {
  const { scene, a, b } = three()
  scene.run(100, a)
  const payloads = b.port.sent.slice(-50).map(({ payload }) => Buffer.from(payload).toString('hex'))
  const sent = a.talker.sentPayloads.map((payload) => Buffer.from(payload).toString('hex'))
  const at = sent.lastIndexOf(payloads.at(-1)!)
  expect(payloads).toEqual(sent.slice(at - 49, at + 1))
})

test('a muted member is not heard, a deaf one does not hear', () => {
  const { scene, a, b, c } = three()
  scene.change(a, { muted: true })
  scene.change(c, { deaf: true })
  scene.run(60, a, b)
  expect(isHeard(b, 400)).toBe(false)
  expect(isHeard(a, 700)).toBe(true)
  expect(loudDb(c, 700)).toBeLessThan(-90)
  scene.change(a, {})
  scene.change(c, {})
  scene.run(60, a, b)
  expect(isHeard(b, 400) && isHeard(c, 400) && isHeard(c, 700)).toBe(true)
})

test('a coach is heard by one, and hears all; two who talk privately hear each other alone', () => {
  const { scene, a, b, c } = three()
  scene.change(a, { heardBy: [b.id] })
  scene.run(60, a, c)
  expect([isHeard(b, 400), isHeard(b, 1100), isHeard(c, 400), isHeard(a, 1100)]).toEqual([
    ...[true, true, false, true],
  ])
  scene.change(b, { heardBy: [a.id] })
  scene.run(60, a, b, c)
  expect([isHeard(a, 700), isHeard(b, 400), isHeard(c, 400), isHeard(c, 700)]).toEqual([
    ...[true, true, false, false],
  ])
})

test('gains in and out', () => {
  const { scene, a, b, c } = three()
  scene.change(a, { gainInDb: -12 })
  scene.change(c, { gainOutDb: -6 })
  scene.run(60, a)
  expect(loudDb(b, 400)).toBeCloseTo(SINE_DBFS - 12, 0)
  expect(loudDb(c, 400)).toBeCloseTo(SINE_DBFS - 18, 0)
})

test('the three loudest are heard, and one with priority always, who lowers the others', () => {
  const scene = new RoomScene()
  scene.open()
  const loud = [400, 700, 1100].map((hz) => scene.guest(`${hz}`, 'PCMU', hz))
  const late = scene.guest('late', 'PCMU', 1600)
  const listener = scene.guest('listener', 'PCMU')
  for (const member of [...loud, late, listener]) scene.join(member)
  scene.run(60, ...loud, late)
  expect([400, 700, 1100, 1600].map((hz) => isHeard(listener, hz)).filter(Boolean).length).toBe(3)
  scene.change(late, { priority: true })
  scene.run(60, ...loud, late)
  expect(isHeard(listener, 1600)).toBe(true)
  for (const hz of [400, 700, 1100]) expect(loudDb(listener, hz)).toBeCloseTo(SINE_DBFS - 12, 0)
})

test('speaking and loudest are told soon, and not for each breath', () => {
  const { scene, a, b } = three()
  scene.run(15, a)
  expect(scene.told()).toEqual(['a speaks', 'loudest a'])
  for (let n = 0; n < 5; n++) {
    scene.run(10)
    scene.run(10, a)
  }
  expect(scene.told()).toEqual([])
  scene.run(15, b)
  expect(scene.told()).toEqual(['b speaks', 'loudest b'])
  scene.run(60)
  expect(scene.told()).toEqual(['a is silent', 'b is silent', 'loudest nobody'])
})

test('levels', async () => {
  const { scene, a } = three()
  scene.run(30, a)
  const levels = await scene.rooms.handlers.levels({ room: scene.room })
  expect(levels.map(({ callId, speaking }) => [callId, speaking])).toEqual([
    ...[
      ['a', true],
      ['b', false],
      ['c', false],
    ],
  ])
  expect(levels[0]?.levelDb).toBeCloseTo(SINE_DBFS - 3, 0)
  expect(levels[1]?.levelDb).toBe(-127)
})

test('a sound is played to all and recorded, and ends when it is stopped', async () => {
  const { scene, a, b } = three()
  const { room } = scene
  await scene.rooms.handlers.recordRoom({ room, recordingId: 'r' as RecordingId, path: 'file' })
  const played = scene.rooms.handlers.playToRoom({ room, sound: { kind: 'tone', tone: 'beep' } })
  await Promise.resolve()
  await Promise.resolve()
  scene.run(10)
  const beepHz = 1000
  for (const member of [a, b])
    expect(spectrum(member.talker.heard(), 8000, [beepHz], 60).tones[0]).toBeGreaterThan(-30)
  scene.run(100, a)
  await expect(played).resolves.toBe('finished')
  const forever = scene.rooms.handlers.playToRoom({
    room,
    sound: { kind: 'tone', tone: 'ringback' },
  })
  await Promise.resolve()
  scene.run(5)
  void scene.rooms.handlers.stopRoom({ room })
  await expect(forever).resolves.toBe('stopped')
  await scene.rooms.handlers.stopRoomRecording({ room })
  const recorded = Int16Array.from(scene.recorded.get('file')!)
  expect(recorded.length).toBe(115 * 160)
  expect(spectrum(recorded.subarray(0, 110 * 160), 8000, [400]).tones[0]).toBeCloseTo(SINE_DBFS, 0)
  expect(scene.notices.filter(({ is }) => is === 'roomRecordingEnded')).toHaveLength(1)
})

test('a recording that follows another one as the room is closed is completed', async () => {
  const { scene } = three()
  const { recordRoom, closeRoom } = scene.rooms.handlers
  const { room } = scene
  await recordRoom({ room, recordingId: 'r1' as RecordingId, path: 'one' })
  const next = recordRoom({ room, recordingId: 'r2' as RecordingId, path: 'two' })
  await Promise.all([next, closeRoom({ room })])
  const ended = scene.notices.flatMap((notice) =>
    notice.is === 'roomRecordingEnded' ? [notice.outcome.recordingId] : [],
  )
  expect(ended).toEqual(['r1', 'r2'])
})

test('bridges, closed legs and closed rooms take members out', async () => {
  const { scene, a, b, c } = three()
  scene.run(30, a)
  const d = scene.guest('d', 'PCMU', 1600)
  a.leg.bridge(d.leg)
  scene.run(60, a, b)
  expect([isHeard(d, 400), isHeard(c, 400), isHeard(c, 700), isHeard(a, 700)]).toEqual([
    ...[true, false, true, false],
  ])
  scene.join(a)
  scene.run(60, a, d)
  expect([isHeard(c, 400), isHeard(a, 1600)]).toEqual([true, false])
  await b.leg.close()
  scene.run(60, b, a)
  expect([isHeard(c, 400), isHeard(c, 700)]).toEqual([true, false])
  await scene.rooms.handlers.closeRoom({ room: scene.room })
  scene.run(60, a)
  expect(loudDb(c, 400)).toBeLessThan(-90)
  expect(() => scene.join(a)).toThrow('not open')
})

test('a leg that gets another phone stays in its room', async () => {
  const { scene, a, b, c } = three()
  const d = scene.guest('d', 'G722', 1600)
  scene.run(30, a)
  await Promise.all([a.leg.adopt(d.leg), d.leg.close()])
  const [first] = [new Talker(d.port, 'G722', 1600)]
  for (let n = 0; n < 80; n++) {
    first.talk()
    c.talker.talk()
    scene.tick()
  }
  expect(isHeard(b, 1600)).toBe(true)
  expect(spectrum(first.heard(), 16_000, [1100]).tones[0]).toBeGreaterThan(SINE_DBFS - 1)
})

test('keys of a member are told and not passed on', () => {
  const { scene, a, b } = three()
  scene.run(30, a)
  const before = b.port.sent.length
  for (let n = 0; n < 8; n++) {
    const end = n >= 5 ? 0x8a : 0x0a
    a.port.arrive(Uint8Array.of(5, end, 0, 160), 101, n === 0, 0)
    scene.tick()
  }
  expect(scene.digits).toEqual(['5'])
  expect(b.port.sent.slice(before).every(({ payloadType }) => payloadType === 0)).toBe(true)
})

test('control of gain brings one who is soft and one who is loud to the same level', () => {
  const { scene, a, b } = three()
  scene.open({ gainControl: true })
  scene.run(100, a)
  expect(loudDb(b, 400) - 3).toBeGreaterThan(-23)
  expect(loudDb(b, 400) - 3).toBeLessThan(-17)
})

test('behind a noise gate steady noise is not heard, speech is', () => {
  const { scene, a, b } = three()
  const hum = Uint8Array.from(loud(120))
  const humming = (ticks: number): void => {
    for (let n = 0; n < ticks; n++) {
      a.port.arrive(hum)
      scene.tick()
    }
  }
  const level = (): number => rmsDbfs(b.talker.heard().subarray(-1600))
  scene.run(20, a)
  humming(50)
  expect(level()).toBeGreaterThan(-60)
  scene.open({ noiseGate: true })
  // What noise is has to be learned.
  humming(250)
  expect(level()).toBeLessThan(-75)
  scene.run(20, a)
  expect(isHeard(b, 400)).toBe(true)
})
