# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="An extremely fast compression and decompression library"
HOMEPAGE="https://www.oberhumer.com/opensource/lzo/"
SRC_URI="${PN}2_${PV}.orig.tar.gz"

LICENSE="GPL-2+"
SLOT="2"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

src_configure() {
	econf --enable-shared $(use_enable static-libs static)
}

src_compile() {
	# The programs are examples and tests.
	emake noinst_PROGRAMS=
}

src_install() {
	emake noinst_PROGRAMS= DESTDIR="${D}" docdir="${EPREFIX}/usr/share/doc/${PF}" install
	find "${ED}" -name '*.la' -delete || die
}
