#!/usr/bin/env bash
# A real SLURM on one machine, for tests and for learning: munged, slurmctld and one slurmd for each
# of two nodes, n1 and n2, in one temporary folder and on the loopback interface.
#
#     jobs/local-slurm.sh start        prints what to do next
#     . /tmp/reslice-slurm/environment
#     sbatch …; squeue; sinfo
#     jobs/local-slurm.sh stop         ends jobs and daemons, removes the folder
#
# For root in a container or on a machine of one's own: no system file, service or SLURM of the
# machine is touched. Nodes share the cores of the machine whatever they claim. Two partitions: jobs
# in `urgent` preempt those in `normal` (they get SIGTERM, 30 s, and go back into the queue).
#
#     LOCAL_SLURM        the folder, at most 70 characters (/tmp/reslice-slurm)
#     LOCAL_SLURM_CPUS   what each node claims to have (4)
set -uo pipefail

folder=${LOCAL_SLURM:-/tmp/reslice-slurm}
cpus=${LOCAL_SLURM_CPUS:-4}
nodes=(n1 n2)

say() {
    echo "local-slurm: $*" >&2
}

give_up() {
    say "$*"
    exit 3
}

# ---- processes ----

is_alive() {
    [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# daemon NAME COMMAND...: in the background and in the foreground mode, so that its number is $!.
daemon() {
    local name=$1
    shift
    setsid "$@" </dev/null >"$folder/log/$name.out" 2>&1 &
    echo "$! $name" >>"$folder/daemons"
}

# daemon_of HOST NAME COMMAND...: on a "host" of that name. Two ranks of one host name would use the
# same shared memory, and every daemon looks for its own name in /etc/hosts.
daemon_of() {
    local host=$1 name=$2
    shift 2
    if [ -e "$folder/hosts" ]; then
        # shellcheck disable=SC2016 # for the inner shell
        daemon "$name" unshare --uts --mount sh -c 'echo "$0" >/proc/sys/kernel/hostname &&
            mount --bind "$1" /etc/hosts && shift && exec "$@"' "$host" "$folder/hosts" "$@"
    else
        daemon "$name" "$@"
    fi
}

# ---- start ----

check_requirements() {
    local program missing=''
    [ "$(id -u)" -eq 0 ] || give_up "only root can start it (the daemons run jobs as their users)"
    for program in slurmctld slurmd munged sbatch srun; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    [ -z "$missing" ] || give_up "missing:$missing; jobs/setup-debian.sh --slurm installs them"
    [ ${#folder} -le 70 ] || give_up "LOCAL_SLURM is too long for sockets: $folder"
    [ ! -e "$folder" ] || give_up "$folder is there already; first: jobs/local-slurm.sh stop"
}

# The first of 50 ports, from a random place, that nobody listens at.
free_ports() {
    local port=$((20000 + RANDOM % 200 * 50))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

# configuration HOST PORT: the host of slurmctld.
configuration() {
    cat <<END
ClusterName=local
SlurmctldHost=$1(127.0.0.1)
SlurmctldPort=$2
SlurmUser=root
SlurmdUser=root
# A job that went back into the queue waits until its credential has expired.
AuthInfo=socket=$folder/munge/socket,cred_expire=10
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
TmpFS=$folder/tmp.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
MpiDefault=pmix
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=10
InactiveLimit=0
ReturnToService=2
MailProg=/bin/true
SlurmdParameters=config_overrides
$([ ! -e "$folder/hosts" ] || echo CommunicationParameters=NoInAddrAny,NoCtldInAddrAny)
SrunPortRange=$(($2 + 20))-$(($2 + 49))
NodeName=n[1-2] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$(($2 + 1))-$(($2 + 2))] \
CPUs=$cpus RealMemory=64000 State=UNKNOWN
PartitionName=normal Nodes=ALL Default=YES PriorityTier=1 GraceTime=30 DefaultTime=10
PartitionName=urgent Nodes=ALL PriorityTier=2 PreemptMode=off DefaultTime=10
END
}

# What users and jobs need: of Open MPI's files none may stay behind, its traffic stays inside, and
# ranks that share cores must not be bound to the same one.
environment() {
    cat <<END
export SLURM_CONF=$folder/slurm.conf
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_orte_tmpdir_base=$folder/tmp
export OMPI_MCA_btl_vader_backing_directory=$folder/shm
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
$([ -e "$folder/hosts" ] || echo export OMPI_MCA_btl=self,tcp)
END
}

all_idle() {
    [ "$(timeout 5 sinfo -h -N -p normal -t idle -o %N | wc -l)" -eq ${#nodes[@]} ]
}

start_munge() {
    mkdir -m 711 "$folder/munge"
    (umask 077 && head -c 128 /dev/urandom >"$folder/munge/key")
    daemon munged munged -F --force --num-threads=1 --key-file="$folder/munge/key" \
        --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
        --log-file="$folder/log/munged.log" --seed-file="$folder/munge/seed"
    wait_for 15 munge -S "$folder/munge/socket" -n
}

start_all() {
    local node host=controller
    mkdir -m 755 "$folder" || exit 3
    mkdir "$folder/state" "$folder/log" "$folder/tmp"
    ln -s "$(mktemp -d /dev/shm/reslice-slurm.XXXXXX)" "$folder/shm"
    if unshare --uts --mount true 2>/dev/null; then
        echo "127.0.0.1 localhost $host ${nodes[*]}" >"$folder/hosts"
    else
        host=$(hostname -s)
        say "no namespaces here: daemons listen on all interfaces, ranks talk over TCP"
    fi
    configuration "$host" "$(free_ports)" >"$folder/slurm.conf"
    environment >"$folder/environment"
    # shellcheck disable=SC1091 # just written
    . "$folder/environment"
    start_munge || return 1
    daemon_of "$host" slurmctld slurmctld -D -f "$SLURM_CONF"
    for node in "${nodes[@]}"; do
        mkdir -m 1777 "$folder/tmp.$node"
        daemon_of "$node" "slurmd.$node" slurmd -D -N "$node" -f "$SLURM_CONF"
    done
    wait_for 60 all_idle
}

start() {
    check_requirements
    if ! start_all; then
        tail -n 5 "$folder"/log/* >&2
        stop
        give_up "the nodes did not come up (last words above)"
    fi
    say "two nodes are up; next: . $folder/environment"
}

# ---- stop ----

no_jobs() {
    [ -z "$(timeout 5 squeue -h -o %i)" ]
}

is_gone() {
    ! is_alive "$1"
}

# end_process NUMBER SECONDS
end_process() {
    kill -TERM "$1" 2>/dev/null
    wait_for "$2" is_gone "$1" || kill -KILL "$1" 2>/dev/null
}

# Step daemons and job processes that outlived their slurmd: their environment names our folder.
end_left_overs() {
    local number
    while read -r number; do
        if [ "$(cat "/proc/$number/comm" 2>/dev/null)" = slurmstepd ] ||
            grep -qzs '^SLURM_JOB_ID=' "/proc/$number/environ"; then
            kill -KILL "$number" 2>/dev/null
        fi
    done < <(grep -lzsx "SLURM_CONF=$folder/slurm.conf" /proc/[0-9]*/environ | cut -d/ -f3)
}

stop() {
    local number name
    if [ ! -e "$folder/slurm.conf" ]; then
        say "there is none in $folder"
        return 0
    fi
    export SLURM_CONF=$folder/slurm.conf
    timeout 10 squeue -h -o %A 2>/dev/null | sort -u | xargs -r timeout 10 scancel -f 2>/dev/null
    wait_for 20 no_jobs
    while read -r number name; do # slurmd first, munged last; a number may be another's by now
        if is_alive "$number" && grep -qs "${name%%.*}" "/proc/$number/cmdline"; then
            end_process "$number" 10
        fi
    done < <(tac "$folder/daemons" 2>/dev/null)
    end_left_overs
    rm -rf "$(readlink "$folder/shm")" "$folder"
    say "stopped"
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    *)
        echo "usage: jobs/local-slurm.sh start|stop" >&2
        exit 2
        ;;
esac
