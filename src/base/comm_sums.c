#define _POSIX_C_SOURCE 200809L
#include "base/comm_sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"

/* Slices are cut at cache lines, so that two owners never write to the same one. */
enum { LINE = 64 / sizeof(int64_t) };

/* Elements that stay in the first-level cache while the neighbours' are added. */
enum { BLOCK = 2048 };

struct comm_sums {
    size_t count, bytes;
    struct comm_group node, across; /* ranks of this node; owners of this slice on all nodes */
    int64_t **array; /* [node.size] of the ranks of this node, NULL where it is not mapped */
};

/* ---- memory ---- */

enum { NAME = 64 };

/* A new object of memory of a name that no other has; false when there is none. The file system is
 * asked for every page now: later a full one would end the program. */
static bool make_object(char name[NAME], size_t bytes)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        snprintf(name, NAME, "/reslice.%ld.%d.%d", (long)getpid(), comm_rank(), attempt);
        const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return false;
        const bool has_room = posix_fallocate(fd, 0, (off_t)bytes) == 0;
        close(fd);
        if (!has_room)
            shm_unlink(name);
        return has_room;
    }
    return false;
}

static int64_t *map_object(const char *name, size_t bytes)
{
    struct stat about;
    void *memory = MAP_FAILED;
    const int fd = shm_open(name, O_RDWR, 0);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && about.st_size == (off_t)bytes)
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Every array of the node, and that it is the right one: another container may have a file of that
 * name. */
static bool map_all(struct comm_sums *sums, const char (*name)[NAME])
{
    bool fine = true;
    for (int r = 0; r < sums->node.size; r++) {
        sums->array[r] = name[r][0] ? map_object(name[r], sums->bytes) : NULL;
        fine = fine && sums->array[r];
    }
    int64_t *const mine = sums->array[sums->node.rank];
    if (mine)
        mine[0] = comm_rank() + 1;
    comm_group_meet(&sums->node);
    int world_rank = comm_rank();
    int *ranks = MEM_NEW(int, sums->node.size);
    comm_group_gather(&sums->node, &world_rank, sizeof world_rank, ranks);
    for (int r = 0; r < sums->node.size; r++)
        fine = fine && sums->array[r][0] == ranks[r] + 1;
    mem_free(ranks);
    comm_group_meet(&sums->node);
    if (mine)
        mine[0] = 0;
    return fine;
}

/* The names are gone as soon as all have mapped them: a job that is killed later leaves nothing. */
static bool share_memory(struct comm_sums *sums)
{
    char name[NAME] = "", (*all)[NAME] = mem_alloc((size_t)sums->node.size, NAME, "names");
    if (!make_object(name, sums->bytes))
        name[0] = '\0';
    comm_group_gather(&sums->node, name, NAME, all);
    const bool fine = map_all(sums, (const char(*)[NAME])all);
    if (name[0])
        shm_unlink(name);
    mem_free(all);
    return fine;
}

/* ---- create ---- */

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Whether every node has the same ranks, and more than one. */
static bool has_even_nodes(const struct comm_sums *sums)
{
    int32_t ends[2] = {sums->node.size, -sums->node.size};
    comm_max_i32(ends, 2);
    return ends[0] == -ends[1] && sums->node.size > 1;
}

struct comm_sums *comm_sums_create(size_t count, int ranks_a_node)
{
    if (comm_size() == 1)
        return NULL;
    struct comm_sums *sums = MEM_NEW(struct comm_sums, 1);
    sums->count = count;
    sums->bytes = round_up(count * sizeof(int64_t), (size_t)sysconf(_SC_PAGESIZE));
    sums->node = comm_group_create(ranks_a_node > 0 ? comm_rank() / ranks_a_node : -1);
    sums->across = comm_group_create(sums->node.rank);
    sums->array = MEM_NEW(int64_t *, sums->node.size);
    const bool is_even = has_even_nodes(sums);
    if (comm_all_true(is_even && share_memory(sums)))
        return sums;
    comm_sums_destroy(sums);
    return NULL;
}

void comm_sums_destroy(struct comm_sums *sums)
{
    if (!sums)
        return;
    for (int r = 0; r < sums->node.size; r++)
        if (sums->array[r])
            munmap(sums->array[r], sums->bytes);
    comm_group_free(&sums->node);
    comm_group_free(&sums->across);
    mem_free(sums->array);
    mem_free(sums);
}

int64_t *comm_sums_array(const struct comm_sums *sums)
{
    return sums->array[sums->node.rank];
}

/* ---- add up ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the rank `rank` of a node owns. */
static struct share slice_of(const struct comm_sums *sums, int rank)
{
    const struct share lines =
        comm_share_of((sums->count + LINE - 1) / LINE, rank, sums->node.size);
    const size_t first = least(lines.first * LINE, sums->count);
    return (struct share){first, least(lines.count * LINE, sums->count - first)};
}

static void add(int64_t *restrict to, const int64_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (int64_t)((uint64_t)to[i] + (uint64_t)from[i]);
}

static void add_neighbours(const struct comm_sums *sums, struct share mine)
{
    int64_t *const to = comm_sums_array(sums);
    for (size_t done = 0; done < mine.count; done += BLOCK) {
        const size_t n = least(mine.count - done, BLOCK);
        for (int r = 0; r < sums->node.size; r++)
            if (r != sums->node.rank)
                add(to + mine.first + done, sums->array[r] + mine.first + done, n);
    }
}

static void copy_others(const struct comm_sums *sums)
{
    for (int i = 1; i < sums->node.size; i++) { /* not all from the same owner at a time */
        const int r = (sums->node.rank + i) % sums->node.size;
        const struct share slice = slice_of(sums, r);
        memcpy(comm_sums_array(sums) + slice.first, sums->array[r] + slice.first,
               slice.count * sizeof(int64_t));
    }
}

void comm_sums_add_up(struct comm_sums *sums)
{
    const double start_s = comm_time_s();
    const struct share mine = slice_of(sums, sums->node.rank);
    comm_group_meet(&sums->node); /* all arrays are complete */
    add_neighbours(sums, mine);
    if (sums->across.size > 1)
        comm_group_sum_i64(&sums->across, comm_sums_array(sums) + mine.first, mine.count);
    comm_group_meet(&sums->node); /* all slices are */
    copy_others(sums);
    comm_group_meet(&sums->node); /* all have read what the next step writes over */
    comm_note_sums(sums->count * sizeof(int64_t), comm_time_s() - start_s);
}
