import type { RegistrationRecord } from '../../core/ports/registrations.ts'
import { parseSipUri } from '../address.ts'
import { bareHostOf, uriHost } from '../call/routes.ts'

/** It came over something that can be closed. */
export const isOnConnection = ({ source }: Pick<RegistrationRecord, 'source'>): boolean =>
  !/^udp\//i.test(source)

/** The contact names the place that the REGISTER came from. */
export function isAtHome({
  source,
  contact,
}: Pick<RegistrationRecord, 'source' | 'contact'>): boolean {
  const uri = parseSipUri(contact)
  const port = Number(/:(\d+)$/.exec(source)?.[1])
  const usual = /^(?:tls|wss)\//i.test(source) ? 5061 : 5060
  return uri?.host === uriHost(bareHostOf(source)) && (uri.port ?? usual) === port
}

/** Nobody listens where it is: it can be reached on its own connection alone. */
export const needsConnection = (registration: RegistrationRecord): boolean =>
  isOnConnection(registration) && registration.path.length === 0 && !isAtHome(registration)

interface Registered {
  readonly registration: Pick<RegistrationRecord, 'source'>
}

/** Bindings by the connections on which they registered. */
export class Sources<Bound extends Registered> {
  readonly #at = new Map<string, Set<Bound>>()

  add(binding: Bound): void {
    if (!isOnConnection(binding.registration)) return
    const { source } = binding.registration
    const known = this.#at.get(source)
    if (known) known.add(binding)
    else this.#at.set(source, new Set([binding]))
  }

  /** `source`: where it was when it was added. */
  remove(binding: Bound, source: string): void {
    const there = this.#at.get(source)
    there?.delete(binding)
    if (there?.size === 0) this.#at.delete(source)
  }

  at(source: string): Bound[] {
    return [...(this.#at.get(source) ?? [])]
  }
}
