#!/bin/sh
# Installs what building and testing need on Debian 12, and only what is missing. Run as root, from the repository.
set -eu

missing=""
need() { # program, package
  command -v "$1" >/dev/null 2>&1 || case " $missing " in *" $2 "*) ;; *) missing="$missing $2" ;; esac
}
PATH="$PATH:/usr/sbin:/sbin"
need iptables-restore iptables
need nft nftables
need ip iproute2
need ss iproute2
need conntrack conntrack
need strip binutils
need curl curl
need nsenter util-linux
need sysctl procps
need python3 python3-minimal
need zsh zsh
need mandoc mandoc
need systemctl systemd
need debootstrap debootstrap
need systemd-nspawn systemd-container
need flock util-linux
need faketime faketime

if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] || { echo "setup: installing$missing needs root: run it with sudo" >&2; exit 1; }
  echo "setup: installing$missing"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

stamp=node_modules/.praas-lock
if ! cmp -s package-lock.json "$stamp"; then
  echo "setup: npm ci"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
