package web

import (
	"net/http"
	"time"
)

// stickyFor is how long a visitor stays on a version.
const stickyFor = 24 * time.Hour

// keepVersion makes a visitor's first answer last: who comes without the cookie
// gets one with this version in it, and the routing in front of the service
// sends them here from then on. It returns the version that the cookie asked
// for, "" when there was none. A cookie that asks for another version is left
// alone: the visitor chose it, and routing may follow it again later.
func (s *server) keepVersion(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(s.Cookie); err == nil && knownVersion(cookie.Value) {
		return cookie.Value
	}
	http.SetCookie(w, s.cookie(r, s.Version, int(stickyFor.Seconds())))
	return ""
}

// chooseVersion answers POST /version: v1 and v2 pin the visitor, auto lets the
// traffic split decide anew.
func (s *server) chooseVersion(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	choice := r.PostFormValue("version")
	switch {
	case knownVersion(choice):
		http.SetCookie(w, s.cookie(r, choice, int(stickyFor.Seconds())))
	case choice == "auto":
		http.SetCookie(w, s.cookie(r, "", -1))
	default:
		s.render(w, r, http.StatusBadRequest, page{Problem: "There is no such version: choose v1, v2 or auto."})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) cookie(r *http.Request, version string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: s.Cookie, Value: version, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		// TLS ends at the gateway, which says so in this header.
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

func knownVersion(version string) bool { return version == "v1" || version == "v2" }
