/** rsync's patterns of names (its manual, "PATTERN MATCHING RULES"), for telling what they match without rsync. */

/** One expression for all patterns: whether a path, or a directory above it, is matched. */
export function matcher(patterns: readonly string[]): RegExp {
  if (patterns.length === 0) return /(?!)/
  // What is matched is so with all below it, whether that is said or not.
  const alternatives = patterns
    .map(each => each.replace(/\/(?:\*\*\*)?$/, ''))
    .map(pattern =>
      // With a slash in front it begins at the root; a name matches in whatever directory.
      pattern.startsWith('/') ? `^${translated(pattern)}` : `/${translated(pattern)}`,
    )
  return new RegExp(`(?:${alternatives.join('|')})(?:/|$)`, 's')
}

function translated(pattern: string): string {
  return pattern.replaceAll(/\*\*|\*|\?|\[[^\]]+\]|[^*?[]+|\[/g, part => {
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.length > 1 && part.startsWith('[')) return part
    return part.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`)
  })
}
