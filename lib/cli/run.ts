import { distribute, DistributeError } from '../farm/distribute.ts'
import { type Command, complain, UsageError } from './command.ts'

export const run: Command = {
  usage: 'run ATOM...',
  summary: 'emerge ATOM... on the farm, printing the events as JSON lines',
  run: async (atoms, { config }) => {
    if (atoms.length === 0) throw new UsageError('run: which packages?')
    const stop = new AbortController()
    process.on('SIGINT', () => {
      stop.abort()
    })
    const distribution = distribute({ atoms, config, signal: stop.signal })
    for await (const event of distribution) process.stdout.write(JSON.stringify(event) + '\n')
    try {
      const { ok, code } = await distribution.result
      return code ?? (ok ? 0 : 1)
    } catch (error) {
      if (error instanceof DistributeError) return complain(error.message)
      throw error
    }
  },
}
