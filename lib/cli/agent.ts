import { restrictedAgent } from '../edge/host/agent.ts'
import type { Command } from './command.ts'

export const agent: Command = {
  usage: 'agent',
  summary:
    'prints a program for hosts: as the forced command of a key it lets that do nothing but build (docs/hosts.md)',
  run: async () => {
    process.stdout.write(await restrictedAgent())
    return 0
  },
}
