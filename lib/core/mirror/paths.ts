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

/**
 * Whether paths lie in or below one of many places; `inside`: below, but not as the place itself. Made for many paths, of which
 * those of one directory follow each other.
 */
export function belowAny(places: Iterable<string>, inside = false): (path: string) => boolean {
  const all = new Set(places)
  let directory = ''
  let isDirectoryBelow = false
  return path => {
    const end = path.lastIndexOf('/')
    if (end !== directory.length || !path.startsWith(directory)) {
      directory = path.slice(0, end)
      isDirectoryBelow = false
      for (let at = directory; at !== '' && !isDirectoryBelow; at = at.slice(0, at.lastIndexOf('/'))) {
        isDirectoryBelow = all.has(at)
      }
    }
    return isDirectoryBelow || (!inside && all.has(path))
  }
}
