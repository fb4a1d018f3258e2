import { expect, test } from 'vitest'
import { musicAt, ownTune, usualMusic } from '../../../engine/app/music.ts'
import type { AccountId } from '../../../engine/core/ids.ts'
import type { Sound } from '../../../engine/core/ports/media.ts'
import type { Web } from '../../../engine/core/ports/web.ts'

const account = '00000000-0000-4000-8000-000000000001' as AccountId
const web = {
  prompt: async (url: string, of: AccountId) => ({ path: `/${of}/${url}`, durationMs: 1 }),
} as Pick<Web, 'prompt'> as Web
const stream = (name: string): Sound => ({ kind: 'music', name, tracks: ['/a.wav'] })
const classes = ['default', 'jazz']
const music = {
  classes: () => classes,
  named: (name: string) => (classes.includes(name) ? stream(name) : undefined),
  usual: () => stream('default'),
}

test("the usual music: the operator's, or a tune of our own", () => {
  expect(usualMusic({ music })).toEqual(stream('default'))
  expect(usualMusic({})).toBe(ownTune)
  expect(usualMusic({ music: { ...music, usual: () => undefined } })).toBe(ownTune)
})

test('a class by its name, anything else by its URL: one stream for all who hear the same', async () => {
  const ports = { web, music }
  expect(await musicAt(ports, 'music:jazz', account)).toEqual(stream('jazz'))
  const path = `/${account}/prompt:x`
  const file = { kind: 'music', name: path, tracks: [path] }
  expect(await musicAt(ports, 'prompt:x', account)).toEqual(file)
  const unknown = { code: 'url_unreachable', message: 'there is no music polka now' }
  await expect(musicAt(ports, 'music:polka', account)).rejects.toMatchObject(unknown)
  await expect(musicAt({ web }, 'music:jazz', account)).rejects.toMatchObject({
    code: 'url_unreachable',
  })
})
