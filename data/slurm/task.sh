
# From here on the script is the same for every recipe.

shard=${SLURM_ARRAY_TASK_ID:?this is a task of a Slurm array, see submit.sh}
place=$(mktemp -d "${TMPDIR:-/tmp}/imagenet-think-$shard-XXXXXX")
keepers=()
client=
stopping=

say() { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) shard $shard: $*"; }

# Sleeps so that a signal is dealt with at once.
nap() { sleep "$1" & wait $!; }

# Port $1 if nothing listens there, else one that is free. The same shard likes the same ports, so that the run folder's
# records of its servers stay few; those below 32768 are given to nobody by chance.
free_port() {
  "${program[0]}" -e '
    const net = require("net");
    const server = net.createServer();
    const tell = () => { console.log(server.address().port); server.close(); };
    server.on("error", () => server.listen(0, "127.0.0.1"));
    server.on("listening", tell).listen(Number(process.argv[1]), "127.0.0.1");' "$1"
}

is_healthy() { curl --silent --fail --noproxy '*' --max-time 10 --output /dev/null "http://127.0.0.1:$1/health"; }

# Ends a server with all its children: asked first, killed after half a minute.
end_server() {
  [[ -n $1 ]] || return 0
  kill -TERM -- "-$1" 2>/dev/null
  for _ in {1..60}; do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.5
  done
  kill -KILL -- "-$1" 2>/dev/null
}

# Keeps the server of one model running: starts it, names it in the endpoints file once it is healthy, and starts it
# again when it dies or stops answering. Gives up where it never becomes healthy three times in a row.
keep() {
  local name=$1 liked=$2 server='' port began unwell tries=0
  set -m # every server gets a process group of its own
  trap 'end_server "$server"; exit 0' TERM
  while ((tries < 3)); do
    tries=$((tries + 1))
    port=$(free_port "$liked")
    serve "$name" "$port" >>"$logs/$name-$shard.log" 2>&1 &
    server=$!
    began=$SECONDS
    say "the server of $name starts on port $port (process $server)"
    while kill -0 "$server" 2>/dev/null && ((SECONDS - began < start_seconds)) && ! is_healthy "$port"; do nap 2; done
    if kill -0 "$server" 2>/dev/null && is_healthy "$port"; then
      say "the server of $name is healthy after $((SECONDS - began)) s"
      tries=0
      printf '{"url": "http://127.0.0.1:%s/v1"}\n' "$port" >"$place/$name.new"
      mv "$place/$name.new" "$place/$name.jsonl"
      unwell=0
      while kill -0 "$server" 2>/dev/null && ((unwell < 12)); do
        nap 5
        if is_healthy "$port"; then unwell=0; else unwell=$((unwell + 1)); fi
      done
    fi
    say "the server of $name is gone or does not answer; its words are in $logs/$name-$shard.log"
    end_server "$server"
    nap 5
  done
  say "the server of $name did not become healthy three times in a row"
  touch "$place/$name.failed"
}

# Passes a stop on to the client, which starts nothing more and lets what is in flight finish.
stop() {
  [[ -n $stopping ]] || say "stopping ($2)"
  stopping=$1
  [[ -z $client ]] || kill -TERM "$client" 2>/dev/null
}

clean_up() {
  trap '' TERM USR1
  for keeper in "${keepers[@]}"; do kill -TERM "$keeper" 2>/dev/null; done
  wait
  rm -rf "$place"
}

trap clean_up EXIT
trap 'stop requeue "SIGUSR1: the time is nearly over"' USR1
trap 'stop end SIGTERM' TERM

say "job $SLURM_JOB_ID, start $((${SLURM_RESTART_COUNT:-0} + 1)), on $(hostname)"
mkdir -p "$logs"
sed "s#@PLACE@#$place#g" "$recipe" >"$place/recipe.json"
setup
for index in "${!served[@]}"; do
  keep "${served[index]}" $((20000 + (shard * ${#served[@]} + index) % 12000)) &
  keepers+=($!)
done
for name in "${served[@]}"; do
  until [[ -s $place/$name.jsonl || -n $stopping ]]; do
    [[ ! -e $place/$name.failed ]] || exit 1
    nap 1
  done
done

# A client that was killed is started again at once: the servers are warm, and nothing acknowledged was lost.
code=3
for start in 1 2 3 4 5; do
  [[ -z $stopping ]] || break
  "${program[@]}" run "$place/recipe.json" --out "$run" --shard "$shard/$shards" &
  client=$!
  while kill -0 "$client" 2>/dev/null; do wait "$client"; done # a signal ends wait, not the client
  wait "$client"
  code=$?
  client=
  ((code >= 128)) || break
  say "the client ended by signal $((code - 128)) (start $start)"
done

say "ended with code $code"
if ((code == 0 || code == 1 || code == 2)); then exit "$code"; fi
if [[ $stopping == end ]]; then exit 3; fi
if ((${SLURM_RESTART_COUNT:-0} >= most_requeues)); then
  say "work is left, and the job was requeued $most_requeues times already"
  exit 3
fi
say "work is left: requeue"
scontrol requeue "$SLURM_JOB_ID"
