#!/bin/sh
# Makes, once, every secret and certificate that the services of docker-compose.yml use: each service
# finds its own in a folder that no other service sees, readable by its own user only.
#
#   make-secrets.sh DIRECTORY
#
# Run as root, because the files are given to the services' users. A complete DIRECTORY is left as it is.
set -eu
umask 077

target=${1:?usage: make-secrets.sh DIRECTORY}
api_user=${API_UID:-1000:1000}
postgres_user=${POSTGRES_UID:-999:999}
redis_user=${REDIS_UID:-999:999}
days=3650

if [ -e "$target/complete" ]; then
  echo "The secrets in $target are complete; nothing to do."
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target/api" "$target/postgres" "$target/redis"
chmod 700 "$target"
chmod 711 "$target/api" "$target/postgres" "$target/redis"

random() { openssl rand -hex 32; }

# put FILE OWNER: the standard input becomes the file.
put() {
  cat > "$target/$1.new"
  chmod 400 "$target/$1.new"
  chown "$2" "$target/$1.new"
  mv -f "$target/$1.new" "$target/$1"
}

# The authority signs two certificates and is then forgotten, so nobody can make a third.
cat > "$work/openssl.cnf" <<'CNF'
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
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$days" -sha256 \
  -config "$work/openssl.cnf" -extensions authority -keyout "$work/ca.key" -out "$work/ca.pem" 2> "$work/log" ||
  { cat "$work/log" >&2; exit 1; }

# certify NAME OWNER: a key and a certificate for the service of that host name.
certify() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$1" \
    -config "$work/openssl.cnf" -keyout "$work/$1.key" -out "$work/$1.csr" 2> "$work/log" ||
    { cat "$work/log" >&2; exit 1; }
  printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' \
    "$1" > "$work/$1.ext"
  openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial \
    -days "$days" -sha256 -extfile "$work/$1.ext" -out "$work/$1.crt" 2> "$work/log" ||
    { cat "$work/log" >&2; exit 1; }
  put "$1/server.key" "$2" < "$work/$1.key"
  put "$1/server.crt" "$2" < "$work/$1.crt"
}
certify postgres "$postgres_user"
certify redis "$redis_user"
put api/ca.pem "$api_user" < "$work/ca.pem"
put redis/ca.pem "$redis_user" < "$work/ca.pem"

owner_password=$(random)
app_password=$(random)
redis_password=$(random)

random | put postgres/superuser-password "$postgres_user"
echo "$owner_password" | put postgres/owner-password "$postgres_user"
echo "$app_password" | put postgres/app-password "$postgres_user"
echo "postgres://muniment_owner:$owner_password@postgres:5432/muniment?sslmode=verify-full" |
  put api/database-owner-url "$api_user"
echo "postgres://muniment_app:$app_password@postgres:5432/muniment?sslmode=verify-full" |
  put api/database-url "$api_user"

# Redis keeps only the hash, and gives Muniment its own keys without any command that could harm others.
redis_hash=$(printf %s "$redis_password" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
put redis/users.acl "$redis_user" <<ACL
user default off
user muniment on #$redis_hash ~muniment:* &muniment:* +@all -@admin -@dangerous +info
user health on nopass resetkeys resetchannels -@all +ping
ACL
echo "rediss://muniment:$redis_password@redis:6379" | put api/redis-url "$api_user"

for name in jwt-secret api-key-secret encryption-key audit-signing-key; do
  random | put "api/$name" "$api_user"
done

: > "$target/complete"
echo "Made the secrets in $target. Back them up: without encryption-key no backup can be read."
