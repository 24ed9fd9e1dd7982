import { chmodSync, linkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { privateWithSeveralNames, withoutItsPackages } from '../../../lib/edge/mirror/several-names.ts'

void t.test('files with several names that not everybody may read', async t => {
  const top = t.testdir({ a: { one: 'x', open: 'x', single: 'x' }, b: {}, c: { name: 'x' } })
  const at = (path: string): string => join(top, path)
  linkSync(at('a/one'), at('b/two'))
  linkSync(at('a/open'), at('b/open'))
  linkSync(at('c/name'), at('c/again'))
  for (const path of ['a/one', 'a/single', 'c/name']) chmodSync(at(path), 0o640)
  const places = [at('a'), at('b'), at('not there')]
  t.strictSame((await privateWithSeveralNames(places)).sort(), [at('a/one'), at('b/two')])
  t.strictSame(await privateWithSeveralNames([]), [], 'nowhere is not everywhere')
  const many = Array.from({ length: 2500 }, (_, number) => at(`none-${number}`))
  t.strictSame((await privateWithSeveralNames([...many, at('c')])).sort(), [at('c/again'), at('c/name')])
})

void t.test('of a repository its packages are not looked through', async t => {
  const top = t.testdir({
    'app-toy': {},
    virtual: {},
    eclass: {},
    profiles: {},
    metadata: { 'md5-cache': {}, news: {}, 'layout.conf': '' },
  })
  const names = ['eclass', 'metadata/layout.conf', 'profiles']
  t.strictSame(
    (await withoutItsPackages(top)).sort(),
    names.map(name => join(top, name)),
  )
  t.strictSame(await withoutItsPackages(join(top, 'none')), [])
})
