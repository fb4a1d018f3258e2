/**
 * The INVITE's repetitions as a real program hears them (RFC 3261 17.1.1.2), for the first 8 seconds of
 * the 32; all of them, to the 408, are on a virtual clock in test/unit/sip-server/timers.test.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { listening } from '../../support/listening.ts'
import { type Rig, startRig } from './support/rig.ts'

let rig: Rig
let folder: string
let program: ChildProcess | undefined
beforeEach(async () => {
  rig = await startRig()
  folder = await mkdtemp(join(tmpdir(), 'ringdown-sip-'))
})
afterEach(async () => {
  program?.kill('SIGKILL')
  await rig.close()
  await rm(folder, { recursive: true, force: true })
})

/** When sipp noted each message that it received, in seconds of the day. */
async function arrivals(log: string): Promise<number[]> {
  const text = await readFile(log, 'utf8').catch(() => '')
  const head = /^-{20,} \d{4}-\d\d-\d\d (\d\d):(\d\d):(\d\d\.\d+)\nUDP message received/gm
  return [...text.matchAll(head)].map(
    ([, hours, minutes, seconds]) => Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
  )
}

it('a callee that says nothing hears it at 0, 0.5, 1.5, 3.5 and 7.5 s', async () => {
  const log = join(folder, 'messages.log')
  const port = await freePort()
  const scenario = join(import.meta.dirname, 'sipp/silent.xml')
  program = spawn(
    'sipp',
    [
      ...['-sf', scenario, '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-nostdin'],
      ...['-trace_msg', '-message_file', log],
    ],
    { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'xterm' } },
  )
  await listening(program, port)
  rig.call({ kind: 'uri', uri: `sip:anybody@127.0.0.1:${port}` })
  let heard: number[] = []
  while (heard.length < 5) {
    await sleep(50)
    heard = await arrivals(log)
  }
  const first = heard[0] ?? 0
  for (const [index, wantedS] of [0, 0.5, 1.5, 3.5, 7.5].entries()) {
    // What a busy machine adds is no fault of the timers, be it to the first or to another.
    const passedS = ((heard[index] ?? 0) - first + 86_400) % 86_400
    expect(passedS, `${heard}`).toBeGreaterThan(wantedS - 0.45)
    expect(passedS, `${heard}`).toBeLessThan(wantedS + 0.95)
  }
  expect(rig.heard.lines).toEqual([])
})
