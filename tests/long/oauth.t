#!/bin/sh
# tests/oauth.t at every single call.
STEP=1 exec sh "$(dirname "$0")/../oauth.t"
