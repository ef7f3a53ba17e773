package web_test

import (
	"net/http"
	"testing"
)

func TestFirstAnswerSticks(t *testing.T) {
	s := serveSite(t, fakeModel{})
	got := s.do(t, http.MethodGet, "/", "")
	cookie := onlyCookie(t, got)
	if cookie.Name != "sms-version" || cookie.Value != "v1" || cookie.Path != "/" || cookie.MaxAge <= 0 ||
		!cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure {
		t.Errorf("cookie %+v, want sms-version=v1 for the whole site", cookie)
	}
	secure := s.do(t, http.MethodGet, "/", "", "X-Forwarded-Proto", "https")
	if !onlyCookie(t, secure).Secure {
		t.Error("behind TLS the cookie is not marked Secure")
	}
	junk := s.do(t, http.MethodGet, "/", "", "Cookie", "sms-version=v7")
	if onlyCookie(t, junk).Value != "v1" {
		t.Error("a cookie of an unknown version was kept")
	}
}

func TestChosenVersionIsLeftAlone(t *testing.T) {
	s := serveSite(t, fakeModel{})
	same := s.do(t, http.MethodGet, "/", "", "Cookie", "sms-version=v1")
	same.wants(t, 200, `value="v1" aria-pressed="true"`)
	other := s.do(t, http.MethodGet, "/", "", "Cookie", "sms-version=v2")
	other.wants(t, 200, "You asked for v2, and v1 answered")
	for _, got := range []answer{same, other} {
		if len(got.Cookies()) != 0 {
			t.Errorf("cookies %v were set over the visitor's own", got.Cookies())
		}
	}
}

func TestChooseVersion(t *testing.T) {
	s := serveSite(t, fakeModel{})
	for choice, want := range map[string]struct {
		value  string
		forget bool
	}{"v1": {value: "v1"}, "v2": {value: "v2"}, "auto": {forget: true}} {
		t.Run(choice, func(t *testing.T) {
			got := s.do(t, http.MethodPost, "/version", "version="+choice)
			cookie := onlyCookie(t, got)
			if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" {
				t.Errorf("status %d to %q, want 303 to /", got.StatusCode, got.Header.Get("Location"))
			}
			if cookie.Value != want.value || (cookie.MaxAge < 0) != want.forget {
				t.Errorf("cookie %+v, want %q, forgotten: %t", cookie, want.value, want.forget)
			}
		})
	}
	s.do(t, http.MethodPost, "/version", "version=v3").wants(t, 400, "no such version")
}

func onlyCookie(t *testing.T, got answer) *http.Cookie {
	t.Helper()
	if len(got.Cookies()) != 1 {
		t.Fatalf("cookies %v, want one", got.Cookies())
	}
	return got.Cookies()[0]
}
