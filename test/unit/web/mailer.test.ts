import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { isMailAddress, type Letter, type Mailer } from '../../../engine/core/ports/mail.ts'
import { createMailer, type MailerOptions } from '../../../engine/web/mailer.ts'
import { certificateFiles } from '../../support/certificate-files.ts'
import {
  attachmentIn,
  headerIn,
  type MailServerBehaviour,
  startMailServer,
  type TestMailServer,
} from '../../support/mail-server.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(behaviour: MailServerBehaviour = {}): Promise<TestMailServer> {
  const server = await startMailServer(behaviour)
  closers.push(() => server.close())
  return server
}

type Over = Partial<Omit<MailerOptions, 'server'>> & Partial<MailerOptions['server']>

function mailerTo(port: number, { password, from, trust = 'any', ...server }: Over = {}): Mailer {
  const mailer = createMailer({
    server: { host: '127.0.0.1', port, tls: 'if-offered', user: undefined, ...server },
    password,
    from: from ?? 'Voicemail <voicemail@pbx.example>',
    trust,
  })
  closers.push(() => mailer.close())
  return mailer
}

const letter: Letter = {
  id: 'voicemail.1234',
  to: 'ann@mail.example',
  subject: 'Message from +15005550101',
  text: 'Of 12 seconds.\nTranscript: grüße 電話',
}
const never = new AbortController().signal

const certificate = () => {
  const files = certificateFiles()
  closers.push(files.remove)
  const [key, cert] = [files.keyFile, files.certFile].map((path) => readFileSync(path, 'utf8'))
  return { key: key ?? '', cert: cert ?? '' }
}

test('a letter arrives: one recipient, the attachment byte by byte', async () => {
  const server = await serve()
  const content = randomBytes(123_457)
  const attachment = { filename: 'message.wav', contentType: 'audio/wav', content }
  const html = '<p>Of 12 seconds.</p>'
  const outcome = await mailerTo(server.port).send({ ...letter, html, attachment }, never)
  expect(outcome).toEqual({ is: 'delivered', status: 250 })
  const [got] = server.letters
  expect(server.letters).toHaveLength(1)
  expect([got!.from, got!.to]).toEqual(['voicemail@pbx.example', ['ann@mail.example']])
  expect(headerIn(got!, 'message-id')).toBe('<voicemail.1234@pbx.example>')
  expect(headerIn(got!, 'subject')).toBe('Message from +15005550101')
  expect(headerIn(got!, 'from')).toBe('Voicemail <voicemail@pbx.example>')
  expect(headerIn(got!, 'auto-submitted')).toBe('auto-generated')
  expect(attachmentIn(got!, 'message.wav').equals(content)).toBe(true)
  expect(got!.source).toContain('text/html')
})

test('no header can be slipped in by a name, a subject or a file', async () => {
  const server = await serve()
  const evil = 'x\r\nBcc: eve@mail.example\r\n\r\nbody'
  const attachment = { filename: evil, contentType: 'audio/wav', content: Buffer.from('x') }
  const outcome = await mailerTo(server.port).send({ ...letter, subject: evil, attachment }, never)
  expect(outcome.is).toBe('delivered')
  const [got] = server.letters
  expect(got!.to).toEqual(['ann@mail.example'])
  expect(headerIn(got!, 'bcc')).toBeUndefined()
  expect(got!.source).not.toMatch(/^bcc:/im)
  expect(headerIn(got!, 'subject')).toBe('x Bcc: eve@mail.example body')
})

test('what is an address, and what is none', () => {
  const good = ['ann@mail.example', 'a.b+voicemail@sub.mail.example', 'root@localhost']
  expect(good.filter((one) => !isMailAddress(one))).toEqual([])
  const bad = [
    ...['', 'ann', 'ann@', '@mail.example', 'a b@mail.example', 'a@b@c', 'a@-b.example', 'a@b..c'],
    ...['a@b.example\r\nBcc: c@d.example', 'a@b.example, c@d.example', '<a@b.example>', '"a"@b.c'],
    `${'a'.repeat(65)}@b.example`,
    `a@${'b.'.repeat(130)}example`,
  ]
  expect(bad.filter(isMailAddress)).toEqual([])
})

test.each([
  [450, { is: 'refused', isFinal: false, status: 450 }],
  [550, { is: 'refused', isFinal: true, status: 550 }],
])('a recipient that is told %i', async (status, wanted) => {
  const server = await serve({ rcpt: () => status })
  expect(await mailerTo(server.port).send(letter, never)).toMatchObject(wanted)
})

test.each([
  [451, { is: 'refused', isFinal: false, status: 451 }],
  [552, { is: 'refused', isFinal: true, status: 552, isTooLarge: true }],
  [554, { is: 'refused', isFinal: true, status: 554 }],
])('a whole letter that is told %i', async (status, wanted) => {
  const server = await serve({ data: () => status })
  expect(await mailerTo(server.port).send(letter, never)).toMatchObject(wanted)
})

test('a letter larger than the server says it takes is not tried', async () => {
  const server = await serve({ size: 4_000 })
  const attachment = { filename: 'a.wav', contentType: 'audio/wav', content: randomBytes(9_000) }
  const outcome = await mailerTo(server.port).send({ ...letter, attachment }, never)
  expect(outcome).toMatchObject({ is: 'refused', isFinal: true, isTooLarge: true })
  expect(server.letters).toEqual([])
})

test('a server that is down may come back', async () => {
  const server = await serve()
  await server.close()
  expect(await mailerTo(server.port).send(letter, never)).toMatchObject({ is: 'unanswered' })
})

test('STARTTLS is used where it is offered, and missed where it is required', async () => {
  const offering = await serve({ tls: certificate() })
  expect((await mailerTo(offering.port).send(letter, never)).is).toBe('delivered')
  expect(offering.letters[0]!.isSecure).toBe(true)
  const plain = await serve()
  const missed = await mailerTo(plain.port, { tls: 'required' }).send(letter, never)
  expect([missed.is, plain.letters]).toEqual(['unanswered', []])
})

test('TLS from the first byte; whose certificate is not trusted gets nothing', async () => {
  const tls = certificate()
  const server = await serve({ tls, secure: true })
  const system = mailerTo(server.port, { tls: 'at-once', trust: 'system' })
  expect(await system.send(letter, never)).toMatchObject({ is: 'unanswered' })
  const knowing = mailerTo(server.port, { tls: 'at-once', trust: { ca: tls.cert } })
  expect(await knowing.send(letter, never)).toMatchObject({ is: 'delivered' })
  expect(server.letters[0]!.isSecure).toBe(true)
})

test('it logs in; a wrong password is trouble with the server, not with the letter', async () => {
  const login = { user: 'pbx', password: 'p@ss word' }
  const server = await serve({ login, tls: certificate() })
  const over = { user: 'pbx', tls: 'required' } as const
  const right = mailerTo(server.port, { ...over, password: 'p@ss word' })
  expect(await right.send(letter, never)).toMatchObject({ is: 'delivered' })
  expect(server.letters[0]!.user).toBe('pbx')
  const wrong = await mailerTo(server.port, { ...over, password: 'other' }).send(letter, never)
  expect(wrong).toMatchObject({ is: 'unanswered' })
  expect(JSON.stringify(wrong)).not.toContain('other')
  expect(await mailerTo(server.port).send(letter, never)).toMatchObject({ is: 'unanswered' })
})

test('a slow server is given up with the signal, not before', async () => {
  const server = await serve({ takesMs: 300 })
  expect((await mailerTo(server.port).send(letter, never)).is).toBe('delivered')
  const stuck = await serve({ takesMs: 5_000 })
  const abort = new AbortController()
  const sending = mailerTo(stuck.port).send(letter, abort.signal)
  while (stuck.letters.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  abort.abort()
  expect(await sending).toEqual({ is: 'unanswered', error: 'the engine is closing' })
})
