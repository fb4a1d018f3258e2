import { expect, test } from 'vitest'
import { HOLD_TUNE } from '../../../engine/dsp/hold-tune.ts'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'
import { beginMusicTick } from '../../../engine/media/music/hall.ts'

test('the tune of those who wait is one for all, to the last sample, and begins for who waits alone', async () => {
  const first = await prepareSound({ kind: 'tone', tone: 'hold' }, 16_000)
  const generator = new ToneGenerator(HOLD_TUNE, 16_000)
  const [one, two, three] = [new Int16Array(320), new Int16Array(320), new Int16Array(320)]
  const later = await prepareSound({ kind: 'tone', tone: 'hold' }, 16_000)
  // Two and a half rounds.
  for (let frame = 0; frame < 1_400; frame++) {
    beginMusicTick()
    generator.next(one, 0, 320)
    expect([first.next(two), later.next(three)]).toEqual([true, true])
    if (!two.every((value, at) => value === one[at] && value === three[at])) {
      expect([frame, two, three]).toEqual([frame, one, one])
    }
  }
  for (let n = 0; n < 60; n++) beginMusicTick()
  const again = await prepareSound({ kind: 'tone', tone: 'hold' }, 16_000)
  again.next(two)
  new ToneGenerator(HOLD_TUNE, 16_000).next(one, 0, 320)
  expect(two).toEqual(one)
})
