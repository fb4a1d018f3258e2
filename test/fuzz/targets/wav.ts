import { downmix, readWav, WavFault, wavHeader, wavLayout } from '../../../engine/dsp/wav.ts'
import { promise, type Target } from '../target.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const header = (rateHz: number, channels: number, dataBytes: number): string =>
  text(wavHeader({ rateHz, channels, format: 'pcm16', dataBytes }))
const plain = header(8000, 1, 320) + '\x10\x20'.repeat(160)

/** The header with another format code and size of a sample. */
const as = (code: number, bits: number): string => {
  const frame = String.fromCharCode(bits / 8, 0, bits, 0)
  return `${plain.slice(0, 20)}${String.fromCharCode(code, 0)}${plain.slice(22, 32)}${frame}${plain.slice(36)}`
}

const seeds = [
  plain,
  header(48_000, 2, 400) + '\0\x7f\0\x80'.repeat(100),
  as(7, 8),
  as(6, 8),
  as(3, 32),
  as(3, 64),
  as(1, 24),
  plain.replace('WAVEfmt ', 'WAVELIST\x04\0\0\0infofmt '),
  plain.slice(0, 44),
  plain.slice(0, 20),
  'RIFF',
  'OggS and so on',
  'ID3\x04',
]

export const wav: Target = {
  name: 'wav',
  about: 'sound files: WAV headers and samples',
  seeds,
  pieces: [
    'RIFF',
    'WAVE',
    'fmt ',
    'data',
    'LIST\0\0\0\0',
    '\xff\xff\xff\xff',
    '\0\0\0\0',
    '\x01\0',
    '\xfe\xff',
  ],
  mostBytes: 200_000,
  run(input) {
    const bytes = Buffer.from(input, 'latin1')
    try {
      const layout = wavLayout(bytes)
      promise(layout.dataOffset + layout.dataBytes <= bytes.length, 'samples lie in the file')
      const { samples, channels } = readWav(bytes)
      promise(samples.length === channels, 'an array a channel')
      const total = samples.reduce((sum, each) => sum + each.length, 0)
      promise(total <= bytes.length, 'no more samples than bytes')
      downmix(samples)
    } catch (error) {
      if (!(error instanceof WavFault)) throw error
    }
  },
}
