/** farm.yaml as written to the FarmConfig that it means: every default filled in. */
import { posix } from 'node:path'
import { type FarmConfig, type HostConfig, LOCAL } from '../../core/config.ts'
import { keepOf } from '../../core/keep.ts'
import type { FarmFile, HostEntry, HostOptions } from './schema.ts'
import { parseSshTarget, type SshTarget } from './ssh-target.ts'

export const DEFAULT_DIR = '/var/lib/portage-farm'

/** `/srv//farm/` and `/srv/farm` are one directory. */
export const normalizePath = (path: string) => posix.normalize(path).replace(/\/+$/, '')

/** The host part, with `-` for what a name cannot have: the colons of IPv6, `_` at the beginning. */
export const defaultName = ({ host }: SshTarget) => host.replaceAll(/[^\w.-]/g, '-').replace(/^[^a-z\d]/i, 'host$&')

function completeRoot(root: HostOptions['root']): HostConfig['root'] {
  return root === undefined || root === 'mirror'
    ? { provider: 'mirror' }
    : { provider: 'path', path: normalizePath(root.path) }
}

function completeHost(entry: string | HostEntry, defaults: HostOptions): HostConfig {
  const host: HostEntry = { ...defaults, ...(typeof entry === 'string' ? { ssh: entry } : entry) }
  const parsed = parseSshTarget(host.ssh)
  if (!parsed.ok) throw new Error(`${host.ssh} was checked, and is not an ssh target`)
  return { name: host.name ?? defaultName(parsed.target), ssh: host.ssh, ...completeOptions(host) }
}

/** This machine as a host: with a copy of its own root, in the directory that no copy of a root contains. */
function localHost(jobs: number, defaults: HostOptions): HostConfig {
  return { name: LOCAL, ssh: null, ...completeOptions({ ...defaults, root: 'mirror', dir: DEFAULT_DIR, jobs }) }
}

function completeOptions(host: HostOptions): Omit<HostConfig, 'name' | 'ssh'> {
  return {
    jobs: host.jobs ?? 1,
    dir: normalizePath(host.dir ?? DEFAULT_DIR),
    root: completeRoot(host.root),
    makeopts: host.makeopts ?? null,
    clean: host.clean ?? false,
    identity: host.identity ?? null,
    knownHosts: host['known-hosts'] ?? null,
    only: host.only === undefined ? null : [...host.only],
    not: [...(host.not ?? [])],
    prefer: [...(host.prefer ?? [])],
  }
}

export function complete(file: FarmFile): FarmConfig {
  const defaults = file.defaults ?? {}
  const localJobs = file['local-jobs'] ?? 0
  const hosts = [
    ...(file.hosts ?? []).map(entry => completeHost(entry, defaults)),
    ...(localJobs > 0 ? [localHost(localJobs, defaults)] : []),
  ]
  return {
    hosts: file.store === undefined ? hosts : [],
    store: file.store === undefined ? null : { path: normalizePath(file.store), jobs: localJobs },
    intercept: file.intercept ?? 'notice',
    exclude: [...(file.exclude ?? [])],
    include: (file.include ?? []).map(normalizePath),
    stay: [...(file.stay ?? [])],
    kernelModules: file['kernel-modules'] ?? 'stay',
    connectTimeout: file['connect-timeout'] ?? 10,
    stuckAfter: file['stuck-after'] ?? 1800,
    largestPackage: (file['largest-package'] ?? 16) * 2 ** 30,
    keep: keepOf(file['keep-days'], file['keep-size']),
  }
}
