import { expect, test } from 'vitest'
import { Semaphore } from '../../../engine/core/semaphore.ts'

/** Work that ends when it is told; `started` has their names in the order in which they began. */
function bench(semaphore: Semaphore) {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, key?: string): Promise<string> =>
    semaphore.run(async () => {
      started.push(name)
      await new Promise<void>((resolve) => ends.set(name, resolve))
      return name
    }, key)
  const end = async (...names: string[]) => {
    for (const name of names) ends.get(name)?.()
    await new Promise(setImmediate)
  }
  return { started, run, end }
}

test('so many at once, the others in the order in which they came', async () => {
  const semaphore = new Semaphore({ total: 2 })
  const { started, run, end } = bench(semaphore)
  const work = ['a', 'b', 'c', 'd'].map((name) => run(name))
  expect(started).toEqual(['a', 'b'])
  expect(semaphore.waiting()).toBe(2)
  await end('b')
  expect(started).toEqual(['a', 'b', 'c'])
  await end('a', 'c')
  await end('d')
  expect(await Promise.all(work)).toEqual(['a', 'b', 'c', 'd'])
  expect(semaphore.waiting()).toBe(0)
})

test('one that fails leaves its place, and the failure is for whoever asked', async () => {
  const semaphore = new Semaphore({ total: 1 })
  const failing = semaphore.run(() => Promise.reject(new Error('no')))
  const next = semaphore.run(async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})

test('one at a time of a key; other keys do not wait for it', async () => {
  const { started, run, end } = bench(new Semaphore({ each: 1 }))
  const work = [run('a1', 'a'), run('a2', 'a'), run('b1', 'b')]
  expect(started).toEqual(['a1', 'b1'])
  await end('a1')
  expect(started).toEqual(['a1', 'b1', 'a2'])
  await end('a2', 'b1')
  await Promise.all(work)
})

test('one place for all: keys take turns, however long their lines are', async () => {
  const { started, run, end } = bench(new Semaphore({ total: 1 }))
  const work = ['a1', 'a2', 'a3'].map((name) => run(name, 'a'))
  work.push(run('b1', 'b'), run('b2', 'b'), run('c1', 'c'))
  for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']) await end(name)
  expect(await Promise.all(work)).toHaveLength(6)
  expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('a key with a long line delays itself: whoever has fewer places is next', async () => {
  const semaphore = new Semaphore({ total: 3, each: 2 })
  const { started, run, end } = bench(semaphore)
  const many = ['a1', 'a2', 'a3', 'a4'].map((name) => run(name, 'a'))
  const work = [...many, run('b1', 'b'), run('b2', 'b'), run('c1', 'c')]
  expect(started).toEqual(['a1', 'a2', 'b1'])
  expect(semaphore.waiting('a')).toBe(2)
  await end('a1')
  expect(started.at(-1)).toBe('c1')
  await end('c1', 'b1')
  expect(started.slice(4)).toEqual(['a3', 'b2'])
  await end('a2', 'a3', 'b2')
  await end('a4')
  await Promise.all(work)
})
