# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Portable Network Graphics library"
HOMEPAGE="https://www.libpng.org/"
SRC_URI="libpng1.6_${PV}.orig.tar.gz"

LICENSE="libpng2"
SLOT="0/16"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

DEPEND="sys-libs/zlib:="
RDEPEND="${DEPEND}"

DOCS=( ANNOUNCE CHANGES README TODO )

src_configure() {
	econf $(use_enable static-libs static)
}

src_compile() {
	# Its default target builds the test programs too.
	emake check_PROGRAMS=
}

src_install() {
	emake check_PROGRAMS= DESTDIR="${D}" install
	einstalldocs
	find "${ED}" -name '*.la' -delete || die
}
