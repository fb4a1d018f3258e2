/** The server's microphone, by the real recorder programs, through a sound server of our own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { resample } from '../../engine/dsp/resampler.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { whenRegistered } from '../support/registered.ts'
import { otherSoundMs, toneMs, toneOf } from '../support/tone-times.ts'
import {
  noMicrophone,
  startVirtualMicrophone,
  type VirtualMicrophone,
} from '../support/virtual-microphone.ts'

const root = resolve(import.meta.dirname, '../..')
const spokenHz = 1_300
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

let microphone: VirtualMicrophone
beforeAll(async () => {
  if (noMicrophone === undefined) microphone = await startVirtualMicrophone()
})
afterAll(() => microphone?.stop())

/** `npm run record-prompt`, behind its set-up. */
function recordPrompt(dataDir: string, ...given: string[]) {
  const node = join(root, 'node_modules/.bin/node')
  const program = ['--disable-warning=ExperimentalWarning', 'engine/compose/record-prompt.ts']
  const env = { ...microphone.environment, RINGDOWN_DATA_DIR: dataDir }
  // A group of its own, as a terminal makes one: Ctrl-C reaches the recorder program too.
  const child: ChildProcess = spawn(node, [...program, ...given], {
    cwd: root,
    env,
    detached: true,
  })
  const recording = { text: '', errors: '', ended: once(child, 'exit'), ctrlC: () => {} }
  child.stdout?.on('data', (data: Buffer) => {
    recording.text += data.toString()
  })
  child.stderr?.on('data', (data: Buffer) => {
    recording.errors += data.toString()
  })
  recording.ctrlC = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
  }
  return recording
}

function prompt(dataDir: string, name: string): Int16Array {
  const path = join(dataDir, 'recorded-prompts', `${name}.wav`)
  const { rateHz, samples } = readWav(readFileSync(path))
  return resample(samples[0] ?? new Int16Array(0), rateHz, 8_000)
}

describe.skipIf(noMicrophone !== undefined)(
  `recording a prompt (${noMicrophone ?? 'real'})`,
  () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ringdown-prompts-'))
    afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

    test.each(['sox', 'rec', 'parecord'])('by %s, until Ctrl-C', async (program) => {
      const recording = recordPrompt(dataDir, program, '--recorder', program, '--no-playback')
      await eventually(
        async () => recording.text + recording.errors,
        (text) => /00:0[1-9]/.test(text),
      )
      await microphone.say(toneOf(spokenHz, 2))
      await pause(1_000)
      recording.ctrlC()
      expect([await recording.ended, recording.errors]).toEqual([[0, null], ''])
      const pcm = prompt(dataDir, program)
      // 100 ms of silence at each end are kept.
      expect(pcm.length / 8).toBeGreaterThan(2_000)
      expect(pcm.length / 8).toBeLessThan(2_500)
      expect(toneMs(pcm, spokenHz)).toBeGreaterThan(1_600)
      expect(otherSoundMs(pcm, [spokenHz])).toBeLessThan(400)
      expect(recording.text).toMatch(/peak -1[12]\.\d dBFS/)
      expect(recording.text).not.toContain('the recorder program ended')
    })

    test('only silence is heard: nothing is stored', async () => {
      const recording = recordPrompt(dataDir, 'silence', '--longest', '1')
      expect(await recording.ended).toEqual([1, null])
      expect(recording.errors).toMatch(/^ringdown: only silence was heard/)
      expect(() => prompt(dataDir, 'silence')).toThrow('ENOENT')
    })

    test('another device than there is, and none at all', async () => {
      const recording = recordPrompt(dataDir, 'x', '--device', 'nosuch', '--recorder', 'sox')
      expect(await recording.ended).toEqual([1, null])
      expect(recording.errors).toMatch(/no microphone can be heard; sox says: .*nosuch/)
    })

    test('the result is played', async () => {
      const speaking = microphone.say(toneOf(spokenHz, 10))
      const recording = recordPrompt(dataDir, 'played', '--longest', '1')
      expect([await recording.ended, recording.errors]).toEqual([[0, null], ''])
      expect(recording.text).toMatch(/\nplayed with (aplay|paplay|play)\n$/)
      microphone.hush()
      await speaking
    })
  },
)

describe.skipIf(noMicrophone !== undefined)(
  `calls and the microphone (${noMicrophone ?? 'real'})`,
  () => {
    let engine: EngineProcess
    let password: string
    let phone: BaresipPhone | undefined
    beforeAll(async () => {
      if (noMicrophone !== undefined) return
      engine = await startEngine(microphone.environment)
      const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
      password = logins.devices.find((one: Json) => one.username === '1001').password
    })
    afterEach(async () => {
      microphone?.hush()
      await phone?.stop()
      phone = undefined
    })
    afterAll(async () => {
      await engine?.stop()
      engine?.removeData()
    })

    /** 1001 is called, and answers by itself; a program of these verbs runs. */
    async function called(verbs: readonly object[]): Promise<{ id: string; phone: BaresipPhone }> {
      const registered = await whenRegistered(engine, '1001', async () => {
        phone = await startBaresip({
          ...{ user: '1001', password, registrar: `127.0.0.1:${engine.sipPort}` },
          ...{ port: await freePort(), says: toneOf(500, 60) },
        })
        return phone
      })
      const call = { to: '1001', from: '+15005550100', verbs }
      const { status, body } = await engine.send('POST', '/v1/voice/calls', call)
      expect(status).toBe(201)
      await eventually(
        async () => (await engine.get(`/v1/voice/calls/${body.id}`)).body.status,
        (now) => now === 'in-progress' || now === 'completed',
      )
      return { id: body.id, phone: registered }
    }

    const announce = (call_id: string, more: object = {}) =>
      engine.send('POST', '/v1/voice/announcements', { source: 'microphone', call_id, ...more })
    const stateOf = async (id: string) =>
      (await engine.get(`/v1/voice/announcements/${id}`)).body as Json
    const endOf = (id: string): Promise<Json> =>
      eventually(
        () => stateOf(id),
        ({ status }) => status === 'ended',
      )
    const waits = { verb: 'pause', length: 60 }

    async function hangUp(id: string): Promise<void> {
      await engine.send('DELETE', `/v1/voice/calls/${id}`)
      await pause(500)
      await phone?.stop()
    }

    async function toldOf(id: string): Promise<string[]> {
      const { events } = (await engine.get(`/v1/voice/calls/${id}/events`)).body
      return events
        .filter(({ type }: Json) => type.startsWith('announcement.'))
        .map(({ type, data }: Json) => `${type} ${data.reason ?? ''}`.trim())
    }

    const recorders = (): number[] => recordersOf(engine)

    /** Recorder programs that an engine runs now. */
    function recordersOf({ process: { pid: parent } }: EngineProcess): number[] {
      const listed = spawnSync('ps', ['--ppid', String(parent), '-o', 'pid=,comm='])
      return [...listed.stdout.toString().matchAll(/(\d+) (?:sox|parecord)\b/g)].map(([, pid]) =>
        Number(pid),
      )
    }

    const noRecorder = (): Promise<number[]> =>
      eventually(
        async () => recorders(),
        (pids) => pids.length === 0,
      )

    test('what is said into the microphone is heard by the phone, until the end', async () => {
      const { id, phone } = await called([waits])
      const speaking = microphone.say(toneOf(spokenHz, 30))
      const askedMs = performance.now()
      const { status, body } = await announce(id)
      expect([status, body.status]).toEqual([201, 'speaking'])
      expect(recorders()).toHaveLength(1)
      expect(await announce(id)).toMatchObject({
        ...{ status: 409, body: { error: { code: 'microphone_busy' } } },
      })
      await pause(4_000)
      expect((await engine.send('DELETE', `/v1/voice/announcements/${body.id}`)).status).toBe(204)
      const tookMs = performance.now() - askedMs
      expect(await stateOf(body.id)).toMatchObject({ status: 'ended', end_reason: 'stopped' })
      await noRecorder()
      await pause(1_500)
      await hangUp(id)
      microphone.hush()
      await speaking
      const heard = phone.heard()
      expect(toneMs(heard, spokenHz)).toBeGreaterThan(3_000)
      // And what was on its way.
      expect(toneMs(heard, spokenHz)).toBeLessThan(tookMs + 1_000)
      // What a busy machine tears is neither tone nor silence; what is not said here is heard all the time.
      expect(otherSoundMs(heard, [spokenHz])).toBeLessThan(1_000)
      expect(toneMs(heard.subarray(-8_000), spokenHz)).toBe(0)
      expect(await toldOf(id)).toEqual(['announcement.started', 'announcement.ended stopped'])
    })

    test('it ends with its time, with the call, and with the recorder', async () => {
      const { id } = await called([waits])
      const first = (await announce(id, { max_duration: 1 })).body.id
      expect(await endOf(first)).toMatchObject({ end_reason: 'max_duration' })
      const second = (await announce(id)).body.id
      const [pid] = recorders()
      if (pid === undefined) throw new Error('no recorder program runs')
      process.kill(pid, 'SIGKILL')
      expect(await endOf(second)).toMatchObject({
        ...{ end_reason: 'microphone_failed', end_detail: 'it was ended by SIGKILL' },
      })
      const third = (await announce(id)).body.id
      await hangUp(id)
      expect(await endOf(third)).toMatchObject({ end_reason: 'call_ended' })
      await noRecorder()
      expect((await announce(id)).body.error.code).toBe('call_ended')
      expect((await toldOf(id)).filter((line) => line.startsWith('announcement.ended'))).toEqual([
        'announcement.ended max_duration',
        'announcement.ended microphone_failed',
        'announcement.ended call_ended',
      ])
    })

    test('no recorder program outlives an engine that is killed', async () => {
      const killed = await startEngine(microphone.environment)
      const made = await killed.send('POST', '/v1/voice/calls', {
        ...{ to: '+15005550140', from: '+15005550100', verbs: [waits] },
      })
      const call_id = made.body.id
      await eventually(
        async () => (await killed.get(`/v1/voice/calls/${call_id}`)).body.status,
        (status) => status === 'in-progress',
      )
      const begun = await killed.send('POST', '/v1/voice/announcements', {
        ...{ source: 'microphone', call_id },
      })
      expect(begun.status).toBe(201)
      const [pid] = recordersOf(killed)
      if (pid === undefined) throw new Error('no recorder program runs')
      await killed.stop('SIGKILL')
      await eventually(
        async () => spawnSync('kill', ['-0', String(pid)]).status,
        (status) => status !== 0,
      )
      killed.removeData()
    })

    test('a prompt that is recorded while the engine runs is heard by its name', async () => {
      const speaking = microphone.say(toneOf(spokenHz, 20))
      const recording = recordPrompt(engine.dataDir, 'welcome', '--longest', '2', '--no-playback')
      expect([await recording.ended, recording.errors]).toEqual([[0, null], ''])
      microphone.hush()
      await speaking
      const ends = [{ verb: 'pause', length: 0.5 }, { verb: 'hangup' }]
      const { id, phone } = await called([{ verb: 'play', url: 'prompt:welcome' }, ...ends])
      await eventually(
        async () => (await engine.get(`/v1/voice/calls/${id}`)).body.status,
        (status) => status === 'completed',
      )
      await pause(500)
      await phone.stop()
      // Of two seconds, less what a busy machine's recorder and phone lose.
      expect(toneMs(phone.heard(), spokenHz)).toBeGreaterThan(1_400)
      const unknown = {
        to: '1001',
        from: '+15005550100',
        verbs: [{ verb: 'play', url: 'prompt:../x' }],
      }
      expect((await engine.send('POST', '/v1/voice/calls', unknown)).body.error).toMatchObject({
        code: 'url_not_allowed',
      })
    })
  },
)
