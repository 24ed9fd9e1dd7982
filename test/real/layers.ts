/** The real packages of test/real/repo: what they link against, and what shows that they work. */

export interface RealPackage {
  cpv: string
  /** The packages whose files its build reads or runs. */
  needs: string[]
}

export interface RealProgram {
  /** The package that installs it. */
  cpv: string
  /** Its path on the client. */
  path: string
  /** The command that proves that it works. It fits in one shell line, so that programs can feed each other. */
  command: string
  /** What the command prints, on stdout or stderr. */
  prints: RegExp
  /** The sonames that the dynamic linker must find in LIBRARIES: in some other place they would be Debian's. */
  loads: string[]
}

/** Where the packages install their libraries. */
export const LIBRARIES = '/usr/lib'

/** What to emerge for all of the packages to be built: those that no other package needs. */
export const TARGETS = [
  'media-gfx/mscgen',
  'media-gfx/optipng',
  'media-gfx/qrencode',
  'app-misc/jq',
  'app-arch/lzop',
  'media-fonts/tuffy',
]

/** Each stands after those that it needs. */
export const PACKAGES: RealPackage[] = [
  { cpv: 'sys-libs/zlib-1.2.13', needs: [] },
  { cpv: 'app-arch/bzip2-1.0.8', needs: [] },
  { cpv: 'dev-libs/oniguruma-6.9.8', needs: [] },
  { cpv: 'dev-libs/lzo-2.10', needs: [] },
  { cpv: 'dev-util/gperf-3.1', needs: [] },
  { cpv: 'media-fonts/tuffy-20120614', needs: [] },
  { cpv: 'media-libs/libpng-1.6.39', needs: ['sys-libs/zlib-1.2.13'] },
  { cpv: 'dev-libs/libxml2-2.9.14', needs: ['sys-libs/zlib-1.2.13'] },
  { cpv: 'app-misc/jq-1.7', needs: ['dev-libs/oniguruma-6.9.8'] },
  { cpv: 'app-arch/lzop-1.04', needs: ['dev-libs/lzo-2.10'] },
  {
    cpv: 'media-libs/freetype-2.12.1',
    needs: ['sys-libs/zlib-1.2.13', 'app-arch/bzip2-1.0.8', 'media-libs/libpng-1.6.39'],
  },
  { cpv: 'media-gfx/optipng-0.7.7', needs: ['sys-libs/zlib-1.2.13', 'media-libs/libpng-1.6.39'] },
  { cpv: 'media-gfx/qrencode-4.1.1', needs: ['media-libs/libpng-1.6.39'] },
  {
    // It runs gperf while it is built, and only then.
    cpv: 'media-libs/fontconfig-2.14.1',
    needs: ['dev-libs/libxml2-2.9.14', 'media-libs/freetype-2.12.1', 'dev-util/gperf-3.1'],
  },
  {
    cpv: 'media-libs/gd-2.3.3',
    needs: [
      'sys-libs/zlib-1.2.13',
      'media-libs/libpng-1.6.39',
      'media-libs/freetype-2.12.1',
      'media-libs/fontconfig-2.14.1',
    ],
  },
  { cpv: 'media-gfx/mscgen-0.20', needs: ['media-libs/gd-2.3.3'] },
]

/** The packages by layers: each needs one of the layer before it, and none of a later one. */
export function layers(packages: RealPackage[] = PACKAGES): string[][] {
  const depth = new Map<string, number>()
  const found: string[][] = []
  for (const { cpv, needs } of packages) {
    const layer = Math.max(-1, ...needs.map(need => depth.get(need) ?? -1)) + 1
    depth.set(cpv, layer)
    ;(found[layer] ??= []).push(cpv)
  }
  return found
}

export const PROGRAMS: RealProgram[] = [
  {
    cpv: 'app-arch/bzip2-1.0.8',
    path: '/usr/bin/bzip2-reference',
    command: 'echo squeezed | bzip2-reference -c | bunzip2-reference -c',
    prints: /^squeezed$/m,
    loads: ['libbz2.so.1.0'],
  },
  {
    cpv: 'app-arch/lzop-1.04',
    path: '/usr/bin/lzop',
    command: 'echo squeezed | lzop -c | lzop -dc',
    prints: /^squeezed$/m,
    loads: ['liblzo2.so.2'],
  },
  {
    // Regular expressions are oniguruma's part.
    cpv: 'app-misc/jq-1.7',
    path: '/usr/bin/jq',
    command: `jq -rn '"farm portage" | sub("(?<a>\\\\w+) (?<b>\\\\w+)"; "\\(.b)-\\(.a)")'`,
    prints: /^portage-farm$/m,
    loads: ['libjq.so.1', 'libonig.so.5'],
  },
  {
    cpv: 'dev-util/gperf-3.1',
    path: '/usr/bin/gperf',
    command: `printf 'one\\ntwo\\n' | gperf`,
    prints: /maximum key range = \d+/,
    loads: [],
  },
  {
    // It reads the compressed document through zlib.
    cpv: 'dev-libs/libxml2-2.9.14',
    path: '/usr/bin/xmllint',
    command: `cd /tmp && echo '<a><b>read</b></a>' | gzip >real.xml.gz && xmllint --xpath 'string(/a/b)' real.xml.gz`,
    prints: /^read$/m,
    loads: ['libxml2.so.2', 'libz.so.1'],
  },
  {
    cpv: 'media-libs/libpng-1.6.39',
    path: '/usr/bin/pngfix',
    command: 'cd /tmp && qrencode -o real.png portage && pngfix real.png',
    prints: /^IDAT OK/m,
    loads: ['libpng16.so.16', 'libz.so.1'],
  },
  {
    cpv: 'media-libs/freetype-2.12.1',
    path: '/usr/bin/ftdump',
    command: 'ftdump /usr/share/fonts/tuffy/Tuffy.ttf',
    prints: /family: *Tuffy/,
    loads: ['libfreetype.so.6', 'libpng16.so.16', 'libbz2.so.1.0', 'libz.so.1'],
  },
  {
    cpv: 'media-libs/fontconfig-2.14.1',
    path: '/usr/bin/fc-match',
    command: `fc-match --format='%{family[0]} %{file}\\n' Tuffy:bold`,
    prints: /^Tuffy \/usr\/share\/fonts\/tuffy\/Tuffy_Bold\.ttf$/m,
    loads: ['libfontconfig.so.1', 'libfreetype.so.6', 'libxml2.so.2', 'libpng16.so.16', 'libbz2.so.1.0', 'libz.so.1'],
  },
  {
    cpv: 'media-gfx/qrencode-4.1.1',
    path: '/usr/bin/qrencode',
    command: 'qrencode -o - portage | file -',
    prints: /PNG image data/,
    loads: ['libqrencode.so.4', 'libpng16.so.16', 'libz.so.1'],
  },
  {
    cpv: 'media-gfx/optipng-0.7.7',
    path: '/usr/bin/optipng',
    command: 'cd /tmp && qrencode -8 -o real.png portage && optipng -simulate real.png',
    prints: /Input IDAT size = \d+ bytes/,
    loads: ['libpng16.so.16', 'libz.so.1'],
  },
  {
    cpv: 'media-libs/gd-2.3.3',
    path: '/usr/bin/webpng',
    command: 'cd /tmp && qrencode -o real.png portage && webpng -d real.png',
    prints: /Width: *\d+ Height: *\d+/,
    loads: ['libgd.so.3', 'libfreetype.so.6', 'libfontconfig.so.1', 'libpng16.so.16'],
  },
  {
    // A chart with text in the font: every layer has a part in it.
    cpv: 'media-gfx/mscgen-0.20',
    path: '/usr/bin/mscgen',
    command: `echo 'msc { a,b; a->b [label="built"]; }' | mscgen -T png -F Tuffy -i - -o - | file -`,
    prints: /PNG image data, 600 x \d+/,
    loads: ['libgd.so.3', 'libfontconfig.so.1', 'libfreetype.so.6', 'libxml2.so.2', 'libpng16.so.16', 'libz.so.1'],
  },
]
