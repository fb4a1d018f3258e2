import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readWav, WavFault, wavHeader } from '../../../engine/dsp/wav.ts'
import { RecordingPathFault, RecordingStorage } from '../../../recordings/index.ts'

let folder = ''
let storage = new RecordingStorage('/nowhere')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-'))
  storage = new RecordingStorage(join(folder, 'recordings'))
})
afterAll(() => rm(folder, { recursive: true }))

const july = Date.UTC(2026, 6, 31, 23, 59)

describe('paths', () => {
  test('by year and month in UTC; the folder is there', async () => {
    const path = await storage.pathFor('0b54f5e2-7a3c-4f1e-9a70-1c2d3e4f5a6b', july)
    expect(path).toBe(join(storage.root, '2026', '07', '0b54f5e2-7a3c-4f1e-9a70-1c2d3e4f5a6b.wav'))
    expect((await stat(join(storage.root, '2026', '07'))).isDirectory()).toBe(true)
  })

  test('sound that is not kept: removed one by one, or all that is left', async () => {
    const [a, b] = [await storage.scratchFor('a'), await storage.scratchFor('b')]
    await Promise.all([a, b].map((path) => writeFile(path, 'x')))
    await storage.discard(a)
    await expect(stat(a)).rejects.toThrow('ENOENT')
    expect((await stat(b)).size).toBe(1)
    await storage.emptyScratch()
    await storage.emptyScratch()
    await expect(stat(b)).rejects.toThrow('ENOENT')
    await expect(storage.discard(join(storage.root, 'a.wav'))).rejects.toThrow(RecordingPathFault)
  })

  const badIds = [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '/etc/passwd',
    '.x',
    'x.',
    'x.wav',
    'a\0b',
    'a b',
    '-x',
  ]
  test.each([...badIds, 'x'.repeat(65), 'é'])('%j is no id', async (id) => {
    await expect(storage.pathFor(id, july)).rejects.toThrow(RecordingPathFault)
  })

  test('a time that is none', async () => {
    await expect(storage.pathFor('x', Number.NaN)).rejects.toThrow(RecordingPathFault)
  })

  const outside = [
    '/etc/passwd',
    '/etc/x.wav',
    'relative/x.wav',
    'ROOT/../x.wav',
    'ROOT/2026/../../x.wav',
    'ROOT/2026/07/../07/x.wav',
    'ROOT/2026/07/x.txt',
    'ROOT/2026/07/.x.wav',
    'ROOT-other/x.wav',
    'ROOT',
    'ROOT/2026/07/x\0.wav',
  ]
  test.each(outside)('%j is refused by every operation', async (shape) => {
    const path = shape.replace('ROOT', storage.root)
    await expect(storage.stat(path)).rejects.toThrow(RecordingPathFault)
    await expect(storage.remove(path)).rejects.toThrow(RecordingPathFault)
    await expect(storage.repair(path)).rejects.toThrow(RecordingPathFault)
    expect(() => storage.read(path, 0, 1)).toThrow(RecordingPathFault)
  })

  test('a symbolic link that leads out of the root is refused', async () => {
    const target = join(folder, 'elsewhere')
    await mkdir(target)
    await writeFile(join(target, 'x.wav'), 'secret')
    await mkdir(storage.root, { recursive: true })
    await symlink(target, join(storage.root, 'link'))
    const path = join(storage.root, 'link', 'x.wav')
    await expect(storage.stat(path)).rejects.toThrow(RecordingPathFault)
    await expect(storage.remove(path)).rejects.toThrow(RecordingPathFault)
    expect(await readFile(join(target, 'x.wav'), 'utf8')).toBe('secret')
  })

  test('a file that is itself a symbolic link is refused', async () => {
    const path = await storage.pathFor('linked', july)
    await symlink('/etc/hostname', path)
    await expect(storage.stat(path)).rejects.toThrow(RecordingPathFault)
    await expect(storage.repair(path)).rejects.toThrow(RecordingPathFault)
    await expect(buffer(storage.read(path, 0, 1))).rejects.toThrow()
    await storage.remove(path)
    expect((await stat('/etc/hostname')).isFile()).toBe(true)
  })
})

describe('reading and removing', () => {
  test('size, bytes of a range, and gone', async () => {
    const path = await storage.pathFor('ranges', july)
    await writeFile(path, '0123456789')
    expect((await storage.stat(path))?.bytes).toBe(10)
    expect((await buffer(storage.read(path, 2, 5))).toString()).toBe('2345')
    expect((await buffer(storage.read(path, 9, 9))).toString()).toBe('9')
    await storage.remove(path)
    await storage.remove(path)
    expect(await storage.stat(path)).toBeUndefined()
    await expect(buffer(storage.read(path, 0, 1))).rejects.toThrow(/ENOENT/)
  })

  test('a folder that never was: gone, not a failure', async () => {
    expect(await storage.stat(join(storage.root, '1999', '01', 'x.wav'))).toBeUndefined()
    await storage.remove(join(storage.root, '1999', '01', 'x.wav'))
  })
})

describe('repair', () => {
  const samples = new Uint8Array(4000).fill(3)
  const header = (dataBytes: number) =>
    wavHeader({ rateHz: 8000, channels: 2, format: 'pcm16', dataBytes })

  const rows = [
    { name: 'header tells less than there is', told: 400, there: 4000, frames: 1000 },
    { name: 'header tells nothing', told: 0, there: 4000, frames: 1000 },
    { name: 'header tells more than there is', told: 40_000, there: 4000, frames: 1000 },
    { name: 'a frame written in part', told: 400, there: 3999, frames: 999 },
    { name: 'nothing but a header', told: 0, there: 0, frames: 0 },
    { name: 'all is right', told: 4000, there: 4000, frames: 1000 },
  ]
  test.each(rows)('$name', async ({ told, there, frames }) => {
    const path = await storage.pathFor(`repair-${told}-${there}`, july)
    await writeFile(path, Buffer.concat([header(told), samples.subarray(0, there)]))
    const expected = { durationMs: Math.round(frames / 8), bytes: 44 + frames * 4 }
    expect(await storage.repair(path)).toEqual(expected)
    expect(await storage.repair(path)).toEqual(expected)
    const file = await readFile(path)
    expect(file.subarray(0, 44)).toEqual(Buffer.from(header(frames * 4)))
    if (frames > 0) expect(readWav(file).samples[0]).toHaveLength(frames)
  })

  test('what was to take the place of the file, and was not finished, is removed', async () => {
    const path = await storage.pathFor('being-trimmed', july)
    await writeFile(path, Buffer.concat([header(4000), samples]))
    await writeFile(`${path}.part`, 'half of it')
    await storage.repair(path)
    await expect(stat(`${path}.part`)).rejects.toThrow('ENOENT')
  })

  test.each([
    { name: 'empty', content: '' },
    { name: 'text', content: 'this is not a recording at all, but a text of some length' },
  ])('a file that is $name is refused and left alone', async ({ name, content }) => {
    const path = await storage.pathFor(`not-${name}`, july)
    await writeFile(path, content)
    await expect(storage.repair(path)).rejects.toThrow(WavFault)
    expect(await readFile(path, 'utf8')).toBe(content)
  })

  test('a file that is gone', async () => {
    const path = await storage.pathFor('gone', july)
    await expect(storage.repair(path)).rejects.toThrow(/ENOENT/)
  })
})

test('a folder of recordings that was moved is found by its new root', async () => {
  const before = new RecordingStorage(join(await mkdtemp(join(tmpdir(), 'moved-')), 'recordings'))
  const stored = await before.pathFor('r1', Date.UTC(2026, 10, 21))
  await writeFile(stored, 'x')
  const root = `${before.root}-now`
  await rename(before.root, root)
  const after = new RecordingStorage(root)
  expect(await after.stat(stored)).toMatchObject({ bytes: 1 })
  expect(after.locate(stored)).toBe(join(root, '2026/11/r1.wav'))
  for (const bad of ['', '/a/../2026/11/x.wav', '/2026/11/..wav', '../2026/11/x.wav', '/x.wav']) {
    expect(() => after.locate(bad), bad).toThrow('not the path of a recording')
  }
})
