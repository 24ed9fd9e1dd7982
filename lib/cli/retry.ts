import { hostname } from 'node:os'
import { messageOf } from '../core/error.ts'
import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { NoStore } from '../edge/shared/layout.ts'
import { retryBuilds } from '../farm/store/retry.ts'
import { type Command, complain, say } from './command.ts'

export const retry: Command = {
  usage: 'retry [PKG ...]',
  summary: 'lets what failed in the store of farm.yaml be tried again: these packages, or all',
  run: async (packages, { config }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    const { store } = read.config
    if (!store) return complain(`${config} has no store: what fails on its hosts is tried again by the next emerge`)
    try {
      const retried = await retryBuilds(store.path, packages, `${hostname()}-retry`)
      if (retried.length === 0) return complain(`nothing that failed is noted in ${store.path}${named(packages)}`)
      return say(retried.map(each => `${each.package} may be tried again; it had failed: ${each.reason}`).join('\n'))
    } catch (error) {
      if (error instanceof NoStore) return complain(messageOf(error))
      throw error
    }
  },
}

function named(packages: readonly string[]): string {
  return packages.length === 0 ? '' : ` of ${packages.join(', ')}`
}
