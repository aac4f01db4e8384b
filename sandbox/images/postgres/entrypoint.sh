#!/bin/bash
# Starts PostgreSQL the way the official image does, from the same variables and folders:
#   POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE   superuser's password; needed for a new database cluster
#   POSTGRES_USER, POSTGRES_DB                    superuser (postgres) and first database (as the superuser)
#   POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR  further options of initdb
#   POSTGRES_HOST_AUTH_METHOD                     for connections over the network (scram-sha-256)
#   PGDATA                                        where the database cluster lies
#   /docker-entrypoint-initdb.d                   *.sh, *.sql, *.sql.gz: run once, for a new cluster
# It needs no root: only PGDATA, /var/run/postgresql and /tmp are written.
set -Eeuo pipefail

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# A value comes from NAME or from the file that NAME_FILE names, as secrets are mounted.
from_file() {
  local name=$1 file_name=${1}_FILE
  [[ -z ${!name:-} || -z ${!file_name:-} ]] || fail "both $name and $file_name are set"
  if [[ -n ${!file_name:-} ]]; then
    printf -v "$name" '%s' "$(<"${!file_name}")"
    export "${name?}"
    unset "$file_name"
  fi
}

server_only_here() {
  pg_ctl --pgdata "$PGDATA" --wait --silent --options "-c listen_addresses='' -p ${PGPORT:-5432}" "$@"
}

sql() {
  psql --set ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" --host /var/run/postgresql "$@"
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
    *.sh)
      printf 'running %s\n' "$file"
      # A script that may not be executed is read in, and sees this one's functions.
      if [[ -x $file ]]; then "$file"; else . "$file"; fi
      ;;
    *.sql) printf 'running %s\n' "$file" && sql --dbname "$POSTGRES_DB" --file "$file" ;;
    *.sql.gz) printf 'running %s\n' "$file" && gunzip --stdout "$file" | sql --dbname "$POSTGRES_DB" ;;
    esac
  done
}

create_cluster() {
  local -a options=(--pgdata "$PGDATA" --username "$POSTGRES_USER" --encoding UTF8)
  # A container's clients are other machines. The socket: Debian's place, and the one this build's clients look at.
  options+=(--set "listen_addresses=*" --set "unix_socket_directories=/var/run/postgresql, /tmp")
  [[ -z ${POSTGRES_INITDB_WALDIR:-} ]] || options+=(--waldir "$POSTGRES_INITDB_WALDIR")
  local password_file
  password_file=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password_file"
  [[ -z $POSTGRES_PASSWORD ]] || options+=(--pwfile "$password_file")
  # Options come as one string of shell words, as with the official image.
  eval "initdb \"\${options[@]}\" --auth-local trust --auth-host scram-sha-256 ${POSTGRES_INITDB_ARGS:-}"
  rm -f "$password_file"
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"

  server_only_here start
  if [[ $POSTGRES_DB != postgres ]]; then
    sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_init_files
  server_only_here --mode fast stop
}

# A new cluster comes about in a folder of its own and moves into place when it is whole, PG_VERSION last: a
# container killed meanwhile starts over, and never runs on half a cluster.
prepare_cluster() {
  local new=$PGDATA/.new
  [[ ! -s $PGDATA/PG_VERSION ]] || return 0
  if [[ -e $new ]]; then
    printf 'an earlier creation of the database cluster was interrupted: starting over\n'
    find "$PGDATA" -mindepth 1 -not -name lost+found -delete
  elif [[ -n $(find "$PGDATA" -mindepth 1 -maxdepth 1 -not -name lost+found) ]]; then
    fail "$PGDATA is not empty, but holds no database cluster"
  fi
  if [[ -z $POSTGRES_PASSWORD && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
    fail "a new database cluster needs POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"
  fi
  (
    export PGDATA=$new
    create_cluster
  )
  find "$new" -mindepth 1 -maxdepth 1 -not -name PG_VERSION -exec mv -t "$PGDATA" {} +
  mv "$new/PG_VERSION" "$PGDATA/"
  rmdir "$new"
}

[[ $# -gt 0 ]] || set -- postgres
[[ $1 != -* ]] || set -- postgres "$@"

if [[ $1 == postgres ]] && ! [[ " $* " =~ \ (--help|-\?|--version|-V|--describe-config|-C)\  ]]; then
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER
  from_file POSTGRES_DB
  from_file POSTGRES_INITDB_ARGS
  export POSTGRES_USER=${POSTGRES_USER:-postgres}
  export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
  export POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-}
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" 2>/dev/null || true
  prepare_cluster
  rmdir "$PGDATA/.new" 2>/dev/null || true
  unset POSTGRES_PASSWORD
fi
exec "$@"
