import type { Voice } from '../engine/core/ports/speech.ts'
import type { SpeechProvider } from './provider.ts'
import { primaryOf, type Voices, type VoiceWish } from './ssml/wish.ts'

/** A voice and who speaks with it. */
export interface Spoken {
  readonly voice: Voice
  readonly provider: SpeechProvider
}

const NAME_SHAPE = /^(?:([a-z0-9-]{1,40}):)?([A-Za-z0-9][A-Za-z0-9+_.#-]{0,79})$/

/** The voices of all providers, who stand in the order in which they are preferred. */
export class VoiceBook implements Voices {
  readonly #providers: readonly SpeechProvider[]
  readonly #preferred: string | undefined

  /** @param preferred the default voice, as `find` takes it; without it, or while nobody has it, the first who can speak, with his first */
  constructor(providers: readonly SpeechProvider[], preferred?: string) {
    this.#providers = providers
    this.#preferred = preferred
  }

  /** The default voice first. */
  all(): readonly Voice[] {
    const voices = this.#able().flatMap((provider) => provider.voices())
    const first = this.find(undefined)?.voice
    return first === undefined ? voices : [first, ...voices.filter(({ id }) => id !== first.id)]
  }

  /**
   * By `<provider>:<voice>`, by the name of a voice or by a language tag: of all who have it the first. Where nobody
   * has it, who has another region of the language. Undefined: the default voice.
   */
  find(name: string | undefined): Spoken | undefined {
    if (name !== undefined) return this.#named(name)
    const preferred = this.#preferred === undefined ? undefined : this.#named(this.#preferred)
    return preferred ?? firstOf(this.#able(), (provider) => provider.voices()[0])
  }

  #named(name: string): Spoken | undefined {
    const [, owner, bare] = NAME_SHAPE.exec(name) ?? []
    if (bare === undefined) return undefined
    const asked = this.#able().filter(({ name: own }) => owner === undefined || own === owner)
    return (
      firstOf(asked, (provider) => findIn(provider, bare, true)) ??
      firstOf(asked, (provider) => findIn(provider, bare, false))
    )
  }

  resolveVoice(voice: string | undefined): string | undefined {
    return this.find(voice)?.voice.id
  }

  voiceLike(id: string, wish: VoiceWish): string | undefined {
    const found = this.find(id)
    if (!found) return undefined
    const others = this.#able().filter((provider) => provider !== found.provider)
    return (
      likeIn(found.provider, found.voice, wish) ??
      firstOf(others, (provider) => wished(provider, found.voice, wish))?.voice
    )?.id
  }

  /** A voice of the same language, by the next of the others who are preferred after him; at last by those before. */
  insteadOf(id: string, without: ReadonlySet<SpeechProvider>): Spoken | undefined {
    const found = this.find(id)
    if (!found) return undefined
    const at = this.#providers.indexOf(found.provider)
    const inTurn = [...this.#providers.slice(at + 1), ...this.#providers.slice(0, at)]
    const able = new Set(this.#able().filter((provider) => !without.has(provider)))
    return firstOf(
      inTurn.filter((provider) => able.has(provider)),
      (provider) => wished(provider, found.voice, {}),
    )
  }

  languageOf(id: string): string {
    return this.find(id)?.voice.language ?? ''
  }

  genderOf(id: string): 'female' | 'male' | undefined {
    return this.find(id)?.voice.gender
  }

  takesIpa(id: string, ipa: string): boolean {
    const found = this.find(id)
    if (!found?.provider.renders.has('ipa')) return false
    return found.provider.takesIpa?.(found.voice, ipa) ?? true
  }

  #able(): readonly SpeechProvider[] {
    return this.#providers.filter((provider) => provider.unavailableBecause() === undefined)
  }
}

function firstOf(
  providers: readonly SpeechProvider[],
  choose: (provider: SpeechProvider) => Voice | undefined,
): Spoken | undefined {
  for (const provider of providers) {
    const voice = choose(provider)
    if (voice) return { voice, provider }
  }
  return undefined
}

function findIn(provider: SpeechProvider, name: string, exact: boolean): Voice | undefined {
  if (provider.findVoice) return provider.findVoice(name, exact)
  const wanted = name.toLowerCase().replaceAll('_', '-')
  const same = (value: string) => value.toLowerCase().replaceAll('_', '-') === wanted
  const voices = provider.voices()
  if (exact) {
    return voices.find((voice) => same(voice.name)) ?? voices.find(({ language }) => same(language))
  }
  // Of a tag, not of a name that begins like one.
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/.test(wanted)) return undefined
  return voices.find(({ language }) => primaryOf(language) === primaryOf(wanted))
}

function likeIn(provider: SpeechProvider, voice: Voice, wish: VoiceWish): Voice | undefined {
  return provider.voiceLike ? provider.voiceLike(voice, wish) : wished(provider, voice, wish)
}

/** Of the wished language, or that of the voice; of the wished gender, or else that of the voice if there is one. */
function wished(provider: SpeechProvider, voice: Voice, wish: VoiceWish): Voice | undefined {
  const language = (wish.language ?? voice.language).toLowerCase()
  const near = provider.voices().filter((one) => primaryOf(one.language) === primaryOf(language))
  const gender = wish.gender ?? voice.gender
  const suited = near.filter((one) => one.gender === gender)
  if (wish.gender !== undefined && suited.length === 0) return undefined
  const choice = suited.length > 0 ? suited : near
  const own = wish.language === undefined ? choice.find(({ id }) => id === voice.id) : undefined
  return own ?? choice.find((one) => one.language.toLowerCase() === language) ?? choice[0]
}
