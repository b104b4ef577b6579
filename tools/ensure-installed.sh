#!/bin/sh
# Installs what the lock file names, once, and leaves an installed tree alone. Plain sh: it runs
# before anything is installed, on whatever Node the machine has.
[ -e node_modules/.package-lock.json ] || npm ci --ignore-scripts --loglevel=error
