# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="High-quality and portable font engine"
HOMEPAGE="https://freetype.org/"
SRC_URI="
	${PN}_${PV}+dfsg.orig.tar.xz
	utils? ( ${PN}_${PV}+dfsg.orig-ft2demos.tar.xz )
"

LICENSE="|| ( FTL GPL-2+ )"
SLOT="2"
KEYWORDS="amd64 arm64"
IUSE="+bzip2 +png static-libs +utils"

DEPEND="
	sys-libs/zlib:=
	bzip2? ( app-arch/bzip2:= )
	png? ( media-libs/libpng:= )
"
RDEPEND="${DEPEND}"

# The programs that draw into an X11 window are left out.
FT2_UTILS=( ftbench ftdump ftlint ftvalid )

src_configure() {
	local myeconfargs=(
		--without-brotli
		--without-harfbuzz
		--with-zlib
		$(use_enable static-libs static)
		$(use_with bzip2)
		$(use_with png)
	)
	econf "${myeconfargs[@]}"
}

src_compile() {
	default
	if use utils; then
		emake -C "${WORKDIR}/ft2demos-${PV}" TOP_DIR="${S}" TOP_DIR_2="${WORKDIR}/ft2demos-${PV}" \
			$(printf "${WORKDIR}/ft2demos-${PV}/bin/%s " "${FT2_UTILS[@]}")
	fi
}

src_install() {
	default
	if use utils; then
		local util
		dodir /usr/bin
		for util in "${FT2_UTILS[@]}"; do
			builds/unix/libtool --mode=install install -m 755 "${WORKDIR}/ft2demos-${PV}/bin/${util}" "${ED}/usr/bin/${util}" \
				|| die "${util} was not installed"
		done
	fi
	find "${ED}" -name '*.la' -delete || die
}
