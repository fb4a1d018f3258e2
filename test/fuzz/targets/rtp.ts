import { readRtcp } from '../../../engine/dsp/rtcp.ts'
import { emptyRtpHeader, isRtcp, readRtp } from '../../../engine/dsp/rtp.ts'
import { TelephoneEventReceiver } from '../../../engine/dsp/telephone-event-receiver.ts'
import { promise, type Target } from '../target.ts'

const hex = (text: string): string =>
  Buffer.from(text.replaceAll(' ', ''), 'hex').toString('latin1')
/** Packets stand behind each other, each with its length in two bytes. */
const packets = (...list: readonly string[]): string =>
  list
    .map((packet) => String.fromCharCode(packet.length >> 8, packet.length & 255) + packet)
    .join('')

const audio = hex('80 00 00 01 00 00 00 a0 11 22 33 44') + '\xff'.repeat(160)
const press = (mark: string, sequence: string, rest: string): string =>
  hex(`80 ${mark} ${sequence} 00 00 01 40 11 22 33 44 ${rest}`)

const seeds = [
  packets(press('e5', '0001', '01 0a 00 a0'), press('65', '0002', '01 8a 03 20')),
  packets(audio, audio),
  packets(hex('90 00 00 01 00 00 00 a0 11 22 33 44 be de 00 01 10 aa 00 00') + '\0'.repeat(160)),
  packets(hex('8f 00 00 01 00 00 00 a0 11 22 33 44')),
  packets(hex('a0 00 00 01 00 00 00 a0 11 22 33 44 00 00 00 ff')),
  packets(
    hex('80 c8 00 06 11 22 33 44') + '\0'.repeat(20),
    hex('80 cb 00 01 11 22 33 44'),
    hex('80 cb'),
  ),
  packets(hex('81 c9 00 07 11 22 33 44 00 00 00 00 00 00 00 00') + '\0'.repeat(16)),
  packets(
    press('e5', 'ffff', '0b 0a ff ff'),
    press('65', '0000', '0b 8a ff ff'),
    press('65', '0001', '10'),
  ),
  packets(
    hex('80 c9 00 01 11 22 33 44 81 ca 00 03 11 22 33 44 01 04 61 62 63 64 00 00') +
      hex('80 cf 00 09 11 22 33 44 05 00 00 03 11 22 33 44 00 00 00 01 00 00 00 02') +
      hex('04 00 00 02 e8 fe 6f 80 80 00 00 00'),
  ),
  packets('', '\x80', '\x00'),
]

/** One packet as the media side takes it; the buffer is longer than what is in it. */
function take(packet: string, keys: TelephoneEventReceiver, nowMs: number): void {
  const buffer = new Uint8Array(2048)
  for (let i = 0; i < packet.length; i++) buffer[i] = packet.charCodeAt(i)
  const { length } = packet
  const header = emptyRtpHeader()
  isRtcp(buffer, length)
  const reports = readRtcp(buffer, length)
  if (reports) {
    promise(24 * reports.reports.length + 12 * reports.delays.length < length, 'all is within it')
    promise((reports.cname?.length ?? 0) <= 255, 'a name is no longer than its length says')
  }
  if (readRtp(buffer, length, header)) {
    const { payloadOffset, payloadLength } = header
    promise(payloadLength >= 0 && payloadOffset >= 12, 'the payload is behind the header')
    promise(payloadOffset + payloadLength <= length, 'and within the packet')
    keys.packet(
      buffer,
      payloadOffset,
      payloadLength,
      header.timestamp,
      header.marker,
      header.sequence,
    )
  }
  keys.tick(nowMs)
}

export const rtp: Target = {
  name: 'rtp',
  about: 'RTP and RTCP packets and the key presses in them (RFC 4733)',
  seeds,
  pieces: [audio, packets(audio), '\x80\x65', '\xff\xff', '\0\0\0\0', '\0\x10', '\x80\xcb'],
  mostBytes: 20_000,
  run(input) {
    let [started, told, count] = [0, 0, 0]
    const keys = new TelephoneEventReceiver({
      onStart: () => started++,
      onDigit: (digit, durationMs) => {
        told++
        promise(/^[0-9*#A-D]$/.test(digit), 'a digit is a digit')
        promise(Number.isFinite(durationMs) && durationMs >= 0, 'it took some time')
      },
    })
    for (let at = 0; at + 2 <= input.length; ) {
      const length = Math.min((input.charCodeAt(at) << 8) | input.charCodeAt(at + 1), 2048)
      take(input.slice(at + 2, at + 2 + length), keys, count++ * 20)
      at += 2 + length
    }
    keys.reset()
    promise(told === started, 'each press is told once')
  },
}
