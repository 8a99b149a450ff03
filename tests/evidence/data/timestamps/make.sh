#!/bin/sh
# Makes these files again, with OpenSSL 3: a time-stamp authority of RSA and one of ECDSA, and what they answer.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/tsa.cnf" <<END
[req]
distinguished_name = name
[name]
[tsa]
default_tsa = one
[one]
serial = $work/serial
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_chain = yes
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
echo 01 > "$work/serial"
printf 'the signature that was stamped' > content.bin

new_key() {
  case $1 in
    rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2" ;;
    ecdsa) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$2" ;;
  esac
}

for kind in rsa ecdsa; do
  new_key $kind "$work/root.key"
  new_key $kind "$work/leaf.key"
  openssl req -x509 -new -key "$work/root.key" -subj "/O=corp/CN=Time Root ($kind)" -days 36500 \
    -config "$work/tsa.cnf" -extensions root -out $kind-root.pem
  openssl req -new -key "$work/leaf.key" -subj "/O=corp/CN=tsa ($kind)" -config "$work/tsa.cnf" -out "$work/leaf.csr"
  openssl x509 -req -in "$work/leaf.csr" -CA $kind-root.pem -CAkey "$work/root.key" -days 36500 \
    -extfile "$work/tsa.cnf" -extensions leaf -out "$work/leaf.pem" 2>/dev/null
  for hash in sha256 sha512; do
    openssl ts -query -data content.bin -$hash -cert -out "$work/query.tsq" 2>/dev/null
    openssl ts -reply -config "$work/tsa.cnf" -section one -queryfile "$work/query.tsq" -inkey "$work/leaf.key" \
      -signer "$work/leaf.pem" -chain $kind-root.pem -$hash -out $kind-$hash.tsr 2>/dev/null
  done
  openssl ts -reply -in $kind-sha256.tsr -token_out -out $kind-token.der 2>/dev/null
done
