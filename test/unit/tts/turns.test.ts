import { expect, test } from 'vitest'
import { Turns } from '../../../tts/turns.ts'

const never = new AbortController().signal
const settle = () => new Promise(setImmediate)

test('as many at once as may; then whose sound runs out first, and of those who came first', async () => {
  const turns = new Turns(2)
  const ends = [await turns.take(0, never), await turns.take(0, never)]
  const served: string[] = []
  const ask = (name: string, dueMs: number) =>
    turns.take(dueMs, never).then((end) => {
      served.push(name)
      ends.push(end)
    })
  // A long text that is ahead by 5 s, and two that nobody has heard anything of.
  const all = [ask('long text', 5000), ask('first', 10), ask('second', 20), ask('also first', 10)]
  await settle()
  expect(served).toEqual([])
  for (let turn = 0; turn < 4; turn++) {
    ends[turn]?.()
    await settle()
  }
  await Promise.all(all)
  expect(served).toEqual(['first', 'also first', 'second', 'long text'])
})

test('who goes away while he waits takes no turn', async () => {
  const turns = new Turns(1)
  const end = await turns.take(0, never)
  const gone = new AbortController()
  const waiting = turns.take(1, gone.signal)
  const other = turns.take(2, never)
  gone.abort(new Error('hung up'))
  await expect(waiting).rejects.toThrow('hung up')
  end()
  const endOfOther = await other
  endOfOther()
  expect(turns.waiting).toBe(0)
  ;(await turns.take(3, never))()
})
