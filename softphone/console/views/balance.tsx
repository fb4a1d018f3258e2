import type { JSX } from 'preact'
import { Money } from '../parts/money.tsx'

/** The money of the own account. */
export const BalanceView = (): JSX.Element => <Money />
