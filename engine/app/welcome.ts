import type { Logins } from './first-start.ts'

export interface WelcomeFacts {
  readonly version: string
  readonly pageUrl: string
  /** The page by our own HTTPS, if there is that. */
  readonly securePageUrl: string | undefined
  /** Its certificate is our own, which no browser knows. */
  readonly isOwnCertificate: boolean
  readonly sip: string
  readonly lab: boolean
  readonly logins: Logins | undefined
  /** Where the logins of the first start were written down. */
  readonly loginsFile: string
  readonly speechMissing: string | undefined
}

/** What is printed when the engine is ready: enough to place a call and to log two phones in. */
export function welcomeText(facts: WelcomeFacts): string {
  const { logins } = facts
  const key = logins?.apiKey ?? '$RINGDOWN_API_KEY'
  const lines = [
    '',
    `Ringdown ${facts.version} is ready.`,
    '',
    `  Web page   ${facts.pageUrl}/`,
    ...securely(facts),
    `  Console    ${facts.pageUrl}/console`,
    `  SIP        ${facts.sip} (UDP and TCP)`,
    logins
      ? `  API key    ${logins.apiKey}`
      : `  API key    as printed at the first start (it was in ${facts.loginsFile})`,
  ]
  for (const { username, password } of logins?.devices ?? []) {
    lines.push(`  Phone      user ${username}   password ${password}   domain ${facts.sip}`)
  }
  if (logins) lines.push(`             (kept in ${facts.loginsFile} until you delete it)`)
  if (facts.speechMissing) lines.push(`  Speech     off: ${facts.speechMissing}`)
  if (facts.lab) lines.push('', ...labCall(facts.pageUrl, key))
  return `${lines.join('\n')}\n`
}

/** Browsers give a page of another machine its microphone by HTTPS alone. */
function securely({ pageUrl, securePageUrl, isOwnCertificate }: WelcomeFacts): string[] {
  if (securePageUrl === undefined || securePageUrl === pageUrl) return []
  const warning = isOwnCertificate ? '; browsers warn once of its certificate' : ''
  return [`             ${securePageUrl}/ (for phones in browsers of other machines${warning})`]
}

const labCall = (pageUrl: string, key: string): string[] => [
  'Place a call on the lab carrier: an agent hears who the lead is, presses 1, and the two are connected.',
  '',
  `  curl -s -X POST ${pageUrl}/api/voice/trigger-call \\`,
  `    -H "Authorization: Bearer ${key}" \\`,
  '    -H "Content-Type: application/json" \\',
  `    -d '{"agentPhone": "+15005550111", "leadPhone": "+15005550130", "leadName": "Sarah Johnson", "source": "Zillow"}'`,
]
