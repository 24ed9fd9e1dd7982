import { stripVTControlCharacters } from 'node:util'
import t, { type Test } from 'tap'
import type { LabHost } from '../lab/host.ts'
import type { Lab } from '../lab/lab.ts'
import { ebuilds, type ToyOptions } from '../lab/repo.ts'
import { startLab } from './support.ts'

const LEVELS = ['einfo', 'elog', 'ewarn', 'eerror', 'eqawarn']
const PHASES = ['pkg_setup', ...['unpack', 'prepare', 'compile', 'install'].map(name => `src_${name}`)]
const MERGE_PHASES = ['pkg_preinst', 'pkg_postinst']

/** Says something of every level in every phase, and what is easily misread. */
const talkative: ToyOptions = {
  body: [...PHASES, ...MERGE_PHASES]
    .map(phase => {
      const own = phase === 'src_prepare' ? 'default' : phase === 'src_install' ? 'dodir /usr/share/toy' : ':'
      const lines = LEVELS.map(level => `\t${level} "${level} of ${phase}"\n`).join('')
      return `${phase}() {\n\t${own}\n${lines}\tewarn "  two\\nlines, <&> \\$HOME \\"x\\""\n\telog "LOG: setup"\n\techo "printed by ${phase}"\n}\n`
    })
    .join('\n'),
}
const failing: ToyOptions = { body: 'src_compile() {\n\tewarn "before the end"\n\tdie "on purpose"\n}\n' }

const TOYS = { 'app-toy/talk-1': talkative, 'app-toy/silent-1': { depend: 'app-toy/talk' }, 'app-toy/bad-1': failing }

/** Adds to make.conf, on both clients. */
async function configure(clients: LabHost[], text: string): Promise<void> {
  for (const client of clients) {
    await client.must(['sh', '-c', 'printf "%s\\n" "$1" >>/etc/portage/make.conf', 'conf', text])
    await client.must(['sh', '-c', 'rm -rf /var/log/portage /var/db/pkg/* /var/tmp/portage; mkdir -p /var/log/portage'])
  }
}

/** What is in the log directory: names without times, with owner, group and mode. */
async function logs(client: LabHost): Promise<string[]> {
  const found = await client.must(['sh', '-c', 'cd /var/log/portage && find . -mindepth 1 -printf "%P %u:%g %m\\n"'])
  return found
    .replaceAll(/\d{8}-\d{6}/g, 'TIME')
    .split('\n')
    .filter(line => line !== '')
    .sort()
}

/** The text of the one file in the log directory whose name matches. */
async function textOf(client: LabHost, name: string): Promise<string> {
  return client.must([
    'sh',
    '-c',
    `set -- $(find /var/log/portage -path "$1"); [ $# = 1 ] && zcat -f "$1"`,
    'cat',
    name,
  ])
}

/** Messages as emerge shows them at its end: without colour, times and the file names that these are in. */
function shown(output: string): string {
  const plain = stripVTControlCharacters(output).replaceAll(/\d{8}-\d{6}/g, 'TIME')
  return plain
    .slice(plain.indexOf(' * Messages for package'))
    .replace(/\n \* \d+ of \d+ packages? built[^]*/, '')
    .trimEnd()
}

async function twins(t: Test, portage?: string): Promise<{ farm: Lab; both: [LabHost, LabHost] }> {
  const more = portage === undefined ? {} : { portage }
  const [farm, plain] = await Promise.all([
    startLab(t, { builders: 2, ...more }),
    startLab(t, { builders: 0, install: false, ...more }),
  ])
  await Promise.all([farm.client, plain.client].map(async client => ebuilds(client, TOYS)))
  await configure(
    [farm.client, plain.client],
    'PORTAGE_ELOG_SYSTEM="echo save"\nPORTAGE_ELOG_CLASSES="info log warn error qa"',
  )
  return { farm, both: [farm.client, plain.client] }
}

/** Runs emerge on both clients: with the same outcome. */
async function emerge(t: Test, both: LabHost[], ...argv: string[]): Promise<{ farmed: string; stock: string }> {
  const [farmed, stock] = await Promise.all(both.map(async client => client.run(['emerge', ...argv])))
  if (!farmed || !stock) throw new Error('two clients')
  t.equal(farmed.code, stock.code, `emerge ${argv.join(' ')}`)
  if (!t.passing()) t.comment(farmed.all)
  return { farmed: farmed.all, stock: stock.all }
}

/** Compares what of each client's a function gives. */
async function same(t: Test, both: LabHost[], what: (client: LabHost) => Promise<unknown>, name: string) {
  const [farmed, stock] = await Promise.all(both.map(what))
  t.strictSame(farmed, stock, name)
}

/** Portage counts the lines of a saved environment, which differs in the farm's variables. */
const timeless = (text: string): string => text.replaceAll(/\d{8}-\d{6}|environment, line \d+/g, '…')

/** The log of the last build on a host that failed. */
const hostsLog = (output: string): string =>
  /failed on farm-[ab]: .* \((\S+)\), is built here/.exec(output)?.[1] ?? 'none'

/** The lines of a log that the phases printed. */
const printed = (text: string): string[] => text.split('\n').filter(line => /printed by|of (src|pkg)_/.test(line))

/** Two packages are built and merged: messages, where they are saved, and logs are as after local builds. */
async function oneSet(t: Test, both: LabHost[]): Promise<void> {
  const { farmed, stock } = await emerge(t, both, 'app-toy/talk', 'app-toy/silent')
  t.match(shown(stock), 'eqawarn of src_install')
  t.equal(shown(farmed), shown(stock), 'shown at the end')
  await same(t, both, async client => textOf(client, '*/elog/*talk-1*'), 'saved')
  await same(t, both, logs, 'names, owners and modes')
  const [log = '', plain = ''] = await Promise.all(
    both.map(async client => textOf(client, '*/portage/app-toy:talk-1:*')),
  )
  t.ok(printed(plain).length > 20)
  t.strictSame(printed(log), printed(plain), 'one log, of the phases there and here')
}

t.test('messages and logs of phases on a host', async t => {
  const { both } = await twins(t)
  await t.test('merged', async t => oneSet(t, both))

  await t.test('failed', async t => {
    await configure(both, '')
    const { farmed, stock } = await emerge(t, both, 'app-toy/bad')
    t.match(shown(stock), 'on purpose')
    t.equal(shown(farmed).split('\n').length, shown(stock).split('\n').length)
    await same(t, both, async client => timeless(await textOf(client, '*/elog/*')), 'saved')
    const named = /Log file:[\s>]+'(.*)'/.exec(farmed)?.[1] ?? 'none'
    t.match(await both[0].read(named), 'before the end', 'the log that Portage names')
    t.notMatch(hostsLog(farmed), named, 'is that of the build here')
    t.match(await both[0].read(hostsLog(farmed)), 'before the end', 'that of the host is kept as well')
  })

  await t.test('only packaged, with logs compressed and in directories', async t => {
    await configure(both, 'FEATURES="split-log split-elog compress-build-logs"')
    const { farmed, stock } = await emerge(t, both, '--buildpkgonly', 'app-toy/talk')
    t.equal(shown(farmed), shown(stock))
    await same(t, both, logs, 'names, owners and modes')
    await same(t, both, async client => textOf(client, '*/elog/app-toy/talk-1*'), 'saved')
    await same(t, both, async client => printed(await textOf(client, '*/build/app-toy/*.log.gz')), 'compressed')
  })

  await t.test('merged, with logs compressed and in directories that are not there yet', async t => {
    await configure(both, '')
    for (const client of both) await client.must(['rm', '-r', '/var/log/portage'])
    await emerge(t, both, 'app-toy/talk')
    await same(t, both, logs, 'names, owners and modes')
    await same(t, both, async client => client.must(['stat', '-c', '%a %U:%G', '/var/log/portage']), 'the directory')
    await same(t, both, async client => printed(await textOf(client, '*/build/app-toy/*.log.gz')), 'compressed')
  })

  await t.test('without PORTAGE_LOGDIR', async t => {
    await configure(both, 'PORTAGE_LOGDIR=""')
    await emerge(t, both, 'app-toy/talk')
    await same(t, both, logs, 'no log')
    await same(t, both, async client => textOf(client, '*/elog/*talk-1*'), 'messages are saved all the same')
    const { farmed } = await emerge(t, both, 'app-toy/bad')
    t.match(hostsLog(farmed), /^\/var\/lib\/portage-farm\/runs\/.*\.log\.gz$/)
    t.match(await both[0].must(['zcat', hostsLog(farmed)]), 'before the end', 'that of a failure is kept with the run')
    await same(
      t,
      both,
      async client => timeless(await textOf(client, '*/elog/*bad-1*')),
      'Portage’s words name its own',
    )
  })
})

t.test('with the oldest Portage', async t => oneSet(t, (await twins(t, '3.0.52')).both))
