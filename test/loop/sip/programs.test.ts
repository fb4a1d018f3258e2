/** The same with real SIP programs: sipp as device and as carrier, baresip as phone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { baresipAudio, freePort } from '../../support/free-port.ts'
import { listening } from '../../support/listening.ts'
import { sdp } from './support/peer.ts'
import { device, type Rig, startRig, trunk } from './support/rig.ts'

let rig: Rig
let folder: string
const running: ChildProcess[] = []
beforeEach(async () => {
  const counts = async () => ({ new: 2, old: 8, urgentNew: 0, urgentOld: 0 })
  rig = await startRig({ mailboxes: { counts } })
  rig.devices.push(device('alice', 'right'))
  folder = await mkdtemp(join(tmpdir(), 'ringdown-sip-'))
})
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await rig.close()
  await rm(folder, { recursive: true, force: true })
})

interface Program {
  readonly child: ChildProcess
  readonly output: () => string
  readonly done: Promise<number | null>
  type(text: string): void
}

function start(program: string, args: readonly string[]): Program {
  const child = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  }
  const done = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, output: () => output, done, type: (text) => child.stdin.write(text) }
}

const sipp = (scenario: readonly string[], port: number, transport = 'u1'): Program =>
  start('sipp', [
    `127.0.0.1:${rig.sipPort}`,
    ...scenario,
    ...['-i', '127.0.0.1', '-p', String(port), '-t', transport],
    ...['-m', '1', '-nostdin', '-timeout', '40', '-timeout_error', '-trace_err'],
  ])

describe('sipp', () => {
  it.each(['u1', 't1'])('watches its message lamp over %s', async (transport) => {
    const scenario = ['-sf', join(import.meta.dirname, 'sipp/lamp.xml')]
    const phone = sipp(scenario, await freePort(), transport)
    expect(await phone.done, phone.output()).toBe(0)
    await expect.poll(() => rig.sip.counts().dialogs).toBe(0)
  })

  it.each(['u1', 't1'])('registers, calls as a device and hangs up over %s', async (transport) => {
    const scenario = ['-sf', join(import.meta.dirname, 'sipp/device.xml')]
    const port = await freePort()
    const phone = sipp(scenario, port, transport)
    await rig.heard.next('incoming alice +15005550100 device')
    const protocol = transport === 'u1' ? 'udp' : 'tcp'
    expect(rig.sip.registeredContacts(rig.devices[0]!.id)).toMatchObject([
      { source: `${protocol}/127.0.0.1:${port}` },
    ])
    const { callId } = rig.heard.invites[0]!
    rig.sip.progress(callId, 180)
    rig.sip.accept(callId, sdp(5004))
    await rig.heard.next('remoteHangup BYE')
    expect(await phone.done).toBe(0)
  })

  it('answers as a carrier, and we hang up', async () => {
    const port = await freePort()
    const carrier = sipp(['-sn', 'uas'], port)
    await listening(carrier.child, port)
    const target = { kind: 'trunk', trunk: trunk(port), number: '+61400000001' } as const
    const callId = rig.call(target)
    await rig.heard.next('progress 180')
    await rig.heard.next('answered')
    rig.sip.bye(callId)
    expect(await carrier.done).toBe(0)
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })
})

describe('baresip', () => {
  const config = [
    'module_path /usr/lib/baresip/modules',
    'module stdio.so',
    'module g711.so',
    'module_tmp account.so',
    'module_app menu.so',
    `rtp_ports ${baresipAudio}`,
    'audio_source none',
    'audio_player none',
  ]

  it('registers, is called and hangs up', async () => {
    const listen = `sip_listen 127.0.0.1:${await freePort()}`
    await writeFile(join(folder, 'config'), `${[listen, ...config].join('\n')}\n`)
    const account = `<sip:alice@127.0.0.1:${rig.sipPort}>;auth_pass=right;regint=60;answermode=auto`
    await writeFile(join(folder, 'accounts'), `${account}\n`)
    await writeFile(join(folder, 'contacts'), '')
    const phone = start('baresip', ['-f', folder, '-t', '60'])
    const registered = () => rig.sip.registeredContacts(rig.devices[0]!.id)
    await expect.poll(registered).toHaveLength(1)
    rig.call({ kind: 'device', deviceId: rig.devices[0]!.id })
    let line = ''
    while (!line.startsWith('answered')) line = await rig.heard.next('')
    // The menu's key for hanging up.
    phone.type('b')
    await rig.heard.next('remoteHangup')
    phone.type('q')
    await phone.done
    await expect.poll(registered).toEqual([])
  })
})
