/** A farm has hosts, or a store whose workers build: not both. */
import type { Finding } from './finding.ts'
import type { Tree } from './tree.ts'

/** What of farm.yaml is for hosts alone. */
const OF_HOSTS = ['hosts', 'defaults']

export function findBoth(tree: Tree): Finding[] {
  if (!tree.places.has('/store')) return []
  return OF_HOSTS.flatMap(key => {
    const place = tree.places.get(`/${key}`)
    if (!place) return []
    const message = `${key} and store are both there: a farm has hosts, or a store whose workers build`
    return [{ start: place.start, end: place.keyEnd, reach: place.end, message, hint: `remove ${key}: or store:` }]
  })
}
