/** Phones that are not ours register: sipp, and two baresips as one device. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { SipOptions } from '../../../engine/sip/index.ts'
import { baresipAudio, freePort } from '../../support/free-port.ts'
import { device, type Rig, startRig } from './support/rig.ts'

let rig: Rig
let folder: string
const running: ChildProcess[] = []
async function begin(more: Partial<SipOptions> = {}): Promise<void> {
  rig = await startRig(more)
  rig.devices.push(device('alice', 'right'))
  folder = await mkdtemp(join(tmpdir(), 'ringdown-sip-'))
}
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await rig.close()
  await rm(folder, { recursive: true, force: true })
})

function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  }
  const done = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { output: () => output, done, type: (text: string) => child.stdin.write(text) }
}
const contacts = () => rig.sip.registeredContacts(rig.devices[0]!.id)

describe('sipp', () => {
  it.each([
    ['MD5', 'u1'],
    ['MD5', 't1'],
  ] as const)('registers by %s over %s, and leaves by *', async (algorithm, transport) => {
    await begin({ digestOffer: [algorithm] })
    const port = await freePort()
    const phone = start('sipp', [
      `127.0.0.1:${rig.sipPort}`,
      ...['-sf', join(import.meta.dirname, 'sipp/register.xml')],
      ...['-i', '127.0.0.1', '-p', String(port), '-t', transport],
      ...['-m', '1', '-nostdin', '-timeout', '40', '-timeout_error', '-trace_err'],
    ])
    expect(await phone.done, phone.output()).toBe(0)
    const place = `${transport === 'u1' ? 'udp' : 'tcp'}/127.0.0.1:${port}`
    expect(rig.heard.registrar).toEqual([
      `registered alice ${place} null`,
      `unregistered alice ${place} removed`,
    ])
    expect(rig.sip.counts().digestsFailed).toBe(0)
  })
})

async function baresip(name: string) {
  const home = join(folder, name)
  const port = await freePort()
  const config = [
    `sip_listen 127.0.0.1:${port}`,
    'module_path /usr/lib/baresip/modules',
    ...['module stdio.so', 'module g711.so', 'module_tmp account.so', 'module_app menu.so'],
    ...[`rtp_ports ${baresipAudio}`, 'audio_source none', 'audio_player none'],
  ]
  await mkdir(home)
  await writeFile(join(home, 'config'), `${config.join('\n')}\n`)
  const account = `<sip:alice@127.0.0.1:${rig.sipPort}>;auth_pass=right;regint=60`
  await writeFile(join(home, 'accounts'), `${account}\n`)
  await writeFile(join(home, 'contacts'), '')
  // -s prints every message
  return start('baresip', ['-s', '-f', home, '-t', '60'])
}

it('two baresips are one device: both ring, one answers, the other stops and knows why', async () => {
  await begin()
  const [desk, cell] = [await baresip('desk'), await baresip('cell')]
  await expect.poll(contacts).toHaveLength(2)
  rig.call({ kind: 'device', deviceId: rig.devices[0]!.id })
  await rig.heard.next('progress 180')
  await rig.heard.next('progress 180')
  desk.type('a')
  await rig.heard.next('answered')
  const cancel = /CANCEL sip:[\s\S]*?\r\n\r\n/
  await expect.poll(cell.output).toMatch(cancel)
  expect(cancel.exec(cell.output())?.[0]).toContain(
    'Reason: SIP;cause=200;text="Call completed elsewhere"',
  )
  expect(desk.output()).not.toContain('CANCEL sip:')
  desk.type('b')
  await rig.heard.next('remoteHangup')
})
