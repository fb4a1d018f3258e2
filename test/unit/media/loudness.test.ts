import { describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { newOpusEncoder } from '../../../engine/dsp/opus.ts'
import { isOpusSilence } from '../../../engine/dsp/opus-packet.ts'
import { writeRtp } from '../../../engine/dsp/rtp.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { voice } from '../../support/voice.ts'
import { loud, Scene } from './scene.ts'
import { payloadTypes, terms } from './talker.ts'

describe('how loud a packet is, without decoding it', () => {
  test.each(['PCMU', 'PCMA'] as const)('%s: by its bytes, within 3 dB', (codec) => {
    const scene = new Scene()
    const { leg, port } = scene.leg(terms(codec))
    const kind = codecKinds[codec]
    const encoder = kind.newEncoder(8000)
    const bytes = new Uint8Array(160)
    const speech = voice('lead')
    let compared = 0
    for (let at = 0; at + 160 <= speech.length; at += 160) {
      const frame = speech.slice(at, at + 160)
      port.arrive(bytes.slice(0, encoder.encode(frame, bytes, 0)), payloadTypes[codec])
      const level = rmsDbfs(frame)
      if (level < -50) expect(leg.ear.loudnessDb).toBeLessThan(-45)
      else expect(Math.abs(leg.ear.loudnessDb - level)).toBeLessThan(3)
      compared += 1
    }
    expect(compared).toBeGreaterThan(100)
  })

  test('PCMU: nothing is silence', () => {
    const { leg, port } = new Scene().leg()
    port.arrive(loud(0))
    expect(leg.ear.loudnessDb).toBe(-127)
  })

  test('is not to be told before there is a packet, and of G.722', () => {
    const { leg, port } = new Scene().leg(terms('G722'))
    expect(leg.ear.loudnessDb).toBeNaN()
    port.arrive(new Uint8Array(160), payloadTypes.G722)
    expect(leg.ear.loudnessDb).toBeNaN()
  })

  test('Opus: nothing but a header is silence', () => {
    const { leg, port } = new Scene().leg(terms('opus'))
    port.arrive(Uint8Array.of(0x08), payloadTypes.opus, false, 960)
    expect(leg.ear.loudnessDb).toBe(-127)
  })

  test('Opus: the encoder knows whether somebody speaks', () => {
    const encoder = newOpusEncoder(8000)
    const bytes = new Uint8Array(1500)
    const isSilence = (pcm: Int16Array) => isOpusSilence(bytes, 0, encoder.encode(pcm, bytes, 0))
    const nothing = new Int16Array(160)
    const speech = voice('agent')
    for (let n = 0; n < 50; n++) isSilence(nothing)
    expect(isSilence(nothing)).toBe(true)
    let voiced = 0
    let loudFrames = 0
    for (let at = 0; at + 160 <= speech.length; at += 160) {
      const frame = speech.slice(at, at + 160)
      const silent = isSilence(frame)
      if (rmsDbfs(frame) < -30) continue
      loudFrames += 1
      if (!silent) voiced += 1
    }
    expect(loudFrames).toBeGreaterThan(50)
    expect(voiced / loudFrames).toBeGreaterThan(0.95)
    encoder.close()
  })

  test.each([
    ['SILK, 20 ms', [0x08, 0x00, 1, 1], true],
    ['SILK, 20 ms, voice', [0x08, 0x80, 1, 1], false],
    ['SILK, 20 ms, with a repeat', [0x08, 0x40, 1, 1], true],
    ['SILK, 60 ms, voice in the last part', [0x18, 0x20, 1, 1], false],
    ['SILK, 60 ms, none', [0x18, 0x10, 1, 1], true],
    ['SILK, stereo, voice on the second channel', [0x0c, 0x20, 1, 1], false],
    ['SILK, several frames', [0x09, 0x00, 1, 1, 1], false],
    ['CELT', [0xf8, 0x00, 1, 1], false],
  ])('%s', (_name, bytes, expected) => {
    expect(isOpusSilence(Uint8Array.from(bytes), 0, bytes.length)).toBe(expected)
  })

  test('is what the header extension says, where it is agreed on', () => {
    const { leg, port } = new Scene().leg({ ...terms('opus'), audioLevelExtension: 4 })
    const packet = new Uint8Array(12 + 8 + 80)
    writeRtp(packet, 0, payloadTypes.opus, false, 1, 960, 9)
    packet[0] = 0x90
    packet.set([0xbe, 0xde, 0, 1, 0x40, 0x80 | 31], 12)
    packet[20] = 0xf8
    port.onPacket(packet, packet.length)
    expect(leg.ear.loudnessDb).toBe(-31)
    port.arrive(Uint8Array.of(0xf8, 1, 2, 3), payloadTypes.opus, false, 960)
    expect(leg.ear.loudnessDb).toBeNaN()
  })
})
