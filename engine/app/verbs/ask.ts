import { Failure } from '../../core/failures.ts'
import type { DefaultApplication } from '../../core/ports/store.ts'
import type { InstructionFormat } from '../../core/ports/web.ts'
import type { Verb } from '../../core/verbs.ts'
import { validSecrets } from '../../core/webhooks.ts'
import { callFields, formFields } from '../call-fields.ts'
import { checkHearing } from '../check-verbs.ts'
import { readInstructions } from '../instruction-document.ts'
import type { LiveCall } from '../live-call.ts'
import type { Run } from '../program.ts'
import { deafBecause } from '../speech/recogniser.ts'
import type { Instructions } from './redirect.ts'

type OfCall = Pick<Run, 'call' | 'ports'>

/** How a call's application is asked. */
export interface Asking {
  /** Undefined: JSON, and forms from when it has answered in TwiML. */
  readonly format?: InstructionFormat
  readonly fallbackUrl?: string
  /** It has answered in TwiML. */
  readonly speaksTwiml?: boolean
}

/**
 * Asks for the next verbs. When that fails, by the network, a status or a document that can't be read, the call's
 * `fallbackUrl` is asked, then the account's default application and its fallback, each once; each is told of the
 * failure and told in the log. Rejects with the first Failure when nobody has an answer.
 */
export async function askNext(run: Run, wanted: Instructions): Promise<readonly Verb[]> {
  try {
    return await ask(run, wanted)
  } catch (error) {
    if (!(error instanceof Failure) || run.signal.aborted) throw error
    return await askOthers(run, wanted, error)
  }
}

/** The same, but nobody else is asked where that fails: the call has what it goes on with. */
export async function askAlone(run: Run, wanted: Instructions): Promise<readonly Verb[]> {
  try {
    return await ask(run, wanted)
  } catch (error) {
    if (error instanceof Failure && !run.signal.aborted) await tell(run, wanted.url, error)
    throw error
  }
}

async function askOthers(run: Run, wanted: Instructions, first: Failure): Promise<readonly Verb[]> {
  let failed: Pick<Instructions, 'url'> & { why: Failure } = { url: wanted.url, why: first }
  for (const other of await othersFor(run, wanted)) {
    await tell(run, failed.url, failed.why, other.url)
    const told = { error_code: failed.why.code, error_url: failed.url }
    try {
      return await ask(run, { ...other, extra: { ...wanted.extra, ...told } })
    } catch (error) {
      if (!(error instanceof Failure) || run.signal.aborted) throw error
      failed = { url: other.url, why: error }
    }
  }
  await tell(run, failed.url, failed.why)
  throw first
}

const tell = ({ call }: Run, url: string, why: Failure, next?: string): Promise<void> =>
  call.note('instructions.failed', { url, code: why.code, error: why.message, next: next ?? null })

/** What the account has set now. */
export async function defaultApplication({
  call,
  ports,
}: OfCall): Promise<DefaultApplication | undefined> {
  return (await ports.store.accounts.get(call.record.accountId))?.application
}

/** Those who may answer in place of the one who did not, in order, nobody twice. */
async function othersFor(run: Run, wanted: Instructions): Promise<readonly Instructions[]> {
  const { call } = run
  const application = await defaultApplication(run)
  const all: Instructions[] = []
  const add = (url: string | undefined, rest: Omit<Instructions, 'url'>) => {
    const isNew = url !== undefined && url !== wanted.url && all.every((one) => one.url !== url)
    if (isNew) all.push({ ...rest, url })
  }
  add(call.asking.fallbackUrl, { method: 'POST' })
  if (application) {
    const { url, fallbackUrl, method, format } = application
    const how = { method, ...(format !== undefined && { format }) }
    add(url, how)
    add(fallbackUrl, how)
  }
  return all
}

/** Asks this one alone. Failures of Web.instructions, of `readInstructions` and of `checkHearing`. */
export async function ask(run: Run, wanted: Instructions): Promise<readonly Verb[]> {
  const { call, ports } = run
  const { url, method } = wanted
  const format = wanted.format ?? formatFor(call)
  const fields = fieldsIn(format, run, wanted)
  const secrets = await secretsOf(run)
  const answer = await ports.web.instructions({ url, method, format, fields, secrets }, run.signal)
  const document = readInstructions(answer, {
    hasVoice: (voice) => ports.speech.hasVoice(voice),
    deafBecause: deafBecause(ports.recogniser),
    hearsLanguage: (language) => ports.recogniser?.hasLanguage(language) === true,
  })
  checkHearing(ports, document.verbs)
  if (document.isTwiml) call.asking = { ...call.asking, speaksTwiml: true }
  if (document.warnings.length > 0) {
    await call.note('instructions.warning', { url: answer.url, warnings: document.warnings })
  }
  return document.verbs
}

/** How the call's application is asked and told where nothing else is said. */
export const formatFor = ({ asking }: LiveCall): InstructionFormat =>
  asking.format ?? (asking.speaksTwiml ? 'form' : 'json')

function fieldsIn(format: InstructionFormat, { call }: OfCall, { extra = {} }: Instructions) {
  const name = call.record.direction === 'inbound' ? call.made.callerName : undefined
  return format === 'form'
    ? formFields(call.record, extra, name)
    : callFields(call.record, extra, name)
}

/** What its applications know it by, the newest first. */
export async function secretsOf({ call, ports }: OfCall): Promise<readonly string[]> {
  const secrets = await ports.store.webhooks.secretsOf(call.record.accountId)
  return secrets ? validSecrets(secrets, ports.clock.nowMs()) : []
}

/** Tells the application how something went when nobody waits for its answer. Never rejects. */
export async function tellApplication(run: OfCall, wanted: Instructions): Promise<void> {
  const { call, ports } = run
  const format = wanted.format ?? formatFor(call)
  const { url, method } = wanted
  try {
    const secrets = await secretsOf(run)
    const fields = fieldsIn(format, run, wanted)
    await ports.web.instructions({ url, method, format, fields, secrets })
  } catch (error) {
    ports.log.info('application not told', { callId: call.id, error: String(error) })
  }
}
