# portage-farm's hook in Portage's bashrc. Sourced in every phase, by bash, also where PATH leads nowhere.
#
# It defines no function and no variable, since those would be saved in every package's environment.bz2, and runs no
# command but bash's own, but for Python when a job root has a package to make.
#
# On a builder it says which phase a job is in, and with which flags Portage began the build, which is what this process
# was started with: no ebuild and no other bashrc has changed that. /run/portage-farm/job exists only in job roots, and only root can make
# it. On the client it notices a merge from source that went round the emerge shim: those that went through it have a
# file in /run/portage-farm/local.

if [[ ${EBUILD_PHASE:-depend} == depend ]]; then
	:
elif [[ -e /run/portage-farm/job ]]; then
	if [[ -p /dev/shm/portage-farm-phases ]]; then
		echo "${CATEGORY}/${PF} ${EBUILD_PHASE}" > /dev/shm/portage-farm-phases
		if [[ ${EBUILD_PHASE} == setup && -r /proc/self/environ ]]; then
			( while IFS= read -r -d "" line; do
				case ${line%%=*} in
					CHOST|CBUILD|CTARGET|CFLAGS|CXXFLAGS|LDFLAGS|ASFLAGS|LIBCFLAGS|LIBCXXFLAGS)
						echo "${CATEGORY}/${PF} ${line//$'\n'/ }" > /dev/shm/portage-farm-phases ;;
				esac
			done < /proc/self/environ )
		fi
	fi
	# Portage takes no device or named pipe out of a gpkg, and puts no extended attribute, so no capability, into one.
	if [[ ${EBUILD_PHASE} == package && ${BINPKG_FORMAT} == gpkg ]]; then
		"${PORTAGE_PYTHON:-/usr/bin/python}" -I -c '
import fnmatch, os, stat, sys
image, features, excluded = (os.fsencode(argument) for argument in sys.argv[1:])
def lost(path):
    mode = os.lstat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        return "a named pipe, a device or a socket"
    for name in os.listxattr(path, follow_symlinks=False) if b"xattr" in features.split() else ():
        if not any(fnmatch.fnmatch(name, pattern) for pattern in os.fsdecode(excluded).split()):
            return f"a file with the extended attribute {name}"
    return None
for directory, directories, files in os.walk(image):
    for path in [os.path.join(directory, name) for name in directories + files]:
        if what := lost(path):
            print(f"no gpkg can hold {what}: {os.fsdecode(path[len(image):])!r}")
            sys.exit()
' "${D%/}" "${FEATURES}" "${PORTAGE_XATTR_EXCLUDE}" > /dev/shm/portage-farm-unfit
	fi
elif [[ ${EBUILD_PHASE} == setup && ${EMERGE_FROM} == ebuild && ${PORTAGE_FARM} != 0 \
	&& -r "${PORTAGE_CONFIGROOT%/}/etc/portage/farm.yaml" \
	&& ! -e "/run/portage-farm/local/${CATEGORY}:${PF}" ]]; then
	if ( while read -r line; do
		[[ ${line} =~ ^intercept:[[:space:]]*[\"\']?require[\"\']?[[:space:]]*(#.*)?$ ]] && exit 0
	done < "${PORTAGE_CONFIGROOT%/}/etc/portage/farm.yaml"; exit 1 ); then
		eerror "This merge went round portage-farm, and farm.yaml says \"intercept: require\"."
		eerror "Use the emerge of portage-farm (portage-farm setup), or build here with PORTAGE_FARM=0 emerge ..."
		die "not built: this merge went round portage-farm"
	# Said once, not once a package: at most once an hour.
	elif ! ( read -r said < /var/lib/portage-farm/noticed && (( EPOCHSECONDS - said < 3600 )) ) 2> /dev/null; then
		ewarn "This merge went round portage-farm: it is built here alone, since emerge was not started through"
		ewarn "portage-farm's shim. (PORTAGE_FARM=0 emerge ... builds here on purpose, and says nothing.)"
		( echo "${EPOCHSECONDS}" > /var/lib/portage-farm/noticed ) 2> /dev/null
	fi
fi
# What was said to emerge is nothing for its packages, each of which would keep it in its environment.bz2.
[[ ${EBUILD_PHASE:-depend} == depend ]] || unset PORTAGE_FARM PORTAGE_FARM_{BRIDGE,NODE,PROBE,REEXECUTED}
