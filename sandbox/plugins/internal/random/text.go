package random

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// class is one group of characters and the inputs that govern it.
type class struct {
	chars   string
	enable  []resource.PropertyKey
	minimum resource.PropertyKey
}

var classes = []class{
	{"abcdefghijklmnopqrstuvwxyz", []resource.PropertyKey{"lower"}, "minLower"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", []resource.PropertyKey{"upper"}, "minUpper"},
	{"0123456789", []resource.PropertyKey{"numeric", "number"}, "minNumeric"},
	{"!@#$%&*()-_=+[]{}<>:?", []resource.PropertyKey{"special"}, "minSpecial"},
}

// enabled holds unless one of the inputs says no; `number` is the old name of `numeric`.
func (c class) enabled(in resource.PropertyMap) bool {
	for _, key := range c.enable {
		if in[key].IsBool() && !in[key].BoolValue() {
			return false
		}
	}
	return true
}

func (c class) alphabet(in resource.PropertyMap) string {
	if c.minimum == "minSpecial" && in["overrideSpecial"].IsString() && in["overrideSpecial"].StringValue() != "" {
		return in["overrideSpecial"].StringValue()
	}
	return c.chars
}

func number(in resource.PropertyMap, key resource.PropertyKey) int {
	if in[key].IsNumber() {
		return int(in[key].NumberValue())
	}
	return 0
}

func checkText(in resource.PropertyMap) error {
	length, minimums, alphabet := number(in, "length"), 0, ""
	for _, c := range classes {
		minimums += number(in, c.minimum)
		if c.enabled(in) {
			alphabet += c.alphabet(in)
		}
	}
	switch {
	case length < 1:
		return fmt.Errorf("length is %d: it must be at least 1", length)
	case minimums > length:
		return fmt.Errorf("length is %d, less than the sum of minLower, minUpper, minNumeric and minSpecial, which is %d", length, minimums)
	case alphabet == "":
		return errors.New("lower, upper, numeric and special are all false: no character is left to choose from")
	}
	return nil
}

// makeText takes the wanted minimum from each class, the rest from all that are enabled, and shuffles.
func makeText(in resource.PropertyMap) (string, error) {
	length, all := number(in, "length"), ""
	text := make([]byte, 0, length)
	pick := func(alphabet string, count int) error {
		for range count {
			i, err := below(len(alphabet))
			if err != nil {
				return err
			}
			text = append(text, alphabet[i])
		}
		return nil
	}
	for _, c := range classes {
		if c.enabled(in) {
			all += c.alphabet(in)
		}
		if err := pick(c.alphabet(in), number(in, c.minimum)); err != nil {
			return "", err
		}
	}
	if err := pick(all, length-len(text)); err != nil {
		return "", err
	}
	for i := len(text) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		text[i], text[j] = text[j], text[i]
	}
	return string(text), nil
}

func below(limit int) (int, error) {
	value, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		return 0, err
	}
	return int(value.Int64()), nil
}
