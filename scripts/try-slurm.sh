#!/usr/bin/env bash
# Tries the cluster scripts on a real Slurm: an array of 4 with the observer as server; one task is requeued from
# outside, one is sent SIGUSR1, of one the client is killed, of one the server. Some six minutes.
# Usage: scripts/try-slurm.sh DIR     uses the Slurm that answers; without one, as root on Debian, installs and starts one node
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mkdir -p "${1:?usage: try-slurm.sh DIR}" && cd "$1" && pwd)
say() { echo "== $*"; }

start_slurm() {
  say "no Slurm answers here: starting one of a single node"
  mkdir -p "$dir/slurm/state" "$dir/slurm/spool"
  command -v slurmctld >/dev/null || {
    apt-get update -q
    apt-get install -y -q --no-install-recommends slurm-wlm slurmd slurmctld munge
  } >"$dir/slurm/install.log" 2>&1
  local host
  host=$(hostname -s)
  mkdir -p /etc/slurm
  # More processors than there are, so that all four tasks run at once.
  cat >/etc/slurm/slurm.conf <<CONF
ClusterName=try
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
StateSaveLocation=$dir/slurm/state
SlurmdSpoolDir=$dir/slurm/spool
SlurmctldLogFile=$dir/slurm/slurmctld.log
SlurmdLogFile=$dir/slurm/slurmd.log
SlurmctldPidFile=$dir/slurm/slurmctld.pid
SlurmdPidFile=$dir/slurm/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
JobRequeue=1
KillWait=10
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
    [ -s /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
    chown munge:munge /etc/munge/munge.key
    chmod 400 /etc/munge/munge.key
    mkdir -p /run/munge
    chown munge:munge /run/munge
    su -s /bin/sh munge -c /usr/sbin/munged
  fi
  slurmctld
  sleep 2
  slurmd
  for _ in {1..30}; do
    if sinfo -h -o %t | grep -qE 'idle|mix|alloc'; then return; fi
    sleep 1
  done
  echo "the node did not come up, see $dir/slurm" >&2
  exit 1
}

sinfo >/dev/null 2>&1 || start_slurm
sinfo

say "48 pictures: four crops of each bundled photograph"
(cd "$here" && node --input-type=module -e '
  import { mkdirSync, readdirSync } from "node:fs";
  import sharp from "sharp";
  const to = process.argv[1];
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync("data/photos", { recursive: true })) {
    if (!/\.(jpe?g)$/i.test(name)) continue;
    const { width, height } = await sharp(`data/photos/${name}`).metadata();
    const size = { width: Math.floor(width * 0.8), height: Math.floor(height * 0.8) };
    for (let crop = 0; crop < 4; crop += 1) {
      const place = { left: crop % 2 ? width - size.width : 0, top: crop > 1 ? height - size.height : 0 };
      await sharp(`data/photos/${name}`).extract({ ...place, ...size }).resize(320, 320, { fit: "cover" })
        .jpeg().toFile(`${to}/${name.replace(/.*\//, "").replace(/\.\w+$/, "")}-${crop}.jpg`);
    }
  }' "$dir/pictures")

cat >"$dir/recipe.yaml" <<RECIPE
name: try-slurm
images: [{ source: folder, path: $dir/pictures }]
teachers:
  - { name: glm, model: observer-glm, dialect: glm, seed: 1, concurrency: 1, endpoints: ["http://127.0.0.1:8000/v1"] }
RECIPE

program=(node "$here/bin/imagenet-think.js")
run=$dir/cluster/run
rm -rf "$dir/cluster" "$dir/observer.log"
"${program[@]}" cluster slurm "$dir/recipe.yaml" --shards 4 --to "$dir/cluster" --time 00:20:00 --warn 60 \
  --server "glm=node $(printf %q "$here")/bin/imagenet-think.js observer --port {port} --dialect glm --model observer-glm --tokens-per-second 80 --log $(printf %q "$dir")/observer.log"

say "submitted"
"$dir/cluster/submit.sh" | tee "$dir/submitted"
array=$(awk '{ print $NF }' "$dir/submitted")

answered() { cat "$dir/observer.log" 2>/dev/null | grep -c requestId || true; }
say "waiting for the first answers"
until [ "$(answered)" -ge 4 ]; do sleep 1; done
squeue --array

# The process that writes a shard now.
client_of() {
  node -e '
    const { readdirSync, readFileSync } = require("node:fs");
    const folder = process.argv[1] + "/writers";
    const writers = readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
      .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")));
    const mine = writers.filter((writer) => writer.shard.index === Number(process.argv[2]) && writer.state === "writing");
    console.log(mine.at(-1)?.pid ?? "");' "$run" "$1"
}
wait_client() {
  until [ -n "$(client_of "$1")" ]; do sleep 1; done
  client_of "$1"
}

say "shard 0: its server is killed"
server=$(sed -n 's/.*starts on port .*(process \([0-9]*\)).*/\1/p' "$dir/cluster/logs/shard-0.log" | tail -1)
kill -KILL "$server"
say "shard 1: scontrol requeue"
wait_client 1 >/dev/null
scontrol requeue "${array}_1"
say "shard 2: SIGUSR1 to its script"
wait_client 2 >/dev/null
scancel --signal=USR1 --batch "${array}_2"
say "shard 3: SIGKILL to its client"
kill -KILL "$(wait_client 3)"

say "waiting for the end"
while squeue -h -j "$array" 2>/dev/null | grep -q .; do
  sleep 5
  # Slurm lets a requeued job wait for two minutes; nothing is to be learned from that.
  for job in $(squeue -h -j "$array" -t PENDING -o %A); do scontrol update JobId="$job" StartTime=now 2>/dev/null || true; done
done

say "the tasks' own words"
for shard in 0 1 2 3; do sed 's/^/  /' "$dir/cluster/logs/shard-$shard.log" | grep -vE 'cells · ' ; done
say "the run: $(find "$run" -type f | wc -l) files"
"${program[@]}" status "$run"
cd "$here"
node --input-type=module -e '
  import { readFileSync } from "node:fs";
  import { openStore } from "./dist/store/index.js";
  const [run, log] = process.argv.slice(1);
  const store = await openStore(run, { say: console.error });
  const { run8 } = await store.readHeader();
  const asked = new Set();
  const answered = new Map();
  let attempts = 0;
  for (const { id } of await store.readSample()) {
    for (const event of await store.attemptsOf(id, "glm")) {
      asked.add(`${id}/glm/${event.attempt}/${run8}`);
      if (event.event !== "ended") continue;
      attempts += 1;
      if (event.fault === null) answered.set(id, (answered.get(id) ?? 0) + 1);
    }
  }
  const ids = readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line).requestId)
    // A probe of a server is no question about a picture.
    .filter((id) => id.endsWith(run8) && !id.startsWith("probe/"));
  const stray = ids.filter((id) => !asked.has(id)).length;
  const twice = [...answered.values()].filter((count) => count > 1).length;
  console.log(`requests the servers logged: ${ids.length}, of them not in the ledger: ${stray}; images answered: ${answered.size}, answered twice: ${twice}; attempts that ended: ${attempts}`);
  const words = [0, 1, 2, 3].map((shard) => readFileSync(`${run}/../logs/shard-${shard}.log`, "utf8"));
  const saw = {
    "shard 0 started its server again": words[0].includes("is gone or does not answer"),
    "shard 1 ran twice in one log": (words[1].match(/, start \d+, on/g) ?? []).length === 2,
    "shard 2 drained at SIGUSR1 and was requeued by its script": /SIGUSR1[^]*work is left: requeue[^]*start 2, on/.test(words[2]),
    "shard 3 started its client again": words[3].includes("the client ended by signal 9"),
    "every shard ended with code 0": words.every((text) => text.includes("ended with code 0")),
  };
  for (const [what, was] of Object.entries(saw)) console.log(`${was ? "yes" : "NO "}  ${what}`);
  process.exit(stray === 0 && twice === 0 && answered.size === 48 && Object.values(saw).every(Boolean) ? 0 : 1);
' "$run" "$dir/observer.log"
say "all as it should be"
