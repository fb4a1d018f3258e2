import type { JSX } from 'preact'
import { BalanceView } from './views/balance.tsx'
import { CallView } from './views/call.tsx'
import { CallsView } from './views/calls.tsx'
import { ConferencesView } from './views/conferences.tsx'
import { DeliveriesView } from './views/deliveries.tsx'
import { HealthView } from './views/health.tsx'
import { LiveView } from './views/live.tsx'
import { OverviewView } from './views/overview.tsx'
import { PromptsView } from './views/prompts.tsx'
import { RatesView } from './views/rates.tsx'
import { RecordingView } from './views/recording.tsx'
import { RecordingsView } from './views/recordings.tsx'
import { ResourceView, resources } from './views/resources.tsx'
import { VoicesView } from './views/voices.tsx'

/** A page of the console, as the rail has it. */
export interface View {
  readonly name: string
  readonly title: string
  readonly group: 'Now' | 'Records' | 'Set-up' | 'Money' | 'Operator'
  /** Of the whole installation: for the operator's key alone. */
  readonly isForOperator?: true | undefined
  /** What is shown; `id` is of the one object that is looked at, empty for all. */
  show(id: string): JSX.Element
}

const own: readonly View[] = [
  { name: 'overview', title: 'Overview', group: 'Now', show: () => <OverviewView /> },
  { name: 'live', title: 'Live calls', group: 'Now', show: () => <LiveView /> },
  { name: 'conferences', title: 'Conferences', group: 'Now', show: () => <ConferencesView /> },
  {
    ...{ name: 'calls', title: 'Calls', group: 'Records' },
    show: (id) => (id === '' ? <CallsView /> : <CallView key={id} id={id} />),
  },
  {
    ...{ name: 'recordings', title: 'Recordings', group: 'Records' },
    show: (id) => (id === '' ? <RecordingsView /> : <RecordingView key={id} id={id} />),
  },
  { name: 'deliveries', title: 'Deliveries', group: 'Records', show: () => <DeliveriesView /> },
  { name: 'prompts', title: 'Prompts', group: 'Set-up', show: () => <PromptsView /> },
  { name: 'voices', title: 'Voices', group: 'Set-up', show: () => <VoicesView /> },
  { name: 'balance', title: 'Balance', group: 'Money', show: () => <BalanceView /> },
  {
    ...{ name: 'rates', title: 'Rates', group: 'Money', isForOperator: true },
    show: () => <RatesView />,
  },
  {
    ...{ name: 'health', title: 'Health', group: 'Operator', isForOperator: true },
    show: () => <HealthView />,
  },
]

export const groups: readonly View['group'][] = ['Now', 'Records', 'Set-up', 'Money', 'Operator']

/** All pages, those of one kind of object among them. */
export const views: readonly View[] = [
  ...own,
  ...resources.map((resource) => ({
    ...{ name: resource.name, title: resource.title, group: resource.group },
    isForOperator: resource.isForOperator,
    show: (id: string) =>
      (id === '' ? undefined : resource.one?.(id)) ?? (
        <ResourceView key={resource.name} resource={resource} />
      ),
  })),
]
