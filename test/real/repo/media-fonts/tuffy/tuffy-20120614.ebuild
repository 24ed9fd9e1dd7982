# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Sans-serif fonts in the public domain"
HOMEPAGE="https://tulrich.com/fonts/"
SRC_URI="fonts-${PN}_${PV}.orig.tar.gz"

LICENSE="public-domain"
SLOT="0"
KEYWORDS="amd64 arm64"

RESTRICT="binchecks strip"

src_install() {
	insinto /usr/share/fonts/tuffy
	doins *.ttf
	dodoc LICENSE.txt
}

font_cache() {
	[[ -z ${ROOT} ]] && type -P fc-cache >/dev/null || return 0
	ebegin "Updating the global font cache"
	fc-cache -s
	eend $?
}

pkg_postinst() {
	font_cache
}

pkg_postrm() {
	font_cache
}
