/** How Portage names the log of a build in PORTAGE_LOGDIR (`prepare_build_dirs`). */

/** With FEATURES=split-log in a directory for each category; the time is that at which the build began. */
const TIME = '[0-9]{8}-[0-9]{6}\\.log(?:\\.gz)?'

/** Whether a path in PORTAGE_LOGDIR is that of a log of this package. `separator`: PORTAGE_LOG_FILE_SEP. */
export function isLogOf(log: string, cpv: string, separator = ':'): boolean {
  const [category = '', pf = ''] = cpv.split('/').map(literally)
  const between = literally(separator)
  return new RegExp(`^(?:build/${category}/|${category}${between})${pf}${between}${TIME}$`, 'u').test(log)
}

function literally(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/g, each => `\\u{${each.codePointAt(0)?.toString(16) ?? ''}}`)
}
