import t from 'tap'
import { readEmergeLog } from '../../../lib/core/history/emerge-log.ts'

const LOG = `\
1700000000: Started emerge on: Nov 14, 2023 22:13:20
1700000000:  *** emerge --ask app-toy/a app-toy/b
1700000001:  >>> emerge (1 of 4) dev-toy/lib-x-1.2-r3 to /
1700000001:  === (1 of 4) Cleaning (dev-toy/lib-x-1.2-r3::/var/db/repos/x/dev-toy/lib-x/lib-x-1.2-r3.ebuild)
1700000002:  === (1 of 4) Compiling/Merging (dev-toy/lib-x-1.2-r3::/var/db/repos/x/dev-toy/lib-x/lib-x-1.2-r3.ebuild)
1700000002:  >>> emerge (2 of 4) app-toy/a-1 to /
1700000003:  === (2 of 4) Merging Binary (app-toy/a-1::/var/cache/binpkgs/app-toy/a-1.tbz2)
1700000005:  ::: completed emerge (2 of 4) app-toy/a-1 to /
1700000005:  >>> emerge (3 of 4) app-toy/quick-1 to /
1700000005:  ::: completed emerge (3 of 4) app-toy/quick-1 to /
1700000005:  >>> emerge (4 of 4) app-toy/failed-1 to /
1700000031:  ::: completed emerge (1 of 4) dev-toy/lib-x-1.2-r3 to /
1700000040:  *** terminating.
nonsense: that is no line of it
1700000050:  >>> emerge (1 of 1) app-toy/cut-1 to`

t.test('builds from source that were completed', async t => {
  const found = readEmergeLog(LOG.split('\n'))
  t.strictSame(
    found.map(each => [each.cpv, each.cp, each.host, each.seconds, each.at]),
    [
      ['app-toy/quick-1', 'app-toy/quick', 'home', 0.5, 1700000005000],
      ['dev-toy/lib-x-1.2-r3', 'dev-toy/lib-x', 'home', 30, 1700000031000],
    ],
    'neither binary packages nor what failed',
  )
})

t.test('a build that was begun anew counts from its second beginning', async t => {
  const lines = [
    '1700000000:  >>> emerge (1 of 1) app-toy/a-1 to /',
    '1700009000:  >>> emerge (1 of 1) app-toy/a-1 to /',
    '1700009010:  ::: completed emerge (1 of 1) app-toy/a-1 to /',
  ]
  t.strictSame(
    readEmergeLog(lines).map(each => each.seconds),
    [10],
  )
})
