# A double of Gentoo's sandbox for the lab: what each bash in it reads first, by BASH_ENV. It stays in the sandbox.
if [[ ${LD_PRELOAD} != *"${SANDBOX_LIB}"* ]]; then
	export LD_PRELOAD="${SANDBOX_LIB}${LD_PRELOAD:+ ${LD_PRELOAD}}"
fi
export BASH_ENV="${SANDBOX_BASHRC}"
declare -r SANDBOX_ACTIVE
