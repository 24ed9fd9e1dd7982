/** Random packages that need each other: what a chaos run builds. */
import type { Random } from '../../lib/core/schedule/random.ts'
import type { ToyOptions } from '../lab/repo.ts'

/** Packages of one round. */
const PACKAGES = 9
/** The most seconds that one takes to build. */
const LONGEST = 7

/** Ebuilds by cpv, of which the last needs all others. `round`: makes the names its own. */
export function randomToys(random: Random, round: number): { toys: Record<string, ToyOptions>; top: string } {
  const toys: Record<string, ToyOptions> = {}
  const names: string[] = []
  for (let index = 0; index < PACKAGES; index++) {
    const isLast = index === PACKAGES - 1
    const some = names.filter(() => isLast || random() < 0.3)
    const atoms = some.map(name => `app-toy/${name}`)
    const name = `r${round}p${index}`
    toys[`app-toy/${name}-1`] = {
      depend: atoms.filter(() => random() < 0.7).join(' '),
      rdepend: atoms.join(' '),
      seconds: Math.floor(random() * LONGEST),
      more: 'pkg_postinst() { elog "it is here"; }',
    }
    names.push(name)
  }
  return { toys, top: `app-toy/${names.at(-1) ?? ''}` }
}
