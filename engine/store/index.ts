export { firstAccountId } from './first-account.ts'
export { lockFolder } from './folder-lock.ts'
export { openStore, type StoreOptions } from './open.ts'
