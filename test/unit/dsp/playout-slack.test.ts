import { describe, expect, test } from 'vitest'
import { PlayoutSlack } from '../../../engine/dsp/playout-slack.ts'

const TICK = 160
const TARGET = 60

/** Sixteen pulls alike: then it knows. */
function noted(margin: number, ahead: number): PlayoutSlack {
  const slack = new PlayoutSlack(TICK, 8)
  for (let n = 0; n < 17; n++) slack.note(margin, ahead)
  return slack
}

describe('what can be taken out', () => {
  const rows = [
    { name: 'nothing, up to a tick above the target', margin: TARGET + 160, ahead: 0, wish: 0 },
    { name: 'nothing within the hysteresis', margin: TARGET + 179, ahead: 0, wish: 0 },
    { name: 'a whole tick', margin: TARGET + 180, ahead: 0, wish: 160 },
    { name: 'two', margin: TARGET + 350, ahead: 0, wish: 320 },
    { name: 'what is left over at every tick', margin: TARGET + 10, ahead: 90, wish: 90 },
    { name: 'not so little that it is not worth it', margin: TARGET + 10, ahead: 39, wish: 0 },
    { name: 'both', margin: TARGET + 200, ahead: 90, wish: 250 },
    { name: 'nothing when packets come a little late', margin: TARGET - 10, ahead: 90, wish: 0 },
  ]
  test.each(rows)('$name', ({ margin, ahead, wish }) => {
    expect(noted(margin, ahead).wish(margin, TARGET)).toBe(wish)
  })

  test('the least of the last pulls counts', () => {
    const slack = noted(TARGET + 400, 100)
    slack.note(TARGET + 5, 100)
    expect(slack.wish(TARGET + 400, TARGET)).toBe(100)
    for (let n = 0; n < 17; n++) slack.note(TARGET + 400, 100)
    expect(slack.wish(TARGET + 400, TARGET)).toBe(100 + 320)
  })

  test('nothing is known before the first pulls, nor after it is cleared', () => {
    const slack = new PlayoutSlack(TICK, 8)
    slack.note(TARGET + 400, 0)
    expect(slack.wish(TARGET + 400, TARGET)).toBe(0)
    const cleared = noted(TARGET + 400, 0)
    cleared.clear()
    expect(cleared.wish(TARGET + 400, TARGET)).toBe(0)
  })

  test('what was taken out is not asked for again', () => {
    const slack = noted(TARGET + 350, 0)
    const wishes: number[] = []
    for (let wish = slack.wish(400, TARGET); wish > 0; wish = slack.wish(400, TARGET)) {
      wishes.push(wish)
      slack.changed(-Math.min(wish, 70))
    }
    expect(wishes).toEqual([320, 250, 180, 110, 40])
  })
})

test('packets that come too late ask for more delay, at once', () => {
  const slack = new PlayoutSlack(TICK, 8)
  slack.note(TARGET - 20, 0)
  expect(slack.wish(TARGET - 20, TARGET)).toBe(-20)
  expect(slack.wish(TARGET - 19, TARGET)).toBe(0)
})
