/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly name: string
  readonly data: string
  readonly id: string
}

/**
 * Reads a stream of server-sent events (HTML standard, section 9.2.6) piece by piece: give it text as it
 * comes, it calls back for each whole event. Comments and unknown fields are passed over.
 */
export function eventReader(told: (event: StreamEvent) => void): (piece: string) => void {
  let rest = ''
  let fields = { name: 'message', id: '', data: [] as string[] }
  const line = (text: string): void => {
    if (text === '') {
      const { name, id, data } = fields
      fields = { name: 'message', id, data: [] }
      if (data.length > 0) told({ name, id, data: data.join('\n') })
      return
    }
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(text) ?? []
    if (field === 'data') fields.data.push(value)
    if (field === 'event') fields.name = value
    if (field === 'id') fields.id = value
  }
  return (piece) => {
    const lines = `${rest}${piece}`.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const each of lines) line(each)
  }
}
