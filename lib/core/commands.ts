/** What is run in a job root: emerge's command lines, and the environment that they get. */
import type { PlannedPackage, RootStep } from './plan.ts'
import type { PlanRequest, RequestPackage, RequestSettings } from './request.ts'

export interface Command {
  name: 'configure' | 'install' | 'remove' | 'fetch' | 'build'
  argv: string[]
  env: Record<string, string>
  /** Whether it may use the host's network. */
  network: boolean
}

/**
 * FEATURES that cannot act in a job root: caches and other distributors are the client's own, as are signing keys.
 * They are taken away only where the client has them, since Portage records FEATURES in the package.
 */
const CLIENTS_OWN = [
  ...[
    'binpkg-request-signature',
    'binpkg-signing',
    'buildpkg',
    'buildsyspkg',
    'ccache',
    'cgroup',
    'distcc',
    'distcc-pump',
  ],
  ...['getbinpkg', 'icecream', 'observability'],
]

/**
 * Besides, for installing what a build needs: the index of PKGDIR does not know of the files that the farm put there, and the
 * keys by which their signatures could be verified are at home, where that is done.
 */
const INSTALL_FEATURES = '-pkgdir-index-trusted -binpkg-request-signature binpkg-ignore-signature -parallel-install'

/**
 * The last word of a job root's own make.conf (a directory, for some) where the client signs packages or asks for
 * signatures. What packs a gpkg (Portage's bin/gpkg-helper.py) loads the configuration anew, and the FEATURES that a phase
 * finds in its environment name only what is on.
 */
const UNSIGNED = `conf=$1/etc/portage/make.conf
[ -d "$conf" ] && conf=$conf/zz-portage-farm
line='FEATURES="\${FEATURES} -binpkg-signing -binpkg-request-signature"'
grep -qxF "$line" "$conf" 2>/dev/null || printf '\n%s\n' "$line" >>"$conf"`

/** Stock emerge, by its path: the shim in the mirrored root is not for job roots. */
const EMERGE = ['/usr/bin/emerge', '--ignore-default-opts', '--ask=n', '--color=n', '--nodeps', '--oneshot']

/**
 * The environment of every command: the root's own, with what the caller told Portage through the environment, and
 * nothing else. (An exported variable is saved in the package's environment.bz2 and acts in its pkg_ phases.)
 */
export function jobEnvironment(request: PlanRequest, makeopts: string): Record<string, string> {
  const { PORTAGE_CONFIGROOT: configRoot = '/' } = request.settings
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/bin/bash',
    TERM: 'dumb',
    ...request.environment,
    ...withFeatures(request.environment['FEATURES'] ?? '', without(request.settings.FEATURES)),
    MAKEOPTS: makeopts,
    ...(configRoot === '/' ? {} : { PORTAGE_CONFIGROOT: configRoot }),
    PKGDIR: request.settings.PKGDIR,
    DISTDIR: request.settings.DISTDIR,
    PORTAGE_TMPDIR: request.settings.PORTAGE_TMPDIR,
    PORTAGE_LOGDIR: logDirectory(request.settings),
    PORTAGE_BINHOST: '',
    // All messages, as files beside the log: which of them are shown, and how, is Portage's business at home.
    PORTAGE_ELOG_SYSTEM: 'save',
    PORTAGE_ELOG_CLASSES: 'info log warn error qa',
    PORTAGE_IONICE_COMMAND: '',
    EMERGE_WARNING_DELAY: '0',
    CLEAN_DELAY: '0',
  }
}

/** PORTAGE_LOGDIR in a job root: the client's own, so that logs and messages name files by their paths at home. */
export function logDirectory(settings: RequestSettings): string {
  return settings.PORTAGE_LOGDIR === '' ? '/var/log/portage' : settings.PORTAGE_LOGDIR
}

/** What else is done in a job root leaves no log and no messages: those that come home are the build's alone. */
const UNRECORDED = { PORTAGE_LOGDIR: '', PORTAGE_ELOG_SYSTEM: '' }

/** The commands of one job. `fetch`: some distfile is not on the host yet. */
export function jobCommands(
  target: PlannedPackage,
  missing: readonly RootStep[],
  packages: ReadonlyMap<string, RequestPackage>,
  env: Record<string, string>,
  fetch: boolean,
): Command[] {
  const commands: Command[] = []
  if (/(^| )-binpkg-(signing|request-signature)( |$)/.test(env['FEATURES'] ?? '')) {
    const argv = ['/bin/sh', '-c', UNSIGNED, 'sh', env['PORTAGE_CONFIGROOT'] ?? '']
    commands.push({ name: 'configure', argv, env, network: false })
  }
  const unrecorded = { ...env, ...UNRECORDED }
  const atom = (id: string): string => `=${packages.get(id)?.cpv ?? id}`
  // One emerge for each stretch of the same operation: a start of emerge takes seconds on a real system.
  for (const { operation, ids } of stretches(missing)) {
    if (operation === 'install') {
      const argv = [...EMERGE, '--usepkgonly', '--binpkg-respect-use=y', '--binpkg-changed-deps=y', ...ids.map(atom)]
      const features = withFeatures(env['FEATURES'] ?? '', INSTALL_FEATURES)
      commands.push({ name: 'install', argv, env: { ...unrecorded, ...features }, network: false })
    } else {
      const argv = ['/usr/bin/emerge', '--ignore-default-opts', '--ask=n', '--color=n', '--unmerge', ...ids.map(atom)]
      commands.push({ name: 'remove', argv, env: unrecorded, network: false })
    }
  }
  const self = `${atom(target.id)}::${target.package.repo}`
  if (fetch) commands.push({ name: 'fetch', argv: [...EMERGE, '--fetchonly', self], env: unrecorded, network: true })
  commands.push({
    name: 'build',
    argv: [...EMERGE, '--buildpkgonly', '--quiet-build=n', self],
    env,
    network: needsNetwork(target.package),
  })
  return commands
}

/** FEATURES as a variable, if there is anything to say. */
function withFeatures(...features: string[]): { FEATURES?: string } {
  const all = features.filter(each => each !== '').join(' ')
  return all === '' ? {} : { FEATURES: all }
}

function without(features: readonly string[]): string {
  return CLIENTS_OWN.filter(each => features.includes(each))
    .map(each => `-${each}`)
    .join(' ')
}

/** A live ebuild fetches in src_unpack; some ebuilds are exempt from Portage's own network sandbox. */
function needsNetwork(found: RequestPackage): boolean {
  return found.properties.includes('live') || found.restrict.includes('network-sandbox')
}

function stretches(steps: readonly RootStep[]): { operation: RootStep['operation']; ids: string[] }[] {
  const result: { operation: RootStep['operation']; ids: string[] }[] = []
  for (const { id, operation } of steps) {
    const last = result.at(-1)
    if (last?.operation === operation) last.ids.push(id)
    else result.push({ operation, ids: [id] })
  }
  return result
}
