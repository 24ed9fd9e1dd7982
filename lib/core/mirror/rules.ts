/**
 * What of this system is copied to builders: rsync filter rules, the first match decides.
 *
 * They allow places; whatever no rule allows stays here. Within the places the kernel decides, since what is sent there is
 * read as everybody on this system may (hooks/sender/everybody.py).
 */
import { NAMES_THAT_STAY } from './names.ts'
import { isBelow, normal, parents } from './paths.ts'

export interface MirrorPlaces {
  /** Directories and files that go, with all below them, wherever they lie: by their real paths. */
  open: string[]
  /** Directories that go, empty. */
  outline: string[]
  /** Links that go, as links. */
  links: string[]
  /** Ebuild repositories: they go as what is open. */
  repositories: string[]
  /** Portage's configuration, and the links that lead there: goes as what is open. */
  configuration: string[]
  /** Places whose contents stay, also within what is open: DISTDIR and the like, mounts of other file systems. */
  shut: string[]
  /** Files within what is open that stay: what is mounted there is another one. */
  covered: string[]
}

/** The rules of the places, one a line, for rsync's `--filter='merge FILE'`; behind those of the names that stay. */
export function mirrorRules(places: MirrorPlaces): string[] {
  const repositories = places.repositories.map(normal)
  const configuration = places.configuration.map(normal)
  const open = new Set([...places.open.map(normal), ...repositories, ...configuration])
  // A repository in PORTAGE_TMPDIR is a repository; DISTDIR in a repository is DISTDIR.
  const shut = new Set(places.shut.map(normal).filter(path => !open.has(path)))
  const links = new Set(places.links.map(normal))
  return [
    ...sorted([
      ...[...open].flatMap(path => [allow(path), allowBelow(path)]),
      ...[...links].map(allow),
      ...[...shut].map(shutPlace),
      ...places.covered.map(shutFile),
      ...[...waysTo([...open, ...links], open), ...places.outline.map(normal)]
        .filter(path => !open.has(path))
        .flatMap(path => [allowDirectory(path), shutPlace(path)]),
    ]),
    '- /*',
  ]
}

/**
 * The rules of what stays by its name; they stand before all others.
 *
 * @param patterns the user's own, from farm.yaml
 * @param configuration of Portage
 */
export function namesThatStay(patterns: readonly string[], configuration: readonly string[]): string[] {
  return [
    ...patterns.map(pattern => `- ${pattern}`),
    ...NAMES_THAT_STAY.map(pattern => `- ${pattern}`),
    // Portage's keys lie in its configuration, wherever that is.
    ...configuration.flatMap(path => ['gnupg', 'secrets'].map(name => `- ${literal(`${path}/${name}`)}`)),
  ]
}

/** What a repository has that is sent only with a plan: packages and what is cached of them. */
const CACHED = ['md5-cache', 'news', 'glsa']

/** Whether an entry of a repository's directory, or of its `metadata`, is passed over by `withoutPackages`. */
export function isOfPackages(name: string, isMetadata: boolean): boolean {
  return isMetadata ? CACHED.includes(name) : name.includes('-') || name === 'virtual'
}

/**
 * Rules that pass over the packages of repositories, to stand before the others: what of them a run needs is sent when
 * its plan is known, so that nobody looks at the thousands of others. What a host has of them stays there: where places really
 * lie, or else what became a link here could not become one there.
 *
 * @param cache where Portage keeps what it knows of ebuilds
 */
export function withoutPackages(repositories: readonly string[], cache: string): string[] {
  const places = repositories.map(normal)
  const inner = places.filter(path => places.some(each => each !== path && isBelow(path, each)))
  const passed = places.flatMap(path => {
    const below = escaped(path)
    // Categories have a hyphen, but for one. What a repository has besides is news, which nobody reads on a host.
    const metadata = CACHED.map(name => `${below}/metadata/${name}/`)
    return [`${below}/*-*/`, `${below}/virtual/`, ...metadata]
  })
  const all = [...passed, `${escaped(cache)}/`]
  return [
    // A repository within another one, where a category might be.
    ...inner.flatMap(path => [...parents(path), path].map(each => `+ ${literal(each)}/`)),
    ...all.flatMap(pattern => [`H ${pattern}`, `P ${pattern}`]),
  ]
}

/** A rule, and how deep below `/` lies what it decides of. */
interface Rule {
  depth: number
  text: string
}

/** The innermost place decides, and of one place what lets it through. */
function sorted(rules: readonly Rule[]): string[] {
  const order = rules.toSorted((a, b) => b.depth - a.depth || Number(a.text[0] !== '+') - Number(b.text[0] !== '+'))
  return [...new Set(order.map(rule => rule.text))]
}

/** The directories on the ways down to places that lie in nothing open. */
function waysTo(places: readonly string[], open: ReadonlySet<string>): Set<string> {
  const ways = new Set<string>()
  for (const place of places) {
    for (const parent of parents(place).toReversed()) {
      if (open.has(parent)) break
      ways.add(parent)
    }
  }
  return ways
}

function allow(path: string): Rule {
  return { depth: depthOf(path), text: `+ ${literal(path)}` }
}

function allowDirectory(path: string): Rule {
  return { depth: depthOf(path), text: `+ ${literal(path)}/` }
}

function allowBelow(path: string): Rule {
  return { depth: depthOf(path), text: `+ ${escaped(path)}/***` }
}

/** Keeps all that a directory has, but for what rules of places within it let through. */
function shutPlace(path: string): Rule {
  return { depth: depthOf(path) + 1, text: `- ${escaped(path)}/*` }
}

/** Deeper than what lets the directory that it is in through, with all below. */
function shutFile(path: string): Rule {
  return { depth: depthOf(path), text: `- ${literal(path)}` }
}

function depthOf(path: string): number {
  return path.split('/').length
}

/** A path within a pattern that has a wildcard: there rsync takes a backslash for an escape. */
function escaped(path: string): string {
  // A line of rules ends at a line break: a path that has one is matched by "any character".
  return path.replaceAll(/[*?[\\]/g, found => `\\${found}`).replaceAll(/[\r\n\0]/g, '?')
}

/** A path as a pattern of its own, in which rsync unescapes only if there is a wildcard. */
function literal(path: string): string {
  return /[*?[\r\n\0]/.test(path) ? escaped(path) : path
}
