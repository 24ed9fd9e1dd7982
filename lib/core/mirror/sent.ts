/** What would leave this system, and what stays: the figures of `portage-farm check --sent`. */

export interface SentTree {
  /** A directory of the top level. */
  path: string
  files: number
  bytes: number
}

export interface SentReport {
  /** By directories of the top level, the largest first; with what goes besides. */
  trees: SentTree[]
  files: number
  bytes: number
  /** Files that go though not everybody may read them, or though they lie elsewhere: see docs/hosts.md. */
  besides: string[]
  stays: {
    /** Not everybody may read it: files, and directories with all in them. */
    mode: string[]
    /** It is called as secrets are, or farm.yaml excludes it. */
    name: string[]
    /** Directories of which nothing is sent but what packages installed. */
    place: string[]
  }
  /** Files that go, and look as if they held a password or a key. */
  suspicious: string[]
}

export interface SentFile {
  path: string
  bytes: number
}

/** @param besides those of `files` that are not sent as all else is, and more */
export function sentTrees(files: readonly SentFile[], besides: readonly SentFile[]): SentTree[] {
  const trees = new Map<string, SentTree>()
  for (const { path, bytes } of [...files, ...besides]) {
    const top = /^\/[^/]*/.exec(path)?.[0] ?? '/'
    const tree = trees.get(top) ?? { path: top, files: 0, bytes: 0 }
    trees.set(top, { path: top, files: tree.files + 1, bytes: tree.bytes + bytes })
  }
  return [...trees.values()].sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
}
