import type { TrunkRecord } from '../../core/ports/sip.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import type { Credentials } from '../auth/digest-answer.ts'

/** What a trunk is told that asks who we are: for its realm alone, where the operator named one. */
export function credentialsOf(trunk: TrunkRecord): Credentials | undefined {
  const { host, username, password } = trunk
  if (username === null || password === null) return undefined
  return { username, password, realm: optionsOf(trunk).realm, login: `${username}@${host}` }
}

const most = 1000

/**
 * The realms in which trunks have asked for credentials and taken them, by login: what a trunk may ask for
 * in the middle of a call that it let begin without any.
 */
export class TrunkRealms {
  readonly #realms = new Map<string, string>()

  of({ login }: Credentials): string | undefined {
    return login === undefined ? undefined : this.#realms.get(login)
  }

  /** Of a REGISTER, which goes to the trunk itself, and of calls as long as nothing better is known. */
  took({ login }: Credentials, realm: string, by: 'REGISTER' | 'INVITE'): void {
    if (login === undefined || (by === 'INVITE' && this.#realms.has(login))) return
    if (this.#realms.size >= most) this.#realms.clear()
    this.#realms.set(login, realm)
  }
}
