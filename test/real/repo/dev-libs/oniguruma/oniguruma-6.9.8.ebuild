# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Regular expression library for different character encodings"
HOMEPAGE="https://github.com/kkos/oniguruma"
SRC_URI="onig-${PV}.tar.gz"
S="${WORKDIR}/onig-${PV}"

LICENSE="BSD-2"
SLOT="0/5"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

src_configure() {
	econf $(use_enable static-libs static)
}

src_compile() {
	# The rest of the tree is samples and tests.
	emake -C src
}

src_install() {
	emake SUBDIRS=src DESTDIR="${D}" install
	einstalldocs
	find "${ED}" -name '*.la' -delete || die
}
