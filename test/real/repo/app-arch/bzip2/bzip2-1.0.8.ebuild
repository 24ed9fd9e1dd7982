# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A high-quality data compressor used extensively by Gentoo Linux"
HOMEPAGE="https://sourceware.org/bzip2/"
SRC_URI="${PN}_${PV}.orig.tar.gz"

LICENSE="BZIP2"
SLOT="0/1"
KEYWORDS="amd64 arm64"
IUSE="static-libs"

bemake() {
	emake CC="${CC:-gcc}" AR="${AR:-ar}" RANLIB="${RANLIB:-ranlib}" CFLAGS="${CFLAGS} -D_FILE_OFFSET_BITS=64" "$@"
}

src_prepare() {
	default
	sed -i -e 's/$(CC) -shared/$(CC) $(LDFLAGS) -shared/; s/-o bzip2-shared/$(LDFLAGS) &/' Makefile-libbz2_so || die
}

src_compile() {
	bemake -f Makefile-libbz2_so CFLAGS="${CFLAGS} -D_FILE_OFFSET_BITS=64 -fPIC" all
	if use static-libs; then
		# Its objects have the names of those of the shared library.
		rm *.o || die
		bemake libbz2.a
	fi
}

src_test() {
	local sample
	for sample in 1 2 3; do
		LD_LIBRARY_PATH=${S} ./bzip2-shared -k -"${sample}" <"sample${sample}.ref" | cmp - "sample${sample}.bz2" \
			|| die "sample ${sample} differs"
	done
}

src_install() {
	doheader bzlib.h
	dolib.so "libbz2.so.${PV}"
	local link
	for link in libbz2.so libbz2.so.1 libbz2.so.1.0; do
		dosym "libbz2.so.${PV}" "/usr/$(get_libdir)/${link}"
	done
	use static-libs && dolib.a libbz2.a

	# The plain names belong to the system below, as they do to app-alternatives/bzip2 in Gentoo.
	newbin bzip2-shared bzip2-reference
	dosym bzip2-reference /usr/bin/bunzip2-reference
	dosym bzip2-reference /usr/bin/bzcat-reference
	dodoc CHANGES README

	# The system below has a libbz2 of its own, in a directory that the dynamic linker searches before ours.
	newenvd - "60${PN}" <<<"LDPATH=\"${EPREFIX}/usr/$(get_libdir)\""
}
