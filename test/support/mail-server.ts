import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A letter as a mail server got it. */
export interface ReceivedLetter {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly isSecure: boolean
  /** Head and body, CRLF. */
  readonly source: string
}

export interface MailServerBehaviour {
  readonly tls?: { readonly key: string; readonly cert: string }
  /** TLS from the first byte; default by STARTTLS, when there is a certificate. */
  readonly secure?: boolean
  readonly login?: { readonly user: string; readonly password: string }
  /** What each recipient is told, one after the other; default 250. */
  readonly rcpt?: (address: string, attempt: number) => number
  /** What is said to a whole letter; default 250. */
  readonly data?: (attempt: number) => number
  /** Before a letter is taken. */
  readonly takesMs?: number
  readonly size?: number
  readonly port?: number
}

export interface TestMailServer {
  readonly port: number
  readonly letters: readonly ReceivedLetter[]
  /** Letters and recipients that were refused, too. */
  readonly attempts: () => number
  close(): Promise<void>
}

const refusal = (status: number) => Object.assign(new Error('not now'), { responseCode: status })

/** A real SMTP server on loopback that behaves as it is told. */
export async function startMailServer(
  behaviour: MailServerBehaviour = {},
): Promise<TestMailServer> {
  const letters: ReceivedLetter[] = []
  let attempts = 0
  const server = new SMTPServer({ ...optionsOf(behaviour), ...receive() })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    server.listen(behaviour.port ?? 0, '127.0.0.1', () => resolve())
  })
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    letters,
    attempts: () => attempts,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }

  function receive(): SMTPServerOptions {
    return {
      onRcptTo({ address }, _session, done) {
        attempts += 1
        const status = behaviour.rcpt?.(address, attempts) ?? 250
        done(status < 300 ? null : refusal(status))
      },
      onData(stream, session, done) {
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('end', () => {
          const status = behaviour.data?.(attempts) ?? 250
          if (status >= 300) return done(refusal(status))
          const { mailFrom, rcptTo } = session.envelope
          letters.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            user: session.user,
            isSecure: session.secure,
            source: Buffer.concat(parts).toString('latin1'),
          })
          setTimeout(() => done(), behaviour.takesMs ?? 0)
        })
      },
    }
  }
}

function optionsOf({ tls, secure = false, login, size }: MailServerBehaviour): SMTPServerOptions {
  return {
    ...{ secure, authOptional: login === undefined, closeTimeout: 100 },
    ...(tls && { key: tls.key, cert: tls.cert }),
    ...(size !== undefined && { size }),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    onAuth({ username, password }, _session, done) {
      const isRight = username === login?.user && password === login?.password
      done(isRight ? null : refusal(535), isRight ? { user: username ?? '' } : undefined)
    },
  }
}

/** Undoes RFC 2045's base64 of the part whose headers hold that text. */
export function attachmentIn({ source }: ReceivedLetter, mark: string): Buffer {
  const parts = source.split(/\r\n--[^\r\n]+(?:--)?\r\n/)
  const part = parts.find((one) => one.slice(0, one.indexOf('\r\n\r\n')).includes(mark)) ?? ''
  return Buffer.from(part.slice(part.indexOf('\r\n\r\n')).replaceAll(/\s/g, ''), 'base64')
}

/** The value of a header, unfolded. */
export function headerIn({ source }: ReceivedLetter, name: string): string | undefined {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1).trim()
}

/** Encoded words (RFC 2047) as they are read. */
export const decoded = (value = ''): string =>
  value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString()
        : unquoted(text.replaceAll('_', ' ')),
    )

/** All of a letter with its parts in quoted-printable or base64 text decoded, lines ended by LF. */
export function letterText({ source }: ReceivedLetter): string {
  const parts = source.split(/\r\n--[^\r\n]+(?:--)?\r\n/)
  const texts = parts.map((part) => {
    const [head = '', ...body] = part.split('\r\n\r\n')
    const text = body.join('\r\n\r\n')
    return /encoding: base64/i.test(head)
      ? Buffer.from(text, 'base64').toString()
      : unquoted(text.replaceAll('=\r\n', ''))
  })
  return texts.join('\n').replaceAll('\r\n', '\n')
}

const unquoted = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  ).toString()
