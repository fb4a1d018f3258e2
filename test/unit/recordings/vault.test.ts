import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { KeyFolder } from '../../../recordings/sealed/key-folder.ts'
import { openSealedFile } from '../../../recordings/sealed/open-file.ts'
import { KeyFault, privateKeyOf, publicKeyOf } from '../../../recordings/sealed/wrap.ts'
import { RecordingVault } from '../../../recordings/vault.ts'
import {
  bytesOf,
  type KeyPair,
  keyPair,
  newFolder,
  someBytes,
  wholeRecording,
} from './vault-lab.ts'

const rsa = keyPair('rsa')
const x25519 = keyPair('x25519')

function openVault(keys: KeyPair | undefined, held: readonly KeyPair[] = []) {
  const folder = newFolder()
  for (const [n, { privateKey }] of held.entries()) {
    writeFileSync(join(folder, `${n}.pem`), privateKey)
  }
  const root = join(folder, 'recordings')
  const vault = new RecordingVault(root, {
    encryptionKeyOf: async () => keys?.publicKey,
    keys: new KeyFolder(folder),
  })
  return { vault, folder, root }
}

/** As after its end: sealed, stored, and its plain file gone. */
async function kept(vault: RecordingVault, bytes: Buffer): Promise<RecordingRecord> {
  const recording = await wholeRecording(vault, bytes)
  const record = { ...recording, ...(await vault.seal(recording)) }
  await vault.settle(record)
  return record
}

describe('a plain recording', () => {
  test('is sealed by its hash, and read whole or in part', async () => {
    const { vault } = openVault(undefined)
    const bytes = someBytes(100_000)
    const record = await kept(vault, bytes)
    expect(record.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(record.encryption).toBeUndefined()
    expect(await bytesOf(await vault.open(record))).toEqual(bytes)
    const part = await vault.open(record, { start: 44, end: 99 })
    expect(part.bytes).toBe(100_000)
    expect(await bytesOf(part)).toEqual(bytes.subarray(44, 100))
    expect(await vault.openSealed(record)).toBeUndefined()
  })

  test('is refused where its file is gone', async () => {
    const { vault } = openVault(undefined)
    const recording = await wholeRecording(vault, someBytes(10))
    await vault.erase(recording)
    await expect(vault.seal(recording)).rejects.toMatchObject({ code: 'not_found' })
    await expect(vault.open(recording)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('goes with all that was made of it, and nothing else does', async () => {
    const { vault } = openVault(undefined)
    const record = await kept(vault, someBytes(10))
    const other = await wholeRecording(vault, someBytes(20), `${record.id.slice(0, -1)}8` as never)
    writeFileSync(record.path.replace('.wav', '.peaks'), 'x')
    await vault.erase(record)
    expect(readdirSync(dirname(record.path))).toEqual([`${other.id}.wav`])
    await vault.erase(record)
  })
})

describe.each([
  ['RSA', rsa],
  ['X25519', x25519],
] as const)('a recording encrypted for a key of %s', (_kind, keys) => {
  test.each([1, 65_535, 65_536, 65_537, 3 * 65_536, 200_001])('of %i bytes', async (length) => {
    const { vault, root } = openVault(keys, [keys])
    const bytes = someBytes(length)
    const record = await kept(vault, bytes)
    expect(existsSync(record.path)).toBe(false)
    const stored = readFileSync(`${record.path}.sealed`)
    expect(stored.includes(bytes.subarray(0, 64))).toBe(length < 2 && stored.includes(bytes))
    expect(record.encryption).toMatchObject({
      bytes: stored.length,
      sha256: createHash('sha256').update(stored).digest('hex'),
    })
    expect(await bytesOf(await vault.open(record))).toEqual(bytes)
    for (const [start, end] of [
      [0, 0],
      [length - 1, length - 1],
      [Math.floor(length / 3), Math.floor((2 * length) / 3)],
      [65_530, 65_545],
    ] as const) {
      const part = await bytesOf(await vault.open(record, { start, end }))
      expect(part).toEqual(bytes.subarray(start, end + 1))
    }
    expect(
      readdirSync(root, { recursive: true }).filter((name) => String(name).endsWith('.part')),
    ).toEqual([])
  })

  test('is handed out plain to nobody without its key, also while its plain file is still needed', async () => {
    const bytes = someBytes(1_000)
    for (const held of [[], [keys]]) {
      const { vault } = openVault(keys, held)
      const recording = await wholeRecording(vault, bytes)
      const record = { ...recording, ...(await vault.seal(recording)) }
      expect(await bytesOf(await vault.open(record))).toEqual(bytes)
      const handedOut = vault.openKept(record).then(bytesOf)
      if (held.length > 0) expect(await handedOut).toEqual(bytes)
      else await expect(handedOut).rejects.toMatchObject({ code: 'recording_sealed' })
    }
  })

  test('is refused without its private key, and opened elsewhere with it', async () => {
    const { vault, folder } = openVault(keys, [])
    const bytes = someBytes(150_000)
    const record = await kept(vault, bytes)
    await expect(vault.open(record)).rejects.toMatchObject({ code: 'recording_sealed' })
    const sealed = await vault.openSealed(record)
    const file = join(folder, 'download.sealed')
    const all = await bytesOf(sealed as NonNullable<typeof sealed>)
    expect(all.length).toBe(sealed?.bytes)
    writeFileSync(file, all)
    const to = join(folder, 'plain.wav')
    await openSealedFile(file, privateKeyOf(keys.privateKey), to)
    expect(readFileSync(to)).toEqual(bytes)
    // Parts of a download fit together.
    const parts = await Promise.all(
      [
        [0, 99],
        [100, 70_000],
        [70_001, all.length - 1],
      ].map(async ([start = 0, end = 0]) => {
        const part = await vault.openSealed(record, { start, end })
        return bytesOf(part as NonNullable<typeof part>)
      }),
    )
    expect(Buffer.concat(parts)).toEqual(all)
    const other = keys === rsa ? x25519 : rsa
    await expect(openSealedFile(file, privateKeyOf(other.privateKey), to)).rejects.toThrow(
      'private key',
    )
  })
})

describe('a change of an encrypted file is found out', () => {
  const chunk = 65_536 + 16
  const tampered: Record<string, (file: string, header: number) => void> = {
    'a bit': (file, header) => {
      const bytes = readFileSync(file)
      bytes[header + 70_000] = (bytes[header + 70_000] ?? 0) ^ 1
      writeFileSync(file, bytes)
    },
    'two chunks in another order': (file, header) => {
      const bytes = readFileSync(file)
      const first = Buffer.from(bytes.subarray(header, header + chunk))
      bytes.copyWithin(header, header + chunk, header + 2 * chunk)
      first.copy(bytes, header + chunk)
      writeFileSync(file, bytes)
    },
    'the end is cut off': (file, header) => truncateSync(file, header + 2 * chunk),
    'one more chunk': (file, header) => {
      const bytes = readFileSync(file)
      writeFileSync(file, Buffer.concat([bytes, bytes.subarray(header, header + chunk)]))
    },
  }
  test.each(Object.keys(tampered))('%s', async (name) => {
    const { vault } = openVault(x25519, [x25519])
    const record = await kept(vault, someBytes(3 * 65_536))
    tampered[name]?.(`${record.path}.sealed`, Number(record.encryption?.['headerBytes']))
    const read = async () => bytesOf(await vault.open(record))
    await expect(read()).rejects.toMatchObject({ code: 'recording_damaged' })
  })

  test('also of one that is opened elsewhere', async () => {
    const { vault, folder } = openVault(x25519)
    const record = await kept(vault, someBytes(3 * 65_536))
    const sealed = await vault.openSealed(record)
    const all = await bytesOf(sealed as NonNullable<typeof sealed>)
    const file = join(folder, 'download.sealed')
    const to = join(folder, 'plain.wav')
    for (const broken of [all.subarray(0, -1), all.subarray(0, -chunk), all.subarray(0, 30)]) {
      writeFileSync(file, broken)
      await expect(openSealedFile(file, privateKeyOf(x25519.privateKey), to)).rejects.toThrow()
      expect(existsSync(to)).toBe(false)
    }
  })
})

test('a crash between the two files leaves both; it is sealed again, and the plain one goes', async () => {
  const { vault } = openVault(x25519, [x25519])
  const bytes = someBytes(70_000)
  const recording = await wholeRecording(vault, bytes)
  await vault.seal(recording)
  // Nothing was stored of that: the start seals anew, with another key.
  const record = { ...recording, ...(await vault.seal(recording)) }
  expect(existsSync(recording.path)).toBe(true)
  expect(await bytesOf(await vault.open(record))).toEqual(bytes)
  await vault.settle(record)
  await vault.settle(record)
  expect(existsSync(recording.path)).toBe(false)
  expect(await bytesOf(await vault.open(record))).toEqual(bytes)
})

test('the plain file stays as long as the encrypted one is not there', async () => {
  const { vault } = openVault(x25519, [x25519])
  const recording = await wholeRecording(vault, someBytes(70_000))
  const record = { ...recording, ...(await vault.seal(recording)) }
  truncateSync(`${record.path}.sealed`, 100)
  await expect(vault.settle(record)).rejects.toThrow('not there')
  expect(existsSync(record.path)).toBe(true)
})

test('keys that nobody should give are refused', () => {
  const small = `-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL\n-----END PUBLIC KEY-----`
  for (const pem of ['', 'x', small, rsa.privateKey, rsa.publicKey + rsa.privateKey]) {
    expect(() => publicKeyOf(pem)).toThrow(KeyFault)
  }
  expect(publicKeyOf(x25519.publicKey).asymmetricKeyType).toBe('x25519')
})

test('a key that is put into the folder later is found', async () => {
  const { vault, folder } = openVault(x25519)
  const bytes = someBytes(1_000)
  const record = await kept(vault, bytes)
  await expect(vault.open(record)).rejects.toMatchObject({ code: 'recording_sealed' })
  writeFileSync(join(folder, 'broken.pem'), 'no key')
  writeFileSync(join(folder, 'late.pem'), x25519.privateKey)
  expect(await bytesOf(await vault.open(record))).toEqual(bytes)
})

test('many that end at once are all sealed', async () => {
  const { vault } = openVault(x25519, [x25519])
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, n) => {
      const id = `5d1f0a8e-52a7-4d39-8d7b-0c2b5f6f${1_000 + n}` as RecordingRecord['id']
      return wholeRecording(vault, someBytes(70_000, n), id)
    }),
  )
  const sealed = await Promise.all(all.map((recording) => vault.seal(recording)))
  expect(new Set(sealed.map(({ sha256 }) => sha256)).size).toBe(30)
})
