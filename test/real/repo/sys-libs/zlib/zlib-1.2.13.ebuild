# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="Standard (de)compression library"
HOMEPAGE="https://zlib.net/"
# Debian's copy of the release, less the RFCs in doc/ and the binaries in contrib/.
SRC_URI="zlib_${PV}.dfsg.orig.tar.bz2"
S="${WORKDIR}/${P}.dfsg"

LICENSE="ZLIB"
SLOT="0/1"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

src_configure() {
	# Not autoconf: it knows few options and takes the rest for errors.
	local args=(
		--prefix="${EPREFIX}/usr"
		--libdir="${EPREFIX}/usr/$(get_libdir)"
		--sharedlibdir="${EPREFIX}/usr/$(get_libdir)"
	)
	env CHOST= CC="${CC:-gcc}" AR="${AR:-ar}" RANLIB="${RANLIB:-ranlib}" ./configure "${args[@]}" || die "configure failed"
}

src_install() {
	emake DESTDIR="${D}" install
	use static-libs || rm "${ED}/usr/$(get_libdir)/libz.a" || die
	dodoc ChangeLog FAQ README

	# The system below has a libz of its own, in a directory that the dynamic linker searches before ours.
	newenvd - "60${PN}" <<<"LDPATH=\"${EPREFIX}/usr/$(get_libdir)\""
}
