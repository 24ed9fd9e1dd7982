import { clientId } from '../edge/client.ts'
import { restrictedAgent } from '../edge/host/agent.ts'
import type { Command } from './command.ts'

export const agent: Command = {
  usage: 'agent',
  summary:
    'prints a program for hosts: as the forced command of a key it lets that do nothing but build (docs/hosts.md)',
  run: async () => {
    process.stdout.write(await restrictedAgent())
    // Not part of the program, which goes to a file.
    process.stderr.write(
      'Once it is installed on the host as /usr/local/sbin/portage-farm-agent, put this before the key in authorized_keys' +
        ` there:\nrestrict,command="/usr/local/sbin/portage-farm-agent --client=${await clientId()}"\n`,
    )
    return 0
  },
}
