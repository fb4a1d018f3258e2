/** Somebody whose voice a model has. */
export interface Speaker {
  readonly number: number
  /** As the model names it; its number when it names none. */
  readonly name: string
  /** BCP 47. */
  readonly language: string
  readonly gender?: 'male' | 'female'
}

const MAX_SPEAKERS = 2000

/** Kokoro tells language and gender by the first two letters of a name. */
const KOKORO: Readonly<Record<string, string>> = {
  ...{ a: 'en-US', b: 'en-GB', e: 'es', f: 'fr', h: 'hi', i: 'it', j: 'ja', p: 'pt-BR', z: 'zh' },
}

/** All speakers of a model, by what it says of itself. */
export function speakersOf(says: ReadonlyMap<string, string>, folder: string): readonly Speaker[] {
  const count = Math.max(1, Math.min(MAX_SPEAKERS, Number(says.get('n_speakers')) || 1))
  const names = namesOf(says)
  const language = languageOf(says, folder)
  return Array.from({ length: count }, (_, number) => {
    const name = names.get(number)
    const [, tag = '', sex] = /^([a-z])([fm])(?:_|$)/.exec(name ?? '') ?? []
    const known = says.get('model_type') === 'kokoro' ? KOKORO[tag] : undefined
    return {
      number,
      name: name ?? String(number),
      language: known ?? language,
      ...(known !== undefined && { gender: sex === 'f' ? ('female' as const) : ('male' as const) }),
    }
  })
}

/** `id2speaker`: 0->af,1->af_bella. */
function namesOf(says: ReadonlyMap<string, string>): ReadonlyMap<number, string> {
  const pairs = (says.get('id2speaker') ?? '').split(',').flatMap((pair) => {
    const [, number, name] = /^\s*(\d+)->([\w-]+)\s*$/.exec(pair) ?? []
    return number === undefined || name === undefined ? [] : [[Number(number), name] as const]
  })
  return new Map(pairs)
}

/** Its voice of espeak, the language's English name, or a tag in the folder's name (`en_US`); else English. */
function languageOf(says: ReadonlyMap<string, string>, folder: string): string {
  const inFolder = /(?:^|[-_.])([a-z]{2,3})[-_]([A-Z]{2})(?=$|[-_.])/.exec(folder)
  if (inFolder) return `${inFolder[1]}-${inFolder[2]}`
  const voice = says.get('voice') ?? ''
  if (/^[a-z]{2,3}(?:-[a-z0-9]+)*$/i.test(voice)) return canonical(voice) ?? 'en'
  return tagNamed(says.get('language') ?? '') ?? 'en'
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']

/** The tag of a language by its English name, such as `German`. */
function tagNamed(name: string): string | undefined {
  const wanted = name.trim().toLowerCase()
  if (wanted === '') return undefined
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })
  return LETTERS.flatMap((first) => LETTERS.map((second) => first + second)).find(
    (tag) => names.of(tag)?.toLowerCase() === wanted,
  )
}
