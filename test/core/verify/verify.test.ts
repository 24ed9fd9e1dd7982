import t from 'tap'
import type { Expected, RequestPackage } from '../../../lib/core/request.ts'
import { describeMismatches, type BinaryMetadata } from '../../../lib/core/verify/found.ts'
import { verify, type Circumstances } from '../../../lib/core/verify/verify.ts'
import { ebuild } from '../support.ts'

const EBUILD = 'ab'.repeat(32)
const RECORDED = { IUSE: '+ssl zlib', KEYWORDS: 'amd64 ~arm64', INHERITED: 'meson', LICENSE: 'MIT' }

const expected: Expected = {
  ebuild: EBUILD,
  recorded: RECORDED,
  libc: [],
  bindings: {
    RDEPEND: [
      { atom: 'dev-libs/a:=', candidates: [{ slot: '0/2', package: 'a' }, { slot: '0/1' }] },
      { atom: 'dev-libs/b:0=', candidates: [] },
    ],
  },
  unchanged: ['CHOST', 'CBUILD'],
  keepsMachine: true,
}

const resolved: RequestPackage = ebuild('app', {
  cpv: 'app-toy/app-1.2-r3',
  slot: '2',
  subSlot: '2.1',
  repo: 'gentoo',
  eapi: '8',
  use: ['ssl', 'zlib'],
  dependencies: { DEPEND: 'dev-libs/a', RDEPEND: 'dev-libs/a:= || ( dev-libs/b:= dev-libs/c )' },
  variables: { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe -march=x86-64-v2' },
})

const planned: RequestPackage = { ...resolved, expected }

const built: BinaryMetadata = {
  cpv: 'app-toy/app-1.2-r3',
  slot: '2',
  subSlot: '2.1',
  repo: 'gentoo',
  eapi: '8',
  use: ['ssl', 'zlib'],
  dependencies: planned.dependencies,
  variables: { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe -march=x86-64-v2', LDFLAGS: '-Wl,-O1' },
  format: 'gpkg',
  buildId: 3,
  ebuild: EBUILD,
  environment: true,
  recorded: RECORDED,
  bindings: {
    RDEPEND: [
      { atom: 'dev-libs/a:0/2=', slot: '0/2' },
      { atom: 'dev-libs/b:0=', slot: null },
    ],
  },
  libc: [],
  unmetLibc: [],
  missingSonames: [],
}

const here: Circumstances = {
  place: 'app-toy/app/app-1.2-r3-3.gpkg.tar',
  format: 'gpkg',
  isCommitted: () => true,
  configured: { ...planned.variables },
}

/** The names of what differs. */
const names = (
  found: Partial<BinaryMetadata>,
  circumstances: Partial<Circumstances> = {},
  more: Partial<RequestPackage> = {},
): string[] =>
  verify({ ...planned, ...more }, { ...built, ...found }, { ...here, ...circumstances }).map(({ what }) => what)

void t.test('what is as it was planned may be committed', t => {
  t.strictSame(verify(planned, built, here), [])
  t.strictSame(names({}, { configured: null }), [], 'also if the host could not say what was configured')
  t.strictSame(verify(resolved, built, here), [], 'and if nobody could say what to expect')
  t.end()
})

void t.test('each difference by its name', t => {
  const cases: [Partial<BinaryMetadata>, what: string, planned: string, found: string][] = [
    [{ slot: '3' }, 'slot', '2', '3'],
    [{ subSlot: '2.2' }, 'sub-slot', '2.1', '2.2'],
    [{ repo: 'local' }, 'repository', 'gentoo', 'local'],
    [{ eapi: '7' }, 'EAPI', '8', '7'],
    [{ use: ['ssl'] }, 'USE', 'ssl zlib', 'ssl'],
    [{ use: [] }, 'USE', 'ssl zlib', ''],
    [{ cpv: 'app-toy/app-1.2-r4' }, 'package', 'app-toy/app-1.2-r3', 'app-toy/app-1.2-r4'],
    [{ ebuild: 'cd'.repeat(32) }, 'ebuild', EBUILD, 'cd'.repeat(32)],
    [{ ebuild: null }, 'ebuild', EBUILD, 'none'],
    [{ recorded: { ...RECORDED, IUSE: '+ssl' } }, 'IUSE', '+ssl zlib', '+ssl'],
    [{ recorded: { ...RECORDED, INHERITED: '' } }, 'INHERITED', 'meson', ''],
    [{ dependencies: { ...built.dependencies, DEPEND: '' } }, 'DEPEND', 'dev-libs/a', ''],
    [{ dependencies: { ...built.dependencies, BDEPEND: 'dev-util/c' } }, 'BDEPEND', '', 'dev-util/c'],
    [{ dependencies: { ...built.dependencies, PDEPEND: 'dev-util/c' } }, 'PDEPEND', '', 'dev-util/c'],
    [{ dependencies: { ...built.dependencies, IDEPEND: 'dev-util/c' } }, 'IDEPEND', '', 'dev-util/c'],
    [{ missingSonames: ['x86_64: liba.so.2'] }, 'REQUIRES', 'a library that is here', 'x86_64: liba.so.2'],
    [{ environment: false }, 'environment', 'that of its build', 'none that is whole'],
  ]
  for (const [difference, what, wanted, found] of cases) {
    t.strictSame(verify(planned, { ...built, ...difference }, here), [{ what, planned: wanted, found }], what)
  }
  t.end()
})

void t.test('where a package lies, and in which format', t => {
  const xpak = { format: 'xpak' } as const
  const good: [Partial<BinaryMetadata>, Partial<Circumstances>][] = [
    [{ buildId: null }, { place: 'app-toy/app-1.2-r3.gpkg.tar' }],
    [xpak, { place: 'app-toy/app/app-1.2-r3-3.xpak', format: 'xpak' }],
    [
      { ...xpak, buildId: null },
      { place: 'app-toy/app-1.2-r3.tbz2', format: 'xpak' },
    ],
  ]
  for (const [found, circumstances] of good) t.strictSame(names(found, circumstances), [], circumstances.place ?? '')
  for (const place of ['app-toy/app/app-1.2-r3-4.gpkg.tar', 'app-toy/other/app-1.2-r3-3.gpkg.tar', 'x.gpkg.tar', '']) {
    t.strictSame(names({}, { place }), ['path'], place)
  }
  t.strictSame(names(xpak, { place: 'app-toy/app/app-1.2-r3-3.xpak' }), ['format'])
  t.end()
})

void t.test('what a `:=` is bound to', t => {
  const bound = (slot: string | null): Partial<BinaryMetadata> => ({
    bindings: { RDEPEND: [{ atom: 'dev-libs/a', slot }, built.bindings.RDEPEND?.[1] ?? { atom: '', slot: null }] },
  })
  const candidates = (...list: Expected['bindings'][keyof Expected['bindings']] & object): Partial<RequestPackage> => ({
    expected: { ...expected, bindings: { RDEPEND: list } },
  })
  t.strictSame(names(bound('0/1')), ['binding'], 'to the installed one, where the plan has a newer one')
  t.strictSame(names(bound('0/1'), { isCommitted: () => false }), [], 'unless the newer one was not built')
  t.strictSame(names(bound('0/2'), { isCommitted: () => false }), ['binding'])
  t.strictSame(names(bound(null)), ['slot operator'])
  t.strictSame(
    names({
      bindings: {
        RDEPEND: [
          { atom: 'dev-libs/a:0/2=', slot: '0/2' },
          { atom: 'dev-libs/b:0/0=', slot: '0/0' },
        ],
      },
    }),
    ['binding'],
    'to something that is not here',
  )

  const replaced = candidates({ atom: 'x:=', candidates: [{ slot: '0/3', replacedBy: ['x'] }, { slot: '5/5' }] })
  t.strictSame(names(bound('0/3'), {}, replaced), ['binding'], 'to what the plan replaced')
  t.strictSame(names(bound('5/5'), {}, replaced), [])
  t.strictSame(names(bound('0/3'), { isCommitted: () => false }, replaced), [], 'or could not')

  const removed = candidates({ atom: 'x:=', candidates: [{ slot: '0/3', removed: true }] })
  for (const slot of ['0/3', null]) t.strictSame(names(bound(slot), {}, removed), [], 'before an uninstall or after it')
  t.strictSame(names(bound('0/4'), {}, removed), ['binding'])
  t.end()
})

void t.test('where dependencies differ, bindings are not looked at', t => {
  const other = { dependencies: { ...built.dependencies, RDEPEND: 'dev-libs/z:=' }, bindings: {} }
  t.strictSame(names(other), ['RDEPEND'])
  t.end()
})

void t.test('the libc that Portage adds', t => {
  const newer = '>=sys-libs/glibc-2.40-r1'
  t.strictSame(names({ libc: [newer] }), [], 'it is here')
  t.strictSame(names({ libc: [newer], unmetLibc: [newer] }), ['libc'])
  t.strictSame(names({ libc: ['<sys-libs/glibc-3'] }), ['libc'], 'Portage adds no such thing')
  const own = { expected: { ...expected, libc: ['sys-libs/glibc:2.2'] } }
  t.strictSame(names({ libc: ['sys-libs/glibc:2.2', newer] }, {}, own), [], 'besides the ebuild’s own')
  t.strictSame(names({ libc: ['sys-libs/glibc:2.2'], unmetLibc: ['sys-libs/glibc:2.2'] }, {}, own), [], 'as planned')
  t.strictSame(names({ libc: [newer] }, {}, own), ['libc'], 'in the place of the ebuild’s own')
  t.end()
})

void t.test('all differences, in one line', t => {
  const mismatches = verify(planned, { ...built, slot: '3', environment: false }, here)
  t.equal(
    describeMismatches(mismatches),
    'slot: planned "2", built "3"; environment: planned "that of its build", built "none that is whole"',
  )
  t.equal(describeMismatches([]), '')
  t.end()
})
