/** Text that is markup already. */
export interface Html {
  readonly markup: string
}
type Part = string | number | Html | readonly Part[]

/** A template whose values are escaped, unless they are markup themselves. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  const markup = strings.reduce((text, string, i) => text + textOf(values[i - 1] ?? '') + string)
  return { markup }
}

function textOf(part: Part): string {
  if (Array.isArray(part)) return part.map(textOf).join('')
  return typeof part === 'object' ? (part as Html).markup : escaped(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '')
