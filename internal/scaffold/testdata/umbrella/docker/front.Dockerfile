FROM scratch
COPY front/page /srv/
ENTRYPOINT ["/srv/page"]
