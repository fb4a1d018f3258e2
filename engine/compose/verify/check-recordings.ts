import { createHash } from 'node:crypto'
import type { AccountId, RecordingId } from '../../core/ids.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { ChainHead } from '../../core/recording-chain.ts'
import {
  type ChainTold,
  ChainVerifier,
  type CheckSignature,
  type Finding,
  type FindingKind,
  type VerifiedChain,
} from '../../core/verify-chain.ts'
import type { RecordingLedger } from '../../store/index.ts'

/** What is stored of recordings, in the folder and in the bucket. */
export interface StoredFiles {
  /** The file as it is stored, encrypted or not; undefined: it is not there. */
  read(recording: RecordingRecord): Promise<AsyncIterable<Uint8Array> | undefined>
  hasPlain(recording: RecordingRecord): Promise<boolean>
  /** Of files in the folder whose names are those of recordings. */
  ids(): AsyncIterable<RecordingId>
}

export interface CheckPorts {
  readonly ledger: RecordingLedger
  readonly files: StoredFiles
  readonly isSigned: CheckSignature
  /** Of the account's chain, as it was noted outside the database. */
  head(accountId: AccountId): Promise<ChainHead | undefined>
  /** Called now and then; the caller says it or not. */
  progress(report: Pick<Report, 'entries' | 'recordings' | 'bytes'>): void
}

export interface Report {
  entries: number
  recordings: number
  /** That were read. */
  bytes: number
  readonly findings: Finding[]
  readonly deleted: { recordingId: RecordingId; by: string; why: string; at: string }[]
  readonly setBacks: { accountId: AccountId; sequence: number; at: string }[]
}

const atOnce = 1_000

/** Compares the chains of all accounts, the rows and the files with each other. */
export async function checkRecordings(ports: CheckPorts): Promise<Report> {
  const report: Report = {
    ...{ entries: 0, recordings: 0, bytes: 0 },
    ...{ findings: [], deleted: [], setBacks: [] },
  }
  const known = new Map<RecordingId, 'there' | 'deleted'>()
  for (const accountId of await ports.ledger.accounts()) {
    const chain = await readChain(ports, accountId, report)
    await checkAccount(ports, accountId, chain, report, known)
  }
  for await (const id of ports.files.ids()) {
    const what = known.get(id)
    if (what === undefined)
      find(report, 'added', null, id, 'a file in the folder that nothing is known of')
    if (what === 'deleted') find(report, 'left-over', null, id, 'deleted, but its file is there')
  }
  return report
}

async function readChain(
  { ledger, isSigned, head, progress }: CheckPorts,
  accountId: AccountId,
  report: Report,
): Promise<VerifiedChain> {
  const verifier = new ChainVerifier(accountId, isSigned, await head(accountId))
  for (let after = 0; ; ) {
    const entries = await ledger.entries(accountId, after, atOnce)
    for (const entry of entries) {
      verifier.add(entry)
      after = entry.sequence
    }
    report.entries += entries.length
    progress(report)
    if (entries.length < atOnce) break
  }
  const chain = verifier.end()
  report.findings.push(...chain.findings)
  for (const { sequence, atMs } of chain.setBacks)
    report.setBacks.push({ accountId, sequence, at: isoOf(atMs) })
  for (const [recordingId, { deleted }] of chain.recordings) {
    if (!deleted) continue
    const { by, why, atMs } = deleted
    report.deleted.push({ recordingId, by, why, at: isoOf(atMs) })
  }
  return chain
}

async function checkAccount(
  ports: CheckPorts,
  accountId: AccountId,
  { recordings: told }: VerifiedChain,
  report: Report,
  known: Map<RecordingId, 'there' | 'deleted'>,
): Promise<void> {
  const rows = new Set<RecordingId>()
  for (let after = ''; ; ) {
    const some = await ports.ledger.recordings(accountId, after, atOnce)
    for (const { recording, isSettled } of some) {
      after = recording.id
      rows.add(recording.id)
      known.set(recording.id, 'there')
      await checkRecording(ports, recording, isSettled, told.get(recording.id), report)
    }
    if (some.length < atOnce) break
  }
  for (const [id, { deleted, sequence }] of told) {
    if (rows.has(id)) continue
    known.set(id, deleted ? 'deleted' : 'there')
    if (!deleted) find(report, 'missing', accountId, id, 'nothing is known of it', sequence)
  }
}

async function checkRecording(
  ports: CheckPorts,
  recording: RecordingRecord,
  isSettled: boolean,
  told: ChainTold | undefined,
  report: Report,
): Promise<void> {
  const { id, accountId, sha256, deletingAtMs } = recording
  // It is being made, or goes; what was made before there were chains has no hash.
  if (recording.status === 'in-progress' || deletingAtMs !== undefined) return
  report.recordings += 1
  if (told === undefined) {
    if (sha256 !== undefined) find(report, 'added', accountId, id, 'the chain does not know it')
    return
  }
  const say = (kind: FindingKind, says: string) =>
    find(report, kind, accountId, id, says, told.sequence)
  if (told.deleted) return say('added', 'it was deleted, and is there again')
  if (sha256 !== told.sha256) return say('changed', 'its hash is not the one in the chain')
  const isEncrypted = recording.encryption !== undefined
  if (isEncrypted !== (told.sealedSha256 !== undefined))
    return say('changed', isEncrypted ? 'it was not encrypted' : 'it was encrypted')
  const bytes = await ports.files.read(recording)
  if (bytes === undefined) return say('missing', 'its file is not there')
  const found = await hashOf(bytes, ports, report)
  if (found !== (told.sealedSha256 ?? told.sha256))
    say('changed', 'its file is not what was sealed')
  if (isEncrypted && isSettled && (await ports.files.hasPlain(recording)))
    say('plain-left', 'it is encrypted, and its plain file is there too')
}

async function hashOf(
  bytes: AsyncIterable<Uint8Array>,
  { progress }: CheckPorts,
  report: Report,
): Promise<string> {
  const hash = createHash('sha256')
  for await (const some of bytes) {
    hash.update(some)
    report.bytes += some.length
    progress(report)
  }
  return hash.digest('hex')
}

function find(
  { findings }: Report,
  kind: FindingKind,
  accountId: AccountId | null,
  recordingId: RecordingId,
  says: string,
  sequence: number | null = null,
): void {
  findings.push({ kind, accountId, recordingId, sequence, says })
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString()
