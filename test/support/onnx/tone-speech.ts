import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { floats, input, integers, node, onnxModel, output, TO_FLOAT } from './model.ts'

/** What the model makes of each sign: this long at speed 1, of this pitch for the first speaker. */
export const TONE_MS = 80
export const TONE_RATE_HZ = 16_000
export const toneHz = (sign: string, speaker = 0) =>
  (300 + 50 * (sign.charCodeAt(0) - 96)) * (1 + speaker)

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

export interface ToneSpeech {
  readonly speakers?: number
  /** As the model says it of itself, e.g. `English`. */
  readonly language?: string
}

/**
 * The smallest model that speaks: of the shape of a VITS of Piper (ids, lengths, scales, speaker; metadata
 * for a front end by characters, which needs no other data). Every letter is a tone, other signs silence.
 */
export function toneSpeechModel({
  speakers = 1,
  language = 'English',
}: ToneSpeech = {}): Uint8Array {
  return onnxModel({
    inputs: [
      input('input', 'int64', [1, 'signs']),
      input('input_lengths', 'int64', [1]),
      input('scales', 'float', [3]),
      input('sid', 'int64', [1]),
    ],
    outputs: [output('output', 'float', [1, 1, 'samples'])],
    constants: [
      integers('column', [2], [-1, 1]),
      integers('row', [2], [1, -1]),
      integers('sound', [3], [1, 1, -1]),
      integers('second', [], [1]),
      floats('samples', [], [(TONE_MS * TONE_RATE_HZ) / 1000]),
      floats('zero', [], [0]),
      floats('one', [], [1]),
      floats('loudness', [], [0.4]),
      floats('step', [], [50]),
      floats('base', [], [300]),
      floats('turn', [], [(2 * Math.PI) / TONE_RATE_HZ]),
    ],
    nodes: [
      node('Cast', ['input'], 'ids', TO_FLOAT),
      node('Reshape', ['ids', 'column'], 'id'),
      node('Mul', ['id', 'step'], 'above'),
      node('Add', ['above', 'base'], 'pitch'),
      node('Cast', ['sid'], 'speaker', TO_FLOAT),
      node('Add', ['speaker', 'one'], 'times'),
      node('Mul', ['pitch', 'times'], 'hz'),
      node('Mul', ['hz', 'turn'], 'angle'),
      node('Gather', ['scales', 'second'], 'slowness'),
      node('Mul', ['samples', 'slowness'], 'long'),
      node('Range', ['zero', 'long', 'one'], 'at'),
      node('Reshape', ['at', 'row'], 'time'),
      node('MatMul', ['angle', 'time'], 'phase'),
      node('Sin', ['phase'], 'wave'),
      node('Min', ['id', 'one'], 'spoken'),
      node('Mul', ['spoken', 'loudness'], 'loud'),
      node('Mul', ['wave', 'loud'], 'tones'),
      node('Reshape', ['tones', 'sound'], 'output'),
    ],
    metadata: {
      sample_rate: TONE_RATE_HZ,
      n_speakers: speakers,
      language,
      comment: 'piper',
      frontend: 'characters',
      add_blank: 0,
      use_eos_bos: 0,
    },
  })
}

/** A model folder as an operator would put it there. */
export async function writeToneSpeech(folder: string, options: ToneSpeech = {}): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), toneSpeechModel(options))
  const signs = [...' .,!?:', ...LETTERS]
  const id = (sign: string) => Math.max(0, LETTERS.indexOf(sign) + 1)
  await writeFile(join(folder, 'tokens.txt'), signs.map((sign) => `${sign} ${id(sign)}\n`).join(''))
}
