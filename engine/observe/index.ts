export { HepSender } from './hep-sender.ts'
export { createLog, type LogLevel, type LogOptions } from './log.ts'
export { createMetrics, type MetricsPage } from './metrics.ts'
export { SipTraceStore } from './sip-trace.ts'
