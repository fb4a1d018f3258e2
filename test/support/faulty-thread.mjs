// Loaded into every thread of an engine (NODE_OPTIONS=--import): the media thread of this name dies when a packet comes.
import { createSocket } from 'node:dgram'
import { threadName } from 'node:worker_threads'

const [name, port] = (process.env['FAULTY_THREAD'] ?? '').split(':')
if (threadName === name) {
  const trigger = createSocket('udp4')
  // The thread that follows may have to wait for the port.
  trigger.on('error', () => undefined)
  trigger.on('message', () => {
    throw new Error('a fault for a test')
  })
  trigger.bind(Number(port), '127.0.0.1')
  trigger.unref()
}
