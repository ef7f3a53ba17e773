FROM scratch
COPY back /srv
