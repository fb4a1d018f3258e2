import { DtmfDetector } from '../../../engine/dsp/dtmf-detector.ts'
import { type HeardKeys, PIECE } from '../../support/spandsp-dtmf.ts'

/** What our detector makes of a signal at 8 kHz that it gets in pieces of 2.5 ms. */
export function ourKeys(pcm: Int16Array): HeardKeys {
  let keys = ''
  let got = 0
  let firstAt = Number.NaN
  const detector = new DtmfDetector({
    onDigit: (key) => {
      keys += key
    },
    onStart: () => {
      if (Number.isNaN(firstAt)) firstAt = got
    },
  })
  for (let at = 0; at + PIECE <= pcm.length; at += PIECE) {
    got = at + PIECE
    detector.process(pcm, at, PIECE)
  }
  detector.reset()
  return { keys, firstAt }
}

export const FRAME = 160

/** Where the frames of a signal begin that are cut because of a key. */
export function cutFrames(pcm: Int16Array): number[] {
  const cut: number[] = []
  const detector = new DtmfDetector({ onDigit: () => undefined })
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME)
    if (detector.process(pcm, at)) cut.push(at)
  return cut
}
