// `npm run verify-recordings [-- --json]`: compares recordings, their rows and the chains that tell of them. It may run
// beside the engine, or on a backup (RINGDOWN_DATA_DIR). Exit code 0: all is well; 1: something is not; 2: not checked.

import { existsSync } from 'node:fs'
import { RecordingVault } from '../../recordings/index.ts'
import { readConfig } from '../config/index.ts'
import { openRecordingLedger } from '../store/index.ts'
import { chainChecker, publicFile } from './chain-key.ts'
import { clock } from './clock.ts'
import { databaseOf } from './data-folder.ts'
import { bucketOf, headFiles, recordingsFolder } from './vault.ts'
import { type CheckPorts, checkRecordings, type Report } from './verify/check-recordings.ts'

const usage = `usage: npm run verify-recordings [-- --json] [--without-bucket]

Checks that recordings are what they were when they were whole: files against the account's chain of hashes, and the chain
itself. --json: the report as JSON. --without-bucket: what is in S3 alone counts as missing instead of being read; else the
RINGDOWN_S3_ settings have to be those of the engine.`

/** It would be told as missing, which is the alarm of a loss. */
const noBucket =
  'there are recordings in a bucket, and RINGDOWN_S3_BUCKET is not set here as the engine has it (--without-bucket: they count as missing)'

const progressEveryMs = 2_000
const megabyte = 1_000_000

function progressOn(stream: NodeJS.WriteStream): CheckPorts['progress'] {
  let saidAtMs = clock.monotonicMs()
  return ({ entries, recordings, bytes }) => {
    if (clock.monotonicMs() - saidAtMs < progressEveryMs) return
    saidAtMs = clock.monotonicMs()
    const read = `${(bytes / megabyte).toFixed(0)} MB`
    stream.write(`ringdown: ${entries} entries, ${recordings} recordings, ${read} so far\n`)
  }
}

async function verify(withBucket: boolean): Promise<Report> {
  const config = readConfig()
  const keyFile = publicFile(config.dataDir)
  if (!existsSync(keyFile)) throw new Error(`there is no ${keyFile}: nothing was ever sealed here`)
  const ledger = openRecordingLedger(databaseOf(config))
  const bucket = withBucket ? bucketOf(config) : undefined
  const vault = new RecordingVault(recordingsFolder(config.dataDir), {
    ...(bucket && { bucket, prefix: config.vault.bucket?.prefix ?? '' }),
  })
  const stored = vault.storedFiles()
  const files: CheckPorts['files'] = {
    ...stored,
    async read(recording) {
      const bytes = await stored.read(recording)
      const isOutOfReach = bytes === undefined && withBucket && bucket === undefined
      if (isOutOfReach && recording.place === 'bucket') throw new Error(noBucket)
      return bytes
    },
  }
  try {
    return await checkRecordings({
      ...{ ledger, files, isSigned: chainChecker(keyFile) },
      head: (id) => headFiles(config.dataDir).read(id),
      progress: progressOn(process.stderr),
    })
  } finally {
    ledger.close()
    vault.close()
  }
}

function inWords({ entries, recordings, bytes, findings, deleted, setBacks }: Report): string {
  const read = `${(bytes / megabyte).toFixed(1)} MB`
  return [
    ...findings.map(({ kind, recordingId, sequence, says }) => {
      const where = [recordingId, sequence === null ? null : `entry ${sequence}`]
      return `${kind}: ${where.filter((one) => one !== null).join(', ')}: ${says}`
    }),
    ...setBacks.map(
      ({ accountId, sequence, at }) =>
        `note: at ${at} the database of account ${accountId} was older than before (entry ${sequence})`,
    ),
    `${entries} entries and ${recordings} recordings (${read}) checked; ${deleted.length} deleted by right`,
    findings.length === 0 ? 'all is well' : `${findings.length} things are not as they should be`,
  ].join('\n')
}

const known = ['--json', '--without-bucket', '--help']
const args = process.argv.slice(2)
if (args.includes('--help') || args.some((arg) => !known.includes(arg))) {
  process.stdout.write(`${usage}\n`)
  process.exitCode = args.includes('--help') ? 0 : 2
} else {
  try {
    const report = await verify(!args.includes('--without-bucket'))
    const isFine = report.findings.length === 0
    const text = args.includes('--json')
      ? JSON.stringify({ ok: isFine, ...report }, null, 2)
      : inWords(report)
    process.stdout.write(`${text}\n`)
    process.exitCode = isFine ? 0 : 1
  } catch (error) {
    process.stderr.write(`ringdown: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
}
