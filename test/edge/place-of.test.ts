import { join } from 'node:path'
import t from 'tap'
import { placeOf } from '../../lib/edge/configuration.ts'

void t.test('where a path will be that is not there yet', async t => {
  const top = t.testdir({
    real: { there: {} },
    link: t.fixture('symlink', 'real'),
    nowhere: t.fixture('symlink', 'missing'),
  })
  const is = async (path: string, place: string): Promise<void> => {
    t.equal(await placeOf(join(top, path)), join(top, place), path)
  }
  await is('link/there', 'real/there')
  await is('link/later', 'real/later')
  await is('link/later/on', 'real/later/on')
  await is('later/on', 'later/on')
  await is('nowhere/on', 'nowhere/on')
  t.equal(await placeOf('/'), '/')
  t.equal(await placeOf('/none/of these'), '/none/of these')
})
