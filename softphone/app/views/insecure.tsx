import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../parts/icons.tsx'
import { secureAddress } from '../words/secure-address.ts'

const title = 'No microphone at this address'

/** Browsers give a page no microphone that came by plain HTTP from another machine: says so, and where it has one. */
export function Insecure(): JSX.Element | null {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    if (isSecureContext) return
    const heard = async (): Promise<void> => {
      const answer = await fetch('/page-settings.json', { cache: 'no-store' })
      setAddress(secureAddress(await answer.json(), location.hostname))
    }
    // without an answer there is no address to offer
    heard().catch(() => undefined)
  }, [])
  if (isSecureContext) return null
  return (
    <section class="banner problem" aria-label={title}>
      <Icon name="micOff" size={20} />
      <p>
        <strong>{title}</strong>
        {address === undefined ? (
          <span>Calls need HTTPS. Ask whoever runs this server for that address.</span>
        ) : (
          <span>
            Calls need HTTPS: open <a href={address}>{address}</a> instead. The browser may warn of
            a certificate that it does not know.
          </span>
        )}
      </p>
    </section>
  )
}
