import type { SendMailOptions, SentMessageInfo, Transporter } from 'nodemailer'
import type { Letter, Mailer, MailOutcome } from '../core/ports/mail.ts'

const connectMs = 10_000
const greetingMs = 10_000
/** A server that checks a big letter for viruses takes its time (RFC 5321 section 4.5.3.2.6 gives it ten minutes). */
const silenceMs = 60_000

export interface MailServer {
  readonly host: string
  readonly port: number
  /** `at-once`: TLS from the first byte; `required`: by STARTTLS; `if-offered`; `off`. */
  readonly tls: 'at-once' | 'required' | 'if-offered' | 'off'
  readonly user: string | undefined
}

export interface MailerOptions {
  readonly server: MailServer
  readonly password: string | undefined
  /** An address, or a name and one in angle brackets. */
  readonly from: string
  /** Whose certificates are taken; `ca`: PEM. */
  readonly trust: 'system' | 'any' | { readonly ca: string }
}

/** Sends letters by SMTP, a connection each. The package is loaded with the first of them. */
export function createMailer(options: MailerOptions): Mailer {
  let loading: Promise<Transporter> | undefined
  return {
    async send(letter, signal) {
      try {
        signal.throwIfAborted()
        loading ??= transporterOf(options)
        const sending = loading.then((transporter) => transporter.sendMail(mailOf(letter, options)))
        return taken(await unlessAborted(sending, signal))
      } catch (error) {
        return outcomeOf(error)
      }
    },
    close() {
      void loading?.then((transporter) => transporter.close())
    },
  }
}

async function transporterOf({ server, password, trust }: MailerOptions): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const { host, port, tls, user } = server
  return createTransport({
    ...{ host, port, secure: tls === 'at-once' },
    ...{ requireTLS: tls === 'required', ignoreTLS: tls === 'off' },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    tls: {
      rejectUnauthorized: trust !== 'any',
      ...(typeof trust === 'object' && { ca: trust.ca }),
    },
    ...{ connectionTimeout: connectMs, greetingTimeout: greetingMs, socketTimeout: silenceMs },
    // What is written into a letter is never taken for a file or an address to fetch.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
}

function mailOf(letter: Letter, { from }: MailerOptions): SendMailOptions {
  const { attachment } = letter
  const envelope = { from: addressOf(from), to: letter.to, size: sizeOf(letter) }
  return {
    from,
    to: { name: '', address: letter.to },
    // With its size, so that a server that takes less says so before it is sent (RFC 1870).
    envelope,
    subject: oneLine(letter.subject),
    text: letter.text,
    ...(letter.html !== undefined && { html: letter.html }),
    messageId: `<${letter.id}@${hostOf(from)}>`,
    // RFC 3834: nobody is to answer it by a machine.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...(attachment && {
      attachments: [
        {
          filename: attachment.filename,
          contentType: attachment.contentType,
          content: Buffer.from(attachment.content),
        },
      ],
    }),
  }
}

/** Nothing in it ends a header's line. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** About so many bytes; base64 makes four of three, and adds line ends. */
const sizeOf = ({ text, html = '', attachment }: Letter): number =>
  Math.ceil((attachment?.content.length ?? 0) * 1.38) + 2 * (text.length + html.length) + 2_000

const addressOf = (from: string): string => /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from

const hostOf = (from: string): string => /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'

function taken({ response }: SentMessageInfo): MailOutcome {
  const status = Number(/^\d{3}/.exec(String(response))?.[0] ?? 250)
  return { is: 'delivered', status }
}

/** What a server may say of one letter; everything else is trouble with the server, which may pass. */
const ofTheLetter: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE'])

/** RFC 4954 section 6: a fault of the settings, not of the letter. */
const loginNeeded = 530
/** RFC 1870 section 6.2; a mailbox may be full, too. */
const tooLarge = 552

function outcomeOf(thrown: unknown): MailOutcome {
  const {
    code,
    responseCode: status,
    message,
  } = thrown as Error & {
    code?: string
    responseCode?: number
  }
  const error = oneLine(String(message ?? thrown)).slice(0, 300)
  if (!ofTheLetter.has(code) || status === loginNeeded) return { is: 'unanswered', error }
  // Without a status it was not even tried: larger than what the server says it takes.
  if (status === undefined) return { is: 'refused', error, isFinal: true, isTooLarge: true }
  const isTooLarge = status === tooLarge
  return { is: 'refused', error, isFinal: status >= 500, status, ...(isTooLarge && { isTooLarge }) }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(new Error('the engine is closing'))
  signal.addEventListener('abort', abort, { once: true })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
