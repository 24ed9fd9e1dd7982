/** The farm of the demonstration: hosts that the client reaches by ssh. */
import type { Farm } from './farm.ts'

export const hosts: Farm = {
  opening: 'Starting a client with Portage and three builders without a compiler',
  options: { builders: 3 },
  begin: () => Promise.resolve(),
  said: () => '',
  end: () => Promise.resolve(),
}
