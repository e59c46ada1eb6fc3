# Two hosts with a network between them, in namespaces that end with this shell. Each runs the command in a folder of its own.
# FOLDER: where the folders a and b are. CUT: a file; when it is there, host b is cut off.
set -eu
mount -t tmpfs none /run
ip netns add a
ip netns add b
ip link add eth-a netns a type veth peer name eth-b netns b
for host in a b; do
  ip -n $host link set lo up
  ip -n $host link set eth-$host up
done
ip -n a addr add 10.77.0.1/24 dev eth-a
ip -n b addr add 10.77.0.2/24 dev eth-b

on() {
  host=$1
  shift
  cd "$FOLDER/$host"
  code=0
  ip netns exec "$host" unshare --uts sh -c 'hostname "host-$0"; exec "$@"' "$host" "$@" >log 2>&1 || code=$?
  echo $code >code
}

on b "$@" &
on a "$@" &
while [ ! -e "$FOLDER/a/code" ] || [ ! -e "$FOLDER/b/code" ]; do
  if [ -e "$CUT" ]; then
    rm "$CUT"
    ip -n b link set eth-b down
  fi
  sleep 0.1
done
wait
