/** The texts of records, read back: whoever can write to the store can write anything, so nothing is believed unseen. */
import type { Place, Records } from '../../core/store/record.ts'
import { LONGEST_LEASE } from '../../core/store/leases.ts'
import { ajv, string } from '../json-shape.ts'

/** A path that leads nowhere else, or the name of a file. */
const inside = { type: 'string', pattern: '^(?!/)(?!.*(?:^|/)\\.{1,2}(?:/|$))[^\\u0000-\\u001f\\u007f]+$' }
const name = { type: 'string', pattern: '^(?!\\.)[^/\\u0000-\\u001f\\u007f]+$' }
const amount = { type: 'number', minimum: 0 }
/** No record holds a build for ever. */
const lease = { ...amount, maximum: LONGEST_LEASE }
const words = { log: { ...inside, type: ['string', 'null'] }, elog: string }
const outcome = (is: string, properties: object): object => ({
  type: 'object',
  properties: { outcome: { const: is }, ...properties },
  required: ['outcome', ...Object.keys(properties)],
})
const measured = ['cores', 'cpuSeconds', 'memory', 'disk', 'bytes', 'transferSeconds']
const usage = {
  type: 'object',
  properties: Object.fromEntries(measured.map(each => [each, { type: ['number', 'null'] }])),
  required: measured,
}
const built = {
  file: name,
  place: inside,
  size: amount,
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  seconds: amount,
  configured: { type: ['object', 'null'], additionalProperties: string },
  usage,
}
const fault = { enum: ['package', 'host', 'mismatch', 'fetch', 'client', 'unfit'] }

const shapes = {
  claim: ajv.compile({
    type: 'object',
    properties: { worker: name, package: string, plan: string, cores: amount, lease },
    required: ['worker', 'package', 'plan', 'cores', 'lease'],
  }),
  end: ajv.compile({
    oneOf: [
      outcome('built', { ...built, ...words }),
      outcome('failed', { fault, reason: string, ...words }),
      outcome('superseded', { by: string, reason: string }),
      outcome('cancelled', { reason: string }),
      outcome('cleared', { by: string }),
    ],
  }),
  verdict: ajv.compile({
    oneOf: [outcome('committed', { by: string }), outcome('refused', { by: string, reason: string })],
  }),
}

/** What stands for a record that makes no sense: an attempt that came to nothing. */
const NONSENSE: { [P in Place]: Records[P] } = {
  claim: { worker: 'unknown', package: '', plan: '', cores: 0, lease: 0 },
  end: { outcome: 'superseded', by: 'nobody', reason: 'its record in the store makes no sense' },
  verdict: { outcome: 'refused', by: 'nobody', reason: 'its verdict in the store makes no sense' },
}

export function readRecord<P extends Place>(place: P, text: string): Records[P] {
  try {
    const record: unknown = JSON.parse(text)
    return shapes[place](record) ? (record as Records[P]) : NONSENSE[place]
  } catch {
    return NONSENSE[place]
  }
}
