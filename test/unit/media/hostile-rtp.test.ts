/** RTP as nobody sends it: nothing is thrown, nobody else hears anything of it, and the leg works afterwards. */
import { expect, test } from 'vitest'
import { writeRtp } from '../../../engine/dsp/rtp.ts'
import { type MemberOnStage, RoomScene } from './room-scene.ts'
import { SINE_DBFS, spectrum } from './talker.ts'

const TONE_HZ = 260
const packets = 10_000

interface Wire {
  readonly type?: number
  readonly ssrc?: number
  readonly sequence?: number
  readonly timestamp?: number
  readonly payload?: Uint8Array
  /** Behind the header, with the bit that says that it is there. */
  readonly extension?: Uint8Array
  readonly padding?: boolean
}

function packet(n: number, wire: Wire): Uint8Array {
  const { type = 0, ssrc = 7, sequence = n, timestamp = n * 160 } = wire
  const payload = wire.payload ?? new Uint8Array(160).fill((n * 37) & 0xff)
  const extension = wire.extension ?? new Uint8Array(0)
  const bytes = new Uint8Array(12 + extension.length + payload.length)
  writeRtp(bytes, 0, type, false, sequence, timestamp, ssrc)
  if (extension.length > 0) bytes[0]! |= 0x10
  if (wire.padding) bytes[0]! |= 0x20
  bytes.set(extension, 12)
  bytes.set(payload, 12 + extension.length)
  return bytes
}

/** Numbers that look like chance, and are the same each time. */
const chance = (n: number): number => (Math.imul(n + 1, 0x9e3779b1) ^ (n << 7)) >>> 0
const bytesOf = (n: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => chance(n * 31 + i) >>> 13)

const attacks: Readonly<Record<string, (n: number) => Wire>> = {
  'another SSRC each': (n) => ({ ssrc: chance(n) }),
  'timestamps that jump': (n) => ({ timestamp: chance(n) }),
  'sequences that jump': (n) => ({ sequence: chance(n) & 0xffff }),
  'another codec each': (n) => ({ type: [0, 8, 9, 111][n % 4]!, payload: bytesOf(n, 80) }),
  'everything changes': (n) => ({
    type: chance(n) & 127,
    ssrc: chance(n + 1),
    timestamp: chance(n + 2),
    payload: bytesOf(n, chance(n + 3) % 1400),
  }),
  'Opus of one byte, and of none': (n) => ({ type: 111, payload: bytesOf(n, n % 2) }),
  'comfort noise of 0 to 200 bytes': (n) => ({ type: 13, payload: bytesOf(n, n % 201) }),
  'header extensions of odd lengths': (n) => {
    const words = n % 7
    const extension = bytesOf(n, 4 + (n % 29))
    extension.set([...(n % 3 === 0 ? [0xbe, 0xde] : [0x10, n & 15]), 0, words])
    return { extension, payload: bytesOf(n, n % 5) }
  },
  'padding that lies': (n) => ({ padding: true, payload: bytesOf(n, n % 300) }),
  'keys without end': (n) => ({ type: 101, payload: Uint8Array.of(n & 15, 0x0a, 0xff, 0xff) }),
}

const loudDb = ({ talker }: MemberOnStage): number =>
  spectrum(talker.heard(), talker.rateHz, [TONE_HZ]).tones[0]!

test.each(Object.keys(attacks))('%s', (name) => {
  const scene = new RoomScene()
  scene.open()
  const attacker = scene.guest('attacker', 'opus', TONE_HZ)
  const [speaker, listener] = [scene.guest('a', 'PCMU', TONE_HZ), scene.guest('b', 'PCMU')]
  for (const member of [attacker, speaker, listener]) scene.join(member)
  // He may speak, but is not heard: what he says would be noise.
  scene.change(attacker, { heardBy: [] })
  scene.run(60, speaker)
  for (let n = 0; n < packets; n++) {
    const bytes = packet(n, attacks[name]!(n))
    attacker.port.onPacket(bytes, bytes.length)
    // Many at once, and a few between two ticks.
    if (n > packets / 2 && n % 50 === 0) scene.run(1, speaker)
  }
  expect(loudDb(listener)).toBeCloseTo(SINE_DBFS, 0)
  expect(scene.digits.length).toBeLessThan(100)
  attacker.port.ssrc = 1
  scene.change(attacker, {})
  scene.run(120, attacker)
  expect(loudDb(listener)).toBeCloseTo(SINE_DBFS, 0)
  const sequences = listener.port.sent.map(({ sequence }) => sequence)
  sequences.slice(1).forEach((sequence, n) => {
    expect((sequence - sequences[n]!) & 0xffff).toBe(1)
  })
})
