import { tagOf } from './address.ts'
import { type CSeq, parseCSeq } from './cseq.ts'
import { splitList } from './params.ts'
import { trimmedSlice, unfold } from './text.ts'
import { parseVia, type Via } from './via.ts'

/** Where the header lines of a message stand in its text; same index, same line. */
export interface Lines {
  readonly keys: string[]
  /** first character of the line */
  readonly nameAt: number[]
  /** first character after the colon */
  readonly valueAt: number[]
  /** end of the line without its line break */
  readonly endAt: number[]
}

export interface StartLine {
  /** empty for a response whose CSeq is unusable */
  readonly method: string
  /** empty for a response */
  readonly uri: string
  /** 0 for a request */
  readonly status: number
  readonly reason: string
  readonly version: string
}

/**
 * A received message: the text as it came (a byte string, see text.ts) and where its fields are.
 * Values are cut out and read only when asked for. Nothing is ever re-serialised.
 */
export class SipMessage {
  readonly text: string
  readonly start: StartLine
  readonly bodyAt: number
  /** what is wrong with it, if its lines could not all be read */
  readonly defect: string | undefined
  /** length on the wire, before anything was noted in it */
  readonly bytes: number
  readonly #lines: Lines
  #via: Via | undefined | null = null
  #cseq: CSeq | undefined | null = null
  #fromTag: string | undefined | null = null
  #toTag: string | undefined | null = null

  constructor(
    text: string,
    start: StartLine,
    lines: Lines,
    bodyAt: number,
    defect: string | undefined,
    bytes = text.length,
  ) {
    this.text = text
    this.start = start
    this.#lines = lines
    this.bodyAt = bodyAt
    this.defect = defect
    this.bytes = bytes
  }

  get isRequest(): boolean {
    return this.start.status === 0
  }
  /** Of a request its method, of a response the method of its CSeq. */
  get method(): string {
    return this.start.status === 0 ? this.start.method : (this.cseq?.method ?? '')
  }
  get uri(): string {
    return this.start.uri
  }
  get status(): number {
    return this.start.status
  }
  get body(): string {
    return this.text.slice(this.bodyAt)
  }

  /** First value line of a field by its lower-case long name, unfolded and trimmed. */
  header(key: string): string | undefined {
    const index = this.#lines.keys.indexOf(key)
    return index < 0 ? undefined : this.#value(index)
  }
  /** Every line of a field, in order. */
  headers(key: string): string[] {
    const { keys } = this.#lines
    const found: string[] = []
    for (let i = keys.indexOf(key); i >= 0; i = keys.indexOf(key, i + 1)) found.push(this.#value(i))
    return found
  }
  /** Every value of a comma-separated field, in order. */
  list(key: string): string[] {
    return this.headers(key).flatMap(splitList)
  }
  count(key: string): number {
    let n = 0
    for (const k of this.#lines.keys) if (k === key) n++
    return n
  }
  /** True if a list field holds this option tag (case is ignored). */
  hasOption(key: string, option: string): boolean {
    return this.#lines.keys.includes(key)
      ? this.list(key).some((value) => value.toLowerCase() === option)
      : false
  }
  /** Keys of all lines in order. */
  get keys(): readonly string[] {
    return this.#lines.keys
  }
  /** Name of the line with this index as it was written. */
  nameAt(index: number): string {
    return trimmedSlice(this.text, this.#lines.nameAt[index]!, this.#lines.valueAt[index]! - 1)
  }
  /** Value of the line with this index. */
  valueAt(index: number): string {
    return this.#value(index)
  }

  get callId(): string {
    return this.header('call-id') ?? ''
  }
  get via(): Via | undefined {
    if (this.#via === null) this.#via = parseVia(this.header('via') ?? '')
    return this.#via
  }
  get cseq(): CSeq | undefined {
    if (this.#cseq === null) this.#cseq = parseCSeq(this.header('cseq') ?? '')
    return this.#cseq
  }
  get fromTag(): string | undefined {
    if (this.#fromTag === null) this.#fromTag = tagOf(this.header('from') ?? '')
    return this.#fromTag
  }
  get toTag(): string | undefined {
    if (this.#toTag === null) this.#toTag = tagOf(this.header('to') ?? '')
    return this.#toTag
  }

  /** A copy whose first line of a field reads differently; the rest of the text is untouched. */
  withFirst(key: string, value: string): SipMessage {
    const { keys, nameAt, valueAt, endAt } = this.#lines
    const index = keys.indexOf(key)
    if (index < 0) return this
    const from = valueAt[index]!
    const to = endAt[index]!
    const blank = this.text.charCodeAt(from) === 32 ? ' ' : ''
    const text = `${this.text.slice(0, from)}${blank}${value}${this.text.slice(to)}`
    const shift = text.length - this.text.length
    const moved = {
      keys,
      nameAt: nameAt.map((at, i) => (i > index ? at + shift : at)),
      valueAt: valueAt.map((at, i) => (i > index ? at + shift : at)),
      endAt: endAt.map((at, i) => (i >= index ? at + shift : at)),
    }
    return new SipMessage(text, this.start, moved, this.bodyAt + shift, this.defect, this.bytes)
  }

  /** The text without the first line of a field. */
  withoutFirst(key: string): string {
    const index = this.#lines.keys.indexOf(key)
    if (index < 0) return this.text
    const eol = this.text.indexOf('\n', this.#lines.endAt[index]!)
    const after = eol < 0 ? this.text.length : eol + 1
    return `${this.text.slice(0, this.#lines.nameAt[index]!)}${this.text.slice(after)}`
  }

  #value(index: number): string {
    const value = trimmedSlice(this.text, this.#lines.valueAt[index]!, this.#lines.endAt[index]!)
    return unfold(value)
  }
}
