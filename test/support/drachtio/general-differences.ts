import type { Difference } from './compare.ts'

/** Where the embedded server deliberately differs from v0.9.10 in any scenario. */
export const generalDifferences: readonly Difference[] = [
  {
    what: /^header srv > p\d: SIP\/2\.0 100 Trying .*no "Record-Route/,
    because: 'a 100 forms no dialog, so RFC 3261 12.1.1 wants no Record-Route in it',
    sometimes: true,
  },
  {
    what: /^header srv > p\d: SIP\/2\.0 200 OK \(UPDATE\).*added "Contact/,
    because: 'RFC 3311 section 5.2: the 2xx of an UPDATE carries a Contact',
    sometimes: true,
  },
]
