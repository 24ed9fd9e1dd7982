import t from 'tap'
import { compare, type Outcome, type Snapshot } from './compare.ts'

const snapshot = (parts: Partial<Snapshot> = {}): Snapshot => ({
  ...{ files: {}, unchanged: [], packages: {}, preserved: {}, resume: {}, elog: [], log: [] },
  ...parts,
})

const outcome = (parts: Partial<Snapshot> = {}, code = 0): Outcome => ({
  snapshot: snapshot(parts),
  exits: [{ command: 'emerge x', code }],
})

const file = { mode: '-0644', owner: '0:0', mtime: 'new', sha256: 'aa' }

t.test('equal sides have no differences', async t => {
  const parts = { files: { '/etc/x': file }, unchanged: ['/bin/sh'], packages: { 'a/b-1': { USE: 'x' } } }
  t.strictSame(compare(outcome(parts), outcome(parts)), [])
})

t.test('exit codes', async t => {
  t.strictSame(compare(outcome({}, 1), outcome({}, 0)), [
    { where: 'emerge', field: 'exit code of emerge x', plain: '1', farm: '0' },
  ])
})

t.test('each field of a file, by its name', async t => {
  const plain = outcome({ files: { '/a': file, '/b': { ...file, 'xattr security.capability': '00' } } })
  const farm = outcome({ files: { '/a': { ...file, mode: '-4711', owner: '0:250' }, '/b': file } })
  t.strictSame(compare(plain, farm), [
    { where: '/a', field: 'mode', plain: '-0644', farm: '-4711' },
    { where: '/a', field: 'owner', plain: '0:0', farm: '0:250' },
    { where: '/b', field: 'xattr security.capability', plain: '00', farm: null },
  ])
})

t.test('a file of the image that one side removed, and one that only one side wrote', async t => {
  const plain = outcome({ unchanged: ['/bin/sh', '/bin/cat'] })
  const farm = outcome({ unchanged: ['/bin/cat'], files: { '/bin/dog': file } })
  t.strictSame(compare(plain, farm), [
    { where: '/bin/dog', field: 'file', plain: null, farm: 'is there' },
    { where: '/bin/sh', field: 'file', plain: 'is there', farm: null },
  ])
})

t.test('a file that one side wrote and the other left as it was', async t => {
  const [first] = compare(outcome({ unchanged: ['/bin/sh'] }), outcome({ files: { '/bin/sh': file } }))
  t.match(first, { where: '/bin/sh' })
})

t.test('what is volatile in a vdb entry must be there, and may differ', async t => {
  const entry = { BUILD_TIME: '1', 'metadata COUNTER': '5', USE: 'x' }
  const other = { BUILD_TIME: '2', 'metadata COUNTER': '6', USE: 'x' }
  t.strictSame(compare(outcome({ packages: { 'a/b-1': entry } }), outcome({ packages: { 'a/b-1': other } })), [])
  const lacking = { 'metadata COUNTER': '6', USE: 'y' }
  t.strictSame(compare(outcome({ packages: { 'a/b-1': entry } }), outcome({ packages: { 'a/b-1': lacking } })), [
    { where: 'package a/b-1', field: 'BUILD_TIME', plain: 'some value', farm: null },
    { where: 'package a/b-1', field: 'USE', plain: 'x', farm: 'y' },
  ])
})

t.test('the mode of a volatile file is compared', async t => {
  const differences = compare(
    outcome({ packages: { 'a/b-1': { 'COUNTER mode': '-rw-r--r-- 0:0' } } }),
    outcome({ packages: { 'a/b-1': { 'COUNTER mode': '-rw------- 0:0' } } }),
  )
  t.match(differences, [{ field: 'COUNTER mode' }])
})

t.test('what only binary packages have', async t => {
  const plain = {
    FEATURES: 'assume-digests buildpkg-live ipc-sandbox\n',
    'environment.bz2 FEATURES': 'declare -x FEATURES="news"',
  }
  const farm = {
    FEATURES: 'assume-digests buildpkg-live ipc-sandbox\n',
    'environment.bz2 FEATURES': 'declare -x FEATURES="buildpkg news"',
    'environment.bz2 f': 'declare -- f',
    'environment.bz2 isz': 'declare -a isz=([0]="20" [1]="/var/tmp/portage/a/b-1/image")',
    'environment.bz2 nsz': 'declare -a nsz=([0]="8" [1]="/my" [2]="tmp/portage/a/b-1/work")',
    BUILD_ID: '1',
    'BUILD_ID mode': '-rw-r--r-- 0:0',
    'metadata BINPKGMD5': 'aa',
  }
  t.strictSame(compare(outcome({ packages: { 'a/b-1': plain } }), outcome({ packages: { 'a/b-1': farm } })), [])
  const ebuildsOwn = { ...farm, 'environment.bz2 f': 'declare -- f="1"' }
  t.match(compare(outcome({ packages: { 'a/b-1': plain } }), outcome({ packages: { 'a/b-1': ebuildsOwn } })), [
    { field: 'environment.bz2 f', plain: null },
  ])
  const another = { ...farm, 'environment.bz2 isz': 'declare -a isz=([0]="20" [1]="/usr/share")' }
  t.match(compare(outcome({ packages: { 'a/b-1': plain } }), outcome({ packages: { 'a/b-1': another } })), [
    { field: 'environment.bz2 isz', plain: null },
  ])
})

t.test('preserved libraries, but for the counter', async t => {
  const registry = (counter: string, path: string) =>
    outcome({ preserved: { 'dev/lib:0': ['dev/lib-2', counter, [path]] } })
  t.strictSame(compare(registry('3', '/usr/lib/a.so'), registry('4', '/usr/lib/a.so')), [])
  t.strictSame(compare(registry('3', '/usr/lib/a.so'), registry('3', '/usr/lib/b.so')), [
    { where: 'preserved libraries dev/lib:0', field: 'paths', plain: '/usr/lib/a.so', farm: '/usr/lib/b.so' },
  ])
})

t.test('elog messages by package and phase', async t => {
  const plain = outcome({ elog: [['app:x-1', 'LOG: install\nsaid\n\nWARN: postinst\ncareful\n']] })
  const farm = outcome({ elog: [['app:x-1', 'WARN: postinst\ncareful\n']] })
  t.strictSame(compare(plain, farm), [{ where: 'elog app/x-1', field: 'LOG: install', plain: 'said', farm: null }])
})

t.test('merge lines of emerge.log, in any order', async t => {
  const a = '::: completed emerge (1 of 2) a/a-1 to /'
  const b = '::: completed emerge (2 of 2) a/b-1 to /'
  const other = ['::: completed emerge (1 of 2) a/b-1 to /', '=== (1 of 2) Merging Binary (x)']
  t.strictSame(
    compare(outcome({ log: [a, b] }), outcome({ log: [...other, '::: completed emerge (2 of 2) a/a-1 to /'] })),
    [],
  )
  t.strictSame(compare(outcome({ log: [a, b] }), outcome({ log: other })), [
    { where: 'emerge.log', field: '::: completed emerge (of 2) a/a-1 to /', plain: '1', farm: null },
  ])
})

t.test('resume lists', async t => {
  t.match(compare(outcome({ resume: { resume: { mergelist: [] } } }), outcome()), [{ where: 'mtimedb', farm: null }])
})
