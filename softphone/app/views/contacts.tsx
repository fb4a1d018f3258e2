import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Contact } from '../api/shapes.ts'
import { Avatar, presenceWords } from '../parts/avatar.tsx'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'
import { Icon } from '../parts/icons.tsx'
import { ListStates } from '../parts/list-states.tsx'

/** The other devices of the account, and whether they can be called. */
export function Contacts(): JSX.Element {
  const { lists } = useApp()
  const search = useSignal('')
  const list = lists.contacts.now.value
  const wanted = search.value.trim().toLowerCase()
  const found = list.rows.filter(({ name, username }) =>
    `${name} ${username}`.toLowerCase().includes(wanted),
  )
  return (
    <section aria-labelledby="contacts-title">
      <h1 id="contacts-title">Contacts</h1>
      <div class="search">
        <Icon name="search" size={18} />
        <input
          type="search"
          aria-label="Search contacts"
          placeholder="Search"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value
          }}
        />
      </div>
      <ListStates
        list={list}
        retry={() => void lists.contacts.load()}
        nothing={
          <Empty icon="contacts" title="No other phones yet">
            <p class="muted">Phones of this account show up here.</p>
          </Empty>
        }
      >
        {found.length === 0 && <p class="muted nothing-found">Nobody fits “{search.value}”.</p>}
        <ul class="rows">
          {found.map((contact) => (
            <ContactRow key={contact.username} contact={contact} />
          ))}
        </ul>
      </ListStates>
    </section>
  )
}

function ContactRow({ contact: { name, username, presence } }: { contact: Contact }): JSX.Element {
  const { dial, phone } = useApp()
  const isReady = phone.connection.value.at === 'ready'
  return (
    <li class="row">
      <Avatar name={name} presence={presence} />
      <span class="row-text">
        <span>{name}</span>
        <span class="muted">
          {name === username ? '' : `${username} · `}
          {presenceWords[presence]}
        </span>
      </span>
      <IconButton
        icon="phone"
        kind="call"
        label={`Call ${name}`}
        disabled={!isReady}
        onClick={() => dial(username)}
      />
    </li>
  )
}
