module doorward/tests/notary

go 1.26.0

require (
	github.com/notaryproject/notation-core-go v1.3.0
	github.com/notaryproject/tspclient-go v1.0.0
)

require (
	github.com/golang-jwt/jwt/v4 v4.5.2 // indirect
	golang.org/x/crypto v0.37.0 // indirect
)
