/**
 * A recorder for node-record-lpcm16, which loads it by path. Those that the package has take SoX's and
 * PulseAudio's own buffers, so that samples come two seconds late and in heaps, know no parecord, and
 * leave the device of `rec` out.
 */

export const recorderPrograms = ['sox', 'rec', 'arecord', 'parecord'] as const
export type RecorderProgram = (typeof recorderPrograms)[number]

export interface WantedCommand {
  readonly program: RecorderProgram
  /** As the program names it; undefined: the system's own choice. */
  readonly device: string | undefined
  readonly sampleRate: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface RecorderCommand {
  readonly cmd: string
  readonly args: string[]
  readonly spawnOptions: { readonly env: Readonly<Record<string, string | undefined>> }
}

/** What SoX passes on at a time, and PulseAudio is asked for. */
const soxBufferBytes = 1024
const pulseLatencyMs = 20

function soxOutput(rateHz: number): string[] {
  const format = ['--encoding', 'signed-integer', '--bits', '16', '--endian', 'little']
  return ['--rate', String(rateHz), '--channels', '1', ...format, '--type', 'raw', '-']
}

const soxFirst = ['--buffer', String(soxBufferBytes), '--no-show-progress']

function argumentsOf({ program, device, sampleRate }: WantedCommand): string[] {
  switch (program) {
    case 'sox':
      return [...soxFirst, '--default-device', ...soxOutput(sampleRate)]
    case 'rec':
      return [...soxFirst, ...soxOutput(sampleRate)]
    case 'arecord': {
      const from = device === undefined ? [] : ['-D', device]
      const format = ['-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', String(sampleRate)]
      return ['-q', ...from, ...format, '-']
    }
    case 'parecord': {
      const from = device === undefined ? [] : [`--device=${device}`]
      const format = ['--raw', '--format=s16le', '--channels=1', `--rate=${sampleRate}`]
      return [...format, `--latency-msec=${pulseLatencyMs}`, ...from]
    }
  }
}

/** 16-bit mono samples without a header, little end first, on standard output. */
function recorderCommand(wanted: WantedCommand): RecorderCommand {
  const { program, device, environment } = wanted
  const isSox = program === 'sox' || program === 'rec'
  const env = {
    ...environment,
    PULSE_LATENCY_MSEC: String(pulseLatencyMs),
    // The only way in which SoX takes a device without being told its kind.
    ...(isSox && device !== undefined && { AUDIODEV: device }),
  }
  return { cmd: program, args: argumentsOf(wanted), spawnOptions: { env } }
}

// What the package gets that requires this file.
export { recorderCommand, recorderCommand as 'module.exports' }
