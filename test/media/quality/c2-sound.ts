import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import {
  byOurs,
  bySpandsp,
  type ConcealmentQuality,
  concealmentQuality,
  lostFrames,
  spokenPcm,
} from './concealment.ts'
import { listenThrough, packetsOf } from './listening.ts'
import { type RtpPacket, receive, rtpPackets } from './receiving.ts'
import { clickDbfs, speech, tone } from './speech.ts'
import type { Property } from './table.ts'

const TONE_HZ = 300
const FRAME = 160
const CLICK_DBFS = -40
const MOST_GAP_MS = 100
/** What is quieter than this for 10 ms is a gap in a tone of -15 dBFS. */
const GAP_DBFS = -40
const noReference = '-'

const toneOf = (codec: CodecName, seconds: number) => {
  const rateHz = codec === 'opus' ? 48_000 : codec === 'G722' ? 16_000 : 8000
  return tone(TONE_HZ, seconds, rateHz)
}

/** The longest time for which the tone is not heard, from its first second on. */
function longestGapMs(pcm: Int16Array): number {
  let longest = 0
  let run = 0
  for (let at = 8000; at + 80 <= pcm.length; at += 80) {
    run = rmsDbfs(pcm, at, 80) < GAP_DBFS ? run + 10 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

function changeRow(name: string, packets: readonly RtpPacket[], allowedMs = 0): Property {
  const pcm = receive(packets)
  const click = clickDbfs(pcm.subarray(4000), TONE_HZ, 8000)
  const gapMs = longestGapMs(pcm)
  return {
    name,
    reference: noReference,
    ours: `step ${click.toFixed(0)} dBFS, gap ${gapMs} ms`,
    passLine: `<= ${CLICK_DBFS} dBFS, <= ${MOST_GAP_MS + allowedMs} ms`,
    passes: click <= CLICK_DBFS && gapMs <= MOST_GAP_MS + allowedMs,
  }
}

/** Four seconds of a tone, of which the second half comes in another way; phases do not fit together. */
function turnsTo(second: CodecName, payloadType: number, ssrc: number): RtpPacket[] {
  const half = (codec: CodecName) => packetsOf(codec, toneOf(codec, 4))
  const before = rtpPackets(half('PCMU').slice(0, 100), { payloadType: 0 })
  const clock = second === 'opus' ? 6 : 1
  const after = half(second).slice(103)
  const moved = after.map((packet) => ({ ...packet, sentMs: packet.sentMs - 60 }))
  const timestamp = ssrc === 1 ? -480 * clock : 777_777
  return [...before, ...rtpPackets(moved, { payloadType, ssrc, sequence: -3, timestamp })]
}

const silence = (frame: number) => frame >= 100 && frame < 350

export function changes(): Property[] {
  const steady = (options: { sequence?: number; timestamp?: number }) =>
    rtpPackets(packetsOf('PCMU', toneOf('PCMU', 4)), { payloadType: 0, ...options })
  const jumping = steady({}).map((packet, n) =>
    n < 100 ? packet : (steady({ timestamp: 80_000 })[n] ?? packet),
  )
  const paused = packetsOf('PCMU', toneOf('PCMU', 9), { isSilent: silence })
  return [
    changeRow('sequence wraps', steady({ sequence: 65_436 })),
    changeRow('timestamp wraps', steady({ timestamp: 2 ** 32 - 16_000 })),
    changeRow('timestamp passes 2^31', steady({ timestamp: 2 ** 31 - 16_000 })),
    changeRow('timestamp jumps by 10 s', jumping),
    changeRow('SSRC changes', turnsTo('PCMU', 0, 2)),
    changeRow('payload type changes: PCMU to PCMA', turnsTo('PCMA', 8, 1)),
    changeRow('payload type changes: PCMU to G.722', turnsTo('G722', 9, 1)),
    changeRow('payload type changes: PCMU to Opus', turnsTo('opus', 111, 1)),
    changeRow('5 s of silence suppressed, no marker', rtpPackets(paused, { payloadType: 0 }), 5000),
  ]
}

/** A tone that pauses for 5 s; the sender says comfort noise, of 66 dB below full scale unless told. */
function withNoise(level: number): Int16Array {
  const packets = packetsOf('PCMU', toneOf('PCMU', 9), { isSilent: silence })
  const before = rtpPackets(packets.slice(0, 100), { payloadType: 0 })
  const after = rtpPackets(packets.slice(100), { payloadType: 0, sequence: 1 })
  const [last] = packets.slice(99, 100)
  const noise = rtpPackets(
    [
      {
        sequence: last!.sequence + 1,
        timestamp: last!.timestamp + FRAME,
        payload: Uint8Array.of(level),
        sentMs: last!.sentMs + 20,
      },
    ],
    { payloadType: 13 },
  )
  return receive([...before, ...noise, ...after])
}

export function comfortNoise(): Property[] {
  const dbm0 = (dbfs: number) => dbfs + 6.2
  return [66, 50].map((level) => {
    const pcm = withNoise(level)
    // From half a second into the pause on.
    const from = 8000 * 2.5
    const heard = dbm0(rmsDbfs(pcm, from, 8000 * 4))
    const wanted = dbm0(-level)
    const zeros = pcm.subarray(from, from + 32_000).filter((sample) => sample === 0).length / 32_000
    const click = clickDbfs(pcm.subarray(4000), TONE_HZ, 8000)
    const backMs = (pcm.subarray(8000 * 3).findIndex((sample) => Math.abs(sample) > 4000) / 8) | 0
    return {
      name: `comfort noise of ${wanted.toFixed(0)} dBm0: level in the pause, its length`,
      reference: noReference,
      ours: `${heard.toFixed(1)} dBm0, step ${click.toFixed(0)} dBFS, tone back after ${backMs + 1000} ms`,
      passLine: '+-6 dB, not zeros, <= -40 dBFS, 5000 +-40 ms',
      passes:
        Math.abs(heard - wanted) <= 6 &&
        zeros < 0.5 &&
        click <= CLICK_DBFS &&
        Math.abs(backMs - 4000) <= 40,
    }
  })
}

const db = (value: number) => value.toFixed(2)
const figures = ({ levelErrorDb, segmentalSnrDb, boundaryDbfs }: ConcealmentQuality) =>
  `${db(levelErrorDb)} dB, ${db(segmentalSnrDb)} dB, ${db(boundaryDbfs)} dBFS`

/** Measured on 200 prompts: what counts where libspandsp is not installed. */
const SPANDSP = { levelErrorDb: 4.9, segmentalSnrDb: -0.2 }

export function concealment(): Property[] {
  const { of, pcm } = spokenPcm()
  return [5, 10].map((percent) => {
    const lost = lostFrames(pcm.length / FRAME, percent, percent)
    const ours = concealmentQuality(pcm, byOurs(pcm, lost), lost)
    const filled = bySpandsp(pcm, lost)
    const reference = filled && concealmentQuality(pcm, filled, lost)
    const { levelErrorDb, segmentalSnrDb } = reference ?? SPANDSP
    const spoken = concealmentQuality(pcm, pcm, lost)
    return {
      name: `G.711, ${percent} % of ${of} lost: level error, segmental SNR, step`,
      reference: reference ? `SpanDSP ${figures(reference)}` : noReference,
      ours: figures(ours),
      passLine: `<= ${db(levelErrorDb)}, >= ${db(segmentalSnrDb)}, step <= the speech's ${db(spoken.boundaryDbfs)}`,
      passes:
        ours.levelErrorDb <= levelErrorDb &&
        ours.segmentalSnrDb >= segmentalSnrDb &&
        ours.boundaryDbfs <= spoken.boundaryDbfs + 0.5,
    }
  })
}

/** Opus over a network that loses one in ten: frames that were lost against those of a network that does not. */
export function opusFec(): Property[] {
  const packets = packetsOf('opus', speech(30, 48_000, 9))
  const options = { seed: 10, jitterMs: 3 }
  const whole = listenThrough('opus', packets, options)
  const lossy = listenThrough('opus', packets, { ...options, lossPercent: 10 })
  const loudness = (pcm: Int16Array) => rmsDbfs(pcm, 48_000, pcm.length - 48_000)
  const errors: number[] = []
  for (let at = 2 * 48_000; at + 4800 <= Math.min(whole.pcm.length, lossy.pcm.length); at += 4800) {
    const [wanted, got] = [rmsDbfs(whole.pcm, at, 4800), rmsDbfs(lossy.pcm, at, 4800)]
    if (wanted > -45) errors.push(Math.abs(wanted - got))
  }
  const error = errors.reduce((sum, value) => sum + value, 0) / errors.length
  const { lost, concealed } = lossy.counters
  return [
    {
      name: 'Opus, 10 % lost: level error by 100 ms, concealed',
      reference: noReference,
      ours: `${db(error)} dB (${db(loudness(lossy.pcm) - loudness(whole.pcm))} overall), ${concealed} of ${lost}`,
      passLine: '<= 3 dB, concealed = lost +-1',
      passes: error <= 3 && Math.abs(concealed - lost) <= 1,
    },
  ]
}
