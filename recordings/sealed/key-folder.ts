import type { KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keyIdOf, privateKeyOf } from './wrap.ts'

/** A folder with the private keys (PEM files) that the engine may open recordings with. */
export class KeyFolder {
  readonly #folder: string | undefined
  readonly #onFault: (file: string, error: unknown) => void
  #keys = new Map<string, KeyObject>()
  #known = ''

  /** Without a folder there are none. `onFault`: a file in it is no key; never told what is in it. */
  constructor(
    folder: string | undefined,
    onFault: (file: string, error: unknown) => void = () => undefined,
  ) {
    this.#folder = folder
    this.#onFault = onFault
  }

  /** By the id of its public key; keys that were put there or taken away meanwhile count. */
  async find(kid: string): Promise<KeyObject | undefined> {
    if (this.#folder === undefined) return undefined
    await this.#read(this.#folder)
    return this.#keys.get(kid)
  }

  /** Ids of the keys that are there now. Rejects where the folder can't be read. */
  async ids(): Promise<readonly string[]> {
    if (this.#folder === undefined) return []
    await readdir(this.#folder)
    await this.#read(this.#folder)
    return [...this.#keys.keys()]
  }

  async #read(folder: string): Promise<void> {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pem'))
    const known = names.sort().join('\n')
    if (known === this.#known) return
    const keys = new Map<string, KeyObject>()
    for (const name of names) {
      try {
        const key = privateKeyOf(await readFile(join(folder, name), 'utf8'))
        keys.set(keyIdOf(key), key)
      } catch (error) {
        this.#onFault(name, error)
      }
    }
    this.#keys = keys
    this.#known = known
  }
}
