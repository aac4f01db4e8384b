#!/bin/sh
# As with the upstream image: arguments alone are flags of traefik, or one of its own commands.
set -e
case ${1:-} in
-* | version | healthcheck) set -- traefik "$@" ;;
esac
exec "$@"
