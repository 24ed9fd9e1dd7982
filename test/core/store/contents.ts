/** What stands in the registers at some moment, as a value. The same contents are the same object. */
import { parseRecordName, type Place, type Records } from '../../../lib/core/store/record.ts'

export interface Written {
  name: string
  key: string
  attempt: number
  place: Place
  record: Records[Place]
}

export interface Contents {
  id: number
  texts: ReadonlyMap<string, string>
  names: readonly string[]
  /** As which a listing of them is known. */
  listing: string
  written: readonly Written[]
  /** What must never be, and is so here. */
  wrong: string | null
  /** What they become by a record more. */
  with: Map<string, Contents>
}

/** Whether a record is written, by what is there and what the writer has `read`; broken ones are tried too. */
export type Write = (
  texts: ReadonlyMap<string, string>,
  name: string,
  text: string,
  read: ReadonlySet<string>,
) => boolean

/** Who is first has it: link(2). */
export const exclusive: Write = (texts, name) => !texts.has(name)

export class AllContents {
  readonly #byText = new Map<string, Contents>()
  readonly #check: (written: readonly Written[]) => string | null

  constructor(check: (written: readonly Written[]) => string | null) {
    this.#check = check
  }

  get size(): number {
    return this.#byText.size
  }

  of(texts: Iterable<[string, string]>): Contents {
    const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : 1))
    const all = JSON.stringify(sorted)
    const known = this.#byText.get(all)
    if (known) return known
    if (this.#byText.size === 0x10000) throw new Error('there are more contents than can be told apart')
    const written = sorted.flatMap(([name, text]) => {
      const parsed = parseRecordName(name)
      return parsed ? [{ name, ...parsed, record: JSON.parse(text) as Records[Place] }] : []
    })
    const contents: Contents = {
      id: this.#byText.size,
      texts: new Map(sorted),
      names: sorted.map(([name]) => name),
      listing: `list ${this.#byText.size}`,
      written,
      wrong: this.#check(written),
      with: new Map(),
    }
    this.#byText.set(all, contents)
    return contents
  }

  with(before: Contents, name: string, text: string): Contents {
    const more = name + text
    const after = before.with.get(more) ?? this.of(new Map([...before.texts, [name, text]]))
    before.with.set(more, after)
    return after
  }
}
