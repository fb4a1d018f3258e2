import { plainConference } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { ForwardingRules } from '../../core/forwarding.ts'
import { type AccountId, isUuid, type NumberId } from '../../core/ids.ts'
import { isE164 } from '../../core/numbers.ts'
import type { ConferenceRoute, NumberRecord, NumberRoute } from '../../core/ports/store.ts'
import { checkForms } from '../check-verbs.ts'
import { checkOptions } from '../conferences/create.ts'
import { checkSpokenIn } from '../phrases/check-language.ts'
import { checkForwarding } from './forwarding.ts'
import type { DirectoryPorts } from './ports.ts'

const maxNumbers = 10_000

/**
 * Takes a number into service. Failures: `invalid_phone_number`, `already_exists` (whoever has it),
 * `url_not_allowed`, `invalid_request` (the route leads nowhere, its verbs can't be spoken or played, too many numbers).
 */
export async function createNumber(
  ports: DirectoryPorts,
  accountId: AccountId,
  wanted: Pick<NumberRecord, 'number' | 'route' | 'forwarding'>,
): Promise<NumberRecord> {
  if (!isE164(wanted.number)) throw notE164('number')
  await checkRoute(ports, accountId, wanted.number, wanted.route)
  if (wanted.forwarding) await checkForwarding(ports, accountId, wanted.forwarding, wanted.number)
  if ((await ports.store.numbers.count(accountId)) >= maxNumbers) {
    throw new Failure('invalid_request', `There are ${maxNumbers} numbers already`)
  }
  const number: NumberRecord = {
    id: ports.ids.uuid() as NumberId,
    accountId,
    number: wanted.number,
    route: wanted.route,
    createdAtMs: ports.clock.nowMs(),
    ...(wanted.forwarding && { forwarding: wanted.forwarding }),
  }
  await ports.store.numbers.insert(number)
  return number
}

export async function listNumbers(
  { store }: DirectoryPorts,
  accountId: AccountId,
): Promise<NumberRecord[]> {
  return store.numbers.list(accountId)
}

/** Failure `not_found`. */
export async function getNumber(
  { store }: DirectoryPorts,
  accountId: AccountId,
  id: string,
): Promise<NumberRecord> {
  const found = isUuid(id) ? await store.numbers.get(accountId, id as NumberId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such number')
  return found
}

/** Calls that come from now on take the new route and rules. Failures as above and `not_found`. */
export async function updateNumber(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  change: { readonly route?: NumberRoute; readonly forwarding?: ForwardingRules },
): Promise<NumberRecord> {
  const number = await getNumber(ports, accountId, id)
  const { route = number.route, forwarding = number.forwarding } = change
  if (change.route) await checkRoute(ports, accountId, number.number, route)
  if (change.forwarding) {
    await checkForwarding(ports, accountId, change.forwarding, number.number)
  }
  const changed = { ...number, route, ...(forwarding && { forwarding }) }
  await ports.store.numbers.update(changed)
  return changed
}

/** Failure `not_found`. */
export async function removeNumber(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
): Promise<void> {
  const number = await getNumber(ports, accountId, id)
  await ports.store.numbers.remove(number.id)
}

const notE164 = (field: string) =>
  new Failure('invalid_phone_number', 'A number must be in E.164 format (+61...)', field)

async function checkRoute(
  ports: DirectoryPorts,
  accountId: AccountId,
  number: string,
  route: NumberRoute,
): Promise<void> {
  const { store, web } = ports
  switch (route.kind) {
    case 'verbs':
      return checkForms(ports, route.verbs)
    case 'queue':
      return
    case 'voicemail':
      if (route.box === 'own') return
      if (await store.voicemailBoxes.get(accountId, route.box)) return
      throw new Failure(
        'invalid_request',
        `There is no voicemail box ${route.box}`,
        'route.voicemail',
      )
    case 'url':
      if (route.fallbackUrl !== undefined) web.checkUrl(route.fallbackUrl, 'route.fallback_url')
      return web.checkUrl(route.url, 'route.url')
    case 'number':
      if (!isE164(route.number)) throw notE164('route.number')
      if (route.number !== number) return
      throw new Failure('invalid_request', 'A number can not lead to itself', 'route.number')
    case 'device': {
      const device = await store.devices.byUsername(route.username)
      if (device?.accountId === accountId) return
      throw new Failure('invalid_request', `No device is called so`, 'route.device')
    }
    case 'conference':
      return checkConference(ports, route)
  }
}

function checkConference({ web, speech }: DirectoryPorts, route: ConferenceRoute): void {
  checkOptions(web, { ...plainConference, ...route.options })
  checkSpokenIn(speech, route.options ?? {})
  if (route.statusCallback === undefined) return
  web.checkUrl(route.statusCallback, 'route.conference.status_callback')
}
