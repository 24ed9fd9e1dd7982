/** The client's own store of packages that came back. */
import { mkdirSync, utimesSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Store, storeDirectory } from '../../lib/edge/store.ts'

void t.test('what no run removed goes after two weeks, but for that of a run that lives', async t => {
  const pkgdir = join(t.testdir({ binpkgs: {} }), 'binpkgs')
  const days = (ago: number): Date => new Date(Date.now() - ago * 24 * 3600 * 1000)
  const store = (run: string, made: number, committed: number): string => {
    const directory = join(storeDirectory(pkgdir), run)
    for (const each of ['incoming', 'committed']) {
      mkdirSync(join(directory, each), { recursive: true })
      utimesSync(join(directory, each), days(committed), days(committed))
    }
    utimesSync(directory, days(made), days(made))
    return directory
  }
  const [old, living, busy] = [store('old', 20, 20), store('living', 20, 20), store('busy', 20, 1)]
  await Store.open(pkgdir, 'new', run => run === 'living')
  t.notOk(existsSync(old))
  t.ok(existsSync(living), 'its clock may have been wrong, or its machine asleep')
  t.ok(existsSync(busy), 'something came into it yesterday')
})
