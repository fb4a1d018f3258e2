import { Failure } from '../../core/failures.ts'
import { withoutSipSecrets } from '../../core/sip-secrets.ts'
import type { Verb } from '../../core/verbs.ts'
import type { Seat } from '../bridge.ts'
import type { Run } from '../program.ts'
import { sayFarewell } from '../transfer.ts'
import { askAlone } from './ask.ts'
import type { Instructions } from './redirect.ts'

/** The header is told whole, or not at all. */
const longest = 512

/**
 * Has the application asked whenever whoever sits opposite wants this call to be sent elsewhere (REFER). Meanwhile the
 * two talk on, and they do where it can't be asked. What it has answered ends their talk: the program of this call goes
 * on with that, and the phone that asked is told that it may hang up. The function tells what was answered.
 */
export function heedRefer(
  run: Run,
  seat: Seat,
  { url, method }: Pick<Instructions, 'url' | 'method'>,
): () => readonly Verb[] | undefined {
  const { call, ports, signal } = run
  let answered: readonly Verb[] | undefined
  seat.onRefer = async (by, { to, referTo }) => {
    const { bridge } = by
    if (bridge === undefined || bridge.kept) {
      throw new Failure('call_busy', 'a transfer is under way')
    }
    if (referTo.length > longest) throw new Failure('invalid_request', 'Refer-To is too long')
    const extra = { refer_transfer_target: referTo }
    const verbs = await askAlone(run, { url, method, extra })
    if (signal.aborted || by.bridge !== bridge || bridge.seatOf(call) !== seat || bridge.kept) {
      throw new Failure('call_ended', 'the two do not talk any more')
    }
    answered = verbs
    for (const one of bridge.part()) one.vacate('over')
    by.enqueue(() => by.note('transfer.completed', { to: withoutSipSecrets(to) }))
    ports.sip.transferProgress(by.id, 200)
    void sayFarewell(ports, by)
  }
  return () => answered
}
