package config

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Port is a port by its number, as 8080, or by its name, as http.
type Port string

// Number is the port's number; ok is false for one by name.
func (p Port) Number() (n int, ok bool) {
	n, err := strconv.Atoi(string(p))
	return n, err == nil
}

// Valid: it is from 1 to 65535, or can be the name of a service's port.
func (p Port) Valid() bool {
	if n, ok := p.Number(); ok {
		return n >= 1 && n <= 65535
	}
	return dnsLabel.MatchString(string(p)) && len(p) <= 63
}

// UnmarshalYAML takes a number or a text. Anything else is kept in brackets, which
// no port has: check refuses it at its place.
func (p *Port) UnmarshalYAML(unmarshal func(any) error) error {
	var v any
	if err := unmarshal(&v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		*p = ""
	case string:
		*p = Port(v)
	case int, int64, uint64:
		*p = Port(fmt.Sprint(v))
	default:
		*p = Port(fmt.Sprintf("(%v)", v))
	}
	if n, ok := p.Number(); ok {
		*p = Port(strconv.Itoa(n))
	}
	return nil
}

// MarshalJSON writes a number as one.
func (p Port) MarshalJSON() ([]byte, error) {
	if n, ok := p.Number(); ok {
		return json.Marshal(n)
	}
	return json.Marshal(string(p))
}

// LocalPort is the port on this machine: the one that is named, else the service's
// number, else 0 for any that is free.
func (f Forward) LocalPort() int {
	if f.Local != 0 {
		return f.Local
	}
	n, _ := f.Port.Number()
	return n
}

// checkPort checks one end of a forward that may be named.
func (s source) checkPort(keys []string, what string, p Port) error {
	_, isNumber := p.Number()
	switch {
	case p == "":
		return s.errorf(keys, "name it by number or name, as in port: 80 or port: http", "%s has no port", what)
	case isNumber && !p.Valid():
		return s.errorf(keys, "ports go from 1 to 65535", "%s has a port out of range", what)
	case !p.Valid():
		return s.errorf(keys, "write its number, or its name in the service, as in http", "%s: port %s is neither a number nor a name", what, string(p))
	}
	return nil
}
