package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"math/big"
	mathrand "math/rand"

	petname "github.com/dustinkirkland/golang-petname"
	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/bcrypt"
)

// kind makes one type of random value.
type kind struct {
	defaults map[string]any
	required []string
	// secret are the outputs that never show.
	secret []resource.PropertyKey
	// check says what is wrong with inputs that are all known.
	check func(resource.PropertyMap) error
	make  func(resource.PropertyMap) (id string, outputs map[string]any, err error)
	// adopt makes the outputs from the id given to `pulumi import`; nil where an id does not tell enough.
	adopt func(id string) (map[string]any, error)
}

var textDefaults = map[string]any{
	"lower": true, "upper": true, "numeric": true, "number": true, "special": true,
	"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
}

var kinds = map[string]kind{
	"random:index/randomPassword:RandomPassword": {
		defaults: textDefaults,
		required: []string{"length"},
		secret:   []resource.PropertyKey{"result", "bcryptHash"},
		check:    checkText,
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			text, err := makeText(in)
			if err != nil {
				return "", nil, err
			}
			outputs, err := passwordOutputs(text)
			return "none", outputs, err
		},
		adopt: passwordOutputs,
	},
	"random:index/randomString:RandomString": {
		defaults: textDefaults,
		required: []string{"length"},
		check:    checkText,
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			text, err := makeText(in)
			return text, map[string]any{"result": text}, err
		},
		adopt: func(id string) (map[string]any, error) {
			return map[string]any{"result": id, "length": float64(len(id))}, nil
		},
	},
	"random:index/randomId:RandomId": {
		required: []string{"byteLength"},
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			raw := make([]byte, int(in["byteLength"].NumberValue()))
			if _, err := rand.Read(raw); err != nil {
				return "", nil, err
			}
			prefix := ""
			if in["prefix"].IsString() {
				prefix = in["prefix"].StringValue()
			}
			id := base64.RawURLEncoding.EncodeToString(raw)
			return id, map[string]any{
				"b64Std": prefix + base64.StdEncoding.EncodeToString(raw),
				"b64Url": prefix + id,
				"hex":    prefix + hex.EncodeToString(raw),
				"dec":    prefix + new(big.Int).SetBytes(raw).String(),
			}, nil
		},
	},
	"random:index/randomUuid:RandomUuid": {
		make: func(resource.PropertyMap) (string, map[string]any, error) {
			id, err := uuid.NewRandom()
			return id.String(), map[string]any{"result": id.String()}, err
		},
		adopt: func(id string) (map[string]any, error) { return map[string]any{"result": id}, nil },
	},
	"random:index/randomPet:RandomPet": {
		defaults: map[string]any{"length": 2.0, "separator": "-"},
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			separator := in["separator"].StringValue()
			name := petname.Generate(int(in["length"].NumberValue()), separator)
			if in["prefix"].IsString() && in["prefix"].StringValue() != "" {
				name = in["prefix"].StringValue() + separator + name
			}
			return name, nil, nil
		},
	},
	"random:index/randomInteger:RandomInteger": {
		required: []string{"min", "max"},
		check: func(in resource.PropertyMap) error {
			if in["min"].NumberValue() > in["max"].NumberValue() {
				return fmt.Errorf("min is %v, more than max, which is %v", in["min"].V, in["max"].V)
			}
			return nil
		},
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			low, high := int64(in["min"].NumberValue()), int64(in["max"].NumberValue())
			value := low + generator(in).Int63n(high-low+1)
			return fmt.Sprint(value), map[string]any{"result": float64(value)}, nil
		},
	},
	"random:index/randomShuffle:RandomShuffle": {
		required: []string{"inputs"},
		make: func(in resource.PropertyMap) (string, map[string]any, error) {
			items := in["inputs"].ArrayValue()
			count := len(items)
			if in["resultCount"].IsNumber() {
				count = int(in["resultCount"].NumberValue())
			}
			results := make([]any, 0, count)
			source := generator(in)
			for len(items) > 0 && len(results) < count {
				for _, i := range source.Perm(len(items)) {
					if len(results) < count {
						results = append(results, items[i].V)
					}
				}
			}
			return "-", map[string]any{"results": results}, nil
		},
	},
}

func passwordOutputs(password string) (map[string]any, error) {
	// bcrypt reads 72 bytes at most and refuses more.
	hash, err := bcrypt.GenerateFromPassword([]byte(password)[:min(len(password), 72)], bcrypt.DefaultCost)
	if err != nil {
		return nil, err
	}
	return map[string]any{"result": password, "bcryptHash": string(hash), "length": float64(len(password))}, nil
}

// generator is seeded from the input `seed`, so that the same seed gives the same result, else from the system.
func generator(in resource.PropertyMap) *mathrand.Rand {
	if in["seed"].IsString() && in["seed"].StringValue() != "" {
		return mathrand.New(mathrand.NewSource(int64(crc64.Checksum([]byte(in["seed"].StringValue()), crc64.MakeTable(crc64.ISO)))))
	}
	return mathrand.New(systemSource{})
}

type systemSource struct{}

func (systemSource) Seed(int64) {}

func (systemSource) Int63() int64 {
	value, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		panic(err) // the kernel has no random numbers: nothing sensible can follow
	}
	return value.Int64()
}
