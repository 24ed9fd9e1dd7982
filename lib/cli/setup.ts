import { setup as install, SetupError, unsetup } from '../edge/setup.ts'
import { type Command, complain, say } from './command.ts'

export const setup: Command = {
  usage: 'setup [--remove]',
  summary: 'puts the emerge shim and the bashrc hook in place, or takes them away again',
  options: { remove: { type: 'boolean' } },
  run: async (_, { remove }) => {
    try {
      const done = await (remove === true ? unsetup() : install())
      return say(done.join('\n'))
    } catch (error) {
      if (error instanceof SetupError) return complain(error.message)
      throw error
    }
  },
}
