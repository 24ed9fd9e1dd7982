# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A message sequence chart generator"
HOMEPAGE="https://www.mcternan.me.uk/mscgen/"
SRC_URI="${PN}_${PV}.orig.tar.gz"

LICENSE="GPL-2+"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="+png +truetype"
REQUIRED_USE="truetype? ( png )"

RDEPEND="
	png? ( media-libs/gd:2=[png,truetype?] )
	truetype? ( media-libs/gd:2=[fontconfig] )
"
DEPEND="${RDEPEND}"

src_configure() {
	econf $(use_with png) $(use_with truetype freetype)
}
