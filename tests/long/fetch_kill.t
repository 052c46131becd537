#!/bin/sh
# tests/fetch_kill.t at every single call.
STEP=1 exec sh "$(dirname "$0")/../fetch_kill.t"
