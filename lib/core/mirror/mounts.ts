/** Mounts that show what lies elsewhere: what may not go, may not go by another name. */
import { isBelow } from './paths.ts'

/** A line of proc_pid_mountinfo(5). */
export interface Mount {
  /** Where it is. */
  point: string
  /** The file system's type. */
  type: string
  /** The file system, as major:minor. */
  device: string
  /** The directory of the file system that is seen there. */
  root: string
  /** btrfs: the subvolume that was mounted, if it is told. */
  subvolume: string | null
}

/**
 * The mount points within open places of what is really elsewhere, and not in one of them. Of two mounts that show the same whole
 * file system the first is where it belongs; a part of one (bind mounts; on btrfs whatever is not the mounted subvolume
 * itself) belongs to where the whole is.
 *
 * @param mounts in the order of the kernel's table
 */
export function elsewhere(mounts: readonly Mount[], open: readonly string[]): string[] {
  const isOpen = (path: string): boolean => open.some(place => isBelow(path, place))
  return mounts.flatMap((mount, index) => {
    const shown = mounts.some((other, before) => {
      if (other === mount || other.device !== mount.device) return false
      const same = other.root === mount.root
      if (!same && (mount.root === mount.subvolume || !isBelow(mount.root, other.root.replace(/\/$/, '')))) return false
      if (same && before > index) return false
      const rest = mount.root.slice(other.root.replace(/\/$/, '').length)
      const place = `${other.point.replace(/\/$/, '')}${rest}`
      return place !== mount.point && !isOpen(place === '' ? '/' : place)
    })
    return shown && isOpen(mount.point) ? [mount.point] : []
  })
}
