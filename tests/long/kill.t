#!/bin/sh
# tests/kill.t at every single call.
STEP=1 exec sh "$(dirname "$0")/../kill.t"
