#!/bin/bash
# ebtables-nft 1.8.9 refuses to delete a rule with --among-src by its text, and Neutron's linuxbridge agent then tries for
# ever and serves no other port. Such a rule is deleted by its number; everything else goes through.
real=/usr/sbin/ebtables
[[ " $* " == *" -D "* && " $* " == *" --among-src "* ]] || exec "$real" "$@"
table=filter chain='' interface=''
previous=''
for word in "$@"; do
  case "$previous" in
    -t) table=$word ;;
    -D) chain=$word ;;
    -i) interface=$word ;;
  esac
  previous=$word
done
number=$("$real" -t "$table" -L "$chain" --Ln |
  awk -v wanted="$interface" '/--among-src/ && $2 == "-i" && $3 == wanted { print $1 + 0; exit }')
[ -z "$number" ] || exec "$real" -t "$table" --concurrent -D "$chain" "$number"
