#!/usr/bin/env bash
# healthy.sh PORT PATH: true when http://127.0.0.1:PORT/PATH answers 200. By bash alone, so that neither a
# machine nor an image needs an HTTP client for it.
exec 2>/dev/null
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
read -r -t 2 status <&3
[[ $status == *" 200 "* ]]
