/**
 * RFC 4475 and RFC 5118 messages, answered as the RFC allows. The messages are third-party data and no
 * part of this project: they are used where they lie beside it, as ../shared/torture. The project's own
 * cases of the same rules, in parse.test.ts and server.test.ts, always run.
 */
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseMessage, type SipServer } from '../../../engine/sip-server/index.ts'
import { RawApp, RawPeer, startLab, until } from './lab.ts'

interface Case {
  readonly name: string
  readonly file: string
  readonly transport?: string
  readonly acceptStatus?: readonly number[]
  readonly tolerateStatus?: readonly number[]
}

/** What an application behind this server decides, so that its 200 says nothing about us. */
const businessOfApplications: ReadonlyMap<string, string> = new Map([
  ['unkscm', 'which Request-URI schemes it serves'],
  ['novelsc', 'which Request-URI schemes it serves'],
  ['unksm2', 'which addresses it registers'],
  ['bext01', 'which extensions it supports'],
  ['invut', 'which bodies it understands'],
  ['sdp01', 'whether SDP is acceptable to the caller'],
])

const folder = resolve(import.meta.dirname, '../../../../shared/torture')
const isThere = existsSync(folder)

const cases = (): Case[] => {
  if (!isThere) return []
  return ['expected.json', 'rfc5118/expected.json'].flatMap((file) => {
    const list = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { messages: Case[] }
    return list.messages
  })
}

/** Answers everything 200, as an obliging application would. */
const obliging = async (server: SipServer): Promise<RawApp> => {
  const app = await RawApp.open(server)
  const verbs = [
    'invite',
    'options',
    'register',
    'message',
    'info',
    'notify',
    'subscribe',
    'publish',
  ]
  await app.route(...verbs)
  return app
}

const deliver = async (server: SipServer, peer: RawPeer, bytes: Buffer, tcp: boolean) => {
  if (!tcp) {
    peer.send(bytes)
    return () => peer.received.map((message) => message.status)
  }
  const statuses: number[] = []
  const socket = connect(server.sipPort, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    for (const [, status] of data.toString('latin1').matchAll(/^SIP\/2\.0 (\d{3})/gm)) {
      statuses.push(Number(status))
    }
  })
  socket.end(bytes)
  return () => statuses
}

const run = async ({ name, file, transport, acceptStatus, tolerateStatus }: Case) => {
  const bytes = readFileSync(join(folder, file))
  const message = parseMessage(bytes)
  expect(message === undefined || message.text.length > 0).toBe(true)
  const server = await startLab()
  const app = await obliging(server)
  const peer = await RawPeer.open(server)
  const statuses = await deliver(server, peer, bytes, /tcp/i.test(transport ?? ''))
  const [frame] = await Promise.race([
    app.next((each) => each.startsWith('sip|network')).then((each) => [each]),
    new Promise<string[]>((resolve) => setTimeout(resolve, 60, [])),
  ])
  if (frame !== undefined) {
    app.send(`a|sip|${frame.split('|')[7]}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    await app.answer('a')
  }
  const allowed = [...(acceptStatus ?? []), ...(tolerateStatus ?? [])]
  if (allowed.length > 0) await until(() => statuses().some((status) => status > 100))
  const final = statuses().find((status) => status > 100)
  if (!businessOfApplications.has(name)) {
    expect([...allowed, ...(allowed.length === 0 ? [undefined] : [])]).toContain(final)
  }
  // whatever it was, the next good request is answered
  peer.send(peer.request('BYE', 'after', { to: '<sip:x@h>;tag=none' }))
  expect((await peer.next((each) => each.callId === 'after')).status).toBe(481)
  app.close()
  peer.close()
  await server.close()
}

test.runIf(isThere).each(cases())('$name', run)

test('the messages are all there, or none of them is', () => {
  expect(cases().length).toBe(isThere ? 61 : 0)
})
