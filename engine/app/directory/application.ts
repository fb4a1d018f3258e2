import type { Account, DefaultApplication } from '../../core/ports/store.ts'
import { amendAccount } from './amend-account.ts'
import type { DirectoryPorts } from './ports.ts'

/** Undefined: there is none. */
export const applicationOf = ({
  application,
}: Pick<Account, 'application'>): DefaultApplication | undefined => application

/** Takes the place of the one that was; undefined: there is none any more. Failure of Web.checkUrl. */
export async function setApplication(
  { store, web }: DirectoryPorts,
  { id }: Account,
  application: DefaultApplication | undefined,
): Promise<void> {
  if (application) {
    web.checkUrl(application.url, 'url')
    if (application.fallbackUrl !== undefined) web.checkUrl(application.fallbackUrl, 'fallback_url')
  }
  await amendAccount({ store }, id, ({ application: _, ...rest }) => ({
    ...rest,
    ...(application && { application }),
  }))
}
