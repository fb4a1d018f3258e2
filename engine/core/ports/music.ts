import type { Sound } from './media.ts'

/** The operator's music for those who wait, from a file or a folder. */
export interface Music {
  /** Names of its classes that have something to play now; `default` is what lies in the folder itself. */
  classes(): readonly string[]
  /** The stream of a class; undefined: there is no such class, or nothing in it that can be played. */
  named(name: string): Sound | undefined
  /** What is heard where nothing else is said: the file, or else the default class; undefined: there is neither now. */
  usual(): Sound | undefined
}

export const defaultMusic = 'default'

const scheme = 'music:'
const nameShape = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/

/** The class in `music:<class>`, good or not; undefined for another sort of URL. */
export const musicNamed = (url: string): string | undefined =>
  url.startsWith(scheme) ? url.slice(scheme.length) : undefined

/** True for what can be the name of a class, and of its folder. */
export const isMusicName = (text: string): boolean => nameShape.test(text)
