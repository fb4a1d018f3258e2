import { hashPin, isPin } from '../pin.ts'
import { enterDigits } from './enter-digits.ts'
import { type Session, tell } from './session.ts'

/** Entered twice, the same; anything else leaves it as it was. What is entered stands nowhere. */
export async function changePin(session: Session): Promise<void> {
  const { run, box } = session
  const show = run.call.digits.hide()
  try {
    const pin = await enterDigits(session, session.words.newPin)
    const again = run.signal.aborted ? '' : await enterDigits(session, session.words.repeatPin)
    if (run.signal.aborted) return
    if (pin !== again) return await tell(session, session.words.pinsDiffer)
    if (!isPin(pin) || isEasy(pin)) return await tell(session, session.words.badPin)
    const pinHash = await hashPin(pin)
    const now = await run.ports.store.voicemailBoxes.get(box.accountId, box.id)
    if (now) await run.ports.store.voicemailBoxes.update({ ...now, pinHash })
    await tell(session, session.words.pinChanged)
  } finally {
    show()
  }
}

/** All the same, or up or down one by one. */
function isEasy(pin: string): boolean {
  const steps = [...pin].slice(1).map((digit, index) => Number(digit) - Number(pin[index]))
  const [first = 0] = steps
  return Math.abs(first) <= 1 && steps.every((step) => step === first)
}
