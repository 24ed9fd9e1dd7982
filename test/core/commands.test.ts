import t from 'tap'
import { jobCommands, jobEnvironment, logDirectory, type Command } from '../../lib/core/commands.ts'
import { makePlan } from '../../lib/core/plan.ts'
import type { RequestPackage } from '../../lib/core/request.ts'
import { ebuild, edge, requestOf, uninstall } from './support.ts'

/** The commands of the last package, which needs all others. */
function commandsOf(packages: RequestPackage[], fetch = false): Command[] {
  const last = packages.at(-1)?.id ?? ''
  const request = requestOf(
    packages,
    packages.slice(0, -1).map(each => edge(last, each.id)),
  )
  const target = makePlan(request).byId.get(last)
  if (!target) throw new Error('no target')
  return jobCommands(target, target.steps, new Map(packages.map(each => [each.id, each])), { A: 'b' }, fetch)
}

function first(commands: Command[]): Command {
  const [found] = commands
  if (!found) throw new Error('no command')
  return found
}

const atoms = (command: Command): string[] => command.argv.filter(word => word.startsWith('='))

void t.test('a package that needs nothing is one command', t => {
  const commands = commandsOf([ebuild('app', { cpv: 'cat/app-1.2-r3', repo: 'gentoo' })])
  const build = first(commands)
  t.equal(commands.length, 1)
  t.equal(build.name, 'build')
  t.equal(build.argv[0], '/usr/bin/emerge', 'not the shim')
  t.equal(build.argv.at(-1), '=cat/app-1.2-r3::gentoo', 'this version out of this repository')
  for (const option of ['--buildpkgonly', '--nodeps', '--oneshot', '--ignore-default-opts', '--ask=n']) {
    t.ok(build.argv.includes(option), option)
  }
  t.equal(build.network, false)
  t.strictSame(build.env, { A: 'b' })
  t.end()
})

void t.test('one command for each stretch of the same operation, in the order of the merge list', t => {
  const commands = commandsOf([ebuild('a'), ebuild('b'), uninstall('old'), ebuild('c'), ebuild('app')])
  t.strictSame(
    commands.map(each => [each.name, atoms(each)]),
    [
      ['install', ['=app-toy/a-1', '=app-toy/b-1']],
      ['remove', ['=app-toy/old-1']],
      ['install', ['=app-toy/c-1']],
      ['build', ['=app-toy/app-1::toys']],
    ],
  )
  const [install, remove] = commands
  t.ok(install?.argv.includes('--usepkgonly'), 'dependencies are never built')
  t.ok(install?.argv.includes('--nodeps'))
  t.ok(remove?.argv.includes('--unmerge'))
  t.notOk(commands.some(each => each.network))
  t.end()
})

void t.test('only fetching has the network, and what fetches while it builds', t => {
  const commands = commandsOf([ebuild('app')], true)
  t.strictSame(
    commands.map(each => [each.name, each.network]),
    [
      ['fetch', true],
      ['build', false],
    ],
  )
  t.ok(first(commands).argv.includes('--fetchonly'))
  t.equal(commandsOf([ebuild('app', { properties: ['live'] })])[0]?.network, true)
  t.equal(commandsOf([ebuild('app', { restrict: ['network-sandbox'] })])[0]?.network, true)
  t.equal(commandsOf([ebuild('app', { restrict: ['mirror'] })])[0]?.network, false)
  t.end()
})

void t.test('every atom is a word of its own that cannot be an option', t => {
  for (const command of commandsOf([ebuild('a', { cpv: 'a/-x-1' }), ebuild('b', { cpv: '_b/_+-1' })], true)) {
    const after = command.argv.slice(1).filter(word => !word.startsWith('--'))
    t.ok(
      after.every(word => word.startsWith('=')),
      command.argv.join(' '),
    )
  }
  t.end()
})

void t.test('the environment: the caller’s own, and what a job root has its own mind about', t => {
  const request = requestOf([ebuild('a')], [], { environment: { USE: 'x -y', CFLAGS: '-O3', PKGDIR: '/elsewhere' } })
  const env = jobEnvironment(request, '-j8')
  t.equal(env['USE'], 'x -y')
  t.equal(env['CFLAGS'], '-O3')
  t.equal(env['MAKEOPTS'], '-j8')
  t.equal(env['PKGDIR'], request.settings.PKGDIR, 'what the farm needs is not the caller’s')
  t.equal(env['DISTDIR'], request.settings.DISTDIR)
  t.equal(env['PORTAGE_TMPDIR'], request.settings.PORTAGE_TMPDIR)
  t.equal(env['PORTAGE_LOGDIR'], logDirectory(request.settings), 'so that messages name logs as they are at home')
  t.equal(env['HOME'], '/root')
  t.match(env['PATH'], /^\/usr\/local\/sbin:/)
  t.equal(jobEnvironment(request, '')['MAKEOPTS'], '', 'none means none')
  t.end()
})

void t.test('FEATURES: what cannot act in a job root is taken away where the client has it', t => {
  const features = (own: string[], caller?: string): string | undefined => {
    const request = requestOf([ebuild('a')], [], caller === undefined ? {} : { environment: { FEATURES: caller } })
    return jobEnvironment({ ...request, settings: { ...request.settings, FEATURES: own } }, '')['FEATURES']
  }
  t.equal(features([]), undefined, 'with nothing to say nothing is said: Portage records it')
  t.equal(features(['sandbox', 'test']), undefined)
  t.equal(features(['ccache', 'sandbox', 'distcc', 'binpkg-signing']), '-binpkg-signing -ccache -distcc')
  t.equal(features([], 'test'), 'test')
  t.equal(features(['ccache', 'test'], 'ccache test'), 'ccache test -ccache', 'the farm has the last word')
  t.end()
})

void t.test('log and messages are the build’s alone', t => {
  const [install, remove, fetch, build] = commandsOf([ebuild('a'), uninstall('old'), ebuild('app')], true)
  for (const other of [install, remove, fetch]) {
    t.match(other?.env, { PORTAGE_LOGDIR: '', PORTAGE_ELOG_SYSTEM: '' }, other?.name ?? 'missing')
  }
  t.strictSame(build?.env, { A: 'b' })
  const request = requestOf([ebuild('a')])
  const logdir = (PORTAGE_LOGDIR: string) => logDirectory({ ...request.settings, PORTAGE_LOGDIR })
  t.equal(logdir('/logs'), '/logs')
  t.equal(logdir(''), '/var/log/portage', 'where Portage’s elog module saves without one')
  t.equal(jobEnvironment(request, '')['PORTAGE_ELOG_SYSTEM'], 'save')
  t.end()
})

void t.test('what is installed into a root is found without the index of PKGDIR', t => {
  const [install, build] = commandsOf([ebuild('a'), ebuild('app')])
  t.match(install?.env['FEATURES'], /-pkgdir-index-trusted/)
  t.match(install?.env, { A: 'b' })
  t.strictSame(build?.env, { A: 'b' }, 'which says nothing of the package itself')
  t.end()
})

void t.test('where the client signs, the last word of the job root is that it does not', t => {
  const env = (own: string[]): Record<string, string> => {
    const request = requestOf([ebuild('a')])
    return jobEnvironment({ ...request, settings: { ...request.settings, FEATURES: own } }, '')
  }
  const commands = (own: string[]): string[] => {
    const plan = makePlan(requestOf([ebuild('a')]))
    const [a] = plan.packages
    return a ? jobCommands(a, [], new Map(), env(own), false).map(each => each.name) : []
  }
  t.strictSame(commands(['sandbox']), ['build'])
  t.strictSame(commands(['sandbox', 'binpkg-signing']), ['configure', 'build'])
  t.end()
})
