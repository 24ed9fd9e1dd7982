/** The library as emerge's own process: what the shim starts. */
import { readFarmConfig } from '../edge/config/read.ts'
import { formatProblems } from '../edge/config/problem.ts'
import { EmergeLink } from '../edge/bridge/emerge-link.ts'
import { serveEmerge } from './serve.ts'

/** Reads farm.yaml, then serves the emerge on standard input and output. Returns the exit code. */
export async function bridge(configPath: string): Promise<number> {
  const link = new EmergeLink(process.stdin, process.stdout)
  const read = await readFarmConfig(configPath)
  if (!read.ok) {
    link.send({ type: 'refused', text: refusal(formatProblems(read)) })
    link.end()
    return 1
  }
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop.abort()
    })
  }
  await serveEmerge(link, read.config, { signal: stop.signal })
  return 0
}

function refusal(problems: string): string {
  return `${problems}\nNothing was started. Mend the file, or build here alone with PORTAGE_FARM=0.`
}
