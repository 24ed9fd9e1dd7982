/** Toy ebuilds, written into the client's repository. */
import { CATEGORIES, REPOSITORY } from './gentoo.ts'
import type { LabHost } from './host.ts'

export interface ToyOptions {
  depend?: string
  rdepend?: string
  bdepend?: string
  pdepend?: string
  idepend?: string
  /** Default none. */
  iuse?: string
  /** Default 0. */
  slot?: string
  /** Default 8. */
  eapi?: string
  /** Default: the stable keywords of both architectures that a lab runs on. */
  keywords?: string
  restrict?: string
  properties?: string
  requiredUse?: string
  /** Eclasses to inherit. */
  inherit?: string
  /** What it fetches. It then needs a Manifest: see `distfile()` and `manifest()`. Default nothing. */
  srcUri?: string
  /** Seconds that it spends in src_compile. Default 0. For the default body only. */
  seconds?: number
  /** Its phase functions, in place of the default body. */
  body?: string
  /** Added after the body: pkg_postinst and the like. */
  more?: string
}

const CPV = /^(?<category>[^/]+)\/(?<name>.+?)-(?<version>\d[^-]*(-r\d+)?)$/

/** `app-toy/pkg-a-1-r2` in its parts. */
export function split(cpv: string): { category: string; name: string; version: string } {
  const { category, name, version } = CPV.exec(cpv)?.groups ?? {}
  if (category === undefined || name === undefined || version === undefined) throw new Error(`${cpv} is no cpv`)
  return { category, name, version }
}

/** Where the ebuild of `cpv` is on the client. */
export function ebuildPath(cpv: string): string {
  const { category, name, version } = split(cpv)
  return `${REPOSITORY}/${category}/${name}/${name}-${version}.ebuild`
}

/** What a toy installs: one line that names the package, its slot and its USE flags. */
export const installedPath = (cpv: string): string => `/usr/share/toy/${split(cpv).name}-${split(cpv).version}`

const body = (seconds: number): string => `\
src_compile() {
	einfo "compiling \${CATEGORY}/\${PF}"
	sleep ${seconds}
	echo "\${CATEGORY}/\${PF}:\${SLOT} \${USE}" > name || die
}

src_install() {
	insinto /usr/share/toy
	newins name "\${PF}"
}
`

/** The text of a toy ebuild. */
export function ebuildText(cpv: string, toy: ToyOptions = {}): string {
  const { seconds = 0 } = toy
  const variable = (name: string, value: string | undefined) => (value === undefined ? [] : [`${name}="${value}"`])
  return [
    `EAPI=${toy.eapi ?? '8'}`,
    ...(toy.inherit === undefined ? [] : [`inherit ${toy.inherit}`]),
    `DESCRIPTION="The toy ${cpv}"`,
    'HOMEPAGE="https://example.org/"',
    'LICENSE="MIT"',
    `SLOT="${toy.slot ?? '0'}"`,
    `KEYWORDS="${toy.keywords ?? 'amd64 arm64'}"`,
    ...variable('IUSE', toy.iuse),
    ...variable('REQUIRED_USE', toy.requiredUse),
    ...variable('RESTRICT', toy.restrict),
    ...variable('PROPERTIES', toy.properties),
    ...(toy.srcUri === undefined ? ['S="${WORKDIR}"'] : variable('SRC_URI', toy.srcUri)),
    ...variable('DEPEND', toy.depend),
    ...variable('RDEPEND', toy.rdepend),
    ...variable('BDEPEND', toy.bdepend),
    ...variable('PDEPEND', toy.pdepend),
    ...variable('IDEPEND', toy.idepend),
    '',
    toy.body ?? body(seconds),
    toy.more ?? '',
  ].join('\n')
}

/** Writes an ebuild; an existing one of the same version is replaced. */
export async function ebuild(client: LabHost, cpv: string, toy: ToyOptions = {}): Promise<void> {
  await ebuilds(client, { [cpv]: toy })
}

/** Writes several ebuilds at once. */
export async function ebuilds(client: LabHost, toys: Record<string, ToyOptions>): Promise<void> {
  const categories = new Set(Object.keys(toys).map(cpv => split(cpv).category))
  const unknown = [...categories].filter(category => !CATEGORIES.includes(category))
  const list = `${REPOSITORY}/profiles/categories`
  for (const category of unknown) {
    await client.must(['sh', '-c', `grep -qx "$1" "$2" || echo "$1" >>"$2"`, 'category', category, list])
  }
  // All in one command, since a big graph has hundreds: path and text by turns, with a NUL after each.
  const input = Object.entries(toys).flatMap(([cpv, toy]) => [ebuildPath(cpv), '\0', ebuildText(cpv, toy), '\0'])
  const write = `while IFS= read -r -d "" path && IFS= read -r -d "" text; do
    mkdir -p "\${path%/*}"; printf "%s" "$text" >"$path"
  done
  chown -R --from=root portage:portage "$1"`
  await client.must(['bash', '-ec', write, 'write', REPOSITORY], { input: input.join('') })
}

/** Puts a file into the client's DISTDIR. */
export async function distfile(client: LabHost, name: string, content: string | Uint8Array): Promise<void> {
  await client.write(`/var/cache/distfiles/${name}`, content)
}

/** Writes the Manifest of the package of `cpv`; its distfiles must be in DISTDIR. */
export async function manifest(client: LabHost, cpv: string): Promise<void> {
  await client.must(['ebuild', ebuildPath(cpv), 'manifest'])
}

/**
 * The seed graph: app-toy/pkg-a needs pkg-b, pkg-c and pkg-d, and each of those needs pkg-e, to build and to run. Each
 * takes `seconds` to build (default 0); so one host takes 5 of them, any farm 3.
 */
export async function seedGraph(client: LabHost, { seconds = 0 }: { seconds?: number } = {}): Promise<void> {
  const needs = (...names: string[]): ToyOptions => {
    const atoms = names.map(name => `app-toy/pkg-${name}`).join(' ')
    return { depend: atoms, rdepend: atoms, seconds }
  }
  await ebuilds(client, {
    'app-toy/pkg-a-1': needs('b', 'c', 'd'),
    'app-toy/pkg-b-1': needs('e'),
    'app-toy/pkg-c-1': needs('e'),
    'app-toy/pkg-d-1': needs('e'),
    'app-toy/pkg-e-1': { seconds },
  })
}
