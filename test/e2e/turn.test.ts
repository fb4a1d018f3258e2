/** Debian's coturn, set up as docker/ has it, takes the credentials that come with a token. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { iceServersFor } from '../../engine/core/turn.ts'
import { freePort } from '../support/engine-process.ts'
import { TurnClient } from '../support/turn-client.ts'

const hasCoturn = spawnSync('turnserver', ['--help']).error === undefined
const secret = 'a-secret-of-the-tests'
const peer = '127.0.0.9'

let coturn: ChildProcess
let port: number
let output = ''
beforeAll(async () => {
  if (!hasCoturn) return
  port = await freePort()
  const conf = resolve(import.meta.dirname, '../../docker/coturn.conf')
  coturn = spawn('turnserver', [
    ...['-c', conf, `--static-auth-secret=${secret}`, `--listening-port=${port}`],
    ...['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', '--log-file=stdout'],
    // the one address here that may be a peer, as the engine's is in docker/
    ...['--allow-loopback-peers', `--allowed-peer-ip=${peer}`, '--pidfile=', '--userdb='],
  ])
  for (const stream of [coturn.stdout, coturn.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  }
  await answering(port, () => coturn.exitCode === null)
  expect(coturn.exitCode, output).toBe(null)
})
afterAll(async () => {
  if (coturn?.exitCode !== null) return
  coturn.kill('SIGKILL')
  await once(coturn, 'exit')
})

/** It says when it listens, but only once its buffer is full: a binding request gets an answer. */
async function answering(at: number, isRunning: () => boolean): Promise<void> {
  const socket = createSocket('udp4')
  let isThere = false
  socket.once('message', () => {
    isThere = true
  })
  socket.on('error', () => undefined)
  const binding = Buffer.from('000100002112a442000102030405060708090a0b', 'hex')
  while (!isThere && isRunning()) {
    socket.send(binding, at, '127.0.0.1')
    await delay(50)
  }
  socket.close()
}

const open: TurnClient[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})
async function client(expiresInS: number, ownSecret = secret): Promise<TurnClient> {
  const relays = { stunUrls: [], turnUrls: [`turn:127.0.0.1:${port}`], secret: ownSecret }
  const [server] = iceServersFor(relays, '1001', Math.floor(Date.now() / 1000) + expiresInS)
  const { username = '', credential = '' } = server ?? {}
  const one = await TurnClient.open(port, { username, credential })
  open.push(one)
  return one
}

describe.runIf(hasCoturn)('coturn', () => {
  test('relays both ways for credentials that are good', async () => {
    const one = await client(600)
    const relay = await one.allocate()
    if (typeof relay === 'number') throw new Error(`refused: ${relay}\n${output}`)
    expect(await one.permit(peer)).toBe(0)
    const far = createSocket('udp4')
    far.bind(0, peer)
    await once(far, 'listening')
    one.send(peer, far.address().port, Buffer.from('hello'))
    const [bytes, from] = (await once(far, 'message')) as [Buffer, { port: number }]
    expect([bytes.toString(), from.port]).toEqual(['hello', relay.port])
    const back = one.received()
    far.send('there', relay.port, '127.0.0.1')
    expect((await back).toString()).toBe('there')
    far.close()
  })

  test('refuses those that are over, and those of another secret', async () => {
    expect(await (await client(-1)).allocate()).toBe(401)
    expect(await (await client(600, 'another-secret-of-tests')).allocate()).toBe(401)
  })

  test('relays to no address of special purpose', async () => {
    const one = await client(600)
    expect(await one.allocate()).toHaveProperty('port')
    const refused = [
      ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.0.0.8', '127.1.2.3'],
      ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1'],
      ...['192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1'],
      ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ]
    for (const address of refused) {
      expect([address, await one.permit(address)]).toEqual([address, 403])
    }
    expect(await one.permit(peer)).toBe(0)
  })
})
