#define _POSIX_C_SOURCE 200809L
#include "base/comm.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool started;
static int rank_of_world, size_of_world = 1;
static size_t sync_count, sync_bytes;
static double sync_time_s;
static struct comm_traffic traffic;

static MPI_Op sum_and_max_op = MPI_OP_NULL;
static MPI_Datatype sums_then_maxima = MPI_DATATYPE_NULL; /* one message of comm_sum_and_max_i64 */
static size_t message_sums, message_maxima;               /* what that message holds */

void comm_start(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_of_world);
    MPI_Comm_size(MPI_COMM_WORLD, &size_of_world);
    started = true;
}

void comm_stop(void)
{
    if (sums_then_maxima != MPI_DATATYPE_NULL)
        MPI_Type_free(&sums_then_maxima);
    if (sum_and_max_op != MPI_OP_NULL)
        MPI_Op_free(&sum_and_max_op);
    if (started)
        MPI_Finalize();
    started = false;
}

int comm_rank(void)
{
    return rank_of_world;
}

int comm_size(void)
{
    return size_of_world;
}

void comm_abort(int status)
{
    fflush(NULL);
    if (started)
        MPI_Abort(MPI_COMM_WORLD, status);
    exit(status);
}

static void count_message(size_t bytes)
{
    int i = 0;
    while (i < traffic.sizes && traffic.size[i].bytes != bytes)
        i++;
    if (i == COMM_SIZES)
        i--;
    else if (i == traffic.sizes)
        traffic.size[traffic.sizes++].bytes = bytes;
    traffic.size[i].calls++;
}

static void reduce_in_pieces(void *x, size_t count, size_t width, MPI_Datatype type, MPI_Op op)
{
    const size_t piece = COMM_PIECE_BYTES / width;
    const double start_s = size_of_world > 1 ? comm_time_s() : 0.0;
    for (size_t done = 0; done < count; done += piece) {
        const size_t n = count - done < piece ? count - done : piece;
        count_message(n * width);
        if (size_of_world == 1)
            continue;
        MPI_Allreduce(MPI_IN_PLACE, (char *)x + done * width, (int)n, type, op, MPI_COMM_WORLD);
        sync_count++;
        sync_bytes += n * width;
    }
    if (size_of_world > 1)
        sync_time_s += comm_time_s() - start_s;
}

void comm_sum_i64(int64_t *x, size_t count)
{
    reduce_in_pieces(x, count, sizeof *x, MPI_INT64_T, MPI_SUM);
}

void comm_note_sums(size_t bytes, double seconds)
{
    for (size_t done = 0; done < bytes; done += COMM_PIECE_BYTES) {
        count_message(bytes - done < COMM_PIECE_BYTES ? bytes - done : COMM_PIECE_BYTES);
        sync_count++;
    }
    sync_bytes += bytes;
    sync_time_s += seconds;
}

void comm_max_i32(int32_t *x, size_t count)
{
    reduce_in_pieces(x, count, sizeof *x, MPI_INT32_T, MPI_MAX);
}

/* MPI_User_function; a message is one element of sums_then_maxima, so MPI cannot cut it. */
static void sum_and_max(void *in, void *inout, int *count, MPI_Datatype *type)
{
    (void)count;
    (void)type;
    const int64_t *x = in;
    int64_t *y = inout;
    for (size_t i = 0; i < message_sums; i++)
        y[i] = (int64_t)((uint64_t)y[i] + (uint64_t)x[i]); /* may wrap in a diverged run */
    for (size_t i = message_sums; i < message_sums + message_maxima; i++)
        y[i] = x[i] > y[i] ? x[i] : y[i];
}

void comm_sum_and_max_i64(int64_t *x, size_t sums, size_t maxima)
{
    count_message((sums + maxima) * sizeof *x);
    if (size_of_world == 1)
        return;
    const double start_s = comm_time_s();
    if (sum_and_max_op == MPI_OP_NULL)
        MPI_Op_create(sum_and_max, 1, &sum_and_max_op);
    if (sums_then_maxima == MPI_DATATYPE_NULL || sums + maxima != message_sums + message_maxima) {
        if (sums_then_maxima != MPI_DATATYPE_NULL)
            MPI_Type_free(&sums_then_maxima);
        MPI_Type_contiguous((int)(sums + maxima), MPI_INT64_T, &sums_then_maxima);
        MPI_Type_commit(&sums_then_maxima);
    }
    message_sums = sums;
    message_maxima = maxima;
    MPI_Allreduce(MPI_IN_PLACE, x, 1, sums_then_maxima, sum_and_max_op, MPI_COMM_WORLD);
    sync_count++;
    sync_bytes += (sums + maxima) * sizeof *x;
    sync_time_s += comm_time_s() - start_s;
}

void comm_broadcast(void *data, size_t bytes)
{
    const size_t piece = (size_t)1 << 30; /* MPI counts are int */
    for (size_t done = 0; size_of_world > 1 && done < bytes; done += piece) {
        const size_t n = bytes - done < piece ? bytes - done : piece;
        MPI_Bcast((char *)data + done, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD);
        sync_count++;
    }
}

int comm_agree(int value, struct error *err)
{
    comm_broadcast(&value, sizeof value);
    comm_broadcast(err, sizeof *err);
    return value;
}

bool comm_all_true(bool mine)
{
    int32_t lacking = !mine;
    comm_max_i32(&lacking, 1);
    return lacking == 0;
}

static void gather_bytes(const void *mine, size_t bytes, void *all)
{
    if (size_of_world == 1)
        memcpy(all, mine, bytes);
    else
        MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, MPI_COMM_WORLD);
}

void comm_gather_u64(const uint64_t *mine, size_t count, uint64_t *all)
{
    gather_bytes(mine, count * sizeof *mine, all);
}

void comm_gather_text(const char *mine, size_t width, char *all)
{
    gather_bytes(mine, width, all);
}

void comm_gather_floats(float *x, const size_t *first)
{
    if (size_of_world == 1)
        return;
    const double start_s = comm_time_s();
    for (int r = 0; r < size_of_world; r++) { /* MPI_Allgatherv's offsets are int */
        const size_t piece = (size_t)1 << 28;
        for (size_t done = first[r]; done < first[r + 1]; done += piece) {
            const size_t n = first[r + 1] - done < piece ? first[r + 1] - done : piece;
            MPI_Bcast(x + done, (int)n, MPI_FLOAT, r, MPI_COMM_WORLD);
            sync_count++;
            sync_bytes += n * sizeof *x;
        }
    }
    sync_time_s += comm_time_s() - start_s;
}

/* ---- groups ---- */

struct comm_group comm_group_create(int colour)
{
    struct comm_group group;
    MPI_Comm comm;
    if (colour < 0)
        MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_of_world, MPI_INFO_NULL,
                            &comm);
    else
        MPI_Comm_split(MPI_COMM_WORLD, colour, rank_of_world, &comm);
    MPI_Comm_rank(comm, &group.rank);
    MPI_Comm_size(comm, &group.size);
    group.handle = (int)MPI_Comm_c2f(comm);
    return group;
}

static MPI_Comm comm_of(const struct comm_group *group)
{
    return MPI_Comm_f2c((MPI_Fint)group->handle);
}

void comm_group_free(struct comm_group *group)
{
    MPI_Comm comm = comm_of(group);
    MPI_Comm_free(&comm);
}

void comm_group_meet(const struct comm_group *group)
{
    MPI_Barrier(comm_of(group));
}

void comm_group_gather(const struct comm_group *group, const void *mine, size_t bytes, void *all)
{
    MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, comm_of(group));
}

void comm_group_sum_i64(const struct comm_group *group, int64_t *x, size_t count)
{
    const size_t piece = COMM_PIECE_BYTES / sizeof *x;
    for (size_t done = 0; done < count; done += piece) {
        const size_t n = count - done < piece ? count - done : piece;
        MPI_Allreduce(MPI_IN_PLACE, x + done, (int)n, MPI_INT64_T, MPI_SUM, comm_of(group));
    }
}

/* ---- shares, figures ---- */

struct share comm_share_of(size_t n, int rank, int size)
{
    const size_t r = (size_t)rank, p = (size_t)size;
    const size_t first = n / p * r + (n % p < r ? n % p : r);
    return (struct share){first, n / p + (r < n % p)};
}

struct share comm_share(size_t n)
{
    return comm_share_of(n, rank_of_world, size_of_world);
}

size_t comm_sync_count(void)
{
    return sync_count;
}

size_t comm_sync_bytes(void)
{
    return sync_bytes;
}

struct comm_traffic comm_traffic(void)
{
    return traffic;
}

double comm_sync_time_s(void)
{
    return sync_time_s;
}

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double comm_time_s(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double comm_date_s(void)
{
    return read_clock(CLOCK_REALTIME);
}

void comm_library_version(char *text, size_t size)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(version, &length);
    snprintf(text, size, "%.*s", (int)strcspn(version, "\n"), version);
}
