#!/bin/sh
# tests/fetch_kill.t at 200 points of the fetch of 2,000 mails.
MAILS=2000 POINTS=200 exec sh "$(dirname "$0")/../fetch_kill.t"
