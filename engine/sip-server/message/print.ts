/** A message of our own, as parts. All strings are byte strings (see text.ts). */
export type Field = readonly [name: string, value: string]
export interface Draft {
  /** request or status line without line break */
  readonly start: string
  /** in the order of printing, without Content-Length */
  readonly fields: readonly Field[]
  readonly body: string
}

/** The text of a draft; Content-Length is always written and always last. */
export const printMessage = ({ start, fields, body }: Draft): string => {
  let text = `${start}\r\n`
  for (const [name, value] of fields) text += `${name}: ${value}\r\n`
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`
}
