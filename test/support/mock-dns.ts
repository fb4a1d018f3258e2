/** A name server on loopback: real DNS packets over UDP (RFC 1035), records given by the test. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'

interface Common {
  readonly name: string
  /** seconds; 60 without it */
  readonly ttl?: number
}

export type DnsRecord = Common &
  (
    | { readonly address: string }
    | {
        readonly srv: readonly [priority: number, weight: number, port: number, target: string]
      }
    | {
        /** flags are `s`, there is no regular expression */
        readonly naptr: readonly [
          order: number,
          preference: number,
          service: string,
          replacement: string,
        ]
      }
  )

const types = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const
type Type = keyof typeof types

const typeOf = (record: DnsRecord): Type => {
  if ('srv' in record) return 'SRV'
  if ('naptr' in record) return 'NAPTR'
  return isIPv4(record.address) ? 'A' : 'AAAA'
}

const u16 = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 2)
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, index * 2)
  return bytes
}
const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])
const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map(text),
    Buffer.from([0]),
  ])

const v6Bytes = (address: string): Buffer => {
  const [head = '', tail] = address.split('::')
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - first.length - last.length
  return u16(...first, ...Array.from({ length: gap }, () => 0), ...last)
}

const dataOf = (record: DnsRecord): Buffer => {
  if ('srv' in record) {
    const [priority, weight, port, target] = record.srv
    return Buffer.concat([u16(priority, weight, port), nameBytes(target)])
  }
  if ('naptr' in record) {
    const [order, preference, service, replacement] = record.naptr
    const texts = [text('s'), text(service), text('')]
    return Buffer.concat([u16(order, preference), ...texts, nameBytes(replacement)])
  }
  if (isIPv4(record.address)) return Buffer.from(record.address.split('.').map(Number))
  return v6Bytes(record.address)
}

const answerBytes = (record: DnsRecord): Buffer => {
  const data = dataOf(record)
  const fixed = u16(types[typeOf(record)], 1, 0, record.ttl ?? 60, data.length)
  return Buffer.concat([nameBytes(record.name), fixed, data])
}

/** The name that a query asks for, and where its question ends. */
const questionOf = (query: Buffer): { readonly name: string; readonly end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

const nameError = 3
const lateMs = 100

export class MockDns {
  /** `<type> <name>` of every question, in order */
  readonly asked: string[] = []
  records: readonly DnsRecord[]
  /** answers nothing at all */
  silent = false
  /** answers to these come after a while, those to the others at once */
  late: readonly Type[] = []
  readonly #socket: Socket
  #closed = false

  private constructor(socket: Socket, records: readonly DnsRecord[]) {
    this.#socket = socket
    this.records = records
    socket.on('message', (query, from) => this.#answer(query, from))
  }

  static async open(records: readonly DnsRecord[]): Promise<MockDns> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new MockDns(socket, records)
  }

  /** as a setting names it */
  get server(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  close(): void {
    this.#closed = true
    this.#socket.close()
  }

  #answer(query: Buffer, from: RemoteInfo): void {
    const { name, end } = questionOf(query)
    const number = query.readUInt16BE(end - 4)
    const type = Object.entries(types).find(([, value]) => value === number)?.[0] ?? `${number}`
    this.asked.push(`${type} ${name}`)
    if (this.silent) return
    const ofName = this.records.filter((record) => record.name.toLowerCase() === name)
    const found = ofName.filter((record) => typeOf(record) === type)
    // a response, authoritative, recursion as wished; one question, the answers, nothing else
    const flags = 0x8580 + (ofName.length === 0 ? nameError : 0)
    const head = u16(query.readUInt16BE(0), flags, 1, found.length, 0, 0)
    const packet = Buffer.concat([head, query.subarray(12, end), ...found.map(answerBytes)])
    const isLate = this.late.some((each) => each === type)
    setTimeout(() => this.#reply(packet, from), isLate ? lateMs : 0)
  }

  #reply(packet: Buffer, from: RemoteInfo): void {
    if (!this.#closed) this.#socket.send(packet, from.port, from.address)
  }
}
