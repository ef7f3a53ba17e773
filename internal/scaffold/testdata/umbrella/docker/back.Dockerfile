FROM scratch
COPY back /srv
ENTRYPOINT ["/srv/code"]
