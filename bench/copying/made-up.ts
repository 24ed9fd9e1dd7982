/** A made-up root file system of so many files: what packages installed, their records, configuration, a repository. */
import { createHash } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

/** Where it has the repository. */
export const REPOSITORY = '/var/db/repos/gentoo'
/** What the copy goes by. */
export const SETTINGS = {
  PKGDIR: '/var/cache/binpkgs',
  DISTDIR: '/var/cache/distfiles',
  PORTAGE_TMPDIR: '/var/tmp',
  PORTAGE_LOGDIR: '/var/log/portage',
  PORTAGE_CONFIGROOT: '/',
}

/** Files of a package, and those that Portage notes of one. */
const PACKAGE = { files: 120, notes: 20 }
/** Files of a directory. */
const DIRECTORY = 30
/** Of so many files one is so. */
const ONE_IN = { private: 997, severalNames: 499, nobodys: 19, elsewhere: 983 }
/** A repository has so many files for each file of the system: a Gentoo has some 150 000. */
const OF_REPOSITORY = 1 / 3

/** Where packages put things, mostly and sometimes. */
const PLACES = ['/usr/lib', '/usr/share', '/usr/include', '/usr/share/doc', '/usr/libexec', '/etc', '/opt', '/usr/src']
const ELSEWHERE = ['/var/lib', '/var/www', '/srv', '/var/cache']

/** Makes it below a directory, of `count` files without those of the repository. */
export async function makeUp(root: string, count: number, signal: AbortSignal): Promise<void> {
  const made = new Set<string>()
  const put = (path: string, text: string, mode = 0o644): void => {
    const file = join(root, path)
    if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true })
    made.add(dirname(file))
    writeFileSync(file, text, { mode })
    if (mode !== 0o644) chmodSync(file, mode)
  }
  for (let number = 0, done = 0; done < count; number++) {
    done += makePackage(root, number, put)
    // Now and then a signal is listened to.
    await setImmediate(null, { signal })
  }
  for (const name of ['machine-id', 'passwd', 'portage/make.conf']) put(`/etc/${name}`, 'made up\n')
  for (const name of ['shadow', 'gshadow']) put(`/etc/${name}`, 'made up\n', 0o600)
  put('/var/lib/portage/world', 'app-made/up\n')
  put('/var/cache/edb/counter', '1\n')
  for (const path of [
    ...Object.values(SETTINGS).slice(0, -1),
    '/home/larry',
    '/root',
    '/proc',
    '/dev',
    '/mnt',
    '/tmp',
  ]) {
    mkdirSync(join(root, path), { recursive: true })
  }
  makeRepository(Math.round(count * OF_REPOSITORY), put)
}

type Put = (path: string, text: string, mode?: number) => void

/** Returns how many files it has. */
function makePackage(root: string, number: number, put: Put): number {
  const contents: string[] = []
  for (let index = 0; index < PACKAGE.files; index++) {
    const serial = number * PACKAGE.files + index
    const is = (what: keyof typeof ONE_IN): boolean => serial % ONE_IN[what] === ONE_IN[what] - 1
    const places = is('elsewhere') ? ELSEWHERE : PLACES
    // Most of what is installed lies below /usr.
    const place = places[index % 10 < 6 ? index % 4 : number % places.length] ?? '/usr/lib'
    const path = `${place}/made-${number}/part-${Math.floor(index / DIRECTORY)}/file-${index}`
    const text = `${serial}\n`.repeat(1 + (index % 50))
    put(path, text, is('private') ? 0o600 : 0o644)
    const entry = `obj ${path} ${createHash('md5').update(text).digest('hex')} 1700000000`
    if (!is('nobodys')) contents.push(entry)
    if (is('severalNames')) linkSync(join(root, path), join(root, `${path}-again`))
  }
  const record = `/var/db/pkg/app-${number % 50}/made-${number}`
  put(`${record}/CONTENTS`, contents.map(line => line + '\n').join(''))
  for (let index = 1; index < PACKAGE.notes; index++) put(`${record}/NOTE_${index}`, 'noted\n')
  return PACKAGE.files + PACKAGE.notes
}

function makeRepository(count: number, put: Put): void {
  put(`${REPOSITORY}/profiles/repo_name`, 'gentoo\n')
  for (let number = 0; number < count / 5; number++) {
    const [category, name] = [`app-${number % 50}`, `made-${number}`]
    for (const file of [`${name}-1.ebuild`, `${name}-2.ebuild`, 'Manifest', 'metadata.xml']) {
      put(`${REPOSITORY}/${category}/${name}/${file}`, 'made up\n')
    }
    put(`${REPOSITORY}/metadata/md5-cache/${category}/${name}-1`, 'made up\n')
  }
  for (let number = 0; number < 200; number++) put(`${REPOSITORY}/eclass/made-${number}.eclass`, 'made up\n')
}
