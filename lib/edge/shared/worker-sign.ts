/** What a worker's sign of life may say. */
import { LONGEST_LEASE } from '../../core/store/leases.ts'
import { ajv, string } from '../json-shape.ts'
import type { WorkerSign } from './plans.ts'

const amount = { type: 'number', minimum: 0 }
const lease = { type: 'number', minimum: 1, maximum: LONGEST_LEASE }
const standing = (state: string, properties: object = {}, required: string[] = Object.keys(properties)): object => ({
  type: 'object',
  properties: { state: { const: state }, lease, ...properties },
  required: ['state', 'lease', ...required],
})
const words = { type: 'string', maxLength: 4096 }
const problem = {
  type: 'object',
  properties: { name: words, level: { enum: ['refuse', 'warn'] }, text: words, mend: words },
  required: ['name', 'level', 'text', 'mend'],
}
const host = { hostname: string, jobs: { type: 'integer', minimum: 1 }, cores: amount, memory: amount }

const isOne = ajv.compile({
  oneOf: [
    standing('joining'),
    standing('copying'),
    standing('ready', { ...host, disk: amount }, Object.keys(host)),
    standing('refused', { problems: { type: 'array', items: problem } }),
    standing('left'),
  ],
})

export function checkWorkerSign(said: unknown): said is WorkerSign {
  return isOne(said)
}
