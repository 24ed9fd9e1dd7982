/** The examples for a farm without a network: that the files for systemd and OpenRC say what is meant. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { parse } from 'yaml'
import { PROJECT } from '../lab/place.ts'

const example = (name: string): string => join(PROJECT, 'examples', name)

void t.test('farm.yaml needs a line', async t => {
  const text = await readFile(example('farm-store.yaml'), 'utf8')
  t.strictSame(parse(text), { store: '/mnt/farm' })
  const all = text.replaceAll(/^# (?=[a-z-]+: \S+$)/gm, '')
  t.strictSame(parse(all), { store: '/mnt/farm', 'local-jobs': 1 }, 'what is commented out is good too')
})

void t.test('the unit of systemd', async t => {
  const path = example('portage-farm-work.service')
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  t.strictSame(
    lines.filter(line => line.startsWith('[')),
    ['[Unit]', '[Service]', '[Install]'],
  )
  t.strictSame(
    lines.filter(line => !/^(\[\w+\]|[A-Z]\w+=\S.*)$/.test(line)),
    [],
  )
  const environment = lines.flatMap(line => /^Environment=(\w+)=(\S+)$/.exec(line)?.slice(1, 3).join('=') ?? [])
  t.strictSame(environment, ['PORTAGE_FARM_STORE=/mnt/farm', 'PORTAGE_FARM_JOBS=1'])
  const command = lines.find(line => line.startsWith('ExecStart='))
  t.equal(command, 'ExecStart=/usr/bin/env portage-farm work ${PORTAGE_FARM_STORE} --jobs ${PORTAGE_FARM_JOBS}')

  const hasAnalyze = !(await execa('which', ['systemd-analyze'], { reject: false })).failed
  await t.test('is good to systemd itself', { skip: !hasAnalyze && 'no systemd-analyze here' }, async t => {
    const { exitCode, all } = await execa('systemd-analyze', ['verify', path], { reject: false, all: true })
    // What else it says is about this machine's own units.
    const about = all.split('\n').filter(line => line.includes('portage-farm-work'))
    t.strictSame({ exitCode, about }, { exitCode: 0, about: [] })
  })
})

void t.test('the script of OpenRC', async t => {
  const path = example('portage-farm-work.openrc')
  const text = await readFile(path, 'utf8')
  t.match(text, /^#!\/sbin\/openrc-run\n/)

  /** Sources it as openrc-run does, behind conf.d's settings, then runs the lines. */
  const sourced = async (settings: string, lines: string) => {
    const stubs = `eerror() { echo "error: $*"; }; need() { echo "need $*"; }; use() { echo "use $*"; }; RC_SVCNAME=farm`
    return execa('sh', ['-euc', `${stubs}\n${settings}\n. "$0"\n${lines}`, path], { reject: false, all: true })
  }
  // supervise-daemon.sh evaluates the arguments so.
  const show = `eval 'for each in "$supervisor" "$command"' "$command_args" '; do echo "$each"; done'`

  await t.test('has its settings from conf.d', async t => {
    const defaults = await sourced('', show)
    t.strictSame(defaults.all.split('\n').slice(2), ['work', '/mnt/farm', '--jobs', '1'])
    const own = await sourced(
      `PORTAGE_FARM_STORE='/srv/the farm' PORTAGE_FARM_JOBS=4 PORTAGE_FARM_OPTS='--name big --lease 60'`,
      show,
    )
    const options = ['work', '/srv/the farm', '--jobs', '4', '--name', 'big', '--lease', '60']
    t.strictSame(own.all.split('\n').slice(2), options)
    t.match(own.all, /^supervise-daemon\n\/.*\/portage-farm\n/)
  })

  await t.test('starts only where the store is', async t => {
    t.equal((await sourced('', 'depend')).all, 'need localmount\nuse netmount')
    t.equal((await sourced('PORTAGE_FARM_STORE=/proc', 'start_pre')).exitCode, 0)
    t.match(await sourced('PORTAGE_FARM_STORE=/nowhere', 'start_pre || exit 7'), {
      exitCode: 7,
      all: /^error: \/nowhere is not a directory.* \/etc\/conf\.d\/farm$/,
    })
  })
})
