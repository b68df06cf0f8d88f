#define _POSIX_C_SOURCE 200809L
#include "result/provenance.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"
#include "base/simd.h"
#include "commit.h"
#include "store/store.h"

enum { HOST_WIDTH = 64, TEXT = 512 };

const char *provenance_version(void)
{
    return RESLICE_VERSION " (" RESLICE_COMMIT ")";
}

void provenance_cpu(char *text, size_t size)
{
    snprintf(text, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[TEXT];
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(text, size, "%s", strchr(line, ':') + 2);
            text[strcspn(text, "\n")] = '\0';
            break;
        }
    if (file)
        fclose(file);
}

/* Every rank's host, each name once, in rank order. */
static char *host_list(void)
{
    char mine[HOST_WIDTH] = "";
    gethostname(mine, sizeof mine - 1);
    char *all = mem_alloc((size_t)comm_size(), HOST_WIDTH, "hosts");
    comm_gather_text(mine, HOST_WIDTH, all);
    char *list = mem_alloc((size_t)comm_size(), HOST_WIDTH + 1, "hosts");
    for (int r = 0; r < comm_size(); r++) {
        const char *host = all + (size_t)r * HOST_WIDTH;
        if (r > 0 && strcmp(host, host - HOST_WIDTH) == 0)
            continue; /* neighbours of one host */
        strcat(strcat(list, r ? " " : ""), host);
    }
    mem_free(all);
    return list;
}

void provenance_write(struct store *store, double begun_s, double seconds, int64_t resumptions)
{
    char text[TEXT], *hosts = host_list();
    const char *group = "/provenance";
    store_group(store, group);
    store_text(store, group, "reslice_version", RESLICE_VERSION);
    store_text(store, group, "git_commit", RESLICE_COMMIT);
    store_text(store, group, "compiler", RESLICE_COMPILER);
    store_text(store, group, "flags", RESLICE_FLAGS);
    comm_library_version(text, sizeof text);
    store_text(store, group, "mpi", text);
    store_library_version(text, sizeof text);
    store_text(store, group, "hdf5", text);
    store_text(store, group, "blas", openblas_get_config());
    store_text(store, group, "simd", simd_name(simd_level()));
    provenance_cpu(text, sizeof text);
    store_text(store, group, "cpu", text);
    store_text(store, group, "hosts", hosts);
    store_integer(store, group, "ranks", comm_size());
    const time_t start = (time_t)begun_s;
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&start, &utc));
    store_text(store, group, "start", text);
    store_real(store, group, "seconds", seconds);
    store_integer(store, group, "resumptions", resumptions);
    mem_free(hosts);
}
