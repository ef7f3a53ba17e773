FROM scratch
COPY front/page /srv/
