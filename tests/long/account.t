#!/bin/sh
# tests/account.t at every single write.
STEP=1 exec sh "$(dirname "$0")/../account.t"
