/** The same farm, where what a host sees of the store may be seconds old, as with NFS. */
import t from 'tap'
import { missingForShownStore } from '../lab/lab.ts'
import { graphOnWorkers } from './store-graph.ts'
import './support.ts'

const lacking = await missingForShownStore()

t.test('the graph on three workers, with caches', { skip: lacking.length > 0 && lacking.join('; ') }, async t => {
  // What is delayed is what decides: a copy of a root, file by file, would take an hour.
  await graphOnWorkers(t, { quick: ['roots'] })
})
