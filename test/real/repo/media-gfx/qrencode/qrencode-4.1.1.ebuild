# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="C library for encoding data in a QR Code symbol"
HOMEPAGE="https://fukuchi.org/works/qrencode/"
SRC_URI="${PN}_${PV}.orig.tar.bz2"

LICENSE="LGPL-2.1+"
SLOT="0/4"
KEYWORDS="amd64 arm64"
IUSE="+png static-libs"

DEPEND="png? ( media-libs/libpng:= )"
RDEPEND="${DEPEND}"

src_configure() {
	econf --with-tools --without-tests $(use_enable static-libs static) $(use_with png)
}

src_install() {
	default
	find "${ED}" -name '*.la' -delete || die
}
