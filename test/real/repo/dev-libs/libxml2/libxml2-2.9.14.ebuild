# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="XML C parser and toolkit"
HOMEPAGE="https://gitlab.gnome.org/GNOME/libxml2/-/wikis/home"
SRC_URI="${PN}_${PV}+dfsg.orig.tar.xz"

LICENSE="MIT"
SLOT="2"
KEYWORDS="amd64 arm64"
IUSE="schemas static-libs +zlib"

DEPEND="zlib? ( sys-libs/zlib:= )"
RDEPEND="${DEPEND}"

src_configure() {
	local myeconfargs=(
		--without-docbook
		--without-ftp
		--without-icu
		--without-legacy
		--without-lzma
		--without-python
		--without-readline
		$(use_enable static-libs static)
		$(use_with schemas)
		$(use_with schemas regexps)
		$(use_with schemas schematron)
		$(use_with zlib)
	)
	econf "${myeconfargs[@]}"
}

src_compile() {
	# The library and its two programs, not the fifteen test programs of the default target.
	emake libxml2.la xmllint xmlcatalog
}

src_install() {
	local targets=(
		install-libLTLIBRARIES install-binPROGRAMS install-binSCRIPTS install-cmakeDATA install-confexecDATA
		install-m4dataDATA install-pkgconfigDATA
	)
	emake DESTDIR="${D}" bin_PROGRAMS='xmllint xmlcatalog' "${targets[@]}"
	emake -C include DESTDIR="${D}" install
	doman doc/xml{lint,catalog}.1
	einstalldocs
	find "${ED}" -name '*.la' -delete || die
}
