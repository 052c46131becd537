#!/bin/sh
# tests/oidc/install.sh - the provider's packages, as package-lock.json has
# them, into build/oidc; nothing to do where they are there.
cd "$(dirname "$0")" || exit
to=../../build/oidc
cmp -s package-lock.json "$to/done" && exit 0
echo 'installing: oidc-provider' >&2
rm -rf "$to"
mkdir -p "$to" && cp package.json package-lock.json .npmrc "$to" &&
    (cd "$to" && npm ci --ignore-scripts --silent >&2 &&
    cp package-lock.json done) && exit 0
echo 'npm could not install what tests/oauth.t needs' >&2
exit 1
