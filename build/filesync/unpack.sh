# Has the folder $2 hold what the tar on the input says: files below put/ take
# their places, those below del/ go. $1 is a container of containerd, as seen from
# its node; empty for the container that this runs in. Names may be any bytes.
set -eu
LC_ALL=C
export LC_ALL
fail() {
	echo "$1" >&2
	exit 1
}
task() { # the first process of a container
	ctr -n k8s.io tasks ls | while read -r id pid state; do
		if [ "$id" = "$1" ] && [ "$state" = RUNNING ]; then echo "$pid"; fi
	done
}
cd /
if [ -n "$1" ]; then
	pid=$(task "$1")
	[ -n "$pid" ] || fail "the container has ended"
	cd "/proc/$pid/root"
	[ "$(task "$1")" = "$pid" ] || fail "the container has ended"
fi
inside=$1
own() { # $1 gets the owner of $2
	chown -h "$(stat -c %u:%g "$2")" "$1" 2>/dev/null || :
}
folder() { # $1 in $2 is a folder from now on
	# From the node, a link would lead to the files of the node.
	if [ -n "$inside" ] && [ -L "$1" ]; then fail "$1 is a link in the container"; fi
	[ -d "$1" ] || { mkdir "$1" && own "$1" "$2"; }
}
at=.
rest=${2#/}
while [ -n "$rest" ]; do
	part=${rest%%/*}
	rest=${rest#"$part"}
	rest=${rest#/}
	folder "$at/$part" "$at"
	at=$at/$part
done
new=$at/.devloop-$$
mkdir "$new"
trap 'rm -rf "$new"' EXIT
tar -x -p -f - -C "$new"

remove() { # what lies below del/$1
	for f in "$new/del/$1"* "$new/del/$1".[!.]* "$new/del/$1"..?*; do
		[ -e "$f" ] || continue
		n=${f#"$new/del/"}
		if [ -d "$f" ]; then
			if [ -n "$inside" ] && [ -L "$at/$n" ]; then fail "$n is a link in the container"; fi
			[ ! -d "$at/$n" ] || remove "$n/"
		elif [ ! -d "$at/$n" ] || [ -L "$at/$n" ]; then
			rm -f "$at/$n"
		fi
	done
	if [ -n "$1" ] && [ -e "$new/del/$1.devloop-rmdir" ]; then
		rmdir "$at/${1%/}" 2>/dev/null || :
	fi
}
place() { # what lies below put/$1
	for f in "$new/put/$1"* "$new/put/$1".[!.]* "$new/put/$1"..?*; do
		[ -e "$f" ] || [ -L "$f" ] || continue
		n=${f#"$new/put/"}
		if [ -d "$f" ] && [ ! -L "$f" ]; then
			folder "$at/$n" "$at/$1"
			place "$n/"
			continue
		fi
		if [ -e "$at/$n" ] || [ -L "$at/$n" ]; then own "$f" "$at/$n"; else own "$f" "$at/$1."; fi
		if [ -d "$at/$n" ]; then
			if [ -L "$at/$n" ]; then rm "$at/$n"; else rmdir "$at/$n"; fi
		fi
		mv -f "$f" "$at/$n"
	done
}
[ ! -d "$new/del" ] || remove ""
[ ! -d "$new/put" ] || place ""
