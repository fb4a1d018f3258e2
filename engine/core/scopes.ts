/**
 * What an API key may be for. `read`: to look. `calls`: to make, take and control calls, conferences and messages.
 * `manage`: to change devices, numbers, keys and the account itself. `money`: to change what is about money.
 * `operator`: to run the installation; only keys of the operator's account have it.
 */
export const scopes = ['read', 'calls', 'manage', 'money', 'operator'] as const

export type Scope = (typeof scopes)[number]

/** The scope that a route needs which says nothing of it. */
export const usualScope = (method: string): Scope => (method === 'GET' ? 'read' : 'calls')
