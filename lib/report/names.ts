/** Packages as people read them. */

/** `name-version` of an id. */
export function shortName(id: string): string {
  return id.replace(/^[^/]*\//, '').replace(/::.*$/, '')
}

/** The first `most` of a list, and how many more there are. */
export function shortened(lines: readonly string[], most: number): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `… and ${lines.length - most} more`]
}
