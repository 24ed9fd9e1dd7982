/** What the shapes of messages are made of, as JSON schemas, and how a message that has another shape is refused. */
import { Ajv, type ValidateFunction } from 'ajv'

export const string = { type: 'string' } as const
export const absolute = { type: 'string', pattern: '^/' } as const
export const strings = { type: 'array', items: string } as const
export const dictionary = { type: 'object', required: [], additionalProperties: string } as const
export const flag = { type: 'boolean' } as const
/** What may be absent: ajv's types want it to be nullable, too. */
export const optional = { nullable: true, not: { type: 'null' } } as const

export const ajv = new Ajv({ allErrors: false, strict: true, strictTypes: false, discriminator: true })

/** What a file system counts. */
ajv.addKeyword({
  keyword: 'maxBytes',
  type: 'string',
  schemaType: 'number',
  validate: (most: number, value: string) => Buffer.byteLength(value) <= most,
  error: { message: ({ schema }) => `must have ${String(schema)} bytes at most` },
})

/** What is wrong with what was validated last. `subject`: what that is called. */
export function inWords(subject: string, { errors }: ValidateFunction): string {
  const [error] = errors ?? []
  return `${subject}${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`
}
