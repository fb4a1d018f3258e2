import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceId, RecordingId } from '../../../engine/core/ids.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { firstAccountId, openStore } from '../../../engine/store/index.ts'
import { RecordingStorage } from '../../../recordings/index.ts'
import type { EngineProcess, Json } from '../../support/engine-process.ts'
import { leftVoicemail } from '../../support/left-voicemail.ts'
import { toneOf } from '../../support/tone-times.ts'

const lengthS = 7

/** Puts a message of seven seconds from 1003 beside a running engine. */
export async function leaveVoicemail(
  engine: EngineProcess,
  user: string,
  transcript: string,
): Promise<void> {
  const path = join(engine.dataDir, 'ringdown.db')
  const accountId = await firstAccountId(path)
  if (accountId === undefined) throw new Error('there is no account')
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === user)
  const recordingId = randomUUID() as RecordingId
  const nowMs = Date.now()
  const storage = new RecordingStorage(join(engine.dataDir, 'recordings'))
  const audio = await storage.pathFor(recordingId, nowMs)
  await writeFile(audio, wavOf(toneOf(700, lengthS)))
  const store = await openStore({ path, clock: { nowMs: Date.now } })
  const left = { id: recordingId, path: audio, from: '1003', atMs: nowMs, transcript }
  await leftVoicemail(store, accountId, id as DeviceId, { ...left, durationMs: lengthS * 1000 })
  await store.close()
}

function wavOf(pcm: Int16Array): Buffer {
  const shape = { rateHz: 8000, channels: 1, format: 'pcm16' } as const
  const header = wavHeader({ ...shape, dataBytes: pcm.byteLength })
  return Buffer.concat([header, Buffer.from(pcm.buffer)])
}
