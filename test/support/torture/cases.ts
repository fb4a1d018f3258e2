/**
 * The torture messages of RFC 4475 and RFC 5118 with what may be answered to each. They are third-party
 * data and no part of this project: they are used where they lie beside it, as ../shared/torture, or
 * where RINGDOWN_TEST_TORTURE says.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export interface TortureCase {
  readonly rfc: '4475' | '5118'
  readonly name: string
  readonly bytes: Buffer
  /** What the message's own top Via says; UDP where it says nothing usable. */
  readonly transport: 'UDP' | 'TCP' | 'TLS'
  /** Final answers; empty: none may come. */
  readonly allowed: readonly number[]
}

interface Entry {
  readonly name: string
  readonly file: string
  readonly viaTransport?: string | null
  readonly acceptStatus?: readonly number[]
  readonly tolerateStatus?: readonly number[]
}

const folder =
  process.env['RINGDOWN_TEST_TORTURE'] ?? resolve(import.meta.dirname, '../../../../shared/torture')

const transportOf = (word: string | null | undefined): TortureCase['transport'] =>
  word === 'TCP' || word === 'TLS' ? word : 'UDP'

const read = (rfc: TortureCase['rfc'], list: string): TortureCase[] => {
  const { messages } = JSON.parse(readFileSync(join(folder, list), 'utf8')) as {
    messages: Entry[]
  }
  return messages.map(({ name, file, viaTransport, acceptStatus, tolerateStatus }) => ({
    rfc,
    name,
    bytes: readFileSync(join(folder, file)),
    transport: transportOf(viaTransport),
    allowed: [...(acceptStatus ?? []), ...(tolerateStatus ?? [])].filter((status) => status >= 200),
  }))
}

/** Empty where the folder is not there. */
export const tortureCases = (rfc: TortureCase['rfc']): readonly TortureCase[] => {
  const list = rfc === '4475' ? 'expected.json' : 'rfc5118/expected.json'
  return existsSync(join(folder, list)) ? read(rfc, list) : []
}

export const whyNoTorture = `the messages are not part of this project, and not at ${folder}`
