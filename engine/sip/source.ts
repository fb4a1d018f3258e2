import type { RequestIn } from './link/link.ts'

/** Where a request came from, as registrations have it: `protocol/address:port`. */
export const sourceOf = ({
  protocol,
  address,
  port,
}: Pick<RequestIn, 'protocol' | 'address' | 'port'>): string =>
  `${protocol}/${address.includes(':') ? `[${address}]` : address}:${port}`
