import { LineCounter } from 'yaml'

/** A text that knows its lines, however many questions there are about however long lines. */
export class Source {
  readonly text: string
  readonly #lines = new LineCounter()

  constructor(text: string) {
    this.text = text
    this.#lines.addNewLine(0)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lines.addNewLine(at + 1)
  }

  /** The line that an offset is in, from 1. */
  lineOf(offset: number): number {
    return this.#lines.linePos(offset).line
  }

  /** Where the line of an offset begins. */
  startOfLine(offset: number): number {
    return this.#lines.lineStarts[this.lineOf(offset) - 1] ?? 0
  }

  /** Where the line of an offset ends, before its line feed. */
  endOfLine(offset: number): number {
    const next = this.#lines.lineStarts[this.lineOf(offset)]
    return next === undefined ? this.text.length : next - 1
  }
}
