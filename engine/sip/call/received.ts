import type { Diversion, ReceivedDetails } from '../../core/call.ts'
import { extraHeadersOf } from '../../core/sip-headers.ts'
import { parseNameAddress, splitList } from '../address.ts'
import type { RequestIn } from '../link/link.ts'
import { callerOf } from '../party.ts'

/** Entries that are read of one INVITE. */
const maxEntries = 20
const defaultMaxForwards = 70

/** What an INVITE tells beside who calls whom. Only of those who have proved who they are. */
export const receivedOf = (request: RequestIn): ReceivedDetails => ({
  sipHeaders: extraHeadersOf(request.allHeaders()),
  diversion: diversionsOf(request),
  maxForwards: maxForwardsOf(request),
})

function maxForwardsOf(request: RequestIn): number {
  const text = request.header('max-forwards')?.trim() ?? ''
  return /^\d{1,3}$/.test(text) ? Math.min(Number(text), 255) : defaultMaxForwards
}

/** Diversion (RFC 5806), the newest first; without one the same out of History-Info (RFC 7044). */
function diversionsOf(request: RequestIn): Diversion[] {
  const entries = splitList(request.header('diversion') ?? '').slice(0, maxEntries)
  const told = entries.flatMap(diversionOf)
  return told.length > 0 ? told : historyOf(request.header('history-info') ?? '')
}

function diversionOf(text: string): Diversion[] {
  const address = parseNameAddress(text)
  if (!address) return []
  const { reason = '', counter = '' } = address.params
  const times = /^\d{1,3}$/.test(counter) ? Number(counter) : 1
  return [{ from: callerOf(address.uri), reason: wordOf(reason), counter: Math.max(1, times) }]
}

const wordOf = (reason: string): string =>
  /^[\w.-]{1,32}$/.test(reason) ? reason.toLowerCase() : 'unknown'

/** What the response codes of History-Info mean in the words of Diversion (RFC 7044 section 16.2.1, RFC 4458). */
const reasons: Readonly<Record<string, string>> = {
  '302': 'unconditional',
  '404': 'unknown',
  '408': 'no-answer',
  '480': 'deflection',
  '486': 'user-busy',
  '487': 'deflection',
  '503': 'unavailable',
}

/** All targets but the last, which is us, were left for another; the newest first. */
function historyOf(text: string): Diversion[] {
  const targets = splitList(text).slice(0, maxEntries + 1)
  return targets
    .slice(0, -1)
    .flatMap((entry): Diversion[] => {
      const address = parseNameAddress(entry)
      if (!address) return []
      const cause =
        /[?&]reason=[^&]*?cause%3d(\d{3})/i.exec(address.uri)?.[1] ??
        /;cause=(\d{3})/i.exec(address.uri)?.[1]
      const reason = reasons[cause ?? ''] ?? 'unknown'
      return [{ from: callerOf(address.uri), reason, counter: 1 }]
    })
    .reverse()
}
