import { createSocket } from 'node:dgram'
import { workerData } from 'node:worker_threads'

/** The media thread with a fault: a packet to `triggerPort` makes it die in the way told. */
const { fault, triggerPort } = workerData as { fault: string; triggerPort: number }

await import('../../engine/media/worker.ts')

const trigger = createSocket('udp4')
trigger.bind(triggerPort, '127.0.0.1')
trigger.on('message', () => {
  if (fault === 'exits') process.exit(7)
  if (fault === 'rejects') void Promise.reject(new Error('out of sorts'))
  else throw new Error('out of sorts')
})
