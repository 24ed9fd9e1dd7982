/** Absolute paths, compared by their names. */

/** Without slashes at its end. */
export function normal(path: string): string {
  return path.replace(/\/+$/, '')
}

/** Whether an absolute path leads where its names say, one below the other: it has no `..` and nothing that is not a name. */
export function isPlain(path: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/.test(path)
}

/** Whether a path is a place, or lies somewhere below it. */
export function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

/** The directories above a path, but for `/`, the outermost first. */
export function parents(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
