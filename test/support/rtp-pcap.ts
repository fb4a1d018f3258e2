import { writeFileSync } from 'node:fs'
import { encodeUlaw } from '../../engine/dsp/g711.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { TelephoneEventSender } from '../../engine/dsp/telephone-event.ts'

/** What a phone sends, one part after the other: silence, speech (8 kHz), or keys. */
export type Part =
  | { readonly silenceMs: number }
  | { readonly pcm: Int16Array }
  | { readonly keys: string }

const samples = 160
const eventPayloadType = 101

function* packets(parts: readonly Part[]): Generator<Buffer> {
  const keys = new TelephoneEventSender()
  let timestamp = 8_000
  let sequence = 100
  const packet = (
    type: number,
    bytes: number,
    marker: boolean,
    at: number,
    fill: (b: Buffer) => void,
  ) => {
    const buffer = Buffer.alloc(12 + bytes)
    writeRtp(buffer, 0, type, marker, sequence++ & 0xffff, at >>> 0, 0x5155_4954)
    fill(buffer)
    timestamp += samples
    return buffer
  }
  const audio = (pcm: Int16Array, from: number) => {
    const frame = new Int16Array(samples)
    frame.set(pcm.subarray(from, from + samples))
    return packet(0, samples, false, timestamp, (b) => encodeUlaw(frame, 0, samples, b, 12))
  }
  const silence = new Int16Array(samples)
  const event = Buffer.alloc(4)
  for (const part of parts) {
    if ('silenceMs' in part) {
      for (let ms = 0; ms < part.silenceMs; ms += 20) yield audio(silence, 0)
    } else if ('pcm' in part) {
      for (let at = 0; at < part.pcm.length; at += samples) yield audio(part.pcm, at)
    } else {
      keys.press(part.keys)
      while (keys.busy) {
        const bytes = keys.tick(event, 0)
        yield bytes === 0
          ? audio(silence, 0)
          : packet(
              eventPayloadType,
              bytes,
              keys.marker,
              timestamp - keys.timestampOffsetSamples,
              (b) => event.copy(b, 12),
            )
      }
    }
  }
}

/** A capture file, a packet each 20 ms, for sipp's `play_pcap_audio`. */
export function writeRtpPcap(path: string, parts: readonly Part[]): void {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20)
  const blocks: Buffer[] = [header]
  let timeMs = 1_000
  for (const rtp of packets(parts)) {
    const frame = ethernet(rtp)
    const record = Buffer.alloc(16)
    record.writeUInt32LE(Math.floor(timeMs / 1000), 0)
    record.writeUInt32LE((timeMs % 1000) * 1000, 4)
    record.writeUInt32LE(frame.length, 8)
    record.writeUInt32LE(frame.length, 12)
    blocks.push(record, frame)
    timeMs += 20
  }
  writeFileSync(path, Buffer.concat(blocks))
}

/** Ethernet, IPv4 and UDP headers; sipp puts its own addresses and ports in. */
function ethernet(rtp: Buffer): Buffer {
  const head = Buffer.alloc(14 + 20 + 8)
  head.writeUInt16BE(0x0800, 12)
  head[14] = 0x45
  head.writeUInt16BE(20 + 8 + rtp.length, 16)
  head[22] = 64
  head[23] = 17
  head.set([127, 0, 0, 1], 26)
  head.set([127, 0, 0, 1], 30)
  head.writeUInt16BE(10_000, 34)
  head.writeUInt16BE(10_000, 36)
  head.writeUInt16BE(8 + rtp.length, 38)
  return Buffer.concat([head, rtp])
}
