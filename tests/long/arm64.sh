#!/bin/sh
# tests/long/arm64.sh FOLDER PACKAGE... - Debian's packages for arm64 with all
# that they need, unpacked there.  apt is told of that architecture alone and
# of a state of its own: this machine's packages stay as they are, and it need
# not be root.
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
[ "$(cat "$dir/of" 2>/dev/null)" != "$*" ] || exit 0
trap 'rm -rf "$dir/apt"' EXIT
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/root"
: >"$dir/apt/status"
cat >"$dir/apt/conf" <<A
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Dir::State "$dir/apt";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt";
A
export APT_CONFIG="$dir/apt/conf"
apt-get -qq update
apt-get -qq -y --download-only install "$@" >"$dir/apt/log"
for deb in "$dir"/apt/archives/*.deb; do
	dpkg-deb -x "$deb" "$dir/root"
done
echo "$*" >"$dir/of"
