/** What emerge would merge, without anything being merged. */
import { startEmerge } from '../edge/bridge/start-emerge.ts'
import { projectVersion } from '../edge/project.ts'
import { PROTOCOL, type PlanRequest } from '../core/request.ts'

export type Resolved =
  /** `request`: null if there is nothing to build. */
  { ok: true; request: PlanRequest | null } | { ok: false; code: number | null; output: string }

/**
 * @param argv emerge's options and atoms
 * @param patterns those of farm.yaml, of which Portage says what they match
 */
export async function resolve(argv: readonly string[], patterns: string[]): Promise<Resolved> {
  const { emerge, link } = startEmerge(['--pretend', '--color=n', ...argv], { mode: 'plan', output: 'pipe' })
  link.send({ type: 'ready', protocol: PROTOCOL, version: projectVersion(), patterns })
  let request: PlanRequest | null = null
  // Until emerge says that it resolved, it may be one that never came here.
  let came = false
  for await (const message of link.messages()) {
    came ||= message.type !== 'aside'
    if (message.type !== 'plan') continue
    request = message
    link.send({ type: 'bye' })
  }
  link.end()
  const { exitCode = null, stdout, stderr, shortMessage = '' } = await emerge
  const output = `${stdout}\n${stderr}`.trim()
  if (exitCode !== 0) return { ok: false, code: exitCode, output: output === '' ? shortMessage : output }
  if (came) return { ok: true, request }
  const nothing =
    'emerge did not say what it would merge: with these arguments it merges nothing, or it is not the shim'
  return { ok: false, code: 1, output: output === '' ? nothing : `${output}\n${nothing}` }
}
