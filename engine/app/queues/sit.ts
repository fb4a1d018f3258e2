import type { Seat, Vacated } from '../bridge.ts'
import { type Run, untilOver } from '../program.ts'

/**
 * Until the talk is over. Whoever hangs up, or is sent elsewhere, leaves the other one to what comes next for him.
 * A call whose place was taken has no more to do, and waits for its own end.
 */
export async function sit(run: Run, seat: Seat): Promise<Vacated> {
  const { call, signal } = run
  const depart = () => {
    const isHere = call.state.at !== 'ended' && call.bridge?.seatOf(call) === seat
    if (isHere) call.bridge?.depart(call)
  }
  if (signal.aborted) depart()
  signal.addEventListener('abort', depart, { once: true })
  const how = await seat.vacated
  signal.removeEventListener('abort', depart)
  if (how === 'left') await untilOver(run)
  return how
}
