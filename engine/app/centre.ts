import { liveStateOf } from './actions/live-state.ts'
import type { CallCentre } from './call-centre.ts'
import { explainRoute } from './explain-route.ts'
import { find } from './find-call.ts'
import { holdCall } from './hold.ts'
import type { LiveCalls } from './live-calls.ts'
import { sendMessage } from './messages.ts'
import { ObservedTimes } from './observed-times.ts'
import { placeCall } from './place-call.ts'
import type { Ports } from './ports.ts'
import { qualityOf } from './quality.ts'
import { permitTakeover } from './takeover.ts'
import { transferCall } from './transfer-call.ts'
import { triggerCall } from './trigger-call.ts'
import { endCall, updateCall } from './update-call.ts'

/** The use cases behind one object, as the APIs see them. */
export function callCentre(ports: Ports, calls: LiveCalls): CallCentre {
  const connectTimes = new ObservedTimes()
  return {
    placeCall: (account, request) => placeCall(ports, calls, account, request),
    triggerCall: (account, request) => triggerCall(ports, calls, account, request, connectTimes),
    connectTimes: () => connectTimes.quantiles(),
    getCall: (account, id) => find(ports, account, id),
    untilAnswered: async (account, id) => {
      const call = await find(ports, account, id)
      await calls.get(id)?.answered
      return calls.get(id)?.record ?? find(ports, account, call.id)
    },
    listCalls: (account, filter) => ports.store.calls.list(account, filter),
    childrenOf: async (account, id) => {
      await find(ports, account, id)
      return ports.store.calls.children(id)
    },
    explainRoute: (account, call) => explainRoute(ports, calls, account, call),
    updateCall: (account, id, update) => updateCall(ports, calls, account, id, update),
    holdCall: (account, id, held, musicUrl) => holdCall(ports, calls, account, id, held, musicUrl),
    transferCall: (account, id, transfer) => transferCall(ports, calls, account, id, transfer),
    permitTakeover: (account, username, id) => permitTakeover(ports, calls, account, username, id),
    endCall: (account, id) => endCall(ports, calls, account, id),
    sendMessage: (account, message) => sendMessage(ports, account, message),
    qualityOf: (account, id) => qualityOf(ports, calls, account, id),
    eventsOf: async (account, id) => {
      await find(ports, account, id)
      return ports.store.events.ofCall(account, id)
    },
    liveStateOf: (id) => liveStateOf(calls, id),
    liveCalls: () => calls.size,
  }
}
