/** The order of rules that decides the same and costs least: rsync tries them one after the other, for each file. */

/**
 * The names that stay, before the places: with the rules of a tree directly below `/` together, and trees with few rules first.
 * So the many names that stay in /etc are not tried for each file in /usr.
 *
 * @param names rules that all keep something here: among them the order is of no matter
 * @param places rules of which the first that matches decides, the last of them for all trees
 */
export function treeByTree(names: readonly string[], places: readonly string[]): string[] {
  const [own, last] = [places.slice(0, -1), places.slice(-1)]
  // One that may hold for several trees must stay between those that it stands between.
  if (own.some(rule => treeOf(rule) === null)) return [...names, ...places]
  const everywhere = names.filter(rule => treeOf(rule) === null)
  const trees = new Map<string, string[]>()
  for (const rule of [...names, ...own]) {
    const tree = treeOf(rule)
    if (tree === null) continue
    const rules = trees.get(tree)
    if (rules) rules.push(rule)
    else trees.set(tree, [rule])
  }
  const byNumber = [...trees.values()].sort((a, b) => a.length - b.length)
  return [...everywhere, ...byNumber.flat(), ...last]
}

/** The one directory or file below `/` that a rule is about; null: it may be about several. */
function treeOf(rule: string): string | null {
  return /^[-+] \/([^/*?[\\]+)(?:\/|$)/.exec(rule)?.[1] ?? null
}
