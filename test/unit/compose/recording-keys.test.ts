import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tellKeys } from '../../../engine/compose/vault.ts'
import { KeyFolder, keyIdOf } from '../../../recordings/index.ts'
import { publicKeyOf } from '../../../recordings/sealed/wrap.ts'
import { keyPair, newFolder } from '../recordings/vault-lab.ts'

test('the log says which private keys were taken, by their ids, or why none', async () => {
  const folder = newFolder()
  const lines: (readonly [level: string, text: string, fields: unknown])[] = []
  const log = {
    info: (text: string, fields?: object) => void lines.push(['info', text, fields]),
    warn: (text: string, fields?: object) => void lines.push(['warn', text, fields]),
  }
  await tellKeys(new KeyFolder('/nosuch'), '/nosuch', log)
  expect(lines.pop()).toEqual([
    ...['warn', 'the folder of private keys for recordings can not be read'],
    { folder: '/nosuch', error: expect.stringContaining('ENOENT') },
  ])
  await tellKeys(new KeyFolder(folder), folder, log)
  expect(lines.pop()?.slice(0, 2)).toEqual([
    ...['warn', 'the folder of private keys for recordings has no key in it'],
  ])
  const { publicKey, privateKey } = keyPair('x25519')
  writeFileSync(join(folder, 'one.pem'), privateKey)
  await tellKeys(new KeyFolder(folder), folder, log)
  expect(lines).toEqual([
    [
      ...['info', 'private keys for recordings were taken'],
      { folder, ids: [keyIdOf(publicKeyOf(publicKey))] },
    ],
  ])
})
