import type { LiveCall } from './live-call.ts'

/** As a job of the call: whatever else ends or changes it comes before or after. What it rejects with is for whoever asked. */
export function inTurn<Result>(call: LiveCall, job: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    call.enqueue(() => job().then(resolve, reject))
  })
}
