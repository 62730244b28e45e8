#!/bin/sh
# Holds one box: its files, which are in memory over those of all boxes, and the systemd that runs on them. Reads words:
# `boot` starts it, once the last run has ended. With the end of its input, or the word `end`, the box and all it had is gone.
# Takes the box's name and the directory of its base. It has namespaces of its own for mounts and processes: nobody else sees
# what it mounts, and nothing that it started outlives it.
set -eu
name=$1 base=$2

# As on a Debian 12 that boots by itself, also where this machine has cgroups of the first kind or none.
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
  umount -R /sys/fs/cgroup 2>/dev/null || true
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
group=/sys/fs/cgroup/praas-box-$name
mkdir -p "$group"

mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root

# It enters its cgroup and becomes nspawn.
run='echo 0 > "$1/cgroup.procs"; shift; exec "$@"'
while read -r word && [ "$word" = boot ]; do
  wait
  env -i PATH="$PATH" LC_ALL=C.UTF-8 sh -c "$run" sh "$group" \
    systemd-nspawn --quiet --directory=/mnt/root --machine="praas-box-$name" --hostname="$name" --boot --private-network \
    --register=no --keep-unit --console=pipe --resolv-conf=off --timezone=off --link-journal=no </dev/null &
done
echo 1 >"$group/cgroup.kill"
wait
# The kernel takes a moment to see that nobody is left in it.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
  sleep 0.1
done
