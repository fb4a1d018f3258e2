import { codecRows } from './c3-codecs.ts'
import { mixingRows } from './c3-mixing.ts'
import { pathRows } from './c3-paths.ts'
import { recordingRows } from './c3-recording.ts'
import { resamplerRows } from './c3-resampler.ts'
import { type Property, printProperties, type QualityTable } from './table.ts'

/** Its parts, each with rows of its own. */
const parts: readonly (() => readonly Property[])[] = [
  codecRows,
  resamplerRows,
  mixingRows,
  recordingRows,
  pathRows,
]

/** Codecs, resampling, paths and scores. */
export const c3: QualityTable = {
  name: 'c3',
  title: 'codecs, resampling, mixing, scores (references: libspandsp, sox)',
  run: async (print) =>
    printProperties(
      print,
      parts.flatMap((rows) => rows()),
    ),
}
