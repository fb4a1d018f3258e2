import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { followChains } from '../../../engine/app/recordings/chain-heads.ts'
import { noSteps } from '../../../engine/app/recordings/kept.ts'
import { deleteRecording } from '../../../engine/app/recordings/remove.ts'
import { headFiles } from '../../../engine/compose/vault.ts'
import { checkRecordings, type Report } from '../../../engine/compose/verify/check-recordings.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { openRecordingLedger, openStore } from '../../../engine/store/index.ts'
import { KeyFolder, RecordingVault } from '../../../recordings/index.ts'
import { silentLog } from '../../support/call-lab.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { accountId, keyPair, newFolder, someBytes } from '../recordings/vault-lab.ts'

const keys = generateKeyPairSync('ed25519')
const signEntry = (hash: string) =>
  sign(null, Buffer.from(hash), keys.privateKey).toString('base64')
const isSigned = (hash: string, signature: string) =>
  verify(null, Buffer.from(hash), keys.publicKey, Buffer.from(signature, 'base64'))
const dayMs = 86_400_000

/** A data folder with six recordings of three days, two of them encrypted, and one that was deleted by right. */
async function installation() {
  const dataDir = newFolder()
  const database = join(dataDir, 'ringdown.db')
  const clock = new VirtualClock()
  const store = await openStore({ path: database, clock, signEntry })
  onTestFinished(() => store.close())
  await store.accounts.insert({
    ...{ id: accountId, name: 'a', defaultNumber: null, recordTriggerCalls: false },
  })
  let encryptionKey: string | undefined
  const vault = new RecordingVault(join(dataDir, 'recordings'), {
    encryptionKeyOf: async () => encryptionKey,
    keys: new KeyFolder(undefined),
  })
  const recordings: RecordingRecord[] = []
  const add = async (n: number): Promise<RecordingRecord> => {
    const id = randomUUID() as RecordingId
    const createdAtMs = clock.nowMs()
    const path = await vault.pathFor(id, createdAtMs)
    writeFileSync(path, someBytes(70_000 + n, n))
    const record: RecordingRecord = {
      ...{ id, accountId, callId: null, status: 'completed', failure: null, path, channels: 2 },
      ...{ durationMs: 1_000, bytes: 70_000 + n, createdAtMs },
    }
    const sealed = await vault.seal(record)
    await store.recordings.keep(record, sealed, clock.nowMs())
    await vault.settle({ ...record, ...sealed })
    await store.recordings.settle(id)
    return { ...record, ...sealed }
  }
  for (let n = 1; n <= 6; n++) {
    if (n === 5) encryptionKey = keyPair('x25519').publicKey
    recordings.push(await add(n))
    if (n % 2 === 0) await clock.advance(dayMs)
  }
  const ports = { store, clock, log: silentLog, recordingSteps: noSteps(), recordingFiles: vault }
  const gone = recordings[1]
  if (gone) await deleteRecording(ports, gone, { by: 'api', why: 'asked for' })
  const heads = headFiles(dataDir)
  const noteHeads = async () => followChains(ports, heads)()
  await noteHeads()
  const check = (): Promise<Report> => {
    const ledger = openRecordingLedger(database)
    onTestFinished(() => ledger.close())
    return checkRecordings({
      ...{ ledger, files: vault.storedFiles(), isSigned, progress: () => undefined },
      head: heads.read,
    })
  }
  const sql = (text: string) => {
    const file = new DatabaseSync(database)
    try {
      file.exec(text)
    } finally {
      file.close()
    }
  }
  const kinds = async () =>
    [...new Set((await check()).findings.map(({ kind }) => kind))].sort((a, b) => (a < b ? -1 : 1))
  return { dataDir, database, store, vault, recordings, check, kinds, sql, noteHeads, add, clock }
}

type Installation = Awaited<ReturnType<typeof installation>>

const nth = ({ recordings }: Installation, n: number): RecordingRecord => {
  const found = recordings[n]
  if (!found) throw new Error('there is no such recording')
  return found
}

test('what was not touched is well; what was deleted by right is told', async () => {
  const lab = await installation()
  const report = await lab.check()
  expect(report.findings).toEqual([])
  expect(report.recordings).toBe(5)
  // Six recordings, three ends of days, one deletion.
  expect(report.entries).toBe(10)
  expect(report.deleted).toMatchObject([
    { recordingId: nth(lab, 1).id, by: 'api', why: 'asked for' },
  ])
})

const isOf = (lab: Installation, n: number) => `recording_id = '${nth(lab, n).id}'`

const tampered: readonly [string, readonly string[], (lab: Installation) => unknown][] = [
  [
    'a byte of a file',
    ['changed'],
    (lab) => {
      const bytes = readFileSync(nth(lab, 0).path)
      bytes[100] = (bytes[100] ?? 0) ^ 1
      writeFileSync(nth(lab, 0).path, bytes)
    },
  ],
  ['more at the end of a file', ['changed'], (lab) => appendFileSync(nth(lab, 2).path, 'x')],
  [
    'a byte of an encrypted file',
    ['changed'],
    (lab) => appendFileSync(`${nth(lab, 5).path}.sealed`, 'x'),
  ],
  ['a file is gone', ['missing'], (lab) => rmSync(nth(lab, 3).path)],
  [
    'a recording is gone, row and file',
    ['missing'],
    (lab) => {
      rmSync(nth(lab, 3).path)
      lab.sql(`delete from recordings where id = '${nth(lab, 3).id}'`)
    },
  ],
  [
    'two files have changed places',
    ['changed'],
    (lab) => {
      copyFileSync(nth(lab, 0).path, `${nth(lab, 0).path}.x`)
      copyFileSync(nth(lab, 2).path, nth(lab, 0).path)
      copyFileSync(`${nth(lab, 0).path}.x`, nth(lab, 2).path)
      rmSync(`${nth(lab, 0).path}.x`)
    },
  ],
  [
    'the row and the file of a recording, to match each other',
    ['changed'],
    (lab) => {
      writeFileSync(nth(lab, 0).path, 'other')
      lab.sql(`update recordings set sha256 = '${'0'.repeat(64)}' where id = '${nth(lab, 0).id}'`)
    },
  ],
  [
    'a file that nobody recorded',
    ['added'],
    (lab) => copyFileSync(nth(lab, 0).path, nth(lab, 0).path.replace(nth(lab, 0).id, randomUUID())),
  ],
  [
    'a row that nobody recorded',
    ['added'],
    (lab) =>
      lab.sql(
        `insert into recordings (id, account_id, status, path, channels, created_at_ms, sha256)
         values ('${randomUUID()}', '${accountId}', 'completed', '2026/01/x.wav', 2, 1, 'aa')`,
      ),
  ],
  [
    'a deleted file is back',
    ['left-over'],
    (lab) => copyFileSync(nth(lab, 0).path, nth(lab, 1).path),
  ],
  [
    'the plain file of an encrypted one is there',
    ['plain-left'],
    (lab) => copyFileSync(nth(lab, 0).path, nth(lab, 5).path),
  ],
  [
    'the hash in an entry',
    ['changed', 'entry-changed'],
    (lab) => lab.sql(`update recording_chain set data = '{"sha256":"ff"}' where ${isOf(lab, 2)}`),
  ],
  [
    'an entry and its own hash',
    ['changed', 'entry-forged', 'entry-missing'],
    (lab) =>
      lab.sql(
        `update recording_chain set data = '{"sha256":"ff"}', hash = '${'1'.repeat(64)}' where ${isOf(lab, 2)}`,
      ),
  ],
  [
    'an entry from the middle',
    ['added', 'day-wrong', 'entry-missing'],
    (lab) => lab.sql(`delete from recording_chain where ${isOf(lab, 2)}`),
  ],
  [
    'two entries have changed places',
    ['reordered'],
    (lab) =>
      lab.sql(`update recording_chain set sequence = -1 where sequence = 1;
        update recording_chain set sequence = 1 where sequence = 2;
        update recording_chain set sequence = 2 where sequence = -1`),
  ],
  [
    'the last entry: a deletion that nobody may have asked for is hidden',
    ['missing', 'truncated'],
    (lab) => lab.sql('delete from recording_chain where sequence = 10'),
  ],
  ['all of the chain', ['added', 'truncated'], (lab) => lab.sql('delete from recording_chain')],
]

test.each(tampered)('%s: %j', async (_what, expected, tamper) => {
  const lab = await installation()
  tamper(lab)
  const found = await lab.kinds()
  for (const kind of expected) expect(found).toContain(kind)
  // Only what follows from it is told besides.
  const extra = found.filter((kind) => !expected.includes(kind))
  expect(
    extra.filter((kind) => !['entry-missing', 'entry-changed', 'missing'].includes(kind)),
  ).toEqual([])
})

test('a database that is put back is told by the chain itself from then on', async () => {
  const lab = await installation()
  lab.sql('delete from recording_chain where sequence > 8')
  lab.sql(`delete from recordings where id = '${nth(lab, 5).id}'`)
  expect(await lab.kinds()).toContain('truncated')
  await lab.noteHeads()
  await lab.add(7)
  const report = await lab.check()
  expect(report.findings.map(({ kind }) => kind)).not.toContain('truncated')
  expect(report.setBacks).toMatchObject([{ accountId, sequence: 10 }])
})

test('a deletion that stopped half-way is not said to be a fault', async () => {
  const lab = await installation()
  const reason = { by: 'api', why: 'asked for' } as const
  await lab.store.recordings.beginDeletion(nth(lab, 0), reason, lab.clock.nowMs())
  expect(existsSync(nth(lab, 0).path)).toBe(true)
  expect((await lab.check()).findings).toEqual([])
})
