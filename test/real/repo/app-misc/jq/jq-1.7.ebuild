# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A lightweight and flexible command-line JSON processor"
HOMEPAGE="https://jqlang.github.io/jq/"
SRC_URI="${P}.tar.gz"

LICENSE="MIT CC-BY-3.0"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="+oniguruma static-libs"

DEPEND="oniguruma? ( dev-libs/oniguruma:= )"
RDEPEND="${DEPEND}"

src_prepare() {
	default
	# The program links with the library that is installed, not with an archive.
	sed -i -e 's/ -static-libtool-libs//' Makefile.in || die
}

src_configure() {
	local myeconfargs=(
		--disable-docs
		--disable-maintainer-mode
		--disable-valgrind
		$(use_enable static-libs static)
		$(use_with oniguruma oniguruma yes)
	)
	econf "${myeconfargs[@]}"
	# Without the library, configure falls back to the copy that comes with jq.
	use oniguruma && grep -q '^SUBDIRS = .*oniguruma' Makefile && die "configure did not find oniguruma"
}

src_install() {
	default
	find "${ED}" -name '*.la' -delete || die
}
