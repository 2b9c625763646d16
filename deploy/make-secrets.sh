#!/bin/sh
# Makes every secret and certificate that the services of docker-compose.yml use and that is not there
# yet: each service finds its own in a folder no other service sees, readable by its own user only.
#
#   make-secrets.sh DIRECTORY
#
# Run as root, because the files are given to the services' users. To renew the certificates delete
# DIRECTORY/api/ca.pem, run it again, and restart every service.
set -eu
umask 077

target=${1:?usage: make-secrets.sh DIRECTORY}
api=${API_UID:-1000:1000}
postgres=${POSTGRES_UID:-999:999}
redis=${REDIS_UID:-999:999}
days=3650

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target/api" "$target/postgres" "$target/redis"
chmod 700 "$target"
chmod 711 "$target/api" "$target/postgres" "$target/redis"

random() { openssl rand -hex 32; }

# lacks FILE...: whether one of them is not there.
lacks() {
  for file in "$@"; do [ -e "$target/$file" ] || return 0; done
  return 1
}

# put FILE OWNER: the standard input becomes the file, whole or not at all.
put() {
  cat > "$target/$1.new"
  chmod 400 "$target/$1.new"
  chown "$2" "$target/$1.new"
  mv -f "$target/$1.new" "$target/$1"
  echo "made $1"
}

# keep FILE OWNER: a random secret, made once.
keep() {
  if lacks "$1"; then random | put "$1" "$2"; fi
}

# quietly COMMAND...: what it says matters only when it fails.
quietly() {
  "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

# certify NAME OWNER: a key and a certificate for the service of that host name.
certify() {
  cat > "$work/$1.ext" <<EXT
subjectAltName = DNS:$1
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
EXT
  quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$1" \
    -config "$work/openssl.cnf" -keyout "$work/$1.key" -out "$work/$1.csr"
  quietly openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
    -CAcreateserial -days "$days" -sha256 -extfile "$work/$1.ext" -out "$work/$1.crt"
  put "$1/server.key" "$2" < "$work/$1.key"
  put "$1/server.crt" "$2" < "$work/$1.crt"
}

for name in jwt-secret api-key-secret encryption-key audit-signing-key; do keep "api/$name" "$api"; done
for name in superuser owner app; do keep "postgres/$name-password" "$postgres"; done

# database_url ROLE: the API's way to the database, with the password of that role.
database_url() {
  password=$(cat "$target/postgres/$1-password")
  echo "postgres://muniment_$1:$password@postgres:5432/muniment?sslmode=verify-full"
}
if lacks api/database-url; then database_url app | put api/database-url "$api"; fi
if lacks api/database-owner-url; then database_url owner | put api/database-owner-url "$api"; fi

# Redis keeps only the hash, and gives Muniment its own keys without any command that could harm others.
if lacks redis/users.acl api/redis-url; then
  password=$(random)
  hash=$(printf %s "$password" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
  put redis/users.acl "$redis" <<ACL
user default off
user muniment on #$hash ~muniment:* &muniment:* +@all -@admin -@dangerous +info
user health on nopass resetkeys resetchannels -@all +ping
ACL
  echo "rediss://muniment:$password@redis:6379" | put api/redis-url "$api"
fi

# The authority signs two certificates and is then forgotten, so nobody can make a third.
if lacks postgres/server.crt postgres/server.key redis/server.crt redis/server.key redis/ca.pem api/ca.pem; then
  cat > "$work/openssl.cnf" <<CNF
[req]
distinguished_name = name
prompt = no
[name]
CN = Muniment private authority
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
CNF
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$days" -sha256 \
    -config "$work/openssl.cnf" -extensions authority -keyout "$work/ca.key" -out "$work/ca.pem"
  certify postgres "$postgres"
  certify redis "$redis"
  put redis/ca.pem "$redis" < "$work/ca.pem"
  # Last: while it is missing, an interrupted run is done again.
  put api/ca.pem "$api" < "$work/ca.pem"
fi

echo "The secrets in $target are complete. Back them up: without encryption-key no backup can be read."
