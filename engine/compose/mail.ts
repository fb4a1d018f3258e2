import { readFileSync } from 'node:fs'
import { mailDeliveries } from '../app/voicemail/mail.ts'
import type { Config } from '../config/index.ts'
import type { MailDeliveries } from '../core/ports/mail.ts'
import { longestLinkS } from '../core/ports/recording-links.ts'
import { createMailer } from '../web/index.ts'
import type { Build } from './build.ts'
import { dialectsOf, mailWriter } from './dialects.ts'
import type { Playback } from './playback.ts'
import { recordingMedia } from './vault.ts'

/** Undefined: the operator has set no mail server. */
export function openMail(
  { config, closers, log, ports, storage }: Build,
  { links, linkUrl }: Pick<Playback, 'links' | 'linkUrl'>,
): MailDeliveries | undefined {
  const { mail, secrets, tls } = config
  if (mail === undefined) return undefined
  const mailer = createMailer({ ...mail, password: secrets.smtpPassword, trust: trustOf(tls) })
  closers.add(() => mailer.close())
  return mailDeliveries({
    ...{ store: ports.store, clock: ports.clock, recordingFiles: recordingMedia(storage) },
    ...{ mailer, log, speech: ports.speech },
    write: mailWriter(dialectsOf(config)),
    mailboxChanged: (id, username) => ports.sip.mailboxChanged(id, username),
    async link({ accountId, id }) {
      const { token } = await links.make(accountId, id, { use: 'page', ttlS: longestLinkS })
      return linkUrl(token, 'page')
    },
  })
}

const trustOf = ({ trust }: Config['tls']) =>
  typeof trust === 'string' ? trust : { ca: readFileSync(trust.caFile, 'utf8') }
