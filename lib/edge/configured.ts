/** What Portage is configured to, asked by hand: where no emerge runs that would say it. */
import { execa } from 'execa'

interface Configured {
  settings: {
    PKGDIR: string
    DISTDIR: string
    PORTAGE_TMPDIR: string
    PORTAGE_LOGDIR: string
    PORTAGE_CONFIGROOT: string
  }
  repositories: { name: string; location: string }[]
}

/** Throws an Error where there is no Portage. */
export async function configured(): Promise<Configured> {
  const settings = {
    ...{ PKGDIR: '', DISTDIR: '', PORTAGE_TMPDIR: '', PORTAGE_LOGDIR: '', PORTAGE_CONFIGROOT: '' },
  }
  const names = Object.keys(settings) as (keyof typeof settings)[]
  // One line for each, empty where it is not set, which it says by its exit code.
  const values = (await portageq('envvar', ...names)).split('\n')
  for (const [index, name] of names.entries()) settings[name] = values[index] ?? ''
  if (settings.PORTAGE_CONFIGROOT === '') settings.PORTAGE_CONFIGROOT = '/'
  const repositories = (await portageq('get_repos', '/')).split(/\s+/).filter(name => name !== '')
  const paths = (await portageq('get_repo_path', '/', ...repositories)).split('\n')
  return {
    settings,
    repositories: repositories.map((name, index) => ({ name, location: paths[index] ?? '' })),
  }
}

async function portageq(...argv: string[]): Promise<string> {
  const { stdout, exitCode, stderr } = await execa('portageq', argv, { reject: false, stdin: 'ignore' })
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`portageq ${argv[0]} failed: ${stderr.trim()}`)
  return stdout
}
