export { createLog, type LogLevel, type LogOptions } from './log.ts'
export { createMetrics, type MetricsPage } from './metrics.ts'
