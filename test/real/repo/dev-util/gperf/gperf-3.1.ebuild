# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A perfect hash function generator"
HOMEPAGE="https://www.gnu.org/software/gperf/"
SRC_URI="${PN}_${PV}.orig.tar.gz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	econf --htmldir="${EPREFIX}/usr/share/doc/${PF}/html"
}

src_compile() {
	# The rest of the tree is documentation and tests.
	emake -C lib
	emake -C src
}

src_install() {
	emake -C src DESTDIR="${D}" install
	doman doc/gperf.1
	einstalldocs
}
