# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Compress PNG files without affecting image quality"
HOMEPAGE="https://optipng.sourceforge.net/"
SRC_URI="${PN}_${PV}.orig.tar.gz"

LICENSE="ZLIB"
SLOT="0"
KEYWORDS="amd64 arm64"

DEPEND="
	media-libs/libpng:=
	sys-libs/zlib:=
"
RDEPEND="${DEPEND}"

src_configure() {
	local args=(
		-prefix="${EPREFIX}/usr"
		-mandir="${EPREFIX}/usr/share/man"
		-with-system-libs
	)
	# Not autoconf: it keeps the flags that it finds in the environment.
	env CC="${CC:-gcc}" LD="${CC:-gcc}" AR="${AR:-ar}" RANLIB="${RANLIB:-ranlib}" ./configure "${args[@]}" || die "configure failed"
}

src_install() {
	emake DESTDIR="${D}" install
	dodoc README.txt doc/*.txt
}
