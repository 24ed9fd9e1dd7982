/** Stand-ins for programs, and names that would do harm if a shell read them. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { HostConfig } from '../../../lib/core/config.ts'

/** An empty directory that is gone with the test. */
export function scratch(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'pf test '))
  t.teardown(() => {
    rmSync(directory, { recursive: true })
  })
  return directory
}

/**
 * Puts a program first in PATH that writes down the words it is given, and then runs `script`. Returns a function that
 * reads them.
 */
export function standIn(t: Test, name: string, script = ''): () => string[] {
  const directory = scratch(t)
  const record = join(directory, 'argv')
  mkdirSync(join(directory, 'bin'))
  writeFileSync(join(directory, 'bin', name), `#!/bin/sh\nprintf '%s\\0' "$@" > '${record}'\n${script}\n`)
  chmodSync(join(directory, 'bin', name), 0o755)
  const before = process.env['PATH']
  process.env['PATH'] = `${join(directory, 'bin')}:${before ?? ''}`
  t.teardown(() => {
    process.env['PATH'] = before
  })
  return () => (existsSync(record) ? readFileSync(record, 'utf8').split('\0').slice(0, -1) : ['it was not run'])
}

export function hostConfig(more: Partial<HostConfig> = {}): HostConfig {
  return {
    name: 'big',
    ssh: 'root@big.lan',
    jobs: 2,
    dir: '/var/lib/portage-farm',
    root: { provider: 'mirror' },
    makeopts: null,
    clean: false,
    identity: null,
    knownHosts: null,
    only: null,
    not: [],
    prefer: [],
    ...more,
  }
}

/** File names with what shells, rsync and ssh read otherwise. `mark`: a file that appears if one of them is run. */
export function oddNames(mark: string): string[] {
  return [
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `; touch ${mark} ;`,
    `& touch ${mark} &`,
    `| touch ${mark}`,
    `'; touch ${mark}; '`,
    `"; touch ${mark}; "`,
    `\n touch ${mark}\n`,
    ...['-rf', '--delete', '-e sh', '--rsh=sh', '~', '~root', '$HOME', '*', '?', '[a-z]', '{a,b}', '!', '#x', '=x'],
    ...[
      'a b',
      ' a ',
      'a\tb',
      "it's",
      '"',
      '\\',
      'a\\b',
      'a:b',
      'host:x',
      'a::b',
      '%h',
      '>x',
      '<x',
      'é😀',
      'a+b_c-1.2.3_rc4-r5',
    ],
  ]
}
