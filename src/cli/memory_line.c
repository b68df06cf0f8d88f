#include "cli/memory_line.h"

#include <stdint.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"

void memory_line_print(const char *indent)
{
    const uint64_t mine = mem_peak_bytes();
    uint64_t *all = MEM_NEW(uint64_t, comm_size()), most = 0;
    comm_gather_u64(&mine, 1, all);
    for (int r = 0; r < comm_size(); r++)
        most = all[r] > most ? all[r] : most;
    log_info("%speak memory of a rank: %.1f MB", indent, 1e-6 * (double)most);
    mem_free(all);
}
