#!/bin/sh
# tests/large.t with 200 MB, and killed before every call.
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
export MB=200 STEP=1
. "$top/tests/large.t"
