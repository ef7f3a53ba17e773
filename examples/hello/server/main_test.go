package main

import (
	"net/http/httptest"
	"testing"
)

func TestGreets(t *testing.T) {
	for name, want := range map[string]string{"Ada": "Hello, Ada!\n", "": "Hello, world!\n"} {
		answer := httptest.NewRecorder()
		newHandler(name).ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
		if got := answer.Body.String(); answer.Code != 200 || got != want {
			t.Errorf("name %q: %d %q, want 200 %q", name, answer.Code, got, want)
		}
	}
}
