/** Phase functions of a toy that notes which of `paths` are there while it is built: a line each, `PATH` or `no PATH`. */
export const seeing = (...paths: string[]): string => `
src_compile() {
	local path
	for path in ${paths.join(' ')}; do
		if [[ -e \${path} ]]; then echo "\${path}"; else echo "no \${path}"; fi
	done > seen || die
}
src_install() {
	insinto /usr/share/toy
	newins seen "\${PF}"
}
`
