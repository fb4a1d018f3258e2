import { Failure } from '../../core/failures.ts'

/** A body of many tiny parts, or of a long head, would keep all calls waiting. */
const mostParts = 8
const mostHeadBytes = 4_096

const boundaryIn = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i
/** `name="audio"; filename="a.wav"` */
const parameters = /;\s*([\w*-]+)=(?:"([^"]*)"|([^;\s]*))/g

/** The parts of a body of `multipart/form-data` (RFC 7578) by their names. Failure `invalid_request`. */
export function formParts(body: Buffer, contentType: string): ReadonlyMap<string, Buffer> {
  const [, quoted, plain] = boundaryIn.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw refused('its content type names no boundary')
  const parts = new Map<string, Buffer>()
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // The first one has no line before it, unless there is something in front that counts for nothing.
  const first = delimiter.subarray(2)
  let at = body.subarray(0, first.length).equals(first) ? first.length : behind(body, delimiter, 0)
  while (body.toString('latin1', at, at + 2) !== '--') {
    if (parts.size === mostParts) throw refused(`it has more than ${mostParts} parts`)
    const headEnd = body.subarray(at, at + mostHeadBytes).indexOf('\r\n\r\n')
    if (headEnd === -1) throw refused('a part of it has no head, or too long a one')
    const name = nameIn(body.toString('utf8', at, at + headEnd))
    if (parts.has(name)) throw refused(`it has the field ${name} twice`)
    const from = at + headEnd + 4
    at = behind(body, delimiter, from)
    parts.set(name, body.subarray(from, at - delimiter.length))
  }
  return parts
}

function behind(body: Buffer, delimiter: Buffer, from: number): number {
  const at = body.indexOf(delimiter, from)
  if (at === -1) throw refused('it ends in the middle of a part')
  return at + delimiter.length
}

function nameIn(head: string): string {
  const line = head.split('\r\n').find((one) => /^content-disposition:\s*form-data\s*;/i.test(one))
  for (const [, key, quoted, plain] of line?.matchAll(parameters) ?? [])
    if (key?.toLowerCase() === 'name') return quoted ?? plain ?? ''
  throw refused('a part of it has no name')
}

const refused = (why: string) => new Failure('invalid_request', `The form can not be read: ${why}`)
