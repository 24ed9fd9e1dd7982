# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A library for configuring and customizing font access"
HOMEPAGE="https://fontconfig.org/"
SRC_URI="${PN}_${PV}.orig.tar.xz"

LICENSE="MIT"
SLOT="1.0"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

DEPEND="
	dev-libs/libxml2:2=
	media-libs/freetype:2=
"
RDEPEND="${DEPEND}"
BDEPEND="dev-util/gperf"

src_configure() {
	local myeconfargs=(
		--disable-docs
		--disable-nls
		--enable-libxml2
		--localstatedir="${EPREFIX}/var"
		--with-add-fonts=no
		--with-default-fonts="${EPREFIX}/usr/share/fonts"
		$(use_enable static-libs static)
	)
	econf "${myeconfargs[@]}"
}

src_install() {
	# It would write the font cache of the system that builds.
	emake DESTDIR="${D}" RUN_FC_CACHE_TEST=false install
	einstalldocs
	find "${ED}" -name '*.la' -delete || die
	keepdir /usr/share/fonts
	# fc-cache makes its directory when it runs.
	rm -r "${ED}/var" || die
}

pkg_postinst() {
	[[ -z ${ROOT} ]] || return 0
	ebegin "Creating the global font cache"
	"${EPREFIX}/usr/bin/fc-cache" -s
	eend $?
}
