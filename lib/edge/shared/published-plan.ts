/** What the plan of a store must be before anything of it is done: whoever can write to the store can have left it there. */
import { checkPlanRequest } from '../bridge/schema.ts'
import { absolute, ajv, inWords, string, strings } from '../json-shape.ts'
import type { PublishedPlan } from './plans.ts'

const amount = { type: 'number', minimum: 0 } as const
const maybe = { type: ['number', 'null'] } as const
/** A name, or what is said in a line. */
const words = { type: 'string', maxLength: 4096 } as const
/** One component of a path that leads nowhere else. */
const name = { type: 'string', pattern: '^(?!\\.)[^/\\u0000-\\u001f\\u007f]{1,255}$' } as const

function record(properties: Record<string, object>, optional: Record<string, object> = {}): object {
  return { type: 'object', properties: { ...properties, ...optional }, required: Object.keys(properties) }
}

const cpu = record({
  flags: { type: 'array', items: record({ flag: words, because: string }) },
  same: { ...record({ because: string, identity: words, flags: strings }), type: ['object', 'null'] },
})

const observation = record({
  ...{ cpv: words, cp: words, host: words, seconds: amount, sourceBytes: amount, at: { type: 'number' } },
  ...{ cores: maybe, cpuSeconds: maybe, memory: maybe, disk: maybe, bytes: maybe, transferSeconds: maybe },
})

const isOne = ajv.compile<PublishedPlan>(
  record({
    run: name,
    version: words,
    client: name,
    // sethostname(2).
    hostname: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u0020\\u007f/]+$' },
    machine: name,
    root: { type: 'string', pattern: '^root-[1-9]\\d{0,8}$' },
    // By a schema of its own.
    request: { type: 'object' },
    policy: record({ stay: strings, kernelModules: { enum: ['stay', 'send'] }, hosts: { type: 'array', maxItems: 0 } }),
    keys: { type: 'object', additionalProperties: { type: 'string', pattern: '^[0-9a-f]{32}$' } },
    needs: record({
      client: record({
        machine: name,
        cpu,
        root: { ...record({ bytes: amount, files: amount }), type: ['object', 'null'] },
      }),
      cpu,
    }),
    trial: record({
      trial: record({ python: absolute, flags: strings, chost: string, pkgdir: absolute, tmpdir: absolute }),
      native: {
        type: 'array',
        items: {
          type: 'array',
          minItems: 2,
          maxItems: 2,
          items: [string, record({ options: strings, instead: strings })],
        },
      },
      name: string,
    }),
    observations: { type: 'array', items: observation },
    stuckAfter: { type: 'integer', minimum: 0, maximum: 86_400 },
  }),
)

/** The plan of a run, if it is one. Throws an Error that says what is wrong otherwise. */
export function publishedPlanOf(run: string, plan: unknown): PublishedPlan {
  const refuse = (why: string): never => {
    throw new Error(`the plan of ${run} makes no sense: ${why}`)
  }
  if (!isOne(plan)) return refuse(inWords('it', isOne))
  if (plan.run !== run) return refuse(`it says that it is that of ${JSON.stringify(plan.run.slice(0, 100))}`)
  const problem = checkPlanRequest(plan.request)
  return problem === null ? plan : refuse(problem)
}
