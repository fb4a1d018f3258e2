/** Prompts that were recorded here: a file each, played by the URL `prompt:<name>`. */

const nameShape = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/

/** What a name may be, for people. */
export const promptNameRule =
  '1 to 64 lower-case letters, digits, dashes and underscores, with a letter or digit at both ends'

/** True for what can be a file's name everywhere, and lead nowhere else. */
export const isPromptName = (text: string): boolean => nameShape.test(text)

const scheme = 'prompt:'

/** What follows `prompt:` in a URL, good or not; undefined when it is another sort of URL. */
export function promptNamed(url: string): string | undefined {
  return url.startsWith(scheme) ? url.slice(scheme.length) : undefined
}

/** Folder of the data folder, and the file in it. */
export const promptFolder = 'recorded-prompts'
export const promptFile = (name: string): string => `${name}.wav`
