# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Graphics library for fast image creation"
HOMEPAGE="https://libgd.org/"
SRC_URI="libgd2_${PV}.orig.tar.gz"
S="${WORKDIR}/libgd-${PV}"

LICENSE="gd IJG HPND BSD"
SLOT="2/3"
KEYWORDS="amd64 arm64"
IUSE="+fontconfig +png static-libs +truetype +zlib"
REQUIRED_USE="
	fontconfig? ( truetype )
	png? ( zlib )
"

DEPEND="
	fontconfig? ( media-libs/fontconfig:1.0= )
	png? ( media-libs/libpng:= )
	truetype? ( media-libs/freetype:2= )
	zlib? ( sys-libs/zlib:= )
"
RDEPEND="${DEPEND}"

src_configure() {
	local myeconfargs=(
		--disable-werror
		--without-avif
		--without-heif
		--without-jpeg
		--without-liq
		--without-raqm
		--without-tiff
		--without-webp
		--without-x
		--without-xpm
		$(use_enable static-libs static)
		$(use_with fontconfig)
		$(use_with png)
		$(use_with truetype freetype)
		$(use_with zlib)
	)
	econf "${myeconfargs[@]}"
}

src_install() {
	default
	find "${ED}" -name '*.la' -delete || die
}
