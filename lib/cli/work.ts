import { hostname } from 'node:os'
import { messageOf } from '../core/error.ts'
import { printable } from '../core/printable.ts'
import { LONGEST_LEASE } from '../core/store/leases.ts'
import { DEFAULT_DIR } from '../edge/config/complete.ts'
import { NoStore } from '../edge/shared/layout.ts'
import { NameTaken } from '../edge/shared/presence.ts'
import { work as workAt } from '../farm/store/worker.ts'
import { type Command, complain, UsageError } from './command.ts'

/** Seconds of silence after which others take a worker for dead. */
const LEASE = 30

export const work: Command = {
  usage: 'work STORE [--jobs N] [--name NAME] [--lease S] [--dir DIR]',
  summary: 'builds what emerges leave in a store, a directory that machines share; until it is ended',
  options: {
    jobs: { type: 'string' },
    name: { type: 'string' },
    lease: { type: 'string' },
    dir: { type: 'string' },
  },
  run: async ([store, ...others], values) => {
    if (store === undefined || others.length > 0) throw new UsageError('work: which store? Name its directory')
    const name = typeof values['name'] === 'string' ? values['name'] : hostname()
    if (!/^[a-z\d][\w.-]{0,252}$/i.test(name)) {
      throw new UsageError(`--name ${name}: it must have only letters, digits and . _ -`)
    }
    const [end, finish] = [new AbortController(), new AbortController()]
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        end.abort()
      })
    }
    process.on('SIGHUP', () => {
      finish.abort()
    })
    const { dir } = values
    try {
      const figures = await workAt({
        ...{ store, name, end: end.signal, finish: finish.signal },
        jobs: number('jobs', values['jobs'], 1, 1024),
        lease: number('lease', values['lease'], LEASE, LONGEST_LEASE),
        dir: typeof dir === 'string' ? dir : DEFAULT_DIR,
        tell,
      })
      tell(
        `left; looked ${figures.looks} times, in ${figures.looking.toFixed(1)} s of ${figures.building.toFixed(1)} s`,
      )
      return 0
    } catch (error) {
      if (error instanceof NoStore || error instanceof NameTaken) return complain(messageOf(error))
      throw error
    }
  },
}

function tell(line: string): void {
  process.stdout.write(printable(` * ${line}`) + '\n')
}

function number(name: string, value: unknown, otherwise: number, most: number): number {
  if (value === undefined) return otherwise
  const found = Number(value)
  if (Number.isInteger(found) && found >= 1 && found <= most) return found
  const said = typeof value === 'string' ? value : ''
  throw new UsageError(`--${name} ${said}: it must be a whole number from 1 to ${most}`)
}
