/** make's job servers that are named pipes: which a build's MAKEFLAGS name, and how many tokens each has in a job root. */
import type { PlanRequest, RequestPackage } from './request.ts'

/** Where a job root has nothing of the client's, by whole components: there a pipe can be made for a job. */
const PLACE = /^\/(?:dev|run|tmp)(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/

/**
 * The named pipe in MAKEFLAGS, as Portage and make read them: of several job servers the last one counts. A pair of
 * descriptors (`--jobserver-auth=3,4`, `--jobserver-fds=3,4`) is only for children of the make that opened them: null.
 */
export function fifoOf(makeflags = ''): string | null {
  const servers = makeflags.split(/\s+/).flatMap(word => /^--jobserver-(?:auth|fds)=(.*)$/.exec(word)?.[1] ?? [])
  return /^fifo:(.*)$/.exec(servers.at(-1) ?? '')?.[1] ?? null
}

/** Whether a job root can have that pipe. */
export function isPlaceForFifo(path: string): boolean {
  return PLACE.test(path)
}

/**
 * The pipes of a job, with the tokens in each. Whoever runs make has been given one job, so a token less than `cores` lets
 * so many run at a time. With FEATURES=jobserver-token it is Portage that takes this one job's token, from the pipe that is
 * configured for the system, before it begins a package.
 */
export function jobserversOf(
  { settings, takesToken = false }: PlanRequest,
  target: RequestPackage,
  cores: number,
): Record<string, number> {
  const configured = fifoOf(settings.MAKEFLAGS)
  const servers: Record<string, number> = {}
  for (const path of new Set([fifoOf(target.makeflags), configured])) {
    if (path !== null) servers[path] = cores - 1 + (path === configured && takesToken ? 1 : 0)
  }
  return servers
}
