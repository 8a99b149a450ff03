// Command notary signs the payload on its standard input as notation does, with the Notary Project's own library:
//
//	notary [-scheme SCHEME] [-life DURATION] [-stamps URL -roots FILE] KEY CHAIN <payload >signature
package main

import (
	"crypto/x509"
	"encoding/pem"
	"flag"
	"io"
	"log"
	"os"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	"github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/tspclient-go"
)

func main() {
	scheme := flag.String("scheme", string(signature.SigningSchemeX509), "the signing scheme")
	life := flag.Duration("life", 0, "after which the signature expires")
	stamps := flag.String("stamps", "", "a time-stamp authority")
	roots := flag.String("roots", "", "what certifies it")
	flag.Parse()

	key, err := x509.ParsePKCS8PrivateKey(blocks(flag.Arg(0))[0])
	check(err)
	signer, err := signature.NewLocalSigner(certificates(flag.Arg(1)), key)
	check(err)
	payload, err := io.ReadAll(os.Stdin)
	check(err)
	now := time.Now().Truncate(time.Second)
	request := &signature.SignRequest{
		Payload:       signature.Payload{ContentType: "application/vnd.cncf.notary.payload.v1+json", Content: payload},
		Signer:        signer,
		SigningTime:   now,
		SigningScheme: signature.SigningScheme(*scheme),
		SigningAgent:  "doorward-tests/1.0.0",
	}
	if *life > 0 {
		request.Expiry = now.Add(*life)
	}
	if *stamps != "" {
		request.Timestamper, err = tspclient.NewHTTPTimestamper(nil, *stamps)
		check(err)
		request.TSARootCAs = x509.NewCertPool()
		for _, one := range certificates(*roots) {
			request.TSARootCAs.AddCert(one)
		}
	}
	envelope, err := jws.NewEnvelope().Sign(request)
	check(err)
	_, err = os.Stdout.Write(envelope)
	check(err)
}

func blocks(file string) (found [][]byte) {
	content, err := os.ReadFile(file)
	check(err)
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			return found
		}
		found, content = append(found, block.Bytes), rest
	}
}

func certificates(file string) (found []*x509.Certificate) {
	for _, block := range blocks(file) {
		one, err := x509.ParseCertificate(block)
		check(err)
		found = append(found, one)
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
